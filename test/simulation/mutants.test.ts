// Known ways to get it wrong, switched on one at a time: a simulator that does not notice them
// proves nothing. How many seeds each took stands in docs/testing.md.
import { describe, expect, it } from 'vitest';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import { FULL_DISKS, LOCKS, ONLY_FULL_DISKS, PARTS, ROWS, STORM, TRANSACTIONS } from './options.ts';
import type { Mutations, RunOptions } from './options.ts';
import { simulate } from './simulation.ts';

const CALM: RunOptions = { ...STORM, usurpEveryMs: Infinity };
/** A fast network with partitions and elections all the time: what leases are about. */
const USURPERS: RunOptions = {
  ...STORM,
  lossRate: 0,
  duplicateRate: 0,
  tailRate: 0,
  stallRate: 0,
  syncMs: 1,
  delayMs: 1,
  killEveryMs: 900,
  powerEveryMs: Infinity,
  pauseEveryMs: Infinity,
  transferEveryMs: Infinity,
  partitionEveryMs: 300,
  usurpEveryMs: 60,
  clients: 5,
  expireRate: 0,
};

/** Disks on which what is written over needs room too. */
const COPYING: RunOptions = { ...FULL_DISKS, isCopyOnWrite: true, roomChangeRate: 0.2 };

const MUTANTS: readonly (readonly [name: string, mutations: Mutations, options: RunOptions])[] = [
  ['a vote that leaves before it is durable', { raft: { voteNotDurable: true } }, CALM],
  ['an acknowledgement before the fsync', { raft: { ackBeforeFsync: true } }, STORM],
  ['durable before the fsync', { storage: { durableBeforeFsync: true } }, STORM],
  ['a log cut by a stale append', { raft: { truncateOnStaleAppend: true } }, STORM],
  ['a heartbeat with the full commit', { raft: { heartbeatCarriesFullCommit: true } }, STORM],
  ['no commit barrier', { raft: { noCommitBarrier: true } }, USURPERS],
  ['a read before a commit of the own term', { raft: { readBeforeOwnTermCommit: true } }, STORM],
  ['a poll counted as an election', { raft: { preVoteGrantCountsAsVote: true } }, STORM],
  ['a durable mark that is not lowered', { raft: { durableMarkNotLowered: true } }, CALM],
  [
    'an applied index in another transaction',
    { machine: { appliedIndexInAnotherTransaction: true } },
    STORM,
  ],
  ['no deduplication', { machine: { dedupForgotten: true } }, STORM],
  ['deduplication by the highest number', { machine: { dedupByHighestNumber: true } }, STORM],
  ['a fence that is ignored', { machine: { fenceIgnored: true } }, CALM],
  ['a resend under a new number', { gateway: { resendUnderNewSequence: true } }, STORM],
  [
    'entries without room that count as written',
    { storage: { noRoomTakenForSuccess: true } },
    FULL_DISKS,
  ],
  ['a vote without room that counts as written', { storage: { voteWithoutRoom: true } }, COPYING],
  ['a wait for room that never ends', { storage: { waitsForRoomForEver: true } }, FULL_DISKS],
  [
    'a ballast that is never taken back',
    { storage: { ballastNotTakenBack: true } },
    ONLY_FULL_DISKS,
  ],
  ['a segment that recovery wrote in half', { storage: { halfSegmentTaken: true } }, FULL_DISKS],
  [
    'the only copy of a vote that is written over',
    { storage: { onlyVoteWrittenOver: true } },
    COPYING,
  ],
  ['a full majority that is not noticed', { raft: { fullPeersCounted: true } }, ONLY_FULL_DISKS],
  ...transactionMutants([
    ['digests that are not compared', { digestsNotChecked: true }],
    ['digests without rows', { digestWithoutRows: true }],
    ['reads that are not looked at again', { readsNotChecked: true }],
    ['a fast check that forgets what writes saw', { fastCheckForgetsWrites: true }],
    ['a transaction that goes on without a check', { resumeWithoutCheck: true }],
    ['a snapshot that is moved too far', { snapshotTooFar: true }],
    ['writes of transactions that are not noted', { transactionsNotNoted: true }],
    ['changes that a restart forgets', { changesForgottenOnRestart: true }],
    ['savepoints that are not replayed', { savepointsNotReplayed: true }],
    ['writes of a speculation that stay', { parkedWritesStay: true }],
    ['a speculation that is taken for any entry', { openNotCompared: true }],
    ['a statement that was given up and stays', { givenUpStatementsStay: true }],
    ['a refused transaction that leaves its writes', { conflictNotUndone: true }],
  ]),
  ...lockMutants([
    [
      'a gateway taken for gone that has shown itself',
      { machine: { closeIgnoresNewerEntries: true } },
    ],
    ['locks that outlive their gateway', { machine: { locksOutliveSession: true } }],
    ['what relied on a lost lock and is tried again', { gateway: { boundUnderNewSession: true } }],
  ]),
  ...transactionMutants(
    [
      ['parts in another order', { partOrderIgnored: true }],
      ['parts that outlive their gateway', { partsOutliveSession: true }],
      ['a sequence that is not written', { sequencesNotWritten: true }],
    ],
    PARTS,
  ),
  ...transactionMutants(
    [
      ['rows that are given without their locks', { rowsNotAsked: true }],
      ['rows that were refused and are given', { refusedRowsGiven: true }],
      ['a search that a refusal ends', { refusalEndsSearch: true }],
      ['locked rows that are searched again', { lockedRowsSearchedAgain: true }],
      ['locks that outlive their transaction', { locksOutliveTransaction: true }],
      ['rows that others hold and are written', { heldRowsWritten: true }],
      ['a speculation on rows that others hold by now', { heldRowsNotNoted: true }],
      ['rows that others hold and a key changes', { keyActionsIgnored: true }],
      ['rows that others hold and are referred to', { referredRowsIgnored: true }],
      ['tables that others hold and are written', { heldTablesWritten: true }],
      ['a speculation on tables that others hold by now', { heldTablesNotSeen: true }],
    ],
    ROWS,
  ),
];

function lockMutants(
  mutants: readonly (readonly [name: string, mutations: Mutations])[],
): typeof MUTANTS {
  return mutants.map(([name, mutations]) => [name, mutations, LOCKS]);
}

function transactionMutants(
  mutants: readonly (readonly [name: string, machine: MachineMutations])[],
  options = TRANSACTIONS,
): typeof MUTANTS {
  return mutants.map(([name, machine]) => [name, { machine }, options]);
}

const SEEDS_MAX = 1000;

/** The number of seeds until the bug shows, or null. */
function seedsToKill(mutations: Mutations, options: RunOptions): number | null {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    try {
      simulate(seed, mutations, options);
    } catch {
      return seed;
    }
  }
  return null;
}

describe('the simulator notices', () => {
  it.each(MUTANTS)('%s', (name, mutations, options) => {
    const seeds = seedsToKill(mutations, options);
    console.log(`${name}: ${seeds === null ? 'not noticed' : `${seeds} seeds`}`);
    expect(seeds).not.toBeNull();
  });
});

describe('the simulator is not alarmed', () => {
  it.each([
    ['a storm', STORM, 60],
    ['a calm network', CALM, 60],
    ['usurpers', USURPERS, 60],
    ['transactions', TRANSACTIONS, 50],
    ['locks', LOCKS, 25],
    ['transactions in parts', PARTS, 25],
    ['row locks', ROWS, 25],
    ['full disks', FULL_DISKS, 30],
    ['full disks that copy on write', COPYING, 30],
    ['nothing but full disks', ONLY_FULL_DISKS, 20],
  ])('by %s', (_name, options, seeds) => {
    for (let seed = 1; seed <= seeds; seed++) simulate(seed, {}, options);
  });
});
