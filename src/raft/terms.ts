// A message of another term than ours: whether it goes any further, and what it changes (R1).
import type { Message } from './message.ts';
import { becomeFollower, hearsLeader, send } from './state.ts';
import type { RaftState } from './state.ts';

/** Compares terms, in this one place (R1). False: the message goes no further. */
export function isTermSettled(state: RaftState, message: Message): boolean {
  // Answered whatever the term is: they change nothing.
  if (message.kind === 'pre-vote' || message.kind === 'pre-vote-reply') return true;
  if (message.kind === 'propose' || message.kind === 'propose-reply') return true;
  if (message.term > state.currentTerm) return meetHigherTerm(state, message);
  if (message.term === state.currentTerm) return true;
  if (message.kind === 'append-entries' || message.kind === 'heartbeat')
    answerOldLeader(state, message);
  return false;
}

function meetHigherTerm(state: RaftState, message: Message): boolean {
  // While a leader is alive nobody can depose it by campaigning (R9).
  const isDisruption = message.kind === 'request-vote' && !message.isTransfer && hearsLeader(state);
  if (isDisruption) return false;
  const isFromLeader = message.kind === 'append-entries' || message.kind === 'heartbeat';
  becomeFollower(state, message.term, isFromLeader ? message.from : 0);
  return true;
}

/** A leader of an earlier term learns of ours, so that a node ahead of the others is not stuck (R11). */
function answerOldLeader(state: RaftState, message: Message): void {
  const { id, currentTerm, log } = state;
  send(state, {
    kind: 'append-entries-reply',
    from: id,
    to: message.from,
    term: currentTerm,
    epoch: 0,
    success: false,
    matchIndex: 0,
    rejectedIndex: 0,
    hintIndex: log.lastIndex,
    hintTerm: log.lastTerm,
    isOutOfSpace: false,
  });
}
