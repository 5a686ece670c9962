// Functions that emit writes for constructs which SQLite treats otherwise than Postgres.
import { PgError } from '../../errors/pg-error.ts';
import { arrayItems, arrayOf, splitArray } from '../../types/arrays.ts';
import { INT4, INT8, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { aggregate, fn, js } from './builders.ts';
import type { AggregateSignature, FunctionSignature, SetFunctionSignature } from './signature.ts';

export const SUPPORT_FUNCTIONS: readonly FunctionSignature[] = [
  // A scalar subquery: its value, and how many rows it has.
  fn(
    'pg_single_row',
    [0, INT8],
    TEXT,
    js('pg_single_row', ([value = null, count]) => {
      if (count !== 1n)
        throw new PgError(
          '21000',
          'more than one row returned by a subquery used as an expression',
        );
      return value;
    }),
    { isStrict: false },
  ),
  // NULL is no limit, as -1 is in SQLite.
  fn(
    'pg_limit',
    [INT8],
    INT8,
    js('pg_limit', ([count = null]) => {
      if (count === null) return -1n;
      if ((count as bigint) < 0n) throw new PgError('2201W', 'LIMIT must not be negative');
      return count;
    }),
    { isStrict: false },
  ),
  fn(
    'pg_offset',
    [INT8],
    INT8,
    js('pg_offset', ([count = null]) => {
      if (count === null) return 0n;
      if ((count as bigint) < 0n) throw new PgError('2201X', 'OFFSET must not be negative');
      return count;
    }),
    { isStrict: false },
  ),
  // ARRAY[...]: the element type, then the elements.
  fn(
    'pg_array',
    [INT4],
    TEXT,
    js('pg_array', ([type, ...items]) => arrayOf(mustType(Number(type)), items)),
    {
      isStrict: false,
      isVariadic: true,
    },
  ),
];

function* items(args: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const [array = null, type = null] = args;
  if (array === null) return;
  for (const item of arrayItems(mustType(Number(type)), array)) yield [item];
}

export const SUPPORT_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    oid: 0,
    name: 'pg_array_items',
    arguments: [TEXT, INT4],
    columns: [{ name: 'item', type: TEXT }],
    isStrict: true,
    volatility: 'immutable',
    sqlName: 'pg_array_items',
    rows: items,
  },
];
