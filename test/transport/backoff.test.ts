import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/transport/backoff.ts';
import { Prng } from '../../src/util/prng.ts';

describe('the pause before connecting again', () => {
  it('doubles up to the longest, never below half of it', () => {
    const backoff = new Backoff(50, 1000, new Prng(1));
    for (const limit of [50, 100, 200, 400, 800, 1000, 1000, 1000]) {
      const pause = backoff.nextMs();
      expect(pause).toBeGreaterThanOrEqual(limit / 2);
      expect(pause).toBeLessThanOrEqual(limit);
    }
  });

  it('starts again after a success', () => {
    const backoff = new Backoff(50, 1000, new Prng(1));
    for (let failure = 0; failure < 100; failure++) backoff.nextMs();
    backoff.reset();
    expect(backoff.nextMs()).toBeLessThanOrEqual(50);
  });

  it('differs from node to node', () => {
    const first = new Backoff(50, 1000, new Prng(1)).nextMs();
    expect(new Backoff(50, 1000, new Prng(2)).nextMs()).not.toBe(first);
  });
});
