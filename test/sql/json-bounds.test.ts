// Reading JSON and arrays counts by the values in a text, comparing arrays by the pairs.
import { expect, it } from 'vitest';
import { TestDatabase } from '../catalog/support/test-catalog.ts';

let work = 0;
const WORK_MAX = 10_000_000;
const database = new TestDatabase((spent) => {
  work += spent;
  if (work > WORK_MAX) throw new Error('too much work');
});

function workOf(sql: string): number {
  work = 0;
  database.rows(sql);
  return work;
}

const commas = (count: number): string =>
  `'[' || replace(hex(zeroblob(${count})), '00', '1,') || '1]'`;
const braces = (count: number): string =>
  `'{' || replace(hex(zeroblob(${count})), '00', '1,') || '1}'`;

it.each([
  [`SELECT pg_input(${commas(50_000)}, 3802, -1)`, 50_000],
  [`SELECT pg_jsonb_key(${commas(5000)})`, 15_000],
  [`SELECT pg_input(${braces(50_000)}, 1007, -1)`, 50_000],
  [`SELECT pg_array_append(23, ${braces(50_000)}, 7)`, 50_000],
])('%s', (sql, parts) => {
  const done = workOf(sql);
  expect(done).toBeGreaterThanOrEqual(parts);
  expect(done).toBeLessThan(4 * parts);
});

it('ends what compares each with each', () => {
  const all = `'{' || (WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 20000)
    SELECT group_concat(n) FROM r) || '}'`;
  expect(() => workOf(`SELECT pg_array_contains(23, ${all}, ${all})`)).toThrow('too much work');
});
