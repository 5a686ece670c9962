// Half of the seeds that every change must survive; the other half runs beside it.
import { expect, it } from 'vitest';
import { missing, runSeeds } from './support.ts';

const COUNT = 500;

it(`${COUNT} clusters under faults keep every promise`, () => {
  const totals = runSeeds(2 * 10_000, COUNT);
  expect(missing(totals, COUNT)).toEqual([]);
});
