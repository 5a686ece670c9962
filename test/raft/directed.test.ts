// Rules of the paper and of the lease, each in the situation where it matters, and each with the
// bug that breaks it switched on: a scenario says what went wrong, or null.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMING } from '../../src/raft/state.ts';
import type { Message } from '../../src/raft/message.ts';
import type { RaftMutations } from '../../src/raft/mutations.ts';
import { TestNode, command } from './test-node.ts';

type Scenario = (mutations: RaftMutations) => string | null;

/** §5.4.2, figure 8: an entry of an earlier term on a majority can still be replaced. */
const commitsOnlyItsOwnTerm: Scenario = (mutations) => {
  const node = new TestNode([command(2, 2)], 3, mutations);
  node.becomeLeader();
  node.acknowledge(2, 2);
  node.passWithQuorum(3000);
  if (node.raft.status().commitIndex > 1) return 'committed entry 2 of term 2 by counting';
  node.acknowledge(2, 3);
  node.passWithQuorum(200);
  return node.raft.status().commitIndex === 3 ? null : 'did not commit its own entry';
};

/** A short append of a new leader, to a follower with more in its log. */
function shortAppend(mutations: RaftMutations): TestNode {
  const node = new TestNode([command(2, 2), command(3, 2)], 2, mutations);
  node.receive({
    kind: 'append-entries',
    from: 2,
    to: 1,
    term: 3,
    epoch: 1,
    prevLogIndex: 2,
    prevLogTerm: 2,
    entries: [],
    leaderCommit: 3,
  });
  return node;
}

/** Figure 2, AppendEntries 5: the commit index covers only what is known to match. */
const commitsOnlyWhatMatches: Scenario = (mutations) => {
  const { commitIndex } = shortAppend(mutations).raft.status();
  return commitIndex === 2 ? null : `committed ${commitIndex}`;
};

/** R20: what lies behind the entries of the message may be another leader's. */
const acknowledgesOnlyWhatMatches: Scenario = (mutations) => {
  const { matchIndex } = shortAppend(mutations).last('append-entries-reply');
  return matchIndex === 2 ? null : `acknowledged ${matchIndex}`;
};

/** §6.4 of the thesis: only a round that began after the read proves that it still leads. */
const confirmsReadsByALaterRound: Scenario = (mutations) => {
  const node = new TestNode([], 1, mutations);
  node.becomeLeader();
  node.acknowledge(2, 2);
  node.passWithQuorum(3000);
  node.pass(100);
  // Under way when the read comes, and not answered yet.
  const { round } = node.last('heartbeat', 2);
  node.raft.readIndex([{ node: 1, incarnation: 1, counter: 1 }], node.now);
  node.drain();
  node.answerHeartbeat(2, round);
  if (node.answeredReads.length > 0) return 'answered by a round from before the read';
  node.answerHeartbeat(2);
  return node.answeredReads.length === 1 ? null : 'did not answer at all';
};

/** R67: the lease counts from when its entry was sent, not from when it was committed. */
const startsTheLeaseAtTheAppend: Scenario = (mutations) => {
  const node = new TestNode([], 1, mutations);
  node.becomeLeader();
  node.acknowledge(2, 2);
  node.passWithQuorum(3000);
  const appendedAt = node.now;
  node.raft.propose([Buffer.from('x')], node.now);
  node.drain();
  node.passWithQuorum(500);
  node.acknowledge(2, 3);
  if (node.raft.status().commitIndex !== 3) return 'did not commit';
  const { validUntil } = node.raft.lease();
  return validUntil <= appendedAt + DEFAULT_TIMING.leaseMs ? null : 'the lease is too long';
};

/** Nothing that promises durability leaves before it is true (R2, R4, R20). */
function waitsForTheDisk(kind: Message['kind'], provoke: (node: TestNode) => void): Scenario {
  return (mutations) => {
    const node = new TestNode([command(2, 1)], 1, mutations);
    node.isDiskSlow = true;
    provoke(node);
    if (node.hasSent(kind)) return `${kind} left before the fsync`;
    node.sync();
    return node.hasSent(kind) ? null : `${kind} never left`;
  };
}

const votesDurably = waitsForTheDisk('request-vote-reply', (node) => {
  node.receive({
    kind: 'request-vote',
    from: 2,
    to: 1,
    term: 5,
    campaignId: 1,
    lastLogIndex: 9,
    lastLogTerm: 4,
    isTransfer: true,
  });
});

const campaignsDurably = waitsForTheDisk('request-vote', (node) => node.becomeCandidate());

const acknowledgesDurably = waitsForTheDisk('append-entries-reply', (node) => {
  node.receive({
    kind: 'append-entries',
    from: 2,
    to: 1,
    term: 1,
    epoch: 1,
    prevLogIndex: 2,
    prevLogTerm: 1,
    entries: [command(3, 1)],
    leaderCommit: 1,
  });
});

/** §5.4.1: a longer log whose last entry is of an earlier term may lack what is committed. */
const votesByTermFirst: Scenario = (mutations) => {
  const node = new TestNode([command(2, 3)], 3, mutations);
  const poll = { from: 2, to: 1, campaignId: 1, lastLogIndex: 9, lastLogTerm: 2 } as const;
  node.receive({ ...poll, kind: 'pre-vote', term: 4, nextTerm: 5 });
  if (node.last('pre-vote-reply').voteGranted) return 'would vote for an older log';
  node.receive({ ...poll, kind: 'request-vote', term: 5, isTransfer: false });
  if (node.last('request-vote-reply').voteGranted) return 'voted for an older log';
  node.receive({
    ...poll,
    kind: 'request-vote',
    term: 6,
    lastLogIndex: 2,
    lastLogTerm: 4,
    isTransfer: false,
  });
  return node.last('request-vote-reply').voteGranted ? null : 'did not vote for a newer log';
};

/**
 * R70: when this process began, an earlier leader may just have got a lease, by an entry that was
 * acknowledged from here. It is elected at once, because somebody tells it to campaign.
 */
const waitsForLeasesAfterRestart: Scenario = (mutations) => {
  const node = new TestNode([command(2, 2)], 2, mutations);
  const startedAt = node.now;
  const to = { from: 2, to: 1, term: 2 } as const;
  node.receive({ ...to, kind: 'timeout-now', lastLogIndex: 2, lastLogTerm: 2 });
  node.grantVote();
  node.acknowledge(2, 3);
  while (node.now < startedAt + DEFAULT_TIMING.leaseMs) {
    node.passWithQuorum(100);
    if (node.raft.status().commitIndex > 1) return `committed ${node.now - startedAt} ms after`;
  }
  node.passWithQuorum(200);
  return node.raft.status().commitIndex === 3 ? null : 'never committed';
};

const SCENARIOS: readonly (readonly [string, Scenario, keyof RaftMutations])[] = [
  ['commits only its own term by counting', commitsOnlyItsOwnTerm, 'commitEarlierTermByCounting'],
  ['commits only what matches', commitsOnlyWhatMatches, 'followerCommitWithoutMin'],
  ['acknowledges only what matches', acknowledgesOnlyWhatMatches, 'ackLastIndex'],
  [
    'confirms reads by a later round',
    confirmsReadsByALaterRound,
    'readIndexConfirmedByEarlierRound',
  ],
  ['votes when the vote is durable', votesDurably, 'voteNotDurable'],
  ['campaigns when vote and log are durable', campaignsDurably, 'candidateClaimsUndurableLog'],
  ['acknowledges when entries are durable', acknowledgesDurably, 'ackBeforeFsync'],
  ['starts the lease at the append', startsTheLeaseAtTheAppend, 'leaseFromCommitTime'],
  ['votes by the last term first', votesByTermFirst, 'logCheckIgnoresTerm'],
  ['waits for leases after a restart', waitsForLeasesAfterRestart, 'restartForgetsBarrier'],
];

describe.each(SCENARIOS)('a node that %s', (_name, scenario, mutation) => {
  it('does so', () => {
    expect(scenario({})).toBeNull();
  });

  it(`is told from one with the bug ${mutation}`, () => {
    expect(scenario({ [mutation]: true })).not.toBeNull();
  });
});
