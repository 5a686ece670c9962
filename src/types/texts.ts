// text, varchar, char, name and "char": TEXT in SQLite, C collation.
import { PgError } from '../errors/pg-error.ts';
import { asText, checkText, decodeUtf8, defineType, exactly } from './define.ts';
import type { PgType } from './pg-type.ts';

const TYPMOD_OFFSET = 4;
const LENGTH_MAX = 10_485_760;
const NAME_BYTES_MAX = 63;

function lengthTypmod(typeName: string): (modifiers: readonly number[]) => number {
  return (modifiers) => {
    const [length = 0] = modifiers;
    if (modifiers.length !== 1) throw new PgError('22023', 'invalid type modifier');
    if (length < 1) throw new PgError('22023', `length for type ${typeName} must be at least 1`);
    if (length > LENGTH_MAX) {
      throw new PgError('22023', `length for type ${typeName} cannot exceed ${LENGTH_MAX}`);
    }
    return length + TYPMOD_OFFSET;
  };
}

/** Cuts to the declared length; trailing blanks may always go, more only by an explicit cast. */
function cut(text: string, typmod: number, isExplicit: boolean, declared: string): string {
  const length = typmod - TYPMOD_OFFSET;
  if (typmod < 0 || text.length <= length) return text;
  const characters = [...text];
  if (characters.length <= length) return text;
  const rest = characters.slice(length);
  if (!isExplicit && rest.some((character) => character !== ' ')) {
    throw new PgError('22001', `value too long for type ${declared}(${length})`);
  }
  return characters.slice(0, length).join('');
}

function pad(text: string, typmod: number): string {
  const missing = typmod - TYPMOD_OFFSET - [...text].length;
  return typmod < 0 || missing <= 0 ? text : text + ' '.repeat(missing);
}

const common = {
  storage: 'TEXT',
  format: asText,
  decode: decodeUtf8,
  encode: (value: NonNullable<unknown>) => Buffer.from(String(value)),
} as const;

export const TEXT: PgType = defineType({
  ...common,
  oid: 25,
  name: 'text',
  category: 'S',
  isPreferred: true,
  arrayOid: 1009,
  parse: checkText,
});

const varchar: PgType = defineType({
  ...common,
  oid: 1043,
  name: 'varchar',
  displayName: 'character varying',
  category: 'S',
  arrayOid: 1015,
  parse: (text, typmod) => cut(checkText(text), typmod, false, 'character varying'),
  decode: (bytes, typmod) => cut(decodeUtf8(bytes), typmod, false, 'character varying'),
  formatWithTypmod: (typmod) => `character varying(${typmod - TYPMOD_OFFSET})`,
  parseTypmod: lengthTypmod('varchar'),
  coerce: (value, typmod, isExplicit) =>
    cut(asText(value), typmod, isExplicit, 'character varying'),
});

const bpchar: PgType = defineType({
  ...common,
  oid: 1042,
  name: 'bpchar',
  displayName: 'character',
  category: 'S',
  arrayOid: 1014,
  sortKey: 'pg_bpchar_key',
  keyOf: (value) => asText(value).replace(/ +$/, ''),
  parse: (text, typmod) => pad(cut(checkText(text), typmod, false, 'character'), typmod),
  decode: (bytes, typmod) => pad(cut(decodeUtf8(bytes), typmod, false, 'character'), typmod),
  formatWithTypmod: (typmod) => `character(${typmod - TYPMOD_OFFSET})`,
  parseTypmod: lengthTypmod('char'),
  coerce: (value, typmod, isExplicit) =>
    pad(cut(asText(value), typmod, isExplicit, 'character'), typmod),
});

/** At most 63 bytes, cut at a character. */
function cutName(text: string): string {
  let result = text;
  while (Buffer.byteLength(result) > NAME_BYTES_MAX) result = [...result].slice(0, -1).join('');
  return result;
}

const name: PgType = defineType({
  ...common,
  oid: 19,
  name: 'name',
  category: 'S',
  length: 64,
  arrayOid: 1003,
  elementOid: 0,
  parse: (text) => cutName(checkText(text)),
});

/** A single byte; one that is no ASCII stands in octal. */
function firstByte(text: string): string {
  if (/^\\[0-7]{3}$/.test(text)) return text;
  return charOfByte(Buffer.from(text)[0] ?? 0);
}

function charOfByte(byte: number): string {
  if (byte === 0) return '';
  return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`;
}

function byteOfChar(text: string): number {
  if (text.length === 4) return Number.parseInt(text.slice(1), 8);
  return text === '' ? 0 : text.charCodeAt(0);
}

const internalChar: PgType = defineType({
  ...common,
  oid: 18,
  name: 'char',
  displayName: '"char"',
  category: 'Z',
  length: 1,
  arrayOid: 1002,
  parse: (text) => firstByte(checkText(text)),
  decode: (bytes) => charOfByte(exactly(bytes, 1)[0] as number),
  encode: (value) => Buffer.from([byteOfChar(asText(value))]),
});

const unknown: PgType = defineType({
  ...common,
  oid: 705,
  name: 'unknown',
  category: 'X',
  length: -2,
  parse: checkText,
});

export const TEXT_TYPES: readonly PgType[] = [TEXT, varchar, bpchar, name, internalChar, unknown];
