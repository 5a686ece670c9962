// Functions that give rows for the elements of arrays.
import { arrayItems } from '../../types/arrays.ts';
import { INT4, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { ANYARRAY, ANYELEMENT } from './pseudo-types.ts';
import type { SetFunctionSignature } from './signature.ts';

export const UNNEST_MANY = 'pg_unnest_many';
export const UNNEST_ARRAYS_MAX = 4;

/** SQLite does not call the function for NULL: what is no array comes as the empty text. */
export const NO_ARRAY = '';

function elementsOf(type: SqliteValue | undefined, array: SqliteValue): readonly SqliteValue[] {
  return array === null || array === NO_ARRAY ? [] : arrayItems(mustType(Number(type)), array);
}

/** The element type, then the array. */
function* elements([type, array = null]: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  for (const item of elementsOf(type, array)) yield [item];
}

/** Elements to compare with: of no array nothing is known, so there is a NULL. */
function* quantified([array = null, type]: readonly SqliteValue[]): Iterable<
  readonly SqliteValue[]
> {
  if (array === NO_ARRAY) yield [null];
  else yield* elements([type ?? null, array]);
}

function* elementsOfMany(args: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const lists = Array.from({ length: UNNEST_ARRAYS_MAX }, (_, at) =>
    elementsOf(args[2 * at], args[2 * at + 1] ?? null),
  );
  const count = Math.max(...lists.map(({ length }) => length));
  for (let at = 0; at < count; at++) yield lists.map((list) => list[at] ?? null);
}

function* subscripts(args: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const [type, array = null, dimension, isReversed = null] = args;
  if (dimension !== 1n) return;
  const { length } = elementsOf(type, array);
  for (let at = 1; at <= length; at++) {
    yield [BigInt(isReversed === 1n ? length + 1 - at : at)];
  }
}

const COMMON = { oid: 0, isStrict: true, volatility: 'immutable' } as const;

export const UNNEST_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    ...COMMON,
    name: 'unnest',
    arguments: [ANYARRAY],
    columns: [{ name: 'unnest', type: ANYELEMENT }],
    takesElementType: true,
    sqlName: 'pg_unnest',
    rows: elements,
  },
  {
    ...COMMON,
    name: UNNEST_MANY,
    arguments: [],
    columns: Array.from({ length: UNNEST_ARRAYS_MAX }, () => ({ name: 'unnest', type: TEXT })),
    parameterCount: 2 * UNNEST_ARRAYS_MAX,
    sqlName: UNNEST_MANY,
    rows: elementsOfMany,
  },
  {
    ...COMMON,
    name: 'pg_array_items',
    arguments: [TEXT, INT4],
    columns: [{ name: 'item', type: TEXT }],
    sqlName: 'pg_array_items',
    rows: quantified,
  },
  ...[false, true].map((hasDirection) => ({
    ...COMMON,
    name: 'generate_subscripts',
    arguments: [ANYARRAY, INT4, ...(hasDirection ? [16] : [])],
    columns: [{ name: 'generate_subscripts', type: INT4 }],
    takesElementType: true,
    sqlName: hasDirection ? 'pg_subscripts_directed' : 'pg_subscripts',
    rows: subscripts,
  })),
];
