// What peers send is looked at again, whatever they have checked themselves.
import { describe, expect, it } from 'vitest';
import { TestNode, command } from './test-node.ts';

const APPEND = {
  kind: 'append-entries',
  from: 2,
  to: 1,
  term: 3,
  epoch: 1,
  prevLogIndex: 2,
  prevLogTerm: 2,
  leaderCommit: 1,
} as const;

describe('a follower (R29)', () => {
  it.each([
    ['a gap behind the entry before', [command(4, 3)]],
    ['a gap between entries', [command(3, 3), command(5, 3)]],
    ['an entry twice', [command(3, 3), command(3, 3)]],
  ])('takes nothing of a message with %s', (_what, entries) => {
    const node = new TestNode([command(2, 2)], 2);
    node.receive({ ...APPEND, entries });
    expect(node.raft.status().lastIndex).toBe(2);
    expect(
      node.sent.filter((message) => message.kind === 'append-entries-reply' && message.success),
    ).toEqual([]);
  });
});

describe('a candidate (R5)', () => {
  it('counts no vote for another campaign', () => {
    const node = new TestNode([], 1);
    node.becomeCandidate();
    const { campaignId, term } = node.last('request-vote', 2);
    const vote = { kind: 'request-vote-reply', from: 2, to: 1, term, voteGranted: true } as const;
    node.receive({ ...vote, campaignId: campaignId - 1 });
    expect(node.raft.status().role).toBe('candidate');
    node.receive({ ...vote, campaignId });
    expect(node.raft.status().role).toBe('leader');
  });

  it('counts no answer to an earlier poll', () => {
    const node = new TestNode([], 1);
    while (node.raft.status().role === 'follower') node.pass(20);
    const { campaignId, nextTerm: term } = node.last('pre-vote', 2);
    while (node.last('pre-vote', 2).campaignId === campaignId) node.pass(20);
    node.receive({ kind: 'pre-vote-reply', from: 2, to: 1, term, campaignId, voteGranted: true });
    expect(node.raft.status().role).toBe('pre-candidate');
  });
});
