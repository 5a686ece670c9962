// Functions and operators of text, bytea, json and uuid.
import { createHash } from 'node:crypto';
import { PgError } from '../../errors/pg-error.ts';
import { formatJsonb, parseJson } from '../../types/json.ts';
import type { JsonValue } from '../../types/json.ts';
import { BOOL, BYTEA, INT4, JSON, JSONB, TEXT, UUID } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { checkLength } from './bounds.ts';
import { fn, js, operator, sql } from './builders.ts';
import { isLike } from './like.ts';
import { compileRegex, hasMatch } from './regex.ts';
import type { Regex } from './regex.ts';
import type { CallContext, FunctionSignature, OperatorSignature } from './signature.ts';

/** Instructions of all together: some tens of megabytes. */
const CACHED_INSTRUCTIONS_MAX = 200_000;
let cachedInstructions = 0;
const regexes = new Map<string, Regex>();

function cachedRegex(pattern: string, isCaseInsensitive: boolean): Regex {
  const key = `${isCaseInsensitive ? 'i' : 'c'}${pattern}`;
  const found = regexes.get(key);
  if (found !== undefined) return found;
  const created = compileRegex(pattern, isCaseInsensitive);
  cachedInstructions += created.program.length;
  if (cachedInstructions > CACHED_INSTRUCTIONS_MAX) {
    regexes.clear();
    cachedInstructions = created.program.length;
  }
  regexes.set(key, created);
  return created;
}

type Matcher = (args: readonly SqliteValue[], context: CallContext) => SqliteValue;

function regexMatcher(isCaseInsensitive: boolean, isNegated: boolean): Matcher {
  return ([value, pattern], context) => {
    const regex = cachedRegex(String(pattern), isCaseInsensitive);
    return hasMatch(regex, String(value), context) !== isNegated ? 1n : 0n;
  };
}

function likeMatcher(isCaseInsensitive: boolean, isNegated: boolean): Matcher {
  const folded = (value: SqliteValue | undefined): string =>
    isCaseInsensitive ? String(value).toLowerCase() : String(value);
  return ([value, pattern], context) =>
    isLike(folded(value), folded(pattern), context) !== isNegated ? 1n : 0n;
}

export const TEXT_OPERATORS: readonly OperatorSignature[] = [
  operator(
    '||',
    TEXT,
    TEXT,
    TEXT,
    js('pg_concat', ([a, b]) => String(a) + String(b)),
  ),
  operator(
    '||',
    BYTEA,
    BYTEA,
    BYTEA,
    js('pg_bytea_concat', ([a, b]) => Buffer.concat([a as Uint8Array, b as Uint8Array])),
  ),
  operator('~~', TEXT, TEXT, BOOL, js('pg_like', likeMatcher(false, false))),
  operator('!~~', TEXT, TEXT, BOOL, js('pg_not_like', likeMatcher(false, true))),
  operator('~~*', TEXT, TEXT, BOOL, js('pg_ilike', likeMatcher(true, false))),
  operator('!~~*', TEXT, TEXT, BOOL, js('pg_not_ilike', likeMatcher(true, true))),
  operator('~', TEXT, TEXT, BOOL, js('pg_regex', regexMatcher(false, false))),
  operator('!~', TEXT, TEXT, BOOL, js('pg_not_regex', regexMatcher(false, true))),
  operator('~*', TEXT, TEXT, BOOL, js('pg_iregex', regexMatcher(true, false))),
  operator('!~*', TEXT, TEXT, BOOL, js('pg_not_iregex', regexMatcher(true, true))),
  ...[JSON, JSONB].flatMap((json) => [
    operator(
      '->',
      json,
      TEXT,
      json,
      js(`pg_json_get_${json}`, ([a, key]) => jsonGet(a, String(key), json, false)),
    ),
    operator(
      '->>',
      json,
      TEXT,
      TEXT,
      js(`pg_json_get_text_${json}`, ([a, key]) => jsonGet(a, String(key), json, true)),
    ),
    operator(
      '->',
      json,
      INT4,
      json,
      js(`pg_json_at_${json}`, ([a, at]) => jsonAt(a, Number(at), json, false)),
    ),
    operator(
      '->>',
      json,
      INT4,
      TEXT,
      js(`pg_json_at_text_${json}`, ([a, at]) => jsonAt(a, Number(at), json, true)),
    ),
  ]),
  operator(
    '?',
    JSONB,
    TEXT,
    BOOL,
    js('pg_jsonb_exists', ([a, key]) => (jsonbHas(a, String(key)) ? 1n : 0n)),
  ),
  operator(
    '@>',
    JSONB,
    JSONB,
    BOOL,
    js('pg_jsonb_contains', ([a, b]) =>
      contains(parseJson(String(a)), parseJson(String(b))) ? 1n : 0n,
    ),
  ),
  operator(
    '||',
    JSONB,
    JSONB,
    JSONB,
    js('pg_jsonb_concat', ([a, b]) => jsonbConcat(a, b)),
  ),
];

function present(value: JsonValue | undefined, json: number, asText: boolean): SqliteValue {
  if (value === undefined) return null;
  if (!asText) return json === JSONB ? formatJsonb(value) : formatJsonb(value);
  if (value.kind === 'null') return null;
  return value.kind === 'string' ? value.value : formatJsonb(value);
}

function jsonGet(
  json: SqliteValue | undefined,
  key: string,
  type: number,
  asText: boolean,
): SqliteValue {
  const value = parseJson(String(json));
  if (value.kind !== 'object') return null;
  return present(value.members.findLast(([name]) => name === key)?.[1], type, asText);
}

function jsonAt(
  json: SqliteValue | undefined,
  at: number,
  type: number,
  asText: boolean,
): SqliteValue {
  const value = parseJson(String(json));
  return value.kind === 'array' ? present(value.items.at(at), type, asText) : null;
}

function jsonbHas(json: SqliteValue | undefined, key: string): boolean {
  const value = parseJson(String(json));
  if (value.kind === 'object') return value.members.some(([name]) => name === key);
  if (value.kind !== 'array') return value.kind === 'string' && value.value === key;
  return value.items.some((item) => item.kind === 'string' && item.value === key);
}

/** PG: 8.14.3 jsonb Containment and Existence. */
function contains(a: JsonValue, b: JsonValue): boolean {
  if (a.kind === 'object' && b.kind === 'object') {
    return b.members.every(([key, item]) => {
      const found = a.members.findLast(([name]) => name === key)?.[1];
      return found !== undefined && contains(found, item);
    });
  }
  if (a.kind === 'array' && b.kind === 'array') {
    return b.items.every((item) => a.items.some((candidate) => contains(candidate, item)));
  }
  if (a.kind === 'array' && b.kind !== 'object') return a.items.some((item) => contains(item, b));
  return a.kind === b.kind && a.kind !== 'array' && formatJsonb(a) === formatJsonb(b);
}

function jsonbConcat(a: SqliteValue | undefined, b: SqliteValue | undefined): string {
  const [x, y] = [parseJson(String(a)), parseJson(String(b))];
  if (x.kind === 'object' && y.kind === 'object') {
    return formatJsonb({ kind: 'object', members: [...x.members, ...y.members] });
  }
  const items = (value: JsonValue): readonly JsonValue[] =>
    value.kind === 'array' ? value.items : [value];
  return formatJsonb({ kind: 'array', items: [...items(x), ...items(y)] });
}

function characters(value: SqliteValue | undefined): string[] {
  return [...String(value)];
}

/** substring(text from n for m), with Postgres' treatment of starts before the text. */
function substring(value: SqliteValue | undefined, from: number, count: number | null): string {
  if (count !== null && count < 0)
    throw new PgError('22011', 'negative substring length not allowed');
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
    const text = characters(value);
    const drop = new Set(characters(set));
    let start = 0;
    let end = text.length;
    if (side !== 'right') while (start < end && drop.has(text[start] as string)) start++;
    if (side !== 'left') while (end > start && drop.has(text[end - 1] as string)) end--;
    return text.slice(start, end).join('');
  };
}

function uuid(context: CallContext): string {
  const words = Array.from({ length: 4 }, () => context.randomUint32());
  words[1] = (((words[1] as number) & 0xffff0fff) | 0x4000) >>> 0;
  words[2] = (((words[2] as number) & 0x3fffffff) | 0x80000000) >>> 0;
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function asBuffer(value: SqliteValue | undefined): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array);
}

export const TEXT_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'length',
    [TEXT],
    INT4,
    js('pg_length', ([a]) => lengthOfText(a)),
  ),
  fn(
    'char_length',
    [TEXT],
    INT4,
    js('pg_length', ([a]) => lengthOfText(a)),
  ),
  fn(
    'character_length',
    [TEXT],
    INT4,
    js('pg_length', ([a]) => lengthOfText(a)),
  ),
  fn(
    'length',
    [BYTEA],
    INT4,
    sql((a = '') => `length(${a})`),
  ),
  fn(
    'octet_length',
    [TEXT],
    INT4,
    sql((a = '') => `octet_length(${a})`),
  ),
  fn(
    'octet_length',
    [BYTEA],
    INT4,
    sql((a = '') => `octet_length(${a})`),
  ),
  fn(
    'lower',
    [TEXT],
    TEXT,
    js('pg_lower', ([a]) => String(a).toLowerCase()),
  ),
  fn(
    'upper',
    [TEXT],
    TEXT,
    js('pg_upper', ([a]) => String(a).toUpperCase()),
  ),
  fn(
    'initcap',
    [TEXT],
    TEXT,
    js('pg_initcap', ([a]) =>
      String(a)
        .toLowerCase()
        .replace(/[\p{L}\p{N}]+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1)),
    ),
  ),
  ...(['btrim', 'ltrim', 'rtrim'] as const).flatMap((name) => {
    const side = name === 'btrim' ? 'both' : name === 'ltrim' ? 'left' : 'right';
    return [
      fn(name, [TEXT], TEXT, js(`pg_${name}`, trimmer(side))),
      fn(name, [TEXT, TEXT], TEXT, js(`pg_${name}_set`, trimmer(side))),
    ];
  }),
  ...['substring', 'substr'].flatMap((name) => [
    fn(
      name,
      [TEXT, INT4],
      TEXT,
      js('pg_substring', ([a, from]) => substring(a, Number(from), null)),
    ),
    fn(
      name,
      [TEXT, INT4, INT4],
      TEXT,
      js('pg_substring_for', ([a, from, count]) => substring(a, Number(from), Number(count))),
    ),
  ]),
  fn(
    'left',
    [TEXT, INT4],
    TEXT,
    js('pg_left', ([a, n]) =>
      characters(a)
        .slice(0, Number(n) < 0 ? Number(n) : Number(n))
        .join(''),
    ),
  ),
  fn(
    'right',
    [TEXT, INT4],
    TEXT,
    js('pg_right', ([a, n]) => {
      const text = characters(a);
      return Number(n) >= 0
        ? text.slice(Math.max(text.length - Number(n), 0)).join('')
        : text.slice(-Number(n)).join('');
    }),
  ),
  ...(['lpad', 'rpad'] as const).flatMap((name) => {
    const call = ([a, n, fill = ' ']: readonly SqliteValue[]): string =>
      padded(a ?? null, Number(n), String(fill), name === 'lpad');
    return [
      fn(name, [TEXT, INT4], TEXT, js(`pg_${name}`, call)),
      fn(name, [TEXT, INT4, TEXT], TEXT, js(`pg_${name}_with`, call)),
    ];
  }),
  fn(
    'repeat',
    [TEXT, INT4],
    TEXT,
    js('pg_repeat', ([a, n]) => {
      const count = Math.max(Number(n), 0);
      checkLength(String(a).length * count);
      return String(a).repeat(count);
    }),
  ),
  fn(
    'replace',
    [TEXT, TEXT, TEXT],
    TEXT,
    js('pg_replace', ([a, from, to]) => replaced(String(a), String(from), String(to))),
  ),
  fn(
    'reverse',
    [TEXT],
    TEXT,
    js('pg_reverse', ([a]) => characters(a).reverse().join('')),
  ),
  fn(
    'split_part',
    [TEXT, TEXT, INT4],
    TEXT,
    js('pg_split_part', ([a, by, n]) => {
      if (n === 0n) throw new PgError('22023', 'field position must not be zero');
      const parts = String(by) === '' ? [String(a)] : String(a).split(String(by));
      return parts.at(Number(n) > 0 ? Number(n) - 1 : Number(n)) ?? '';
    }),
  ),
  fn(
    'strpos',
    [TEXT, TEXT],
    INT4,
    js('pg_strpos', ([a, b]) =>
      BigInt(
        [...String(a).slice(0, Math.max(String(a).indexOf(String(b)), 0))].length +
          (String(a).includes(String(b)) ? 1 : 0),
      ),
    ),
  ),
  fn(
    'position',
    [TEXT, TEXT],
    INT4,
    js('pg_position', ([a, b]) =>
      BigInt(
        [...String(a).slice(0, Math.max(String(a).indexOf(String(b)), 0))].length +
          (String(a).includes(String(b)) ? 1 : 0),
      ),
    ),
  ),
  fn(
    'starts_with',
    [TEXT, TEXT],
    BOOL,
    js('pg_starts_with', ([a, b]) => (String(a).startsWith(String(b)) ? 1n : 0n)),
  ),
  fn(
    'chr',
    [INT4],
    TEXT,
    js('pg_chr', ([n]) => character(Number(n))),
  ),
  fn(
    'ascii',
    [TEXT],
    INT4,
    js('pg_ascii', ([a]) => BigInt(String(a).codePointAt(0) ?? 0)),
  ),
  fn(
    'md5',
    [TEXT],
    TEXT,
    js('pg_md5', ([a]) => createHash('md5').update(asBuffer(a)).digest('hex')),
  ),
  fn(
    'md5',
    [BYTEA],
    TEXT,
    js('pg_md5', ([a]) => createHash('md5').update(asBuffer(a)).digest('hex')),
  ),
  fn(
    'sha256',
    [BYTEA],
    BYTEA,
    js('pg_sha256', ([a]) => createHash('sha256').update(asBuffer(a)).digest()),
  ),
  fn(
    'encode',
    [BYTEA, TEXT],
    TEXT,
    js('pg_encode', ([a, format]) => {
      const name = String(format).toLowerCase();
      if (name === 'hex' || name === 'base64') return asBuffer(a).toString(name);
      throw new PgError('22023', `unrecognized encoding: "${String(format)}"`);
    }),
  ),
  fn(
    'decode',
    [TEXT, TEXT],
    BYTEA,
    js('pg_decode', ([a, format]) => {
      const name = String(format).toLowerCase();
      if (name === 'hex' || name === 'base64') return Buffer.from(String(a), name);
      throw new PgError('22023', `unrecognized encoding: "${String(format)}"`);
    }),
  ),
  fn(
    'quote_ident',
    [TEXT],
    TEXT,
    js('pg_quote_ident', ([a]) => {
      const text = String(a);
      return /^[a-z_][a-z0-9_]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
    }),
  ),
  fn(
    'quote_literal',
    [TEXT],
    TEXT,
    js('pg_quote_literal', ([a]) => `'${String(a).replaceAll("'", "''")}'`),
  ),
  fn(
    'gen_random_uuid',
    [],
    UUID,
    js('pg_gen_random_uuid', (_args, context) => uuid(context)),
    { volatility: 'volatile' },
  ),
];
