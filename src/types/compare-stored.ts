// The order that SQLite gives to stored values: NULL, numbers, text by its bytes, blobs.
import type { SqliteValue } from './sqlite-value.ts';

function rank(value: SqliteValue): number {
  if (value === null) return 0;
  if (typeof value === 'bigint' || typeof value === 'number') return 1;
  return typeof value === 'string' ? 2 : 3;
}

/** Negative, zero or positive. */
export function compareStored(a: SqliteValue, b: SqliteValue): number {
  const [x, y] = [rank(a), rank(b)];
  if (x !== y || a === null || b === null) return x - y;
  if (typeof a === 'string' || typeof a === 'object') {
    return Buffer.compare(bytesOf(a), bytesOf(b as string | Uint8Array));
  }
  const other = b as bigint | number;
  return a < other ? -1 : a > other ? 1 : 0;
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
