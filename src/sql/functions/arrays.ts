// Functions and operators of arrays (PG: 9.19). Each gets the element type before the arguments.
import { PgError, notSupported } from '../../errors/pg-error.ts';
import { CANONICAL, arrayItems, arrayOf, splitArray } from '../../types/arrays.ts';
import { vectorItems } from '../../types/catalog-types.ts';
import { countParts } from '../../types/count-parts.ts';
import { compareStored } from '../../types/compare-stored.ts';
import { BOOL, INT4, INT8, TEXT } from '../../types/oids.ts';
import type { PgType } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator } from './builders.ts';
import { INT2VECTOR, OIDVECTOR } from './catalog-context.ts';
import { formatSettingsOf } from './format-settings.ts';
import {
  ANYARRAY,
  ANYCOMPATIBLE,
  ANYCOMPATIBLEARRAY,
  ANYELEMENT,
  ANYNONARRAY,
} from './pseudo-types.ts';
import type { CallContext, FunctionSignature, OperatorSignature } from './signature.ts';

type Items = readonly SqliteValue[];

interface Call {
  readonly element: PgType;
  readonly args: readonly SqliteValue[];
  readonly context: CallContext;
  /** The elements of an argument; of NULL none. */
  items(at: number): Items;
}

const COMMON = { takesElementType: true } as const;
const ELEMENTWISE = { ...COMMON, isStrict: false } as const;

function call(sqlName: string, compute: (call: Call) => SqliteValue) {
  return js(sqlName, ([type, ...args], context) => {
    const element = mustType(Number(type));
    const items = (at: number): Items => {
      const array = args[at] ?? null;
      if (array === null) return [];
      context.spend(countParts(String(array)));
      return arrayItems(element, array);
    };
    return compute({ element, args, context, items });
  });
}

/** Equal as IS NOT DISTINCT FROM has it. */
function isSame({ keyOf, name }: PgType, a: SqliteValue, b: SqliteValue): boolean {
  // A NULL that array_position() looks for is found without comparing.
  if (name === 'json' && b !== null) {
    throw new PgError('42883', 'could not identify an equality operator for type json');
  }
  if (a === null || b === null) return a === b;
  return compareStored(keyOf?.(a) ?? a, keyOf?.(b) ?? b) === 0;
}

function isAmong({ element, context }: Call, value: SqliteValue, items: Items): boolean {
  context.spend(items.length);
  return value !== null && items.some((item) => isSame(element, item, value));
}

/** With one of them NULL, the other one. */
function concatenated({ element, args, items }: Call): SqliteValue {
  const [a = null, b = null] = args;
  if (a === null || b === null) return a ?? b;
  return arrayOf(element, [...items(0), ...items(1)]);
}

function appended({ element, args, items }: Call): SqliteValue {
  return arrayOf(element, [...items(0), args[1] ?? null]);
}

function prepended({ element, args, items }: Call): SqliteValue {
  return arrayOf(element, [args[0] ?? null, ...items(1)]);
}

function contains(call: Call, all: Items, some: Items): SqliteValue {
  return some.every((item) => isAmong(call, item, all)) ? 1n : 0n;
}

function concatenation(left: number, right: number, sqlName: string, compute: typeof appended) {
  return operator('||', left, right, ANYCOMPATIBLEARRAY, call(sqlName, compute), ELEMENTWISE);
}

function comparison(name: string, compute: (call: Call) => SqliteValue): OperatorSignature {
  const sqlName = { '@>': 'pg_array_contains', '<@': 'pg_array_within' }[name];
  const implementation = call(sqlName ?? 'pg_array_overlap', compute);
  return operator(name, ANYARRAY, ANYARRAY, BOOL, implementation, COMMON);
}

export const ARRAY_OPERATORS: readonly OperatorSignature[] = [
  concatenation(ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY, 'pg_array_cat', concatenated),
  concatenation(ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, 'pg_array_append', appended),
  concatenation(ANYCOMPATIBLE, ANYCOMPATIBLEARRAY, 'pg_array_prepend', prepended),
  comparison('@>', (call) => contains(call, call.items(0), call.items(1))),
  comparison('<@', (call) => contains(call, call.items(1), call.items(0))),
  comparison('&&', (call) => {
    const others = call.items(1);
    return call.items(0).some((item) => isAmong(call, item, others)) ? 1n : 0n;
  }),
];

function position({ element, args, items }: Call, start: number): SqliteValue {
  const at = items(0).findIndex(
    (item, index) => index >= start && isSame(element, item, args[1] ?? null),
  );
  return at < 0 ? null : BigInt(at + 1);
}

function joined({ element, args, items, context }: Call): SqliteValue {
  const [array = null, by = null, none = null] = args;
  if (array === null || by === null) return null;
  const settings = formatSettingsOf(context);
  return items(0)
    .map((item) => (item === null ? none : element.format(item, settings)))
    .filter((item) => item !== null)
    .join(String(by));
}

function filled({ element, args }: Call): SqliteValue {
  const [value = null, sizes = null] = args;
  const counts = sizes === null ? [] : splitArray(String(sizes));
  if (counts.length > 1) throw notSupported('an array with more than one dimension');
  const count = Number(counts[0] ?? 0);
  if (count > 10_000_000) throw new PgError('54000', 'array size exceeds the maximum allowed');
  return arrayOf(element, new Array<SqliteValue>(Math.max(count, 0)).fill(value));
}

function trimmed({ element, args, items }: Call): SqliteValue {
  const all = items(0);
  const count = Number(args[1]);
  if (count < 0 || count > all.length) {
    throw new PgError(
      '2202E',
      `number of elements to trim must be between 0 and ${String(all.length)}`,
    );
  }
  return arrayOf(element, all.slice(0, all.length - count));
}

/** The array from the first to the last position; null: from or to its end. */
function sliced({ element, args, items }: Call): SqliteValue {
  const [array = null, first = null, last = null, hasFirst, hasLast] = args;
  if (array === null) return null;
  if ((hasFirst === 1n && first === null) || (hasLast === 1n && last === null)) return null;
  const all = items(0);
  const start = first === null ? 1 : Math.max(Number(first), 1);
  const end = last === null ? all.length : Math.min(Number(last), all.length);
  return arrayOf(element, all.slice(start - 1, Math.max(end, start - 1)));
}

/** The array with one element set; gaps become NULL. */
function assigned({ element, args, items }: Call): SqliteValue {
  const [, at = null, value = null] = args;
  if (at === null) throw new PgError('22004', 'array subscript in assignment must not be null');
  const index = Number(at) - 1;
  if (index < 0) throw notSupported('an array with bounds of its own');
  if (index >= 10_000_000) throw new PgError('54000', 'array size exceeds the maximum allowed');
  const all = [...items(0)];
  while (all.length < index) all.push(null);
  all[index] = value;
  return arrayOf(element, all);
}

function isEmpty(array: SqliteValue | undefined): boolean {
  return splitArray(String(array)).length === 0;
}

function bound(sqlName: string, compute: (length: number) => number) {
  return js(sqlName, ([array, dimension]) => {
    const { length } = splitArray(String(array));
    return dimension === 1n && length > 0 ? BigInt(compute(length)) : null;
  });
}

const JOIN_OPTIONS = {
  ...ELEMENTWISE,
  volatility: 'stable',
  settings: ['TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output'],
} as const;

/** `text` between separators; without one, its characters. */
function split(text: string, by: SqliteValue): readonly string[] {
  if (text === '') return [];
  if (by === null) return [...text];
  return by === '' ? [text] : text.split(String(by));
}

/** Where a width falls among ascending bounds. */
function bucketOf({ element, args, items }: Call): SqliteValue {
  const value = args[0] as NonNullable<SqliteValue>;
  const keyOf = (item: SqliteValue): SqliteValue =>
    item === null ? null : (element.keyOf?.(item) ?? item);
  const bounds = items(1);
  if (bounds.includes(null)) {
    throw new PgError('22004', 'thresholds array must not contain NULLs');
  }
  let [first, end] = [0, bounds.length];
  // As Postgres searches, also where they are not in order.
  while (first < end) {
    const middle = Math.floor((first + end) / 2);
    const isBelow = compareStored(keyOf(value), keyOf(bounds[middle] ?? null)) < 0;
    [first, end] = isBelow ? [first, middle] : [middle + 1, end];
  }
  return BigInt(first);
}

/** Written as `array[position]` and `array[first:last]`. */
export const SUBSCRIPTS: readonly FunctionSignature[] = [
  fn(
    'pg_array_slice',
    [ANYARRAY, INT8, INT8, BOOL, BOOL],
    ANYARRAY,
    call('pg_array_slice', sliced),
    ELEMENTWISE,
  ),
  fn(
    'pg_array_assign',
    [ANYARRAY, INT8, ANYELEMENT],
    ANYARRAY,
    call('pg_array_assign', assigned),
    ELEMENTWISE,
  ),
  // The array or vector, the position, the element type.
  fn(
    'pg_subscript',
    [0, INT8, INT4],
    ANYNONARRAY,
    js('pg_subscript', ([array, at, type]) => {
      const text = String(array);
      // Vectors count from 0, arrays from 1.
      const isArray = text.startsWith('{');
      const items = isArray ? splitArray(text) : text.split(' ').filter((item) => item !== '');
      const item = items[Number(at) - (isArray ? 1 : 0)] ?? null;
      return item === null ? null : mustType(Number(type)).parse(item, -1, CANONICAL);
    }),
  ),
];

export const ARRAY_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'array_append',
    [ANYCOMPATIBLEARRAY, ANYCOMPATIBLE],
    ANYCOMPATIBLEARRAY,
    call('pg_array_append', appended),
    ELEMENTWISE,
  ),
  fn(
    'array_prepend',
    [ANYCOMPATIBLE, ANYCOMPATIBLEARRAY],
    ANYCOMPATIBLEARRAY,
    call('pg_array_prepend', prepended),
    ELEMENTWISE,
  ),
  fn(
    'array_cat',
    [ANYCOMPATIBLEARRAY, ANYCOMPATIBLEARRAY],
    ANYCOMPATIBLEARRAY,
    call('pg_array_cat', concatenated),
    ELEMENTWISE,
  ),
  fn(
    'array_remove',
    [ANYCOMPATIBLEARRAY, ANYCOMPATIBLE],
    ANYCOMPATIBLEARRAY,
    call('pg_array_remove', ({ element, args, items }) =>
      (args[0] ?? null) === null
        ? null
        : arrayOf(
            element,
            items(0).filter((item) => !isSame(element, item, args[1] ?? null)),
          ),
    ),
    ELEMENTWISE,
  ),
  fn(
    'array_replace',
    [ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, ANYCOMPATIBLE],
    ANYCOMPATIBLEARRAY,
    call('pg_array_replace', ({ element, args, items }) =>
      (args[0] ?? null) === null
        ? null
        : arrayOf(
            element,
            items(0).map((item) =>
              isSame(element, item, args[1] ?? null) ? (args[2] ?? null) : item,
            ),
          ),
    ),
    ELEMENTWISE,
  ),
  fn(
    'array_position',
    [ANYCOMPATIBLEARRAY, ANYCOMPATIBLE],
    INT4,
    call('pg_array_position', (all) => position(all, 0)),
    ELEMENTWISE,
  ),
  fn(
    'array_position',
    [ANYCOMPATIBLEARRAY, ANYCOMPATIBLE, INT4],
    INT4,
    call('pg_array_position_from', (all) => position(all, Number(all.args[2]) - 1)),
    ELEMENTWISE,
  ),
  fn(
    'array_positions',
    [ANYCOMPATIBLEARRAY, ANYCOMPATIBLE],
    1007,
    call('pg_array_positions', ({ element, args, items }) => {
      if ((args[0] ?? null) === null) return null;
      const found = items(0).flatMap((item, at) =>
        isSame(element, item, args[1] ?? null) ? [BigInt(at + 1)] : [],
      );
      return arrayOf(mustType(INT4), found);
    }),
    ELEMENTWISE,
  ),
  fn('array_to_string', [ANYARRAY, TEXT], TEXT, call('pg_array_to_string', joined), JOIN_OPTIONS),
  fn(
    'array_to_string',
    [ANYARRAY, TEXT, TEXT],
    TEXT,
    call('pg_array_to_string_null', joined),
    JOIN_OPTIONS,
  ),
  fn('array_fill', [ANYELEMENT, 1007], ANYARRAY, call('pg_array_fill', filled), ELEMENTWISE),
  fn('trim_array', [ANYARRAY, INT4], ANYARRAY, call('pg_trim_array', trimmed), COMMON),
  fn(
    'width_bucket',
    [ANYCOMPATIBLE, ANYCOMPATIBLEARRAY],
    INT4,
    call('pg_array_bucket', bucketOf),
    COMMON,
  ),
  fn(
    'array_length',
    [ANYARRAY, INT4],
    INT4,
    bound('pg_array_length', (length) => length),
  ),
  fn(
    'array_upper',
    [ANYARRAY, INT4],
    INT4,
    bound('pg_array_length', (length) => length),
  ),
  fn(
    'array_lower',
    [ANYARRAY, INT4],
    INT4,
    bound('pg_array_lower', () => 1),
  ),
  // Vectors of the catalog count from 0.
  ...[INT2VECTOR, OIDVECTOR].flatMap((vector) => [
    fn(
      'array_lower',
      [vector, INT4],
      INT4,
      js('pg_vector_lower', ([items, dimension]) => (dimension === 1n && items !== '' ? 0n : null)),
    ),
    fn(
      'array_upper',
      [vector, INT4],
      INT4,
      js('pg_vector_upper', ([items = null, dimension]) =>
        dimension === 1n && items !== '' ? BigInt(vectorItems(items).length - 1) : null,
      ),
    ),
  ]),
  fn(
    'array_ndims',
    [ANYARRAY],
    INT4,
    js('pg_array_ndims', ([array]) => (isEmpty(array) ? null : 1n)),
  ),
  fn(
    'array_dims',
    [ANYARRAY],
    TEXT,
    js('pg_array_dims', ([array]) =>
      isEmpty(array) ? null : `[1:${String(splitArray(String(array)).length)}]`,
    ),
  ),
  fn(
    'cardinality',
    [ANYARRAY],
    INT4,
    js('pg_cardinality', ([array]) => BigInt(splitArray(String(array)).length)),
  ),
  ...[false, true].map((hasNull) =>
    fn(
      'string_to_array',
      hasNull ? [TEXT, TEXT, TEXT] : [TEXT, TEXT],
      1009,
      js('pg_string_to_array', ([text = null, by = null, none = null]) => {
        if (text === null) return null;
        const items = split(String(text), by).map((item) => (item === none ? null : item));
        return arrayOf(mustType(TEXT), items);
      }),
      { isStrict: false },
    ),
  ),
];
