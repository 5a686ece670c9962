// Functions that give rows for the elements of arrays.
import { arrayItems } from '../../types/arrays.ts';
import { BOOL, INT2, INT4, OID, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { vectorItems } from '../../types/catalog-types.ts';
import { INT2VECTOR, OIDVECTOR } from './catalog-context.ts';
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

/** Vectors of the catalog count from 0. */
function* vectorSubscripts(args: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const [vector = null, dimension, isReversed = null] = args;
  if (dimension !== 1n) return;
  const { length } = vectorItems(vector);
  for (let at = 0; at < length; at++) {
    yield [BigInt(isReversed === 1n ? length - 1 - at : at)];
  }
}

/** What information_schema makes of an array: its elements, numbered from 1. */
function* expanded([type, array = null]: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  for (const [at, item] of elementsOf(type, array).entries()) yield [item, BigInt(at + 1)];
}

function* expandedVector([vector = null]: readonly SqliteValue[]): Iterable<
  readonly SqliteValue[]
> {
  for (const [at, item] of vectorItems(vector).entries()) yield [BigInt(item), BigInt(at + 1)];
}

const VECTORS = [INT2VECTOR, OIDVECTOR] as const;

const COMMON = { oid: 0, isStrict: true, volatility: 'immutable' } as const;

/** Called by the compiler alone. */
export const UNNEST_SUPPORT: readonly SetFunctionSignature[] = [
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
];

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
  ...[false, true].map((hasDirection) => ({
    ...COMMON,
    name: 'generate_subscripts',
    arguments: [ANYARRAY, INT4, ...(hasDirection ? [BOOL] : [])],
    columns: [{ name: 'generate_subscripts', type: INT4 }],
    takesElementType: true,
    sqlName: hasDirection ? 'pg_subscripts_directed' : 'pg_subscripts',
    rows: subscripts,
  })),
  ...VECTORS.flatMap((vector) =>
    [false, true].map((hasDirection) => ({
      ...COMMON,
      name: 'generate_subscripts',
      arguments: [vector, INT4, ...(hasDirection ? [BOOL] : [])],
      columns: [{ name: 'generate_subscripts', type: INT4 }],
      sqlName: hasDirection ? 'pg_vector_subscripts_directed' : 'pg_vector_subscripts',
      rows: vectorSubscripts,
    })),
  ),
  ...VECTORS.map((vector, at) => ({
    ...COMMON,
    name: '_pg_expandarray',
    arguments: [vector],
    columns: [
      { name: 'x', type: at === 0 ? INT2 : OID },
      { name: 'n', type: INT4 },
    ],
    sqlName: 'pg_expand_vector',
    rows: expandedVector,
  })),
  {
    ...COMMON,
    name: '_pg_expandarray',
    arguments: [ANYARRAY],
    columns: [
      { name: 'x', type: ANYELEMENT },
      { name: 'n', type: INT4 },
    ],
    takesElementType: true,
    sqlName: 'pg_expand_array',
    rows: expanded,
  },
];
