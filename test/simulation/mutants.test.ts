// Known ways to get it wrong, switched on one at a time: a simulator that does not notice them
// proves nothing. The table says how many seeds may be needed; docs/testing.md, how many were.
import { describe, expect, it } from 'vitest';
import { SafetyViolation } from './checks.ts';
import type { Mutations } from './options.ts';
import { simulate } from './simulation.ts';

const MUTANTS: readonly (readonly [name: string, mutations: Mutations, seedsMax: number])[] = [
  ['vote leaves before it is durable', { raft: { voteNotDurable: true } }, 3000],
  ['vote forgotten on restart', { storage: { voteForgottenOnRestart: true } }, 3000],
  ['acknowledgement before fsync', { raft: { ackBeforeFsync: true } }, 1500],
  ['durable before fsync', { storage: { durableBeforeFsync: true } }, 1500],
  ['log cut by a stale append', { raft: { truncateOnStaleAppend: true } }, 1500],
  ['acknowledges its last index', { raft: { ackLastIndex: true } }, 3000],
  ['commits an earlier term by counting', { raft: { commitEarlierTermByCounting: true } }, 3000],
  ['follower commits beyond the message', { raft: { followerCommitWithoutMin: true } }, 3000],
  ['heartbeat carries the full commit', { raft: { heartbeatCarriesFullCommit: true } }, 1500],
  ['no commit barrier', { raft: { noCommitBarrier: true } }, 3000],
  [
    'read confirmed by an earlier round',
    { raft: { readIndexConfirmedByEarlierRound: true } },
    3000,
  ],
  ['read before a commit of the own term', { raft: { readBeforeOwnTermCommit: true } }, 3000],
  ['lease from the time of the commit', { raft: { leaseFromCommitTime: true } }, 3000],
  ['poll counted as election', { raft: { preVoteGrantCountsAsVote: true } }, 1500],
  ['log check ignores terms', { raft: { logCheckIgnoresTerm: true } }, 3000],
  ['durable mark not lowered', { raft: { durableMarkNotLowered: true } }, 3000],
  ['entries before the vote', { storage: { hardStateAfterEntries: true } }, 3000],
  [
    'applied index in another transaction',
    { machine: { appliedIndexInAnotherTransaction: true } },
    1500,
  ],
  ['no deduplication', { machine: { dedupForgotten: true } }, 1500],
  ['deduplication by the highest number', { machine: { dedupByHighestNumber: true } }, 1500],
  ['fence ignored', { machine: { fenceIgnored: true } }, 1500],
  ['resend under a new number', { gateway: { resendUnderNewSequence: true } }, 1500],
];

/** The number of seeds until the bug shows, or null. */
function seedsToKill(mutations: Mutations, seedsMax: number): number | null {
  for (let seed = 1; seed <= seedsMax; seed++) {
    try {
      simulate(seed, mutations);
    } catch (error) {
      if (error instanceof Error) return seed;
      throw error;
    }
  }
  return null;
}

describe('the simulator notices', () => {
  it.each(MUTANTS)('%s', (name, mutations, seedsMax) => {
    const seeds = seedsToKill(mutations, seedsMax);
    console.log(`${name}: ${seeds ?? 'not found in'} ${seeds === null ? seedsMax : 'seeds'}`);
    expect(seeds).not.toBeNull();
  });
});

describe('the simulator is not alarmed', () => {
  it('without a bug', () => {
    expect(() => simulate(1)).not.toThrow(SafetyViolation);
  });
});
