// What all codecs of the machine are made of: values of SQLite, lists, OIDs and settings as bytes.
// Layout: docs/formats.md, "Commands".
import type { SqliteValue } from '../types/sqlite-value.ts';
import { DecodeError } from '../util/bytes.ts';
import type { ByteReader, ByteWriter } from '../util/bytes.ts';

const COUNT_MAX = 1 << 24;

/** Items behind their count; `bytesEach` at least, so that it cannot promise more than there is. */
export function readItems<T>(reader: ByteReader, bytesEach: number, read: () => T): T[] {
  const count = reader.u32();
  if (count > COUNT_MAX || count * bytesEach > reader.remaining) {
    throw new DecodeError(`${count} items in ${reader.remaining} bytes`);
  }
  const items: T[] = [];
  for (let at = 0; at < count; at++) items.push(read());
  return items;
}

const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;

export function writeValue(writer: ByteWriter, value: SqliteValue): void {
  if (value === null) writer.u8(NULL);
  else if (typeof value === 'bigint') writer.u8(INTEGER).i64(value);
  else if (typeof value === 'number') writer.u8(REAL).f64(value);
  else if (typeof value === 'string') writer.u8(TEXT).string(value);
  else writer.u8(BLOB).bytes(value);
}

export function readValue(reader: ByteReader): SqliteValue {
  const tag = reader.u8();
  switch (tag) {
    case NULL:
      return null;
    case INTEGER:
      return reader.i64();
    case REAL:
      return reader.f64();
    case TEXT:
      return reader.string();
    case BLOB:
      return reader.bytes();
    default:
      throw new DecodeError(`value tag ${tag}`);
  }
}

export function writeValues(writer: ByteWriter, values: readonly SqliteValue[]): void {
  writer.u32(values.length);
  for (const value of values) writeValue(writer, value);
}

export function readValues(reader: ByteReader): SqliteValue[] {
  return readItems(reader, 1, () => readValue(reader));
}

export function writeOids(writer: ByteWriter, oids: readonly number[]): void {
  writer.u32(oids.length);
  for (const oid of oids) writer.u32(oid);
}

export function readOids(reader: ByteReader): number[] {
  return readItems(reader, 4, () => reader.u32());
}

export type Settings = readonly (readonly [name: string, value: string])[];

export function writeSettings(writer: ByteWriter, settings: Settings): void {
  writer.u32(settings.length);
  for (const [name, value] of settings) writer.string(name).string(value);
}

export function readSettings(reader: ByteReader): Settings {
  return readItems(reader, 8, () => [reader.string(), reader.string()] as const);
}
