// Functions and operators of bytea, encodings and digests (PG: 9.5 Binary String Functions).
import { createHash } from 'node:crypto';
import { PgError } from '../../errors/pg-error.ts';
import { BYTEA, INT4, INT8, TEXT } from '../../types/oids.ts';
import { decodeHex, parseBytea } from '../../types/bytea.ts';
import { decodeUtf8 } from '../../types/define.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator, sql } from './builders.ts';
import type { FunctionSignature, OperatorSignature } from './signature.ts';

function bytesOf(value: SqliteValue | undefined): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array);
}

export const BYTEA_OPERATORS: readonly OperatorSignature[] = [
  operator(
    '||',
    BYTEA,
    BYTEA,
    BYTEA,
    js('pg_bytea_concat', ([a, b]) => Buffer.concat([bytesOf(a), bytesOf(b)])),
  ),
];

const LINE = 76;

function encodeEscape(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte === 0 || byte > 0x7f) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

function encode(bytes: Buffer, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return bytes.toString('hex');
    case 'base64':
      return bytes.toString('base64').replace(new RegExp(`.{${LINE}}(?=.)`, 'g'), '$&\n');
    case 'escape':
      return encodeEscape(bytes);
    default:
      throw new PgError('22023', `unrecognized encoding: "${format}"`);
  }
}

function decodeBase64(text: string): Buffer {
  const digits = text.replace(/[ \t\n\r]/g, '');
  const wrong = /[^A-Za-z0-9+/=]/u.exec(digits);
  if (wrong !== null) {
    throw new PgError('22023', `invalid symbol "${wrong[0]}" found while decoding base64 sequence`);
  }
  if (!/^[^=]*={0,2}$/.test(digits)) {
    throw new PgError('22023', 'unexpected "=" while decoding base64 sequence');
  }
  if (digits.length % 4 !== 0) {
    throw new PgError('22023', 'invalid base64 end sequence', {
      hint: 'Input data is missing padding, is truncated, or is otherwise corrupted.',
    });
  }
  return Buffer.from(digits, 'base64');
}

function decode(text: string, format: string): Buffer {
  switch (format.toLowerCase()) {
    case 'hex':
      return decodeHex(text);
    case 'base64':
      return decodeBase64(text);
    case 'escape':
      return parseBytea(text.startsWith('\\x') ? `\\\\x${text.slice(2)}` : text);
    default:
      throw new PgError('22023', `unrecognized encoding: "${format}"`);
  }
}

type Encoding = 'utf8' | 'latin1';

function encodingNamed(name: string, what: 'source' | 'destination'): Encoding {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (['utf8', 'unicode'].includes(plain)) return 'utf8';
  if (['latin1', 'iso88591'].includes(plain)) return 'latin1';
  throw new PgError('22023', `invalid ${what} encoding name "${name}"`);
}

function toEncoding(text: string, name: string): Buffer {
  const encoding = encodingNamed(name, 'destination');
  const stray = encoding === 'latin1' ? /[^\u0000-\u00ff]/u.exec(text) : null;
  if (stray === null) return Buffer.from(text, encoding);
  const bytes = [...Buffer.from(stray[0])].map((byte) => `0x${byte.toString(16)}`).join(' ');
  throw new PgError(
    '22P05',
    `character with byte sequence ${bytes} in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
  );
}

function fromEncoding(bytes: Buffer, name: string): string {
  const encoding = encodingNamed(name, 'source');
  return encoding === 'utf8' ? decodeUtf8(bytes) : bytes.toString('latin1');
}

function checkedIndex(index: bigint, length: number): number {
  if (index >= 0n && index < BigInt(length)) return Number(index);
  throw new PgError('2202E', `index ${index} out of valid range, 0..${length - 1}`);
}

function substring(bytes: Buffer, from: number, count: number | null): Buffer {
  if (count !== null && count < 0) {
    throw new PgError('22011', 'negative substring length not allowed');
  }
  const end = count === null ? bytes.length : from - 1 + count;
  return bytes.subarray(Math.max(from - 1, 0), Math.max(end, 0));
}

function overlaid(bytes: Buffer, part: Buffer, from: number, count: number): Buffer {
  if (from <= 0) throw new PgError('22011', 'negative substring length not allowed');
  return Buffer.concat([
    bytes.subarray(0, from - 1),
    part,
    bytes.subarray(Math.max(from - 1 + count, 0)),
  ]);
}

function trimmed(bytes: Buffer, set: Buffer, side: 'both' | 'left' | 'right'): Buffer {
  let [start, end] = [0, bytes.length];
  if (side !== 'right') while (start < end && set.includes(bytes[start] as number)) start++;
  if (side !== 'left') while (end > start && set.includes(bytes[end - 1] as number)) end--;
  return bytes.subarray(start, end);
}

function setBit(bytes: Buffer, index: bigint, value: bigint): Buffer {
  if (value !== 0n && value !== 1n) throw new PgError('22023', 'new bit must be 0 or 1');
  const at = checkedIndex(index, bytes.length * 8);
  const [byte, bit] = [at >> 3, at & 7];
  const before = (bytes[byte] as number) & ~(1 << bit);
  bytes[byte] = before | (Number(value) << bit);
  return bytes;
}

function bitCount(bytes: Buffer): bigint {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest &= rest - 1) count++;
  return BigInt(count);
}

function digest(algorithm: string, name: string): FunctionSignature {
  return fn(
    name,
    [BYTEA],
    BYTEA,
    js(`pg_${name}`, ([a]) => createHash(algorithm).update(bytesOf(a)).digest()),
  );
}

export const BYTEA_FUNCTIONS: readonly FunctionSignature[] = [
  ...['length', 'octet_length'].map((name) =>
    fn(
      name,
      [BYTEA],
      INT4,
      sql((a = '') => `octet_length(${a})`),
    ),
  ),
  fn(
    'bit_length',
    [BYTEA],
    INT4,
    sql((a = '') => `(8 * octet_length(${a}))`),
  ),
  ...[TEXT, BYTEA].map((type) =>
    fn(
      'md5',
      [type],
      TEXT,
      js('pg_md5', ([a]) => createHash('md5').update(bytesOf(a)).digest('hex')),
    ),
  ),
  ...['sha224', 'sha256', 'sha384', 'sha512'].map((name) => digest(name, name)),
  fn(
    'encode',
    [BYTEA, TEXT],
    TEXT,
    js('pg_encode', ([a, format]) => encode(bytesOf(a), String(format))),
  ),
  fn(
    'decode',
    [TEXT, TEXT],
    BYTEA,
    js('pg_decode', ([a, format]) => decode(String(a), String(format))),
  ),
  fn(
    'convert_to',
    [TEXT, TEXT],
    BYTEA,
    js('pg_convert_to', ([a, name]) => toEncoding(String(a), String(name))),
  ),
  fn(
    'convert_from',
    [BYTEA, TEXT],
    TEXT,
    js('pg_convert_from', ([a, name]) => fromEncoding(bytesOf(a), String(name))),
  ),
  fn(
    'get_byte',
    [BYTEA, INT4],
    INT4,
    js('pg_get_byte', ([a, at]) => {
      const bytes = bytesOf(a);
      return BigInt(bytes[checkedIndex(at as bigint, bytes.length)] as number);
    }),
  ),
  fn(
    'set_byte',
    [BYTEA, INT4, INT4],
    BYTEA,
    js('pg_set_byte', ([a, at, value]) => {
      const bytes = bytesOf(a);
      bytes[checkedIndex(at as bigint, bytes.length)] = Number(value) & 0xff;
      return bytes;
    }),
  ),
  fn(
    'get_bit',
    [BYTEA, INT8],
    INT4,
    js('pg_get_bit', ([a, at]) => {
      const bytes = bytesOf(a);
      const index = checkedIndex(at as bigint, bytes.length * 8);
      return BigInt(((bytes[index >> 3] as number) >> (index & 7)) & 1);
    }),
  ),
  fn(
    'set_bit',
    [BYTEA, INT8, INT4],
    BYTEA,
    js('pg_set_bit', ([a, at, value]) => setBit(bytesOf(a), at as bigint, value as bigint)),
  ),
  fn(
    'bit_count',
    [BYTEA],
    INT8,
    js('pg_bit_count', ([a]) => bitCount(bytesOf(a))),
  ),
  ...['substring', 'substr'].flatMap((name) => [
    fn(
      name,
      [BYTEA, INT4],
      BYTEA,
      js('pg_bytea_substring', ([a, from]) => substring(bytesOf(a), Number(from), null)),
    ),
    fn(
      name,
      [BYTEA, INT4, INT4],
      BYTEA,
      js('pg_bytea_substring_for', ([a, from, count]) =>
        substring(bytesOf(a), Number(from), Number(count)),
      ),
    ),
  ]),
  fn(
    'position',
    [BYTEA, BYTEA],
    INT4,
    js('pg_bytea_position', ([a, b]) => BigInt(bytesOf(a).indexOf(bytesOf(b)) + 1)),
  ),
  fn(
    'overlay',
    [BYTEA, BYTEA, INT4],
    BYTEA,
    js('pg_bytea_overlay', ([a, part, from]) =>
      overlaid(bytesOf(a), bytesOf(part), Number(from), bytesOf(part).length),
    ),
  ),
  fn(
    'overlay',
    [BYTEA, BYTEA, INT4, INT4],
    BYTEA,
    js('pg_bytea_overlay_for', ([a, part, from, count]) =>
      overlaid(bytesOf(a), bytesOf(part), Number(from), Number(count)),
    ),
  ),
  ...(
    [
      ['btrim', 'both'],
      ['ltrim', 'left'],
      ['rtrim', 'right'],
    ] as const
  ).map(([name, side]) =>
    fn(
      name,
      [BYTEA, BYTEA],
      BYTEA,
      js(`pg_bytea_${name}`, ([a, set]) => trimmed(bytesOf(a), bytesOf(set), side)),
    ),
  ),
];
