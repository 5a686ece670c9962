// How many of the arguments are NULL (PG: 9.2 Comparison Functions).
import { INT4 } from '../../types/oids.ts';
import { fn } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

const ANY = { isVariadic: true, isStrict: false } as const;

export const NULL_COUNT_FUNCTIONS: readonly FunctionSignature[] = [
  ['num_nulls', 'IS NULL'] as const,
  ['num_nonnulls', 'IS NOT NULL'] as const,
].map(([name, test]) =>
  fn(
    name,
    [0],
    INT4,
    { kind: 'sql', emit: (args) => `(${args.map((arg) => `(${arg} ${test})`).join(' + ')})` },
    ANY,
  ),
);
