// Many rows of stored values as bytes: how COPY hands rows to the log, as one value of one step.
// Small integers and short texts, which most values are, take one byte more than their content.
import { ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import type { SqliteValue } from './sqlite-value.ts';

const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;
const NOT_NEGATIVE = 5;
const NEGATIVE = 6;
/** Tags from here on are an integer from 0 to 63. */
const SMALL_INTEGER = 0x40;
const SMALL_INTEGER_MAX = 0x3f;
/** Tags from here on are the length of a text, 0 to 127 bytes. */
const SHORT_TEXT = 0x80;
const SHORT_TEXT_MAX = 0x7f;

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
const HEADER_BYTES = 2;

/** Rows of `columnCount` values each. */
export interface ValueRows {
  readonly count: number;
  /** The number of columns as u16, then the values, row by row. */
  readonly bytes: Uint8Array;
}

export class ValueRowsWriter {
  readonly #columnCount: number;
  #writer: ByteWriter;
  /** Values of the row that is begun. */
  #valueCount = 0;
  #rowCount = 0;
  /** Where the last complete row ends. */
  #rowsEnd = HEADER_BYTES;

  constructor(columnCount: number) {
    this.#columnCount = columnCount;
    this.#writer = this.#begin();
  }

  #begin(): ByteWriter {
    return new ByteWriter(4096).u16(this.#columnCount);
  }

  get length(): number {
    return this.#writer.length;
  }

  /** The next value of the row, or the first of the next row. */
  value(value: SqliteValue): void {
    writeValue(this.#writer, value);
    this.#valueCount += 1;
    if (this.#valueCount < this.#columnCount) return;
    this.#valueCount = 0;
    this.#rowCount += 1;
    this.#rowsEnd = this.#writer.length;
  }

  /** The complete rows that were written since the last call. */
  take(): ValueRows {
    const [count, end] = [this.#rowCount, this.#rowsEnd];
    const bytes = this.#writer.finish();
    this.#writer = this.#begin().raw(bytes.subarray(end));
    this.#rowCount = 0;
    this.#rowsEnd = HEADER_BYTES;
    return { count, bytes: bytes.subarray(0, end) };
  }
}

function writeValue(writer: ByteWriter, value: SqliteValue): void {
  if (value === null) writer.u8(NULL);
  else if (typeof value === 'string') writeText(writer, value);
  else if (typeof value === 'bigint') writeInteger(writer, value);
  else if (typeof value === 'number') writer.u8(REAL).f64(value);
  else writer.u8(BLOB).varint(value.length).raw(value);
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= SHORT_TEXT_MAX) writer.u8(SHORT_TEXT + bytes);
  else writer.u8(TEXT).varint(bytes);
  writer.utf8(text, bytes);
}

function writeInteger(writer: ByteWriter, value: bigint): void {
  if (value > SAFE_MAX || value < -SAFE_MAX) {
    writer.u8(INTEGER).i64(value);
    return;
  }
  const number = Number(value);
  if (number < 0) writer.u8(NEGATIVE).varint(-1 - number);
  else if (number <= SMALL_INTEGER_MAX) writer.u8(SMALL_INTEGER + number);
  else writer.u8(NOT_NEGATIVE).varint(number);
}

/** The bytes of rows of `columnCount` values each. */
export function valueRows(columnCount: number, values: readonly SqliteValue[]): Uint8Array {
  const writer = new ValueRowsWriter(columnCount);
  for (const value of values) writer.value(value);
  return writer.take().bytes;
}

/** The rows of several batches of the same columns, in one. */
export function joinValueRows(batches: readonly ValueRows[]): ValueRows {
  const [first] = batches;
  if (first === undefined || batches.length === 1) return first ?? new ValueRowsWriter(0).take();
  const bodies = batches.map(({ bytes }) => bytes.subarray(HEADER_BYTES));
  return {
    count: batches.reduce((sum, { count }) => sum + count, 0),
    bytes: Buffer.concat([first.bytes.subarray(0, HEADER_BYTES), ...bodies]),
  };
}

/** Reads row after row, without an object for each. Throws DecodeError. */
export class ValueRowsReader {
  readonly columnCount: number;
  readonly #bytes: Uint8Array;
  readonly #reader: ByteReader;
  #rowStart = HEADER_BYTES;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new ByteReader(bytes);
    this.columnCount = this.#reader.u16();
  }

  /** Puts the next row into the first places of `row`; false: there is none. */
  next(row: SqliteValue[]): boolean {
    if (this.#reader.remaining === 0) return false;
    this.#rowStart = this.#reader.offset;
    for (let at = 0; at < this.columnCount; at++) row[at] = readValue(this.#reader);
    return true;
  }

  /** The row that was read last, alone. */
  current(): Uint8Array {
    const header = this.#bytes.subarray(0, HEADER_BYTES);
    return Buffer.concat([header, this.#bytes.subarray(this.#rowStart, this.#reader.offset)]);
  }
}

function readValue(reader: ByteReader): SqliteValue {
  const tag = reader.u8();
  if (tag >= SHORT_TEXT) return reader.utf8(tag - SHORT_TEXT);
  if (tag >= SMALL_INTEGER) return BigInt(tag - SMALL_INTEGER);
  switch (tag) {
    case NULL:
      return null;
    case INTEGER:
      return reader.i64();
    case REAL:
      return reader.f64();
    case TEXT:
      return reader.utf8(reader.varint());
    case BLOB:
      return reader.raw(reader.varint());
    case NOT_NEGATIVE:
      return BigInt(reader.varint());
    case NEGATIVE:
      return BigInt(-1 - reader.varint());
    default:
      throw new DecodeError(`value tag ${tag}`);
  }
}
