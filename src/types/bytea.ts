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
  const bytes: number[] = [];
  const characters = [...text];
  for (let at = 0; at < characters.length; at++) {
    const first = characters[at] as string;
    if (/^[ \t\n\r]$/.test(first)) continue;
    const high = hexDigit(first);
    const second = characters[++at];
    if (second === undefined) {
      throw new PgError('22023', 'invalid hexadecimal data: odd number of digits');
    }
    bytes.push(high * 16 + hexDigit(second));
  }
  return Buffer.from(bytes);
}

function hexDigit(character: string): number {
  if (!/^[0-9a-fA-F]$/.test(character)) {
    throw new PgError('22023', `invalid hexadecimal digit: "${character}"`);
  }
  return Number.parseInt(character, 16);
}

/** Throws 22P02, 22023. */
export function parseBytea(text: string): Buffer {
  if (text.startsWith('\\x')) {
    const digits = text.slice(2);
    const isPlain = digits.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(digits);
    return isPlain ? Buffer.from(digits, 'hex') : decodeHex(digits);
  }
  const parts: Buffer[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^(?:\\\\|\\[0-3][0-7]{2}|[^\\]+)/.exec(rest);
    if (match === null) throw new PgError('22P02', 'invalid input syntax for type bytea');
    const [piece] = match;
    if (piece === '\\\\') parts.push(Buffer.from('\\'));
    else if (piece.startsWith('\\')) parts.push(Buffer.from([Number.parseInt(piece.slice(1), 8)]));
    else parts.push(Buffer.from(piece));
    rest = rest.slice(piece.length);
  }
  return Buffer.concat(parts);
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
