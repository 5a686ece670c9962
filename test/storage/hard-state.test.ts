// Term and vote: never forgotten, and durable before the entries of their term (R2, R31).
import { describe, expect, it } from 'vitest';
import { FileLogStore } from '../../src/storage/file-log-store.ts';
import type { StorageMutations } from '../../src/storage/mutations.ts';
import { Prng } from '../../src/util/prng.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const VOTE = { currentTerm: 7, votedFor: 2 };
const ENTRY = { index: 1, term: 7, kind: 'command', data: Buffer.from('x') } as const;

function openLog(disk: MemoryDisk, mutations: StorageMutations): FileLogStore {
  return FileLogStore.open({
    disk,
    directory: 'log',
    segmentBytes: 16 * 1024,
    randomUint32: () => 1,
    mutations,
    onFailure(error) {
      throw error;
    },
  });
}

/** What went wrong, or null. */
type Scenario = (mutations: StorageMutations) => string | null;

const remembersItsVote: Scenario = (mutations) => {
  const disk = new MemoryDisk({ scheduleSync: (done) => done(null) });
  openLog(disk, mutations).persist({ hardState: VOTE, entries: [] }, () => undefined);
  disk.failPower(new Prng(1));
  const { hardState } = openLog(disk, mutations);
  const isSame = hardState.votedFor === VOTE.votedFor && hardState.currentTerm === 7;
  return isSame ? null : `voted for ${hardState.votedFor} in term ${hardState.currentTerm}`;
};

/** The power fails after one of the two fsyncs. */
const writesTheTermFirst: Scenario = (mutations) => {
  for (let seed = 1; seed <= 20; seed++) {
    const due: ((error: Error | null) => void)[] = [];
    const disk = new MemoryDisk({ scheduleSync: (done) => void due.push(done) });
    const request = { hardState: VOTE, entries: [ENTRY] };
    openLog(disk, mutations).persist(request, () => undefined);
    due.shift()?.(null);
    disk.failPower(new Prng(seed));
    try {
      openLog(disk, {});
    } catch (error) {
      return (error as Error).message;
    }
  }
  return null;
};

const SCENARIOS: readonly (readonly [string, Scenario, keyof StorageMutations])[] = [
  ['remembers its vote', remembersItsVote, 'voteForgottenOnRestart'],
  ['writes the term before its entries', writesTheTermFirst, 'hardStateAfterEntries'],
];

describe.each(SCENARIOS)('a log that %s', (_name, scenario, mutation) => {
  it('does so', () => {
    expect(scenario({})).toBeNull();
  });

  it(`is told from one with the bug ${mutation}`, () => {
    expect(scenario({ [mutation]: true })).not.toBeNull();
  });
});
