// The order of jsonb as bytes (PG: 8.14.4 jsonb Indexing, compareJsonbContainers): objects, arrays,
// booleans, numbers, strings, null; containers by their size, then by what is in them, numbers by value.
import { decimalSortKey, formatDecimal, tryReadDecimal } from './decimal.ts';
import { parseJson, canonicalMembers } from './json-text.ts';
import type { JsonValue } from './json-text.ts';
import { orderedBytes } from './ordered-bytes.ts';

/** An empty array alone sorts before everything: Postgres compares sizes before kinds there. */
const EMPTY_DOCUMENT = Buffer.from([1]);
/** A scalar alone sorts before arrays, though it is an array to Postgres. */
const SCALAR_DOCUMENT = Buffer.from([2]);
const NULL = Buffer.from([0x10]);
const STRING = Buffer.from([0x20]);
const NUMBER = Buffer.from([0x30]);
const FALSE = Buffer.from([0x40]);
const TRUE = Buffer.from([0x41]);
const ARRAY = 0x50;
const OBJECT = 0x60;

/** Equal for equal values, and in their order. */
export function jsonbKey(text: string): Uint8Array {
  const value = parseJson(text);
  const parts: Buffer[] = [];
  if (value.kind === 'array') {
    if (value.items.length === 0) return EMPTY_DOCUMENT;
  } else if (value.kind !== 'object') parts.push(SCALAR_DOCUMENT);
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: JsonValue, parts: Buffer[]): void {
  switch (value.kind) {
    case 'null':
      parts.push(NULL);
      return;
    case 'boolean':
      parts.push(value.value ? TRUE : FALSE);
      return;
    case 'number':
      parts.push(NUMBER, orderedBytes(numberKey(value.text)));
      return;
    case 'string':
      parts.push(STRING, orderedBytes(value.value));
      return;
    case 'array':
      parts.push(header(ARRAY, value.items.length));
      for (const item of value.items) write(item, parts);
      return;
    default: {
      const members = canonicalMembers(value.members);
      parts.push(header(OBJECT, members.length));
      for (const [key, item] of members) {
        parts.push(orderedBytes(key));
        write(item, parts);
      }
    }
  }
}

function numberKey(text: string): string {
  const decimal = tryReadDecimal(text);
  return decimalSortKey(decimal === null ? 'NaN' : formatDecimal(decimal));
}

function header(kind: number, count: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = kind;
  bytes.writeUInt32BE(count, 1);
  return bytes;
}
