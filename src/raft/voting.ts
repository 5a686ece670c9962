// Giving votes: the same for every role, since anyone may vote (R14).
import type { PreVote, RequestVote } from './message.ts';
import { hearsLeader, resetElectionTimer, send, sendAfterPersist } from './state.ts';
import type { RaftState } from './state.ts';

function isLogUpToDate(state: RaftState, index: number, term: number): boolean {
  if (state.mutations.logCheckIgnoresTerm === true) return index >= state.log.lastIndex;
  return state.log.isUpToDate(index, term);
}

/** Changes nothing here (R7). A grant carries the term that was asked for (R8a). */
export function handlePreVote(state: RaftState, message: PreVote): void {
  const isGranted =
    message.nextTerm > state.currentTerm &&
    !hearsLeader(state) &&
    isLogUpToDate(state, message.lastLogIndex, message.lastLogTerm);
  send(state, {
    kind: 'pre-vote-reply',
    from: state.id,
    to: message.from,
    term: isGranted ? message.nextTerm : state.currentTerm,
    campaignId: message.campaignId,
    voteGranted: isGranted,
  });
}

/** The term of the message is the current one already. */
export function handleRequestVote(state: RaftState, message: RequestVote): void {
  const isGranted =
    (state.votedFor === 0 || state.votedFor === message.from) &&
    isLogUpToDate(state, message.lastLogIndex, message.lastLogTerm);
  if (isGranted) {
    if (state.votedFor !== message.from) {
      state.votedFor = message.from;
      state.hardStateChanged = true;
    }
    resetElectionTimer(state);
  }
  const reply = {
    kind: 'request-vote-reply',
    from: state.id,
    to: message.from,
    term: state.currentTerm,
    campaignId: message.campaignId,
    voteGranted: isGranted,
  } as const;
  // A vote leaves this node only when it can not be forgotten any more (R2).
  if (isGranted && state.mutations.voteNotDurable !== true) sendAfterPersist(state, reply);
  else send(state, reply);
}
