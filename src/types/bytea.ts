// bytea: BLOB in SQLite (PG: 8.4 Binary Data Types).
import { PgError } from '../errors/pg-error.ts';
import { defineType } from './define.ts';
import type { PgType } from './pg-type.ts';
import type { SqliteValue } from './sqlite-value.ts';

function asBytes(value: SqliteValue): Buffer {
  return Buffer.from(value as Uint8Array);
}

/** White space may stand between the pairs of digits. Throws 22023. */
export function decodeHex(text: string): Buffer {
  if (text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text)) return Buffer.from(text, 'hex');
  const digits: string[] = [];
  for (const character of text) {
    if (digits.length % 2 === 0 && /^[ \t\n\r]$/.test(character)) continue;
    checkDigit(character);
    digits.push(character);
  }
  if (digits.length % 2 === 1) {
    throw new PgError('22023', 'invalid hexadecimal data: odd number of digits');
  }
  return Buffer.from(digits.join(''), 'hex');
}

function checkDigit(character: string): void {
  if (/^[0-9a-fA-F]$/.test(character)) return;
  throw new PgError('22023', `invalid hexadecimal digit: "${character}"`);
}

/** Throws 22P02, 22023. */
export function parseBytea(text: string): Buffer {
  if (text.startsWith('\\x')) {
    const digits = text.slice(2);
    const isPlain = digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits);
    return isPlain ? Buffer.from(digits, 'hex') : decodeHex(digits);
  }
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(text));
  const pieces = /\\\\|\\[0-3][0-7]{2}|[^\\]+/y;
  let count = 0;
  while (pieces.lastIndex < text.length) {
    const [piece] = pieces.exec(text) ?? [];
    if (piece === undefined) throw new PgError('22P02', 'invalid input syntax for type bytea');
    if (piece === '\\\\') bytes[count++] = 0x5c;
    else if (piece.startsWith('\\')) bytes[count++] = Number.parseInt(piece.slice(1), 8);
    else count += bytes.write(piece, count);
  }
  return bytes.subarray(0, count);
}

function escapeBytea(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte < 0x20 || byte > 0x7e) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

export const BYTEA: PgType = defineType({
  oid: 17,
  name: 'bytea',
  category: 'U',
  arrayOid: 1001,
  storage: 'BLOB',
  parse: parseBytea,
  format: (value, settings) =>
    settings.byteaOutput === 'escape'
      ? escapeBytea(asBytes(value))
      : `\\x${asBytes(value).toString('hex')}`,
  decode: (bytes) => Buffer.from(bytes),
  encode: asBytes,
});
