// Functions and operators of text (PG: 9.4 String Functions). Letters are those of ASCII, as in the
// C locale; lengths count code points.
import { PgError } from '../../errors/pg-error.ts';
import { quoteIdentifier, quoteLiteral } from '../../catalog/quote-identifier.ts';
import { arrayOf } from '../../types/arrays.ts';
import { BOOL, BPCHAR, INT4, TEXT, UUID } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { checkLength } from './bounds.ts';
import { codePoints } from './regex/regex.ts';
import { fn, js, operator, sql } from './builders.ts';
import { formatted } from './format-text.ts';
import { hashBytes } from './hash.ts';
import { toLowerAscii } from './patterns.ts';
import { ANYNONARRAY } from './pseudo-types.ts';
import type {
  CallContext,
  FunctionSignature,
  OperatorSignature,
  SetFunctionSignature,
} from './signature.ts';

export const TEXT_OPERATORS: readonly OperatorSignature[] = [
  operator(
    '||',
    TEXT,
    TEXT,
    TEXT,
    js('pg_text_concat', ([a, b]) => String(a) + String(b)),
  ),
  ...(
    [
      [TEXT, ANYNONARRAY],
      [ANYNONARRAY, TEXT],
    ] as const
  ).map(([left, right]) =>
    operator(
      '||',
      left,
      right,
      TEXT,
      sql((a = '', b = '') => `(${a} || ${b})`),
      { takesTexts: true, volatility: 'stable' },
    ),
  ),
  // Comparisons by bytes, whatever the collation: here it is always so.
  ...(
    [
      ['~<~', '<'],
      ['~<=~', '<='],
      ['~>~', '>'],
      ['~>=~', '>='],
    ] as const
  ).map(([name, sqlite]) => operator(name, TEXT, TEXT, BOOL, { kind: 'comparison', sqlite })),
];

function characters(value: SqliteValue | undefined): string[] {
  return [...String(value)];
}

function toUpperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** substring(text from n for m), with Postgres' treatment of starts before the text. */
function substring(value: SqliteValue | undefined, from: number, count: number | null): string {
  if (count !== null && count < 0) {
    throw new PgError('22011', 'negative substring length not allowed');
  }
  const all = characters(value);
  const end = count === null ? all.length : from - 1 + count;
  return all.slice(Math.max(from - 1, 0), Math.max(end, 0)).join('');
}

function replaced(text: string, from: string, to: string): string {
  if (from === '') return text;
  const parts = text.split(from);
  checkLength(text.length + (parts.length - 1) * (to.length - from.length));
  return parts.join(to);
}

function lengthOfText(value: SqliteValue | undefined): bigint {
  const text = String(value);
  let count = text.length;
  // Two units are one character beyond the basic plane.
  for (let at = 0; at < text.length; at++) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count -= 1;
  }
  return BigInt(count);
}

function character(code: number): string {
  if (code < 0) throw new PgError('22023', 'character number must be positive');
  if (code === 0) throw new PgError('54000', 'null character not permitted');
  if (code > 0x10ffff) {
    throw new PgError('54000', `requested character too large for encoding: ${code}`);
  }
  if (code >= 0xd800 && code <= 0xdfff) {
    throw new PgError('54000', `requested character not valid for encoding: ${code}`);
  }
  return String.fromCodePoint(code);
}

function padded(value: SqliteValue, length: number, fill: string, isLeft: boolean): string {
  checkLength(length);
  const text = characters(value);
  const missing = Math.max(length, 0) - text.length;
  if (missing <= 0) return text.slice(0, Math.max(length, 0)).join('');
  if (fill === '') return text.join('');
  const unit = characters(fill);
  const times = Math.floor(missing / unit.length);
  const padding = fill.repeat(times) + unit.slice(0, missing % unit.length).join('');
  return isLeft ? padding + text.join('') : text.join('') + padding;
}

function trimmer(side: 'both' | 'left' | 'right'): (args: readonly SqliteValue[]) => string {
  return ([value, set = ' ']) => {
    const text = String(value);
    const drop = new Set(codePoints(String(set)));
    let start = 0;
    let end = text.length;
    // Never in the middle of two units that are one character.
    const unitsAt = (at: number): number => ((text.codePointAt(at) as number) > 0xffff ? 2 : 1);
    const last = (): number => end - (end > 1 && unitsAt(end - 2) === 2 ? 2 : 1);
    if (side !== 'right')
      while (start < end && drop.has(text.codePointAt(start) as number)) start += unitsAt(start);
    if (side !== 'left')
      while (end > start && drop.has(text.codePointAt(last()) as number)) end = last();
    return text.slice(start, end);
  };
}

function repeated(text: string, count: number): string {
  checkLength(text.length * count);
  return text.repeat(count);
}

/** From 1; 0: not there. */
function positionOf(text: string, part: string): bigint {
  const at = text.indexOf(part);
  return at < 0 ? 0n : BigInt([...text.slice(0, at)].length + 1);
}

function splitPart(text: string, by: string, field: number): string {
  if (field === 0) throw new PgError('22023', 'field position must not be zero');
  const parts = by === '' ? [text] : text.split(by);
  return parts.at(field > 0 ? field - 1 : field) ?? '';
}

const SURROGATE = /[\ud800-\udfff]/;

function translated(text: string, from: string, to: string): string {
  if (!SURROGATE.test(from) && !SURROGATE.test(to)) return translatedUnits(text, from, to);
  const targets = [...to];
  const targetOf = new Map<string, string>();
  for (const [at, source] of [...from].entries()) {
    if (!targetOf.has(source)) targetOf.set(source, targets[at] ?? '');
  }
  let result = '';
  for (const each of text) result += targetOf.get(each) ?? each;
  return result;
}

/** Unit by unit: none of those that are translated is a part of a character. */
function translatedUnits(text: string, from: string, to: string): string {
  const targetOf = new Map<number, number>();
  for (let at = from.length - 1; at >= 0; at--) {
    targetOf.set(from.charCodeAt(at), at < to.length ? to.charCodeAt(at) : -1);
  }
  const units = new Uint16Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const target = targetOf.get(unit) ?? unit;
    if (target >= 0) units[count++] = target;
  }
  return Buffer.from(units.buffer, 0, 2 * count).toString('utf16le');
}

function reversed(text: string): string {
  if (SURROGATE.test(text)) return [...text].reverse().join('');
  // Both the units and the bytes of each: the latter once more.
  return Buffer.from(text, 'utf16le').reverse().swap16().toString('utf16le');
}

function overlaid(text: string, part: string, from: number, count: number): string {
  if (from <= 0) throw new PgError('22011', 'negative substring length not allowed');
  const all = [...text];
  return all.slice(0, from - 1).join('') + part + all.slice(Math.max(from - 1 + count, 0)).join('');
}

/** `\XXXX`, `\+XXXXXX`, `\uXXXX` and `\UXXXXXXXX` as characters. */
function unescaped(text: string): string {
  return text.replace(
    /\\(?:\\|([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)/g,
    (whole, ...digits: unknown[]) => {
      if (whole === '\\\\') return '\\';
      const hex = digits.slice(0, 4).find((each) => each !== undefined);
      if (hex === undefined) {
        throw new PgError('42601', 'invalid Unicode escape', {
          hint: 'Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.',
        });
      }
      const code = Number.parseInt(String(hex), 16);
      if (code === 0 || code > 0x10ffff) {
        throw new PgError('42601', 'invalid Unicode code point');
      }
      return String.fromCodePoint(code);
    },
  );
}

function uuid(context: CallContext): string {
  const words = Array.from({ length: 4 }, () => context.randomUint32());
  words[1] = (((words[1] as number) & 0xffff0fff) | 0x4000) >>> 0;
  words[2] = (((words[2] as number) & 0x3fffffff) | 0x80000000) >>> 0;
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

type Call = (args: readonly SqliteValue[]) => SqliteValue;

/** The same function under other names too. */
function named(
  names: readonly string[],
  args: readonly number[],
  result: number,
  call: Call,
): FunctionSignature[] {
  const [first = ''] = names;
  const implementation = js(`pg_${first}_${args.join('_')}`, call);
  return names.map((name) => fn(name, args, result, implementation));
}

const ANY_TEXTS = { isVariadic: true, isStrict: false, takesTexts: true } as const;
const IO = {
  volatility: 'stable',
  settings: ['TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output'],
} as const;

function present(values: readonly SqliteValue[]): readonly string[] {
  return values.filter((value) => value !== null).map(String);
}

const FORMS = ['NFC', 'NFD', 'NFKC', 'NFKD'] as const;

function normalForm(name: SqliteValue | undefined): (typeof FORMS)[number] {
  const found = FORMS.find((form) => form === String(name ?? 'NFC').toUpperCase());
  if (found !== undefined) return found;
  throw new PgError('22023', `invalid normalization form: ${String(name)}`);
}

const TEXT_ONLY = [TEXT];

export const TEXT_FUNCTIONS: readonly FunctionSignature[] = [
  ...named(['length', 'char_length', 'character_length'], TEXT_ONLY, INT4, ([a]) =>
    lengthOfText(a),
  ),
  ...[TEXT, BPCHAR].map((type) =>
    fn(
      'octet_length',
      [type],
      INT4,
      sql((a = '') => `octet_length(${a})`),
    ),
  ),
  fn(
    'bit_length',
    TEXT_ONLY,
    INT4,
    sql((a = '') => `(8 * octet_length(${a}))`),
  ),
  ...named(['lower'], TEXT_ONLY, TEXT, ([a]) => toLowerAscii(String(a))),
  ...named(['upper'], TEXT_ONLY, TEXT, ([a]) => toUpperAscii(String(a))),
  ...named(['initcap'], TEXT_ONLY, TEXT, ([a]) =>
    toLowerAscii(String(a)).replace(
      /[A-Za-z0-9]+/g,
      (word) => word.charAt(0).toUpperCase() + word.slice(1),
    ),
  ),
  ...(
    [
      ['btrim', 'both'],
      ['ltrim', 'left'],
      ['rtrim', 'right'],
    ] as const
  ).flatMap(([name, side]) => [
    ...named([name], TEXT_ONLY, TEXT, trimmer(side)),
    ...named([name], [TEXT, TEXT], TEXT, trimmer(side)),
  ]),
  ...named(['substring', 'substr'], [TEXT, INT4], TEXT, ([a, from]) =>
    substring(a, Number(from), null),
  ),
  ...named(['substring', 'substr'], [TEXT, INT4, INT4], TEXT, ([a, from, count]) =>
    substring(a, Number(from), Number(count)),
  ),
  ...named(['left'], [TEXT, INT4], TEXT, ([a, n]) => characters(a).slice(0, Number(n)).join('')),
  ...named(['right'], [TEXT, INT4], TEXT, ([a, n]) => {
    const text = characters(a);
    const start = Number(n) >= 0 ? Math.max(text.length - Number(n), 0) : -Number(n);
    return text.slice(start).join('');
  }),
  ...(['lpad', 'rpad'] as const).flatMap((name) => {
    const call: Call = ([a, n, fill = ' ']) =>
      padded(a ?? null, Number(n), String(fill), name === 'lpad');
    return [
      ...named([name], [TEXT, INT4], TEXT, call),
      ...named([name], [TEXT, INT4, TEXT], TEXT, call),
    ];
  }),
  ...named(['repeat'], [TEXT, INT4], TEXT, ([a, n]) => repeated(String(a), Math.max(Number(n), 0))),
  ...named(['replace'], [TEXT, TEXT, TEXT], TEXT, ([a, from, to]) =>
    replaced(String(a), String(from), String(to)),
  ),
  ...named(['reverse'], TEXT_ONLY, TEXT, ([a]) => reversed(String(a))),
  ...named(['translate'], [TEXT, TEXT, TEXT], TEXT, ([a, from, to]) =>
    translated(String(a), String(from), String(to)),
  ),
  ...named(['overlay'], [TEXT, TEXT, INT4], TEXT, ([a, part, from]) =>
    overlaid(String(a), String(part), Number(from), characters(part).length),
  ),
  ...named(['overlay'], [TEXT, TEXT, INT4, INT4], TEXT, ([a, part, from, count]) =>
    overlaid(String(a), String(part), Number(from), Number(count)),
  ),
  ...named(['split_part'], [TEXT, TEXT, INT4], TEXT, ([a, by, n]) =>
    splitPart(String(a), String(by), Number(n)),
  ),
  ...named(['strpos', 'position'], [TEXT, TEXT], INT4, ([a, b]) =>
    positionOf(String(a), String(b)),
  ),
  ...named(['starts_with'], [TEXT, TEXT], BOOL, ([a, b]) =>
    String(a).startsWith(String(b)) ? 1n : 0n,
  ),
  ...named(['chr'], [INT4], TEXT, ([n]) => character(Number(n))),
  ...named(['ascii'], TEXT_ONLY, INT4, ([a]) => BigInt(String(a).codePointAt(0) ?? 0)),
  ...named(['unistr'], TEXT_ONLY, TEXT, ([a]) => unescaped(String(a))),
  ...named(['normalize'], TEXT_ONLY, TEXT, ([a]) => String(a).normalize()),
  ...named(['normalize'], [TEXT, TEXT], TEXT, ([a, form]) => String(a).normalize(normalForm(form))),
  ...named(['is_normalized'], TEXT_ONLY, BOOL, ([a]) => (String(a).normalize() === a ? 1n : 0n)),
  ...named(['is_normalized'], [TEXT, TEXT], BOOL, ([a, form]) =>
    String(a).normalize(normalForm(form)) === a ? 1n : 0n,
  ),
  ...named(['quote_ident'], TEXT_ONLY, TEXT, ([a]) => quoteIdentifier(String(a))),
  ...named(['hashtext'], TEXT_ONLY, INT4, ([a]) => BigInt(hashBytes(Buffer.from(String(a))) | 0)),
  fn(
    'quote_literal',
    [0],
    TEXT,
    js('pg_quote_literal', ([a]) => quoteLiteral(String(a))),
    { takesTexts: true, ...IO },
  ),
  fn(
    'quote_nullable',
    [0],
    TEXT,
    js('pg_quote_nullable', ([a = null]) => (a === null ? 'NULL' : quoteLiteral(String(a)))),
    { takesTexts: true, isStrict: false, ...IO },
  ),
  fn(
    'concat',
    [0],
    TEXT,
    js('pg_concat', (values) => present(values).join('')),
    { ...ANY_TEXTS, ...IO },
  ),
  fn(
    'concat_ws',
    [TEXT, 0],
    TEXT,
    js('pg_concat_ws', ([by = null, ...values]) =>
      by === null ? null : present(values).join(String(by)),
    ),
    { ...ANY_TEXTS, ...IO },
  ),
  ...[[TEXT], [TEXT, 0]].map((args) =>
    fn('format', args, TEXT, js('pg_format', formatted), {
      isStrict: false,
      takesTexts: true,
      isVariadic: args.length > 1,
      ...IO,
    }),
  ),
  fn(
    'parse_ident',
    TEXT_ONLY,
    1009,
    js('pg_parse_ident', ([a]) => arrayOf(mustType(TEXT), identifierParts(String(a)))),
  ),
  fn(
    'gen_random_uuid',
    [],
    UUID,
    js('pg_gen_random_uuid', (_args, context) => uuid(context)),
    { volatility: 'volatile' },
  ),
];

/** `a."B".c` -> a, B, c. */
function identifierParts(text: string): readonly string[] {
  const invalid = (): PgError =>
    new PgError('22023', `string is not a valid identifier: "${text}"`);
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))\s*(\.|$)/y;
  const parts: string[] = [];
  for (;;) {
    const match = pattern.exec(text);
    if (match === null) throw invalid();
    const [, quoted, plain = '', separator] = match;
    parts.push(quoted?.replaceAll('""', '"') ?? toLowerAscii(plain));
    if (separator === '') return parts;
  }
}

function tableFromText(hasNull: boolean): SetFunctionSignature {
  return {
    oid: 0,
    name: 'string_to_table',
    arguments: hasNull ? [TEXT, TEXT, TEXT] : [TEXT, TEXT],
    columns: [{ name: 'string_to_table', type: TEXT }],
    isStrict: false,
    volatility: 'immutable',
    sqlName: hasNull ? 'pg_string_to_table_null' : 'pg_string_to_table',
    *rows([text = null, by = null, none]) {
      if (text === null || text === '') return;
      const parts =
        by === null
          ? characters(text)
          : by === ''
            ? [String(text)]
            : String(text).split(String(by));
      for (const part of parts) yield [part === none ? null : part];
    },
  };
}

export const TEXT_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  tableFromText(false),
  tableFromText(true),
];
