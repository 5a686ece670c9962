// Running for leadership: first the poll that changes nothing (PreVote), then the election.
import type { PreVoteReply, RequestVoteReply } from './message.ts';
import { hasQuorum, isVoter, peersOf } from './quorum.ts';
import {
  becomeFollower,
  configuration,
  coveringIo,
  resetElectionTimer,
  send,
  sendAfterPersist,
  setTerm,
} from './state.ts';
import type { CandidateState, RaftState } from './state.ts';

/** Unique among the campaigns of this node, over restarts too (R5). */
function nextCampaignId(state: RaftState): number {
  state.campaignCounter += 1;
  return state.incarnation * 0x100_0000 + state.campaignCounter;
}

export function mayCampaign(state: RaftState): boolean {
  return isVoter(configuration(state), state.id) && !state.isDiskStalled;
}

function peers(state: RaftState): readonly number[] {
  return peersOf(configuration(state), state.id);
}

/** True if the poll is won at once: there is nobody to ask. */
export function becomePreCandidate(state: RaftState): boolean {
  state.leaderId = 0;
  const role: CandidateState = {
    kind: 'pre-candidate',
    campaignId: nextCampaignId(state),
    votes: new Set([state.id]),
    selfVoteAfter: null,
  };
  state.role = role;
  resetElectionTimer(state);
  for (const to of peers(state)) {
    send(state, {
      kind: 'pre-vote',
      from: state.id,
      to,
      term: state.currentTerm,
      nextTerm: state.currentTerm + 1,
      campaignId: role.campaignId,
      lastLogIndex: state.log.lastIndex,
      lastLogTerm: state.log.lastTerm,
    });
  }
  return isWon(state, role);
}

/** The request leaves, and the own vote counts, when vote and log are durable (R2, R4). */
export function becomeCandidate(state: RaftState, isTransfer: boolean): void {
  setTerm(state, state.currentTerm + 1);
  state.votedFor = state.id;
  state.leaderId = 0;
  const role: CandidateState = {
    kind: 'candidate',
    campaignId: nextCampaignId(state),
    votes: new Set(),
    selfVoteAfter: coveringIo(state),
  };
  state.role = role;
  resetElectionTimer(state);
  const deliver = state.mutations.candidateClaimsUndurableLog === true ? send : sendAfterPersist;
  for (const to of peers(state)) {
    deliver(state, {
      kind: 'request-vote',
      from: state.id,
      to,
      term: state.currentTerm,
      campaignId: role.campaignId,
      lastLogIndex: state.log.lastIndex,
      lastLogTerm: state.log.lastTerm,
      isTransfer,
    });
  }
}

function isWon(state: RaftState, role: CandidateState): boolean {
  return hasQuorum(configuration(state), (id) => role.votes.has(id));
}

/** True if the poll is won: time for a real election. */
export function handlePreVoteReply(state: RaftState, message: PreVoteReply): boolean {
  const { role } = state;
  if (role.kind !== 'pre-candidate' || message.campaignId !== role.campaignId) return false;
  if (!message.voteGranted) {
    // A voter knows a higher term: take it, or two cohorts block each other for ever (R8c).
    if (message.term > state.currentTerm) becomeFollower(state, message.term, 0);
    return false;
  }
  role.votes.add(message.from);
  return isWon(state, role);
}

/** True if the election is won. */
export function handleRequestVoteReply(state: RaftState, message: RequestVoteReply): boolean {
  const { role } = state;
  if (role.kind !== 'candidate' || message.campaignId !== role.campaignId) return false;
  if (!message.voteGranted) return false;
  role.votes.add(message.from);
  return isWon(state, role);
}

/** Persists up to state.ioDone are done: the own vote may count now. True if that wins. */
export function countOwnVote(state: RaftState): boolean {
  const { role } = state;
  if (role.kind !== 'candidate' || role.selfVoteAfter === null) return false;
  if (state.ioDone < role.selfVoteAfter) return false;
  role.selfVoteAfter = null;
  role.votes.add(state.id);
  return isWon(state, role);
}
