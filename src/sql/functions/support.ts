// Functions that emit writes for constructs which SQLite treats otherwise than Postgres.
import { PgError } from '../../errors/pg-error.ts';
import { CANONICAL, arrayItems, arrayOf, splitArray } from '../../types/arrays.ts';
import { INT4, INT8, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { bytesOfRow, checkLength, lengthOf } from './bounds.ts';
import { aggregate, fn, js } from './builders.ts';
import type { AggregateSignature, FunctionSignature, SetFunctionSignature } from './signature.ts';

function joined(parts: readonly SqliteValue[], by: string): string {
  const length = parts.reduce<number>(
    (sum, part) => sum + lengthOf(part),
    by.length * parts.length,
  );
  checkLength(length);
  return parts.join(by);
}

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
  fn(
    'array_to_string',
    [0, TEXT],
    TEXT,
    js('pg_array_to_string', ([array, by]) =>
      joined(
        splitArray(String(array)).filter((item) => item !== null),
        String(by),
      ),
    ),
  ),
  fn(
    'array_to_string',
    [0, TEXT, TEXT],
    TEXT,
    js('pg_array_to_string_null', ([array = null, by = null, none = null]) => {
      if (array === null || by === null) return null;
      const items = splitArray(String(array)).map((item) => item ?? none);
      return joined(
        items.filter((item) => item !== null),
        String(by),
      );
    }),
    { isStrict: false },
  ),
  fn(
    'array_length',
    [0, INT4],
    INT4,
    js('pg_array_length', ([array, dimension]) => {
      const { length } = splitArray(String(array));
      return dimension === 1n && length > 0 ? BigInt(length) : null;
    }),
  ),
  fn(
    'array_upper',
    [0, INT4],
    INT4,
    js('pg_array_length', ([array, dimension]) => {
      const { length } = splitArray(String(array));
      return dimension === 1n && length > 0 ? BigInt(length) : null;
    }),
  ),
  // Subscripts: the array or vector, the position, the element type.
  fn(
    'pg_subscript',
    [0, INT8, INT4],
    TEXT,
    js('pg_subscript', ([array, position, type]) => {
      const text = String(array);
      // Vectors count from 0, arrays from 1.
      const isArray = text.startsWith('{');
      const items = isArray ? splitArray(text) : text.split(' ').filter((item) => item !== '');
      const item = items[Number(position) - (isArray ? 1 : 0)] ?? null;
      return item === null || Number(position) < (isArray ? 1 : 0)
        ? null
        : mustType(Number(type)).parse(item, -1, CANONICAL);
    }),
  ),
  fn(
    'cardinality',
    [0],
    INT4,
    js('pg_cardinality', ([array]) => BigInt(splitArray(String(array)).length)),
  ),
];

interface Collected {
  readonly type: number;
  readonly items: SqliteValue[];
}

/** The element type, then the values: ARRAY(subquery) gives '{}' for no rows, array_agg NULL. */
function collector(sqlName: string, ofNothing: string | null): AggregateSignature {
  return aggregate(sqlName, [INT4, 0], TEXT, {
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
}

export const SUPPORT_AGGREGATES: readonly AggregateSignature[] = [
  collector('pg_array_of_rows', '{}'),
  collector('pg_array_agg', null),
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
