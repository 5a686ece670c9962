// json: the text as given. jsonb: the canonical text that Postgres shows, with keys ordered by
// length and then by bytes, the last of equal keys, and numbers with their digits kept; order and
// equality by pg_jsonb_key.
import { PgError } from '../errors/pg-error.ts';
import { asText, checkText, decodeUtf8, defineType, tooShort } from './define.ts';
import { checkJson, formatJsonb, parseJson } from './json-text.ts';
import { jsonbKey } from './jsonb-key.ts';
import type { PgType } from './pg-type.ts';

export const JSON_TYPES: readonly PgType[] = [
  defineType({
    oid: 114,
    name: 'json',
    category: 'U',
    arrayOid: 199,
    storage: 'TEXT',
    hasParts: true,
    parse(text) {
      checkJson(checkText(text));
      return text;
    },
    format: asText,
    decode(bytes) {
      const text = decodeUtf8(bytes);
      checkJson(text);
      return text;
    },
    encode: (value) => Buffer.from(asText(value)),
  }),
  defineType({
    oid: 3802,
    name: 'jsonb',
    category: 'U',
    arrayOid: 3807,
    storage: 'TEXT',
    hasParts: true,
    sortKey: 'pg_jsonb_key',
    keyOf: (value) => jsonbKey(asText(value)),
    parse: (text) => formatJsonb(parseJson(checkText(text))),
    format: asText,
    decode(bytes) {
      if (bytes.length === 0) throw tooShort(1);
      if (bytes[0] !== 1) {
        throw new PgError('XX000', `unsupported jsonb version number ${bytes[0]}`);
      }
      return formatJsonb(parseJson(decodeUtf8(bytes.subarray(1))));
    },
    encode: (value) => Buffer.concat([Buffer.from([1]), Buffer.from(asText(value))]),
  }),
];
