// All functions of the catalog, for the registry.
import { DEFINITION_FUNCTIONS } from './catalog-definitions.ts';
import { DESCRIPTION_FUNCTIONS } from './catalog-descriptions.ts';
import { FACT_FUNCTIONS } from './catalog-facts.ts';
import { FAILURE_FUNCTIONS } from './catalog-failure.ts';
import { NAME_FUNCTIONS } from './catalog-names.ts';
import { PRIVILEGE_FUNCTIONS } from './catalog-privileges.ts';
import { VISIBILITY_FUNCTIONS } from './catalog-visibility.ts';
import type { FunctionSignature } from './signature.ts';

export const CATALOG_FUNCTIONS: readonly FunctionSignature[] = [
  ...DEFINITION_FUNCTIONS,
  ...NAME_FUNCTIONS,
  ...VISIBILITY_FUNCTIONS,
  ...DESCRIPTION_FUNCTIONS,
  ...PRIVILEGE_FUNCTIONS,
  ...FACT_FUNCTIONS,
  ...FAILURE_FUNCTIONS,
];
