// The options of COPY (PG: COPY, ProcessCopyOptions), checked in Postgres' order and words.
import { PgError } from '../../errors/pg-error.ts';
import {
  asTag,
  child,
  flag,
  inner,
  integer,
  list,
  location,
  strings,
  text,
} from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';

export interface CopyOptions {
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter: string;
  readonly nullText: string;
  readonly header: 'none' | 'line' | 'match';
  /** Of csv. */
  readonly quote: string;
  readonly escape: string;
  /** Columns by name, or all. */
  readonly forceQuote: readonly string[] | 'all';
  readonly forceNotNull: readonly string[];
  readonly forceNull: readonly string[];
}

/** As given: null where nothing was. */
interface Given {
  format: CopyOptions['format'] | null;
  freeze: boolean | null;
  delimiter: string | null;
  null: string | null;
  header: CopyOptions['header'] | null;
  quote: string | null;
  escape: string | null;
  force_quote: readonly string[] | 'all' | null;
  force_not_null: readonly string[] | null;
  force_null: readonly string[] | null;
  encoding: string | null;
}

/** A byte offset of the parser as a position of an error. */
export type PositionOf = (location: number | undefined) => number | undefined;

export function copyOptions(
  definitions: readonly Node[],
  isFrom: boolean,
  positionOf: PositionOf,
): CopyOptions {
  const given: Given = {
    format: null,
    freeze: null,
    delimiter: null,
    null: null,
    header: null,
    quote: null,
    escape: null,
    force_quote: null,
    force_not_null: null,
    force_null: null,
    encoding: null,
  };
  for (const node of definitions) {
    readOption(given, asTag(node, 'DefElem') ?? {}, isFrom, positionOf);
  }
  return checked(given, isFrom);
}

function readOption(given: Given, option: Fields, isFrom: boolean, positionOf: PositionOf): void {
  const name = text(option, 'defname');
  const position = positionOf(location(option));
  if (name === 'convert_selectively') {
    throw new PgError('0A000', 'COPY with CONVERT_SELECTIVELY is not supported', { position });
  }
  if (!(name in given)) throw new PgError('42601', `option "${name}" not recognized`, { position });
  const key = name as keyof Given;
  if (given[key] !== null) {
    throw new PgError('42601', 'conflicting or redundant options', { position });
  }
  switch (key) {
    case 'format': {
      const format = stringOf(option);
      if (format !== 'text' && format !== 'csv' && format !== 'binary') {
        throw new PgError('22023', `COPY format "${format}" not recognized`, { position });
      }
      given.format = format;
      return;
    }
    case 'freeze':
      given.freeze = booleanOf(option);
      return;
    case 'header':
      given.header = headerOf(option, isFrom);
      return;
    case 'force_quote':
      given.force_quote =
        asTag(child(option, 'arg'), 'A_Star') === null ? columnsOf(option, position) : 'all';
      return;
    case 'force_not_null':
    case 'force_null':
      given[key] = columnsOf(option, position);
      return;
    case 'encoding':
      checkEncoding(stringOf(option), position);
      given.encoding = 'utf8';
      return;
    default:
      given[key] = stringOf(option);
  }
}

/** PG: defGetString. */
function stringOf(option: Fields): string {
  const argument = child(option, 'arg');
  if (argument === null) {
    throw new PgError('42601', `${text(option, 'defname')} requires a parameter`);
  }
  const boolean = asTag(argument, 'Boolean');
  if (boolean !== null) return flag(boolean, 'boolval') ? 'true' : 'false';
  const number = asTag(argument, 'Integer');
  if (number !== null) return String(integer(number, 'ival'));
  const float = asTag(argument, 'Float');
  if (float !== null) return text(float, 'fval');
  if (asTag(argument, 'A_Star') !== null) return '*';
  const items = asTag(argument, 'List');
  if (items !== null) return strings(list(items, 'items')).join('.');
  const typeName = asTag(argument, 'TypeName');
  if (typeName !== null) return strings(list(typeName, 'names')).join('.');
  return text(asTag(argument, 'String') ?? {}, 'sval');
}

/** PG: defGetBoolean. null: neither. */
function tryBoolean(option: Fields): boolean | null {
  if (inner(option, 'arg') === null) return true;
  const word = stringOf(option).toLowerCase();
  if (['true', 'on', '1'].includes(word)) return true;
  return ['false', 'off', '0'].includes(word) ? false : null;
}

function booleanOf(option: Fields): boolean {
  const value = tryBoolean(option);
  if (value !== null) return value;
  throw new PgError('42601', `${text(option, 'defname')} requires a Boolean value`);
}

function headerOf(option: Fields, isFrom: boolean): CopyOptions['header'] {
  const value = tryBoolean(option);
  if (value !== null) return value ? 'line' : 'none';
  if (stringOf(option).toLowerCase() !== 'match') {
    throw new PgError('42601', 'header requires a Boolean value or "match"');
  }
  if (!isFrom) throw new PgError('0A000', 'cannot use "match" with HEADER in COPY TO');
  return 'match';
}

function columnsOf(option: Fields, position: number | undefined): readonly string[] {
  const items = asTag(child(option, 'arg'), 'List');
  if (items !== null) return strings(list(items, 'items'));
  const name = text(option, 'defname');
  throw new PgError('22023', `argument to option "${name}" must be a list of column names`, {
    position,
  });
}

const UTF8_NAMES = ['utf8', 'unicode'];
/** PG: 24.3.1 Supported Character Sets, with their aliases, as letters and digits. */
const OTHER_ENCODING =
  /^(big5|euccn|eucjp|eucjis2004|euckr|euctw|gb18030|gbk|iso8859\d{1,2}|johab|koi8[ru]?|latin([1-9]|10)|muleinternal|sjis|mskanji|shiftjis|shiftjis2004|sqlascii|uhc|win(866|874|125[0-8]|949|950|932|936)?|windows(866|874|125[0-8]|949|950|932|936)|abc|tcvn5712|tcvn|vscii|alt)$/;

function checkEncoding(name: string, position: number | undefined): void {
  const clean = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (UTF8_NAMES.includes(clean)) return;
  if (OTHER_ENCODING.test(clean)) {
    throw new PgError('0A000', `COPY with encoding "${name}" is not supported`, {
      position,
      hint: 'Only UTF8 is.',
    });
  }
  throw new PgError('22023', 'argument to option "encoding" must be a valid encoding name', {
    position,
  });
}

const NO_DELIMITERS_OF_TEXT = '\\.abcdefghijklmnopqrstuvwxyz0123456789';

function refuse(condition: boolean, code: PgError['code'], message: string): void {
  if (condition) throw new PgError(code, message);
}

function isOneByte(text: string): boolean {
  return Buffer.byteLength(text) === 1;
}

function hasLineEnd(text: string): boolean {
  return /[\r\n]/.test(text);
}

function checked(given: Given, isFrom: boolean): CopyOptions {
  const format = given.format ?? 'text';
  const [isCsv, isBinary] = [format === 'csv', format === 'binary'];
  refuse(isBinary && given.delimiter !== null, '42601', 'cannot specify DELIMITER in BINARY mode');
  refuse(isBinary && given.null !== null, '42601', 'cannot specify NULL in BINARY mode');
  const delimiter = given.delimiter ?? (isCsv ? ',' : '\t');
  const nullText = given.null ?? (isCsv ? '' : '\\N');
  const header = given.header ?? 'none';
  refuse(!isOneByte(delimiter), '0A000', 'COPY delimiter must be a single one-byte character');
  refuse(hasLineEnd(delimiter), '22023', 'COPY delimiter cannot be newline or carriage return');
  refuse(
    hasLineEnd(nullText),
    '22023',
    'COPY null representation cannot use newline or carriage return',
  );
  refuse(
    !isCsv && NO_DELIMITERS_OF_TEXT.includes(delimiter),
    '22023',
    `COPY delimiter cannot be "${delimiter}"`,
  );
  refuse(isBinary && header !== 'none', '0A000', 'cannot specify HEADER in BINARY mode');
  refuse(!isCsv && given.quote !== null, '0A000', 'COPY quote available only in CSV mode');
  const quote = given.quote ?? '"';
  refuse(isCsv && !isOneByte(quote), '0A000', 'COPY quote must be a single one-byte character');
  refuse(isCsv && delimiter === quote, '22023', 'COPY delimiter and quote must be different');
  refuse(!isCsv && given.escape !== null, '0A000', 'COPY escape available only in CSV mode');
  const escape = given.escape ?? quote;
  refuse(isCsv && !isOneByte(escape), '0A000', 'COPY escape must be a single one-byte character');
  checkForce('quote', given.force_quote !== null, isCsv, !isFrom, 'COPY TO');
  checkForce('not null', given.force_not_null !== null, isCsv, isFrom, 'COPY FROM');
  checkForce('null', given.force_null !== null, isCsv, isFrom, 'COPY FROM');
  refuse(
    nullText.includes(delimiter),
    '0A000',
    'COPY delimiter must not appear in the NULL specification',
  );
  refuse(
    isCsv && nullText.includes(quote),
    '0A000',
    'CSV quote character must not appear in the NULL specification',
  );
  return {
    format,
    delimiter,
    nullText,
    header,
    quote,
    escape,
    forceQuote: given.force_quote ?? [],
    forceNotNull: given.force_not_null ?? [],
    forceNull: given.force_null ?? [],
  };
}

function checkForce(
  what: string,
  isGiven: boolean,
  isCsv: boolean,
  isDirection: boolean,
  direction: string,
): void {
  refuse(isGiven && !isCsv, '0A000', `COPY force ${what} available only in CSV mode`);
  refuse(isGiven && !isDirection, '0A000', `COPY force ${what} only available using ${direction}`);
}
