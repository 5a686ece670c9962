// The passive role: takes the leader's entries, answers for what is durable.
import { assert } from '../util/assert.ts';
import type { Entry, Index, Term } from './entry.ts';
import type { AppendEntries, Heartbeat, TimeoutNow } from './message.ts';
import { isVoter } from './quorum.ts';
import {
  advanceCommit,
  becomeFollower,
  configuration,
  resetElectionTimer,
  send,
  sendAfterPersist,
} from './state.ts';
import type { RaftState } from './state.ts';

/** A message of the current leader came: there is one, and it is this one. */
function hearLeader(state: RaftState, from: number): void {
  assert(state.role.kind !== 'leader', `two leaders in term ${state.currentTerm}`);
  becomeFollower(state, state.currentTerm, from);
  state.lastLeaderContact = state.now;
  resetElectionTimer(state);
}

export function handleAppendEntries(state: RaftState, message: AppendEntries): void {
  hearLeader(state, message.from);
  if (message.entries.length > 0) state.lastForeignAppend = state.now;
  const prevTerm = state.log.termAt(message.prevLogIndex);
  if (prevTerm !== message.prevLogTerm) {
    rejectAppend(state, message, false);
    return;
  }
  if (!isContiguous(message)) return;
  if (!hasRoomFor(state, message.entries)) {
    rejectAppend(state, message, true);
    return;
  }
  appendNew(state, message.entries, message);
  const lastNew = message.prevLogIndex + message.entries.length;
  const commitMax =
    state.mutations.followerCommitWithoutMin === true ? state.log.lastIndex : lastNew;
  advanceCommit(state, Math.min(message.leaderCommit, commitMax));
  acknowledge(state, message, lastNew);
}

/** Checked again here, whatever the sender has checked (R29). */
function isContiguous(message: AppendEntries): boolean {
  return message.entries.every((entry, at) => entry.index === message.prevLogIndex + 1 + at);
}

/** On a full disk no commands (R47). What leaders need for themselves is little, and always taken. */
function hasRoomFor(state: RaftState, entries: readonly Entry[]): boolean {
  if (state.diskSpace !== 'full') return true;
  return entries.every(
    ({ kind, index, term }) => kind !== 'command' || state.log.termAt(index) === term,
  );
}

/** Entries that are here already stay; the log is cut only where terms differ (R19). */
function appendNew(state: RaftState, entries: readonly Entry[], message: AppendEntries): void {
  const firstNew = entries.findIndex((entry) => state.log.termAt(entry.index) !== entry.term);
  if (state.mutations.truncateOnStaleAppend === true) truncateAndAppend(state, entries, message);
  else if (firstNew >= 0) truncateAndAppend(state, entries.slice(firstNew), message);
}

function truncateAndAppend(
  state: RaftState,
  entries: readonly Entry[],
  message: AppendEntries,
): void {
  const first = entries[0]?.index ?? message.prevLogIndex + 1;
  if (first <= state.log.lastIndex) {
    if (state.mutations.truncateOnStaleAppend !== true) {
      assert(first > state.commitIndex, `conflict at committed entry ${first}`);
    }
    lowerDurable(state, first - 1);
    state.configurations.truncateFrom(first);
  }
  state.log.append(entries);
  state.configurations.append(entries);
}

/** What replaces entries from here on is not durable yet, whatever was there before (R21). */
function lowerDurable(state: RaftState, index: Index): void {
  if (state.mutations.durableMarkNotLowered === true) return;
  state.durableIndex = Math.min(state.durableIndex, index);
  for (const io of state.pendingIo) io.lastIndex = Math.min(io.lastIndex, index);
}

function acknowledge(state: RaftState, message: AppendEntries, lastNew: Index): void {
  const matchIndex = state.mutations.ackLastIndex === true ? state.log.lastIndex : lastNew;
  const reply = {
    kind: 'append-entries-reply',
    from: state.id,
    to: message.from,
    term: state.currentTerm,
    epoch: message.epoch,
    success: true,
    matchIndex,
    rejectedIndex: 0,
    hintIndex: 0,
    hintTerm: 0,
    isOutOfSpace: false,
  } as const;
  if (state.mutations.ackBeforeFsync === true) send(state, reply);
  else sendAfterPersist(state, reply);
}

function rejectAppend(state: RaftState, message: AppendEntries, isOutOfSpace: boolean): void {
  const hint = hintAtOrBelow(state, message.prevLogIndex, message.prevLogTerm);
  send(state, {
    kind: 'append-entries-reply',
    from: state.id,
    to: message.from,
    term: state.currentTerm,
    epoch: message.epoch,
    success: false,
    matchIndex: 0,
    rejectedIndex: message.prevLogIndex,
    hintIndex: hint.index,
    hintTerm: hint.term,
    isOutOfSpace,
  });
}

/** The last position that could still agree with (index, term) of the leader (R24). */
export function hintAtOrBelow(
  state: RaftState,
  index: Index,
  term: Term,
): { readonly index: Index; readonly term: Term } {
  let at = Math.min(index, state.log.lastIndex);
  while (at > state.log.baseIndex && (state.log.termAt(at) ?? 0) > term) at -= 1;
  return { index: at, term: state.log.termAt(at) ?? 0 };
}

export function handleHeartbeat(state: RaftState, message: Heartbeat): void {
  hearLeader(state, message.from);
  if (message.leaderCommit > state.log.lastIndex) {
    // We acknowledged entries that we do not have any more (R28).
    state.alarm = `the leader says that entry ${message.leaderCommit} is here, but the log ends at ${state.log.lastIndex}: acknowledged entries were lost`;
    return;
  }
  advanceCommit(state, message.leaderCommit);
  send(state, {
    kind: 'heartbeat-reply',
    from: state.id,
    to: message.from,
    term: state.currentTerm,
    round: message.round,
    isDiskLow: state.diskSpace !== 'good',
  });
}

/** Whether this node may campaign at once as the leader asks; null: it may (R94). */
export function whyNotTakeOver(state: RaftState, message: TimeoutNow): string | null {
  const { log, id } = state;
  if (!isVoter(configuration(state), id)) return 'not a voter';
  if (state.isDiskStalled) return 'the disk stands still';
  if (log.lastIndex !== message.lastLogIndex || log.lastTerm !== message.lastLogTerm) {
    return `log ends at ${log.lastIndex}@${log.lastTerm}`;
  }
  if (state.durableIndex < log.lastIndex) return 'log not durable yet';
  return null;
}
