// When a gateway that keeps something from others shows itself.
import { describe, expect, it } from 'vitest';
import { KeepAlive } from '../../src/gateway/keep-alive.ts';

const EVERY_MS = 4000;

function needed(): KeepAlive {
  const keepAlive = new KeepAlive(EVERY_MS);
  keepAlive.isNeeded = true;
  return keepAlive;
}

describe('a gateway shows itself', () => {
  it('at once if nothing was executed so far, and not if nothing ends with it', () => {
    expect(needed().isDue(0)).toBe(true);
    expect(new KeepAlive(EVERY_MS).isDue(0)).toBe(false);
  });

  it('a while after the last request that was executed was proposed', () => {
    const keepAlive = needed();
    keepAlive.shown(1000);
    expect(keepAlive.isDue(1000 + EVERY_MS - 1)).toBe(false);
    expect(keepAlive.isDue(1000 + EVERY_MS)).toBe(true);
  });

  it('again if the answer has not been looked at, but not without end', () => {
    const keepAlive = needed();
    let now = 0;
    for (const ticket of [1, 2, 3, 4]) {
      expect(keepAlive.isDue(now)).toBe(true);
      keepAlive.submitted(ticket, now);
      expect(keepAlive.isDue(now)).toBe(false);
      now += EVERY_MS;
    }
    expect(keepAlive.isDue(now)).toBe(false);
    expect(keepAlive.answered(2)).toBe(true);
    expect(keepAlive.answered(2)).toBe(false);
    expect(keepAlive.isDue(now)).toBe(true);
  });

  it('soon again where there was no room for the request', () => {
    const keepAlive = needed();
    keepAlive.submitted(null, 0);
    expect(keepAlive.isDue(0)).toBe(true);
  });
});
