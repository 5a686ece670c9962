// Functions and operators of json and jsonb, all together (PG: 9.16 JSON Functions and Operators).
import { JSON_ACCESS_FUNCTIONS, JSON_ACCESS_OPERATORS } from './json-access.ts';
import { JSON_CONSTRUCTION_FUNCTIONS } from './json-construction.ts';
import { JSONB_CHANGE_FUNCTIONS, JSONB_CHANGE_OPERATORS } from './jsonb-changes.ts';
import type { FunctionSignature, OperatorSignature } from './signature.ts';

export const JSON_OPERATORS: readonly OperatorSignature[] = [
  ...JSON_ACCESS_OPERATORS,
  ...JSONB_CHANGE_OPERATORS,
];

export const JSON_FUNCTIONS: readonly FunctionSignature[] = [
  ...JSON_ACCESS_FUNCTIONS,
  ...JSON_CONSTRUCTION_FUNCTIONS,
  ...JSONB_CHANGE_FUNCTIONS,
];
