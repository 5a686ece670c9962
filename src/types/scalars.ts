// boolean, bytea, uuid and the pseudo-type void.
import { PgError } from '../errors/pg-error.ts';
import { asText, defineType, exactly, invalidInput } from './define.ts';
import type { PgType } from './pg-type.ts';
import type { SqliteValue } from './sqlite-value.ts';

const TRUE_WORDS = ['true', 'yes', 'on', '1'];
const FALSE_WORDS = ['false', 'no', 'off', '0'];

/** Unique prefixes of the words count too, so `o` alone is neither. */
function parseBoolean(text: string): bigint {
  const word = text.trim().toLowerCase();
  if (word !== '' && word !== 'o') {
    if (TRUE_WORDS.some((full) => full.startsWith(word))) return 1n;
    if (FALSE_WORDS.some((full) => full.startsWith(word))) return 0n;
  }
  throw invalidInput('boolean', text);
}

export const BOOL: PgType = defineType({
  oid: 16,
  name: 'bool',
  displayName: 'boolean',
  category: 'B',
  isPreferred: true,
  length: 1,
  arrayOid: 1000,
  storage: 'INTEGER',
  parse: parseBoolean,
  format: (value) => (value === 0n ? 'f' : 't'),
  decode: (bytes) => (exactly(bytes, 1)[0] === 0 ? 0n : 1n),
  encode: (value) => Buffer.from([value === 0n ? 0 : 1]),
});

function asBytes(value: SqliteValue): Buffer {
  return Buffer.from(value as Uint8Array);
}

function parseBytea(text: string): Buffer {
  if (text.startsWith('\\x')) {
    const digits = text.slice(2).replace(/\s+/g, '');
    const wrong = /[^0-9a-fA-F]/.exec(digits);
    if (wrong !== null) throw new PgError('22023', `invalid hexadecimal digit: "${wrong[0]}"`);
    if (digits.length % 2 === 1) {
      throw new PgError('22023', 'invalid hexadecimal data: odd number of digits');
    }
    return Buffer.from(digits, 'hex');
  }
  const parts: Buffer[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^(?:\\\\|\\[0-3][0-7]{2}|[^\\]+)/.exec(rest);
    if (match === null) throw invalidInput('bytea', text);
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

function hyphenate(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

export const UUID: PgType = defineType({
  oid: 2950,
  name: 'uuid',
  category: 'U',
  length: 16,
  arrayOid: 2951,
  storage: 'TEXT',
  parse(text) {
    const body = /^\{(.*)\}$/.exec(text)?.[1] ?? text;
    // A hyphen may stand behind any group of four digits.
    if (!/^([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$/.test(body)) throw invalidInput('uuid', text);
    return hyphenate(body.replaceAll('-', '').toLowerCase());
  },
  format: asText,
  decode: (bytes) => hyphenate(exactly(bytes, 16).toString('hex')),
  encode: (value) => Buffer.from(asText(value).replaceAll('-', ''), 'hex'),
});

export const VOID: PgType = defineType({
  oid: 2278,
  name: 'void',
  category: 'P',
  length: 4,
  storage: 'TEXT',
  parse: () => '',
  format: () => '',
  decode: () => '',
  encode: () => Buffer.alloc(0),
});
