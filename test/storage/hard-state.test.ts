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

/** Both copies are damaged in turn: by a write, and by the restart that would repair it. */
const keepsOneCopy: Scenario = (mutations) => {
  const disk = new MemoryDisk({ scheduleSync: (done) => done(null) });
  openLog(disk, {}).persist({ hardState: VOTE, entries: [] }, () => undefined);
  for (const damaged of ['log/hard-state.b', 'log/hard-state.a']) {
    const before = disk.bytesOf(damaged) as Buffer;
    disk.killProcess();
    disk.replace(damaged, Buffer.alloc(before.length, 1));
    let operations = 0;
    const cut = new MemoryDisk({
      scheduleSync: (done) => done(null),
      isCopyOnWrite: true,
      // In the middle of the first write of all.
      beforeOperation: () => (operations++ === 0 ? cut.leaveFree(100) : undefined),
    });
    for (const name of ['hard-state.a', 'hard-state.b'])
      cut.replace(`log/${name}`, disk.bytesOf(`log/${name}`) as Buffer);
    try {
      openLog(cut, mutations);
    } catch {
      cut.capacityBytes = Infinity;
      cut.killProcess();
    }
    try {
      const { hardState } = openLog(cut, mutations);
      if (hardState.votedFor !== VOTE.votedFor) return `voted for ${hardState.votedFor}`;
    } catch (error) {
      return (error as Error).message;
    }
    disk.replace(damaged, before);
  }
  return null;
};

const SCENARIOS: readonly (readonly [string, Scenario, keyof StorageMutations])[] = [
  ['remembers its vote', remembersItsVote, 'voteForgottenOnRestart'],
  ['keeps one copy of the vote intact', keepsOneCopy, 'onlyVoteWrittenOver'],
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
