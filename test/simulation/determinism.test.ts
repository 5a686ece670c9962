// A seed that fails must fail again: runs depend on the seed alone.
import { expect, it } from 'vitest';
import { simulate } from './simulation.ts';

it('gives the same run for the same seed', () => {
  for (const seed of [3, 17, 99]) expect(simulate(seed)).toEqual(simulate(seed));
});
