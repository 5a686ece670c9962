// The checkers on histories of a database in memory: of one that is strictly serializable they find
// nothing, whatever the interleaving; of one with a bug they find what that bug may cause.
import { describe, expect, it } from 'vitest';
import { Prng } from '../../src/util/prng.ts';
import { showAnomalies } from './anomaly.ts';
import type { Anomaly, AnomalyName } from './anomaly.ts';
import { checkBank } from './bank.ts';
import type { BankHistory } from './bank.ts';
import { runBank, runListAppend } from './driver.ts';
import type { History } from './history.ts';
import { checkListAppend } from './list-append.ts';
import { MemoryDatabase } from './support/memory-database.ts';
import type { Bug } from './support/memory-database.ts';
import { isStrictlySerializable } from './support/serial-search.ts';
import { bankPlans, listAppendPlans } from './workload.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const INITIAL = [10, 10, 10, 10];

interface Setup {
  readonly seed: number;
  readonly bug: Bug | null;
  readonly processes: number;
}

function options({ seed, processes }: Setup) {
  let time = 0;
  return { prng: new Prng(seed), processes, maxTime: 30_000, clock: () => ++time };
}

function lists(setup: Setup, size = { transactions: 150, keys: 4 }): Promise<History> {
  const { prng, ...run } = options(setup);
  const database = new MemoryDatabase(prng.fork(), setup.bug);
  const plans = listAppendPlans(prng, { ...size, maxAppends: 20 });
  return runListAppend({ ...run, plans, connect: async () => database.connect() });
}

function bank(setup: Setup): Promise<BankHistory> {
  const { prng, ...run } = options(setup);
  const database = new MemoryDatabase(prng.fork(), setup.bug, INITIAL);
  const plans = bankPlans(prng, { transactions: 150, accounts: INITIAL.length });
  const connect = async () => database.connect();
  return runBank({ ...run, plans, connect, initial: INITIAL, forbidsNegative: true });
}

/** In all seeds together. */
async function namesOf(find: (seed: number) => Promise<Anomaly[]>): Promise<AnomalyName[]> {
  const names = new Set<AnomalyName>();
  for (const seed of SEEDS) for (const { name } of await find(seed)) names.add(name);
  return [...names].sort();
}

describe('a strictly serializable database', () => {
  it.each([1, 2, 5, 10])('has clean lists with %i processes', async (processes) => {
    const statuses = new Set<string>();
    for (const seed of SEEDS) {
      const history = await lists({ seed, bug: null, processes });
      for (const { status } of history) statuses.add(status);
      expect(history.length).toBeGreaterThan(150);
      expect(showAnomalies(checkListAppend(history)), `seed ${seed}`).toBe('');
    }
    // The interleaving was a real one: there were conflicts and broken connections.
    expect([...statuses].sort()).toEqual(processes === 1 ? ['info', 'ok'] : ['fail', 'info', 'ok']);
  });

  it.each([1, 5])('has a clean bank with %i processes', async (processes) => {
    for (const seed of SEEDS) {
      const history = await bank({ seed, bug: null, processes });
      expect(history.final).not.toBeNull();
      expect(showAnomalies(checkBank(history)), `seed ${seed}`).toBe('');
    }
  });
});

/** What tells each bug, among all that it causes. */
const TELLING: Record<Bug, { lists: AnomalyName[]; bank: AnomalyName[] }> = {
  'stale-snapshot': { lists: ['G-single-realtime'], bank: [] },
  'lost-update': { lists: ['incompatible-order', 'lost-append'], bank: ['wrong-sum'] },
  'dirty-read': { lists: ['G1a', 'G1b', 'G1c'], bank: ['wrong-sum'] },
  'write-skew': { lists: ['G2-item'], bank: [] },
  'read-committed': { lists: ['G-single', 'internal'], bank: ['wrong-sum'] },
  'half-commit': { lists: ['G-single', 'G0'], bank: ['wrong-sum'] },
  'double-commit': { lists: ['duplicate-append'], bank: ['duplicate-transfer'] },
  'forgotten-commit': { lists: ['lost-append'], bank: ['lost-transfer'] },
  'unclean-abort': { lists: ['G1a'], bank: ['aborted-transfer'] },
};
const BUGS = Object.keys(TELLING) as Bug[];

describe('a database with a bug', () => {
  it.each(BUGS)('%s shows in lists', async (bug) => {
    const find = async (seed: number) => checkListAppend(await lists({ seed, bug, processes: 5 }));
    expect(await namesOf(find)).toEqual(expect.arrayContaining(TELLING[bug].lists));
  });

  it.each(BUGS.filter((bug) => TELLING[bug].bank.length > 0))('%s shows in a bank', async (bug) => {
    const find = async (seed: number) => checkBank(await bank({ seed, bug, processes: 5 }));
    expect(await namesOf(find)).toEqual(expect.arrayContaining(TELLING[bug].bank));
  });

  // Snapshot isolation has write skew, and nothing worse.
  it('write-skew shows nothing else', async () => {
    const find = async (seed: number) =>
      checkListAppend(await lists({ seed, bug: 'write-skew', processes: 5 }));
    const allowed: AnomalyName[] = ['G2-item', 'G2-item-realtime'];
    expect((await namesOf(find)).filter((name) => !allowed.includes(name))).toEqual([]);
  });
});

// With every list read at the end all versions are known: the graph must miss nothing either.
describe('the verdict on a small history', () => {
  const size = { transactions: 6, keys: 2 };
  const verdicts = { clean: 0, wrong: 0 };

  it.each([null, ...BUGS])('is that of a search through all orders (%s)', async (bug) => {
    for (let seed = 1; seed <= 60; seed++) {
      const history = await lists({ seed, bug, processes: 3 }, size);
      const isClean = checkListAppend(history).length === 0;
      expect(isClean, JSON.stringify(history)).toBe(isStrictlySerializable(history));
      verdicts[isClean ? 'clean' : 'wrong'] += 1;
    }
  });

  it('was of both kinds', () => {
    expect(Math.min(verdicts.clean, verdicts.wrong)).toBeGreaterThan(100);
  });
});
