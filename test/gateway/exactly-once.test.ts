// Goal: whatever is lost, doubled or reordered, and whoever leads, each request takes effect at
// most once, its answer is true, and a barrier covers what was acknowledged before it. How: many
// seeded runs of three gateways and machines over a model of the log. And known bugs are found.
import { describe, expect, it } from 'vitest';
import { GatewayWorld } from './support/gateway-world.ts';
import type { WorldCounters, WorldMutations } from './support/gateway-world.ts';

const FIRST_SEED = Number(process.env['SEED'] ?? 1);
const SEEDS = process.env['SEED'] === undefined ? 40 : 1;
const TURNS = 250;

function runSeed(seed: number, mutations?: WorldMutations): WorldCounters {
  try {
    return new GatewayWorld(seed, mutations).run(TURNS);
  } catch (error) {
    throw new Error(`seed=${seed}: ${(error as Error).message}`, { cause: error });
  }
}

describe('over any network', () => {
  it('each request takes effect at most once, and its answer is true', () => {
    const totals: WorldCounters = { done: 0, notExecuted: 0, unknown: 0, reopened: 0, barriers: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const counters = runSeed(seed);
      for (const name of Object.keys(totals) as (keyof WorldCounters)[]) {
        totals[name] += counters[name];
      }
    }
    // Each of them happened, or the runs mean little.
    expect(Math.min(...Object.values(totals))).toBeGreaterThan(0);
    expect(totals.done).toBeGreaterThan(SEEDS * 100);
  });
});

describe('a bug is found:', () => {
  const SEEDS_MAX = 200;
  const mutants: readonly (readonly [name: string, mutations: WorldMutations])[] = [
    ['no deduplication', { machine: { dedupForgotten: true } }],
    ['deduplication by the highest number', { machine: { dedupByHighestNumber: true } }],
    ['fence ignored', { machine: { fenceIgnored: true } }],
    ['closed session executes', { machine: { closedSessionExecutes: true } }],
    ['resend under a new number', { gateway: { resendUnderNewSequence: true } }],
    ['retry under a new session', { gateway: { retryAfterExpiryUnderNewSession: true } }],
    ['read id used again', { gateway: { readIdReused: true } }],
  ];

  it.each(mutants)('%s', (_name, mutations) => {
    const seeds = Array.from({ length: SEEDS_MAX }, (_, at) => at + 1);
    const found = seeds.find((seed) => {
      try {
        runSeed(seed, mutations);
        return false;
      } catch {
        return true;
      }
    });
    expect(found).toBeDefined();
  });
});
