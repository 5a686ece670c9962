// jsonpath: stored as the text that Postgres shows of it.
import { PgError } from '../errors/pg-error.ts';
import { asText, checkText, decodeUtf8, defineType, tooShort } from './define.ts';
import { formatJsonPath } from './jsonpath/format.ts';
import { parseJsonPath } from './jsonpath/parser.ts';
import type { PgType } from './pg-type.ts';

function canonical(text: string): string {
  return formatJsonPath(parseJsonPath(checkText(text)));
}

export const JSONPATH: PgType = defineType({
  oid: 4072,
  name: 'jsonpath',
  category: 'U',
  arrayOid: 4073,
  storage: 'TEXT',
  hasParts: true,
  parse: canonical,
  format: asText,
  decode(bytes) {
    if (bytes.length === 0) throw tooShort(1);
    if (bytes[0] === 1) return canonical(decodeUtf8(bytes.subarray(1)));
    throw new PgError('XX000', `unsupported jsonpath version number: ${bytes[0]}`);
  },
  encode: (value) => Buffer.concat([Buffer.from([1]), Buffer.from(asText(value))]),
});
