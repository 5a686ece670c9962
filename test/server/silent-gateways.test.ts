// Who is taken for gone, and when: only who keeps something from others, and never because of a
// change of leader, or of a pause of the leader itself.
import { beforeEach, describe, expect, it } from 'vitest';
import { SilentGateways } from '../../src/server/silent-gateways.ts';

const LIMITS = { silentMs: 15_000, stepMsMax: 2000, againMs: 3000 };
const STEP_MS = 1000;

let gateways: SilentGateways;
let now: number;

beforeEach(() => {
  gateways = new SilentGateways(LIMITS);
  now = 0;
});

/** Looks once a second; the seconds after which session 7 was to be closed. */
function look(
  seconds: number,
  { term = 1, lastIndex = 50 }: { term?: number | null; lastIndex?: number } = {},
): readonly number[] {
  const closes: number[] = [];
  for (let second = 0; second < seconds; second++) {
    now += STEP_MS;
    const holders = [{ sessionId: 7, nodeId: 2, lastIndex }];
    for (const close of gateways.look(now, term, holders)) {
      expect(close).toEqual({ kind: 'close', sessionId: 7, lastIndex });
      closes.push(now / 1000);
    }
  }
  return closes;
}

describe('a gateway that keeps something from others', () => {
  it('is taken for gone when it was silent for long enough, and again as long as it is there', () => {
    expect(look(23)).toEqual([16, 19, 22]);
  });

  it('is not, as long as it shows itself now and then', () => {
    for (let lastIndex = 50; lastIndex < 55; lastIndex++)
      expect(look(14, { lastIndex })).toEqual([]);
  });

  it('is not while it keeps nothing', () => {
    look(10);
    now += STEP_MS;
    expect(gateways.look(now, 1, [])).toEqual([]);
    expect(look(15)).toEqual([]);
    expect(look(1)).toEqual([27]);
  });
});

describe('time does not count', () => {
  it('that passed before this node led, or in an earlier term of its own', () => {
    expect(look(100, { term: null })).toEqual([]);
    expect(look(15)).toEqual([]);
    expect(look(15, { term: 2 })).toEqual([]);
    expect(look(1, { term: 2 })).toHaveLength(1);
  });

  it('while this node takes no commands', () => {
    look(14);
    look(5, { term: null });
    expect(look(15)).toEqual([]);
  });

  it('in which this node itself stood still', () => {
    look(10);
    now += 60_000;
    // Of the pause two seconds count.
    expect(look(4)).toEqual([]);
    expect(look(1)).toHaveLength(1);
  });
});
