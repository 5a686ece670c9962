// One-dimensional arrays over any type: the text that Postgres shows, '{1,2,NULL}'.
import { PgError, notSupported } from '../errors/pg-error.ts';
import { asText, defineType, invalidBinary, isInvalidBinary, tooShort } from './define.ts';
import { orderedBytes } from './ordered-bytes.ts';
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

function malformed(text: string, detail: string): PgError {
  return new PgError('22P02', `malformed array literal: "${text}"`, { detail });
}

const SPACE = /[ \t\n\v\f\r]/;

/** Texts of the elements; null for NULL. Throws 22P02 (PG: 8.15.2 Array Value Input). */
export function splitArray(text: string): readonly (string | null)[] {
  // The common case: plain elements.
  const plain = /^\{([^\s"\\{}]*)\}$/.exec(text)?.[1];
  if (plain === '') return [];
  if (plain !== undefined && !/(^|,)(,|$)/.test(plain)) return plain.split(',').map(orNull);
  return new ArrayReader(text).items();
}

function orNull(item: string): string | null {
  return item.length === 4 && item.toUpperCase() === 'NULL' ? null : item;
}

class ArrayReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #fail(detail: string): never {
    throw malformed(this.#text, detail);
  }

  #space(): void {
    while (SPACE.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  items(): readonly (string | null)[] {
    this.#space();
    if (this.#text[this.#at] === '[') throw notSupported('an array with bounds of its own');
    if (this.#text[this.#at] !== '{') {
      this.#fail('Array value must start with "{" or dimension information.');
    }
    this.#at += 1;
    const found: (string | null)[] = [];
    this.#space();
    if (this.#text[this.#at] === '}') this.#at += 1;
    else while (this.#item(found));
    this.#space();
    if (this.#at < this.#text.length) this.#fail('Junk after closing right brace.');
    return found;
  }

  /** One element and what follows it; false: the array is over. */
  #item(found: (string | null)[]): boolean {
    this.#space();
    const next = this.#text[this.#at];
    if (next === undefined) this.#fail('Unexpected end of input.');
    if (next === '{') throw notSupported('an array with more than one dimension');
    if (next === ',' || next === '}') this.#fail(`Unexpected "${next}" character.`);
    found.push(next === '"' ? this.#quoted() : this.#plain());
    this.#space();
    const separator = this.#text[this.#at];
    if (separator === undefined) this.#fail('Unexpected end of input.');
    if (separator !== ',' && separator !== '}') this.#fail('Unexpected array element.');
    this.#at += 1;
    return separator === ',';
  }

  #quoted(): string {
    let item = '';
    for (this.#at += 1; ; this.#at += 1) {
      let character = this.#text[this.#at];
      if (character === '"') break;
      if (character === '\\') character = this.#text[(this.#at += 1)];
      if (character === undefined) this.#fail('Unexpected end of input.');
      item += character;
    }
    this.#at += 1;
    return item;
  }

  #plain(): string | null {
    let item = '';
    let end = 0;
    let isEscaped = false;
    for (; ; this.#at += 1) {
      let character = this.#text[this.#at];
      if (character === undefined || character === ',' || character === '}') break;
      if (character === '"') this.#fail('Unexpected array element.');
      if (character === '{') this.#fail('Unexpected "{" character.');
      const isSpace = SPACE.test(character);
      if (character === '\\') {
        isEscaped = true;
        character = this.#text[(this.#at += 1)];
        if (character === undefined) this.#fail('Unexpected end of input.');
      }
      item += character;
      if (!isSpace) end = item.length;
    }
    const trimmed = item.slice(0, end);
    return isEscaped ? trimmed : orNull(trimmed);
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

const END = 0;
const VALUE = 1;
const NULL = 2;

/** Bytes in the order of arrays: element by element, NULL above all, the shorter one first. */
function arrayKey(element: PgType, array: SqliteValue): Buffer {
  const parts: Uint8Array[] = [];
  for (const item of arrayItems(element, array)) {
    if (item === null) parts.push(Buffer.from([NULL]));
    else {
      const key = element.keyOf?.(item) ?? item;
      parts.push(Buffer.from([VALUE]), orderedBytes(key, element.storage === 'ANY'));
    }
  }
  return Buffer.concat([...parts, Buffer.from([END])]);
}

/** How a type is shown; null: it is unknown. */
type NameOf = (oid: number) => string | null;

export function defineArray(element: PgType, nameOf: NameOf): PgType {
  return defineType({
    oid: element.arrayOid,
    name: `_${element.name}`,
    displayName: `${element.displayName}[]`,
    category: 'A',
    elementOid: element.oid,
    storage: 'TEXT',
    hasParts: true,
    sortKey: `pg_array_key_${element.oid}`,
    keyOf: (value) => arrayKey(element, value),
    stableText: 'both',
    parse: (text, typmod, settings) =>
      arrayOf(
        element,
        splitArray(text).map((item) =>
          item === null ? null : element.parse(item, typmod, settings),
        ),
      ),
    ...lengthOf(element),
    format: (value, settings) =>
      joinArray(
        arrayItems(element, value).map((item) =>
          item === null ? null : element.format(item, settings),
        ),
      ),
    decode: (bytes, typmod) => decodeArray(element, bytes, typmod, nameOf),
    encode: (value) => encodeArray(element, value),
  });
}

/** The element's length coercion, for each element. */
function lengthOf(element: PgType): Pick<PgType, 'coerce' | 'parseTypmod' | 'formatWithTypmod'> {
  const { coerce, parseTypmod, formatWithTypmod } = element;
  return {
    ...(parseTypmod === undefined ? {} : { parseTypmod }),
    ...(formatWithTypmod === undefined
      ? {}
      : { formatWithTypmod: (typmod: number) => `${formatWithTypmod(typmod)}[]` }),
    ...(coerce === undefined
      ? {}
      : {
          coerce: (value: SqliteValue, typmod: number, isExplicit: boolean) =>
            arrayOf(
              element,
              arrayItems(element, value).map((item) =>
                item === null ? null : coerce(item, typmod, isExplicit),
              ),
            ),
        }),
  };
}

function decodeArray(element: PgType, bytes: Uint8Array, typmod: number, nameOf: NameOf): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12) throw tooShort();
  const dimensions = buffer.readInt32BE(0);
  checkHeader(dimensions, buffer.readInt32BE(4));
  const elementOid = buffer.readUInt32BE(8);
  checkElements(element, elementOid, nameOf);
  if (dimensions === 0) {
    if (buffer.length > 12) throw invalidBinary();
    return '{}';
  }
  if (dimensions !== 1) throw notSupported('an array with more than one dimension');
  if (buffer.length < 20) throw tooShort();
  const count = buffer.readInt32BE(12);
  if (count < 0 || count > ITEMS_MAX) {
    throw new PgError('54000', `array size exceeds the maximum allowed (${ITEMS_MAX})`);
  }
  if (buffer.readInt32BE(16) !== 1) throw notSupported('an array that does not start at 1');
  const items: SqliteValue[] = [];
  let offset = 20;
  for (let at = 0; at < count; at++) {
    if (offset + 4 > buffer.length) throw tooShort();
    const length = buffer.readInt32BE(offset);
    offset += 4;
    if (length < -1 || length > buffer.length - offset) {
      throw new PgError('22P03', 'insufficient data left in message');
    }
    items.push(
      length < 0
        ? null
        : decodeItem(element, buffer.subarray(offset, offset + length), typmod, at + 1),
    );
    offset += Math.max(length, 0);
  }
  if (offset !== buffer.length) throw invalidBinary();
  return arrayOf(element, items);
}

const DIMENSIONS_MAX = 6;
const ITEMS_MAX = 134_217_727;

function checkHeader(dimensions: number, flags: number): void {
  if (dimensions < 0) throw new PgError('22P03', `invalid number of dimensions: ${dimensions}`);
  if (dimensions > DIMENSIONS_MAX) {
    throw new PgError(
      '54000',
      `number of array dimensions (${dimensions}) exceeds the maximum allowed (${DIMENSIONS_MAX})`,
    );
  }
  if (flags !== 0 && flags !== 1) throw new PgError('22P03', 'invalid array flags');
}

function decodeItem(
  element: PgType,
  bytes: Buffer,
  typmod: number,
  number: number,
): ReturnType<PgType['decode']> {
  try {
    return element.decode(bytes, typmod);
  } catch (error) {
    if (!isInvalidBinary(error)) throw error;
    throw new PgError('22P03', `improper binary format in array element ${number}`);
  }
}

/** Below are the OIDs that are the same in every database. */
const FIRST_OF_DATABASE = 10_000;

/** Other elements than those of the type are taken for them, if their OID may be of another database. */
function checkElements(element: PgType, oid: number, nameOf: NameOf): void {
  if (oid === element.oid || oid >= FIRST_OF_DATABASE) return;
  throw new PgError(
    '42804',
    `binary data has array element type ${oid} (${nameOf(oid) ?? '???'}) instead of expected ${element.oid} (${element.displayName})`,
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
