// The types that statements are made of, and values of each: ordinary ones and those at the edges.
import type { Prng } from '../../src/util/prng.ts';

const POOLS: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false'],
  int2: ['0', '1', '-1', '2', '3', '7', '100', '32767', '-32768'],
  int4: ['0', '1', '-1', '2', '3', '5', '10', '42', '1000', '2147483647', '-2147483648'],
  int8: [
    '0',
    '1',
    '-1',
    '2',
    '4',
    '9',
    '12345',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
  ],
  float4: [
    '0',
    '1',
    '-1',
    '0.5',
    '2.25',
    '-7.75',
    '1e10',
    '3.4e38',
    '1e-40',
    '-0',
    'NaN',
    'Infinity',
    '-Infinity',
  ],
  float8: [
    '0',
    '1',
    '-1',
    '0.5',
    '2.25',
    '-7.75',
    '1e15',
    '1e300',
    '5e-324',
    '-0',
    'NaN',
    'Infinity',
    '-Infinity',
  ],
  numeric: [
    '0',
    '1',
    '-1',
    '1.0',
    '1.50',
    '0.001',
    '-2.5',
    '123.456',
    '99999999999999999999.99',
    '1e-10',
    '0.00',
    'NaN',
    'Infinity',
    '-Infinity',
  ],
  text: [
    '',
    'a',
    'b',
    'abc',
    'ABC',
    ' a ',
    '1',
    '12',
    'true',
    'a%b_c',
    'x\\y',
    'ä€',
    '😀',
    'Zz',
    '2024-02-29',
    '1.5',
    '{1,2}',
    "it's",
    'a,b,c',
  ],
  varchar: ['', 'a', 'ab', 'abc ', 'B', '7', 'äö', 'null'],
  bpchar: ['', 'a', 'a  ', 'ab', 'abc', 'B', '7', ' x'],
  bytea: ['\\x', '\\x00', '\\x01', '\\xff', '\\x616263', '\\xdeadbeef'],
  uuid: [
    '00000000-0000-0000-0000-000000000000',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ],
  date: [
    '2000-01-01',
    '2024-02-29',
    '1999-12-31',
    '0044-03-15 BC',
    '9999-12-31',
    'infinity',
    '-infinity',
    '1970-01-01',
    '2024-03-31',
  ],
  time: ['00:00:00', '12:34:56.789', '23:59:59.999999', '24:00:00', '06:30'],
  timetz: [
    '00:00:00+00',
    '12:34:56.789+02',
    '23:59:59.999999-08',
    '10:34:56.789+00',
    '24:00:00+05:30',
  ],
  timestamp: [
    '2000-01-01 00:00:00',
    '2024-02-29 12:34:56.789',
    '1999-12-31 23:59:59.999999',
    '0001-01-01 00:00:00 BC',
    'infinity',
    '-infinity',
    '2024-03-31 01:30:00',
  ],
  timestamptz: [
    '2000-01-01 00:00:00+00',
    '2024-02-29 12:34:56.789+02',
    '1999-12-31 23:59:59.999999-08',
    'infinity',
    '-infinity',
    '2024-03-31 01:30:00+01',
  ],
  interval: [
    '0',
    '1 day',
    '24 hours',
    '1 mon',
    '30 days',
    '-1 day',
    '1 year 2 mons 3 days 04:05:06.789',
    '-00:00:00.000001',
    '1 day -1 hours',
    '100 years',
    '36:00:00',
  ],
  json: [
    'null',
    '1',
    '"a"',
    '[]',
    '{}',
    '[1,2,3]',
    '{"a": 1, "b": [true, null]}',
    '{"a":1,"a":2}',
    ' [1, "x"] ',
    '1.50',
    '"1"',
    'true',
  ],
  jsonb: [
    'null',
    '1',
    '"a"',
    '[]',
    '{}',
    '[1,2,3]',
    '{"a": 1, "b": [true, null]}',
    '{"a":1,"a":2}',
    '[1.0, "x", {"a": {"b": 2}}]',
    '1.50',
    '"1"',
    'true',
    'false',
  ],
};

export const SCALARS: readonly string[] = Object.keys(POOLS);
export const ARRAYS: readonly string[] = SCALARS.map((type) => `_${type}`);
/** Types of columns of tables: those that are used most are there several times. */
export const COLUMN_TYPES: readonly string[] = [
  ...SCALARS,
  'int4',
  'int4',
  'text',
  'text',
  'numeric',
  'bool',
  'int8',
  'float8',
  'timestamptz',
  'jsonb',
  'date',
  '_int4',
  '_text',
  '_numeric',
  '_bool',
  '_timestamptz',
  '_jsonb',
  '_float8',
  '_varchar',
];
/** No ordering operators. */
export function isSortable(type: string): boolean {
  return type !== 'json' && type !== '_json';
}

export function pick<T>(prng: Prng, items: readonly T[]): T {
  return items[prng.integer(items.length)] as T;
}

export function chance(prng: Prng, percent: number): boolean {
  return prng.integer(100) < percent;
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A text that the type may not take: one of another type, or one with a character too many or too few. */
export function strangeText(prng: Prng, type: string): string {
  const text = valueText(prng, chance(prng, 30) ? pick(prng, SCALARS) : type, 0, 60) ?? '';
  const at = prng.integer(text.length + 1);
  const roll = prng.integer(10);
  if (roll < 4) return text.slice(0, at) + text.slice(at + 1);
  if (roll < 7) return text.slice(0, at) + pick(prng, STRAY) + text.slice(at);
  return roll < 8 ? `${text}${text}` : text;
}

const STRAY = [
  ' ',
  '-',
  '0',
  '9',
  ':',
  '.',
  'e',
  'x',
  '"',
  ',',
  '{',
  '}',
  '+',
  'T',
  '\\',
  '\t',
  '/',
];

/** The text of a value; null: NULL. */
export function valueText(prng: Prng, type: string, nulls = 12, edges = 10): string | null {
  if (chance(prng, nulls)) return null;
  if (!type.startsWith('_')) {
    const pool = POOLS[type] as readonly string[];
    const plain = chance(prng, edges)
      ? pool
      : pool.slice(0, Math.max(3, Math.ceil(pool.length * 0.6)));
    return pick(prng, plain);
  }
  const items = Array.from({ length: prng.integer(4) }, () => {
    const text = valueText(prng, type.slice(1), 15, edges);
    return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}

const SHOWN: Readonly<Record<string, string>> = { bpchar: 'bpchar' };

/** `_int4` -> `int4[]`. */
export function typeName(type: string): string {
  return type.startsWith('_') ? `${typeName(type.slice(1))}[]` : (SHOWN[type] ?? type);
}

/** A literal of the type; `nulls` and `edges` in percent. */
export function literal(prng: Prng, type: string, nulls = 6, edges = 10): string {
  const text = valueText(prng, type, nulls, edges);
  if (text === null) return `NULL::${typeName(type)}`;
  if (type === 'bool') return text;
  if (type === 'int4' && /^-?\d+$/.test(text) && text !== '-2147483648')
    return text.startsWith('-') ? `(${text})` : text;
  if (type === 'numeric' && /^\d+\.\d+$/.test(text)) return text;
  return `${quote(text)}::${typeName(type)}`;
}
