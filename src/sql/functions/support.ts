// Functions that emit writes for constructs which SQLite treats otherwise than Postgres.
import { PgError } from '../../errors/pg-error.ts';
import { arrayOf } from '../../types/arrays.ts';
import { INT4, INT8, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { bytesOfRow } from './bounds.ts';
import { aggregate, fn, js } from './builders.ts';
import type { AggregateSignature, FunctionSignature } from './signature.ts';

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

interface Collected {
  readonly type: number;
  readonly items: SqliteValue[];
}

/** The element type, then the values: ARRAY(subquery) gives '{}' for no rows, array_agg NULL. */
function collector(sqlName: string, ofNothing: string | null): AggregateSignature {
  const signature = aggregate(sqlName, [INT4, 0], TEXT, {
    kind: 'js',
    sqlName,
    start: () => null,
    step(state, [type = null, value = null], context) {
      const collected = (state as Collected | null) ?? { type: Number(type), items: [] };
      context.keep(bytesOfRow([value]));
      collected.items.push(value);
      return collected;
    },
    finish(state) {
      if (state === null) return ofNothing;
      const { type, items: collected } = state as Collected;
      return arrayOf(mustType(type), collected);
    },
  });
  return { ...signature, valueIndex: 1 };
}

export const SUPPORT_AGGREGATES: readonly AggregateSignature[] = [
  collector('pg_array_of_rows', '{}'),
  collector('pg_array_agg', null),
];
