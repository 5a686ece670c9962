import { expect, it } from 'vitest';
import { RowLines } from '../../src/sql/copy/row-lines.ts';

it('knows the line of each row', () => {
  const written = [2, 3, 4, 7, 9, 10, 11, 12, 20];
  const lines = new RowLines();
  for (const line of written) lines.add(line);
  expect(written.map((_line, at) => lines.lineOf(at + 1))).toEqual(written);
  expect([lines.lineOf(0), lines.lineOf(written.length + 1)]).toEqual([null, null]);
});
