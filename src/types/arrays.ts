// One-dimensional arrays over any type: the text that Postgres shows, '{1,2,NULL}'.
import { PgError, notSupported } from '../errors/pg-error.ts';
import { asText, defineType, invalidBinary, tooShort } from './define.ts';
import type { FormatSettings, PgType } from './pg-type.ts';
import type { SqliteValue } from './sqlite-value.ts';

/** How elements are written inside an array whatever the session says: values must stay equal. */
export const CANONICAL: FormatSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
};

function malformed(text: string): PgError {
  return new PgError('22P02', `malformed array literal: "${text}"`);
}

/** Texts of the elements; null for NULL. Throws 22P02. */
export function splitArray(text: string): readonly (string | null)[] {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw malformed(text);
  const items: (string | null)[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^",{}\\]|\\.)*?))\s*(,|$)/sy;
  if (body.trim() === '') return items;
  if (/^\s*\{/.test(body)) throw notSupported('an array with more than one dimension');
  for (;;) {
    const match = pattern.exec(body);
    if (match === null) throw malformed(text);
    const [, quoted, plain = '', separator] = match;
    if (quoted !== undefined) items.push(quoted.replace(/\\(.)/gs, '$1'));
    else if (plain === '') throw malformed(text);
    else items.push(plain.toUpperCase() === 'NULL' ? null : plain.replace(/\\(.)/gs, '$1'));
    if (separator === '') return items;
  }
}

export function joinArray(items: readonly (string | null)[]): string {
  return `{${items.map((item) => (item === null ? 'NULL' : quoteItem(item))).join(',')}}`;
}

function quoteItem(item: string): string {
  const isPlain = item !== '' && !/[{}",\\\s]/.test(item) && item.toUpperCase() !== 'NULL';
  return isPlain ? item : `"${item.replace(/(["\\])/g, '\\$1')}"`;
}

export function arrayItems(element: PgType, array: SqliteValue): readonly SqliteValue[] {
  return splitArray(asText(array)).map((item) =>
    item === null ? null : element.parse(item, -1, CANONICAL),
  );
}

export function arrayOf(element: PgType, items: readonly SqliteValue[]): string {
  return joinArray(items.map((item) => (item === null ? null : element.format(item, CANONICAL))));
}

export function defineArray(element: PgType): PgType {
  return defineType({
    oid: element.arrayOid,
    name: `_${element.name}`,
    displayName: `${element.displayName}[]`,
    category: 'A',
    elementOid: element.oid,
    storage: 'TEXT',
    parse: (text, typmod, settings) =>
      arrayOf(
        element,
        splitArray(text).map((item) =>
          item === null ? null : element.parse(item, typmod, settings),
        ),
      ),
    format: (value, settings) =>
      joinArray(
        arrayItems(element, value).map((item) =>
          item === null ? null : element.format(item, settings),
        ),
      ),
    decode: (bytes, typmod) => decodeArray(element, bytes, typmod),
    encode: (value) => encodeArray(element, value),
  });
}

function decodeArray(element: PgType, bytes: Uint8Array, typmod: number): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12) throw tooShort();
  const dimensions = buffer.readInt32BE(0);
  const elementOid = buffer.readUInt32BE(8);
  if (elementOid !== element.oid) throw otherElements(element, elementOid);
  if (dimensions === 0) return '{}';
  if (dimensions !== 1) throw notSupported('an array with more than one dimension');
  if (buffer.length < 20) throw tooShort();
  const count = buffer.readInt32BE(12);
  if (buffer.readInt32BE(16) !== 1) throw notSupported('an array that does not start at 1');
  const items: SqliteValue[] = [];
  let offset = 20;
  for (let at = 0; at < count; at++) {
    if (offset + 4 > buffer.length) throw tooShort();
    const length = buffer.readInt32BE(offset);
    offset += 4;
    if (length > buffer.length - offset) throw tooShort();
    items.push(
      length < 0 ? null : element.decode(buffer.subarray(offset, offset + length), typmod),
    );
    offset += Math.max(length, 0);
  }
  if (offset !== buffer.length) throw invalidBinary();
  return arrayOf(element, items);
}

function otherElements(element: PgType, oid: number): PgError {
  return new PgError(
    '42804',
    `binary data has array element type ${oid} instead of expected ${element.oid} (${element.displayName})`,
  );
}

function encodeArray(element: PgType, value: SqliteValue): Buffer {
  const items = arrayItems(element, value);
  const header = Buffer.alloc(items.length === 0 ? 12 : 20);
  header.writeInt32BE(items.length === 0 ? 0 : 1, 0);
  header.writeInt32BE(items.includes(null) ? 1 : 0, 4);
  header.writeUInt32BE(element.oid, 8);
  if (items.length > 0) {
    header.writeInt32BE(items.length, 12);
    header.writeInt32BE(1, 16);
  }
  const parts: Buffer[] = [header];
  for (const item of items) {
    const length = Buffer.alloc(4);
    const bytes = item === null ? null : element.encode(item);
    length.writeInt32BE(bytes?.length ?? -1);
    parts.push(length);
    if (bytes !== null) parts.push(Buffer.from(bytes));
  }
  return Buffer.concat(parts);
}
