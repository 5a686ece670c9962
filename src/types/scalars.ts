// boolean, uuid and the pseudo-type void.
import { asText, defineType, exactly, invalidInput } from './define.ts';
import type { PgType } from './pg-type.ts';

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
