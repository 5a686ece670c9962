// Rows of values survive the way through bytes, in one piece or several.
import { describe, expect, it } from 'vitest';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import {
  joinValueRows,
  ValueRowsReader,
  ValueRowsWriter,
  type ValueRows,
} from '../../src/types/value-rows.ts';
import { DecodeError } from '../../src/util/bytes.ts';
import { Prng } from '../../src/util/prng.ts';

const SEED = Number(process.env['SEED'] ?? 1);

const INTEGERS = [
  0n,
  1n,
  63n,
  64n,
  127n,
  128n,
  16383n,
  16384n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
];
const VALUES: readonly SqliteValue[] = [
  null,
  ...INTEGERS,
  ...INTEGERS.map((integer) => -integer),
  -(2n ** 63n),
  0,
  -0,
  1.5,
  Infinity,
  5e-324,
  '',
  'a',
  'é',
  '𝄞'.repeat(31),
  'x'.repeat(127),
  'x'.repeat(128),
  'ü'.repeat(70_000),
  Buffer.alloc(0),
  Buffer.from([0, 255]),
  Buffer.alloc(1000, 7),
];

function write(columnCount: number, rows: readonly (readonly SqliteValue[])[]): ValueRows {
  const writer = new ValueRowsWriter(columnCount);
  for (const row of rows) for (const value of row) writer.value(value);
  return writer.take();
}

function read({ bytes }: ValueRows): SqliteValue[][] {
  const reader = new ValueRowsReader(bytes);
  const rows: SqliteValue[][] = [];
  const row: SqliteValue[] = [];
  while (reader.next(row)) rows.push([...row]);
  return rows;
}

describe('rows of values', () => {
  it('come back as they went', () => {
    const rows = VALUES.map((value) => [value, 'next', value]);
    const written = write(3, rows);
    expect(written.count).toBe(rows.length);
    expect(read(written)).toEqual(rows);
  });

  it('come back from several pieces', () => {
    const prng = new Prng(SEED);
    const rows = Array.from({ length: 200 }, () => [prng.pick(VALUES), prng.pick(VALUES)]);
    const writer = new ValueRowsWriter(2);
    const pieces: ValueRows[] = [];
    for (const value of rows.flat()) {
      writer.value(value);
      // Behind half a row too.
      if (prng.chance(0.1)) pieces.push(writer.take());
    }
    pieces.push(writer.take());
    const joined = joinValueRows(pieces);
    expect(joined.count).toBe(200);
    expect(read(joined)).toEqual(rows);
  });

  it('give the row read last alone', () => {
    const reader = new ValueRowsReader(write(2, [[1n, 'a'], [2n, 'b'], [3n, 'c']]).bytes); // prettier-ignore
    reader.next([]);
    reader.next([]);
    expect(read({ count: 1, bytes: reader.current() })).toEqual([[2n, 'b']]);
  });

  it('cut short are refused', () => {
    const { bytes } = write(1, [['x'.repeat(200)]]);
    for (let length = 3; length < bytes.length; length++) {
      expect(() => read({ count: 1, bytes: bytes.subarray(0, length) })).toThrow(DecodeError);
    }
  });
});
