// GREATEST and LEAST: they skip NULLs, where SQLite's max() and min() give NULL, and go by the
// type's order. A function, not a query, so that a CHECK may use them.
import { compareStored } from '../../types/compare-stored.ts';
import { INT4, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

/** The first of equal values, as Postgres has it. */
function extreme(args: readonly SqliteValue[], sign: 1 | -1): SqliteValue {
  const [type, ...values] = args;
  const { keyOf } = mustType(Number(type));
  let best: SqliteValue = null;
  let bestKey: SqliteValue = null;
  for (const value of values) {
    if (value === null) continue;
    const key = keyOf === undefined ? value : keyOf(value);
    if (best !== null && sign * compareStored(key, bestKey) <= 0) continue;
    best = value;
    bestKey = key;
  }
  return best;
}

/** The type, then the values. */
export const EXTREME_FUNCTIONS: readonly FunctionSignature[] = (
  [
    ['pg_greatest', 1],
    ['pg_least', -1],
  ] as const
).map(([name, sign]) =>
  fn(
    name,
    [INT4, 0],
    TEXT,
    js(name, (args) => extreme(args, sign)),
    { isStrict: false, isVariadic: true },
  ),
);
