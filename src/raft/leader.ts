// The active role: appends, replicates, decides what is committed, proves that it still leads.
import { assert, must } from '../util/assert.ts';
import { ByteWriter } from '../util/bytes.ts';
import type { Entry, EntryKind, Index, NodeId } from './entry.ts';
import { Lease } from './lease.ts';
import type { AppendEntriesReply, HeartbeatReply, ReadId } from './message.ts';
import { Progress } from './progress.ts';
import { hasQuorum, isVoter, peersOf, quorumValue } from './quorum.ts';
import { ReadQueue } from './read-queue.ts';
import { advanceCommit, becomeFollower, configuration, send } from './state.ts';
import type { LeaderState, RaftState } from './state.ts';

const EMPTY = new Uint8Array(0);
/** Heartbeat rounds for reads that may be under way at once (raft 4.5). */
const READ_ROUNDS_MAX = 2;
/** A new epoch for every view of a peer; starts anew with the process, which has a new incarnation. */
const EPOCH_STEP = 1;
/** Between attempts to find a leader with space, in election timeouts. */
const YIELD_TIMEOUTS = 10;
/** So long after its last request a peer counts as one whose clients wait. */
const DEMAND_MS = 200;

export function becomeLeader(state: RaftState): void {
  const priorIndex = state.log.lastIndex;
  const leader: LeaderState = {
    kind: 'leader',
    progress: new Map(),
    lease: new Lease(),
    reads: new ReadQueue(),
    termStartIndex: priorIndex + 1,
    barrierUntil: commitBarrier(state),
    round: 0,
    rounds: [],
    lastHeartbeatAt: -Infinity,
    uncommitted: [],
    uncommittedBytes: 0,
    transfer: null,
    yieldAt: -Infinity,
  };
  state.role = leader;
  state.leaderId = state.id;
  syncProgress(state, leader);
  const writer = new ByteWriter(16);
  appendEntries(state, leader, 'term-start', [writer.u32(state.id).finish()]);
  broadcastHeartbeat(state, leader);
}

/**
 * Until when this leader must not commit: an earlier leader may still serve reads by its lease,
 * which began at the latest when its entry came here (R70).
 */
function commitBarrier(state: RaftState): number {
  if (state.mutations.noCommitBarrier === true) return -Infinity;
  if (state.log.lastIndex > 0 && isHandedOver(state)) return -Infinity;
  if (wasAlwaysAlone(state)) return -Infinity;
  const { leaseMs, clockDrift } = state.timing;
  const waitMs = (leaseMs * (1 + clockDrift)) / (1 - clockDrift) + 20;
  return state.lastForeignAppend + waitMs;
}

/** The last leader gave its lease up in its last entry (R98). */
function isHandedOver(state: RaftState): boolean {
  const { log } = state;
  if (log.lastIndex <= log.baseIndex) return false;
  return log.entries(log.lastIndex, log.lastIndex, 0)[0]?.kind === 'end-lease';
}

/** No other node can ever have had a lease. */
function wasAlwaysAlone(state: RaftState): boolean {
  const { voters, votersOld } = configuration(state);
  const isAlone = voters.length === 1 && votersOld === null && voters[0] === state.id;
  return isAlone && state.configurations.count === 1 && state.configurations.effectiveIndex <= 1;
}

/** One Progress for each peer of the effective configuration. */
export function syncProgress(state: RaftState, leader: LeaderState): void {
  const peers = peersOf(configuration(state), state.id);
  for (const id of [...leader.progress.keys()]) if (!peers.includes(id)) leader.progress.delete(id);
  for (const id of peers) {
    if (!leader.progress.has(id)) leader.progress.set(id, newProgress(state, 1));
  }
}

function newProgress(state: RaftState, epoch: number): Progress {
  return new Progress(state.log.lastIndex + 1, epoch, state.now, {
    messagesMax: state.limits.inflightMessagesMax,
    bytesMax: state.limits.inflightBytesMax,
  });
}

/** The peer's process is another one: what it answered before says nothing any more (R30). */
export function resetProgress(state: RaftState, leader: LeaderState, id: NodeId): void {
  const old = leader.progress.get(id);
  if (old === undefined) return;
  const fresh = newProgress(state, old.epoch + EPOCH_STEP);
  fresh.ackedRoundSentAt = old.ackedRoundSentAt;
  fresh.ackedRound = old.ackedRound;
  fresh.isDiskLow = old.isDiskLow;
  leader.progress.set(id, fresh);
}

export function appendEntries(
  state: RaftState,
  leader: LeaderState,
  kind: EntryKind,
  datas: readonly Uint8Array[],
): { readonly firstIndex: Index; readonly lastIndex: Index } {
  const firstIndex = state.log.lastIndex + 1;
  const term = state.currentTerm;
  const entries: Entry[] = new Array<Entry>(datas.length);
  let bytes = 0;
  for (let at = 0; at < datas.length; at++) {
    const data = datas[at] as Uint8Array;
    entries[at] = { index: firstIndex + at, term, kind, data };
    bytes += data.length;
  }
  leader.uncommitted.push({ last: firstIndex + datas.length - 1, bytes });
  leader.uncommittedBytes += bytes;
  state.log.append(entries);
  state.configurations.append(entries);
  if (kind === 'configuration') syncProgress(state, leader);
  leader.lease.appended(firstIndex, state.now);
  return { firstIndex, lastIndex: state.log.lastIndex };
}

export function appendControl(state: RaftState, leader: LeaderState, kind: EntryKind): Index {
  return appendEntries(state, leader, kind, [EMPTY]).lastIndex;
}

// Commit ------------------------------------------------------------------------------------------

function matchIndexOf(state: RaftState, leader: LeaderState, id: NodeId): Index {
  if (id === state.id) return state.durableIndex;
  return leader.progress.get(id)?.matchIndex ?? 0;
}

/** Figure 2, rules for leaders: only an entry of the own term commits by counting (§5.4.2, R49). */
export function maybeCommit(state: RaftState, leader: LeaderState): void {
  const index = quorumValue(configuration(state), (id) => matchIndexOf(state, leader, id));
  if (index <= state.commitIndex) return;
  const isOwnTerm = state.log.termAt(index) === state.currentTerm;
  if (!isOwnTerm && state.mutations.commitEarlierTermByCounting !== true) return;
  if (state.now < leader.barrierUntil) return;
  advanceCommit(state, index);
  releaseQuota(state, leader);
  leader.lease.committed(index);
  if (state.mutations.leaseFromCommitTime === true && leader.lease.startedAt > -Infinity) {
    leader.lease.appended(index, state.now);
    leader.lease.committed(index);
  }
  if (hasCommittedInTerm(state)) {
    for (const { ids, from } of leader.reads.takeEarly()) handleRead(state, leader, ids, from);
  }
}

/** A peer's clients wait for what is committed: for a while it is told at once. */
export function noteDemand(state: RaftState, leader: LeaderState, from: NodeId): void {
  const progress = leader.progress.get(from);
  if (progress !== undefined) progress.eagerUntil = state.now + DEMAND_MS;
}

/** Gives back the quota of what is committed (R108). */
function releaseQuota(state: RaftState, leader: LeaderState): void {
  while ((leader.uncommitted[0]?.last ?? Infinity) <= state.commitIndex) {
    leader.uncommittedBytes -= leader.uncommitted.shift()?.bytes ?? 0;
  }
}

export function hasCommittedInTerm(state: RaftState): boolean {
  return state.log.termAt(state.commitIndex) === state.currentTerm;
}

// Replication -------------------------------------------------------------------------------------

/** Sends each peer what it lacks and the window allows; at the end of every turn. */
export function replicate(state: RaftState, leader: LeaderState): void {
  for (const [id, progress] of leader.progress) replicateTo(state, id, progress);
}

function replicateTo(state: RaftState, to: NodeId, progress: Progress): void {
  let isSent = false;
  // Nothing may follow for a long time: the peer's log is looked for all the same.
  if (
    progress.state === 'probe' &&
    progress.nextIndex > state.log.lastIndex &&
    progress.canSend()
  ) {
    if (progress.matchIndex < state.log.lastIndex) sendAppend(state, to, progress, true);
    return;
  }
  while (progress.nextIndex <= state.log.lastIndex && progress.canSend()) {
    sendAppend(state, to, progress, true);
    isSent = true;
  }
  const commit = Math.min(state.commitIndex, progress.nextIndex - 1);
  const isDue =
    state.now < progress.eagerUntil ||
    state.now - progress.commitSentAt >= state.timing.commitNoticeMs;
  if (!isSent && isDue && progress.state === 'replicate' && progress.sentCommit < commit) {
    sendAppend(state, to, progress, false);
  }
}

function sendAppend(state: RaftState, to: NodeId, progress: Progress, withEntries: boolean): void {
  const prevLogIndex = progress.nextIndex - 1;
  const prevLogTerm = state.log.termAt(prevLogIndex);
  assert(prevLogTerm !== null, `entry ${prevLogIndex} for node ${to} is compacted`);
  const entries =
    withEntries && progress.nextIndex <= state.log.lastIndex
      ? state.log.entries(progress.nextIndex, state.log.lastIndex, state.limits.appendBytesMax)
      : [];
  send(state, {
    kind: 'append-entries',
    from: state.id,
    to,
    term: state.currentTerm,
    epoch: progress.epoch,
    prevLogIndex,
    prevLogTerm: must(prevLogTerm, 'prevLogTerm'),
    entries,
    leaderCommit: state.commitIndex,
  });
  progress.sentCommit = Math.min(state.commitIndex, prevLogIndex + entries.length);
  progress.commitSentAt = state.now;
  if (withEntries) {
    const bytes = entries.reduce((sum, entry) => sum + entry.data.length, 0);
    progress.sent(prevLogIndex + entries.length, bytes);
  }
}

export function handleAppendEntriesReply(
  state: RaftState,
  leader: LeaderState,
  message: AppendEntriesReply,
): void {
  const progress = leader.progress.get(message.from);
  if (progress === undefined || message.epoch !== progress.epoch) return;
  if (!message.success) {
    handleRejection(state, progress, message);
    return;
  }
  if (message.matchIndex > state.log.lastIndex) return;
  if (progress.acknowledge(message.matchIndex)) maybeCommit(state, leader);
  maybeHandOver(state, leader);
}

/** Answers that belong to an older question are ignored (R24). */
function handleRejection(state: RaftState, progress: Progress, message: AppendEntriesReply): void {
  const { rejectedIndex, hintIndex, hintTerm } = message;
  if (message.isOutOfSpace) {
    if (rejectedIndex >= progress.matchIndex) progress.refusedAfter(rejectedIndex);
    return;
  }
  const isStale =
    progress.state === 'replicate'
      ? rejectedIndex <= progress.matchIndex
      : rejectedIndex !== progress.nextIndex - 1;
  if (isStale) return;
  let at = Math.min(hintIndex, rejectedIndex - 1, state.log.lastIndex);
  while (at > state.log.baseIndex && (state.log.termAt(at) ?? 0) > hintTerm) at -= 1;
  progress.probe(at + 1);
}

// Heartbeats, CheckQuorum and reads ---------------------------------------------------------------

export function broadcastHeartbeat(state: RaftState, leader: LeaderState): void {
  leader.round += 1;
  leader.lastHeartbeatAt = state.now;
  leader.rounds.push({ round: leader.round, sentAt: state.now });
  const windowStart = state.now - 2 * state.timing.electionMs;
  while ((leader.rounds[0]?.sentAt ?? Infinity) < windowStart) leader.rounds.shift();
  for (const [to, progress] of leader.progress) {
    const isFull = state.mutations.heartbeatCarriesFullCommit === true;
    send(state, {
      kind: 'heartbeat',
      from: state.id,
      to,
      term: state.currentTerm,
      round: leader.round,
      leaderCommit: isFull ? state.commitIndex : Math.min(state.commitIndex, progress.matchIndex),
    });
    // One probe for each heartbeat, so that a lost one is made up for (R25).
    progress.isProbeSent = false;
  }
}

export function handleHeartbeatReply(
  state: RaftState,
  leader: LeaderState,
  message: HeartbeatReply,
): void {
  const progress = leader.progress.get(message.from);
  if (progress === undefined || message.round > leader.round) return;
  if (message.round > progress.ackedRound) {
    progress.ackedRound = message.round;
    progress.noteDisk(message.isDiskLow);
    const sent = leader.rounds.find(({ round }) => round === message.round);
    if (sent !== undefined) progress.ackedRoundSentAt = sent.sentAt;
    confirmReads(state, leader);
  }
  // Something may have been lost after the last entry that was acknowledged (R26).
  if (progress.state === 'replicate' && progress.matchIndex < progress.nextIndex - 1) {
    sendAppend(state, message.from, progress, false);
  }
}

function confirmReads(state: RaftState, leader: LeaderState): void {
  const round = quorumValue(configuration(state), (id) =>
    id === state.id ? leader.round : (leader.progress.get(id)?.ackedRound ?? 0),
  );
  const slack = state.mutations.readIndexConfirmedByEarlierRound === true ? 3 : 0;
  for (const read of leader.reads.confirm(round + slack)) {
    answerRead(state, read.ids, read.from, read.index);
  }
}

/** False if a quorum has not answered anything sent within the last election timeout (R10). */
export function hasRecentQuorum(state: RaftState, leader: LeaderState): boolean {
  const heardAt = quorumValue(configuration(state), (id) =>
    id === state.id ? state.now : (leader.progress.get(id)?.ackedRoundSentAt ?? -Infinity),
  );
  return state.now - heardAt <= state.timing.electionMs;
}

export function isLeaseValid(state: RaftState, leader: LeaderState): boolean {
  if (state.isClockSuspect) return false;
  return state.now - leader.lease.startedAt < state.timing.leaseMs;
}

export function handleRead(
  state: RaftState,
  leader: LeaderState,
  ids: readonly ReadId[],
  from: NodeId,
): void {
  if (!hasCommittedInTerm(state) && state.mutations.readBeforeOwnTermCommit !== true) {
    leader.reads.addEarly(ids, from);
    return;
  }
  const isAlone = peersOf(configuration(state), state.id).length === 0;
  if (isAlone || isLeaseValid(state, leader)) {
    answerRead(state, ids, from, state.commitIndex);
    return;
  }
  leader.reads.add({ ids, from, index: state.commitIndex, minRound: leader.round + 1 });
}

/** Starts the round that waiting reads need, unless enough rounds are under way already. */
export function flushReads(state: RaftState, leader: LeaderState): void {
  if (leader.reads.newestRound <= leader.round) return;
  const answered = quorumValue(configuration(state), (id) =>
    id === state.id ? leader.round : (leader.progress.get(id)?.ackedRound ?? 0),
  );
  if (leader.round - answered < READ_ROUNDS_MAX) broadcastHeartbeat(state, leader);
}

function answerRead(state: RaftState, ids: readonly ReadId[], from: NodeId, index: Index): void {
  if (from === state.id) {
    for (const id of ids) state.reads.push({ id, index });
    return;
  }
  const { id, currentTerm } = state;
  send(state, { kind: 'read-index-reply', from: id, to: from, term: currentTerm, ids, index });
}

// Transfer ----------------------------------------------------------------------------------------

/** Starts handing over (thesis 3.10, R92 to R98); nothing happens if nobody can take over. */
export function startTransfer(state: RaftState, leader: LeaderState, to: NodeId): void {
  if (leader.transfer !== null || !hasCommittedInTerm(state)) return;
  const target = to === 0 ? bestSuccessor(state, leader) : to;
  if (target === 0 || !isVoter(configuration(state), target)) return;
  leader.lease.end(appendControl(state, leader, 'end-lease'));
  const deadline = state.now + state.timing.electionMs;
  leader.transfer = { target, deadline, isAsked: false };
}

/** Who has room on the disk comes first, then who has the most of the log; 0: nobody. */
function bestSuccessor(state: RaftState, leader: LeaderState): NodeId {
  let best = 0;
  let bestValue = -1;
  for (const [id, progress] of leader.progress) {
    if (!isRecent(state, progress) || !isVoter(configuration(state), id)) continue;
    const value = progress.matchIndex + (progress.isDiskLow ? 0 : state.log.lastIndex + 1);
    if (value > bestValue) {
      best = id;
      bestValue = value;
    }
  }
  return best;
}

function isRecent(state: RaftState, progress: Progress): boolean {
  return state.now - progress.ackedRoundSentAt <= state.timing.electionMs;
}

// A full disk -------------------------------------------------------------------------------------

/** True if commands could not be committed, or not be applied here, for want of space (R47). */
export function isDiskFull(state: RaftState, leader: LeaderState): boolean {
  if (state.diskSpace !== 'good') return true;
  let isAnyLow = false;
  for (const progress of leader.progress.values()) isAnyLow ||= progress.isDiskLow;
  if (!isAnyLow || state.mutations.fullPeersCounted === true) return false;
  return !hasQuorum(configuration(state), (id) => id === state.id || hasRoom(state, leader, id));
}

function hasRoom(state: RaftState, leader: LeaderState, id: NodeId): boolean {
  const progress = leader.progress.get(id);
  return progress !== undefined && !progress.isDiskLow && isRecent(state, progress);
}

/** A leader whose disk is low makes room for one whose disk is not. */
function maybeYield(state: RaftState, leader: LeaderState): void {
  if (state.diskSpace === 'good' || leader.transfer !== null || state.now < leader.yieldAt) return;
  const successor = bestSuccessor(state, leader);
  if (successor === 0 || !hasRoom(state, leader, successor)) return;
  // What is not known yet is not hoped for: two full nodes would hand over to each other for ever.
  if (leader.progress.get(successor)?.ackedRound === 0) return;
  // Each attempt costs an entry.
  leader.yieldAt = state.now + YIELD_TIMEOUTS * state.timing.electionMs;
  startTransfer(state, leader, successor);
}

export function maybeHandOver(state: RaftState, leader: LeaderState): void {
  const { transfer } = leader;
  if (transfer === null || transfer.isAsked) return;
  if (leader.progress.get(transfer.target)?.matchIndex !== state.log.lastIndex) return;
  transfer.isAsked = true;
  send(state, {
    kind: 'timeout-now',
    from: state.id,
    to: transfer.target,
    term: state.currentTerm,
    lastLogIndex: state.log.lastIndex,
    lastLogTerm: state.log.lastTerm,
  });
}

// Time --------------------------------------------------------------------------------------------

export function tickLeader(state: RaftState, leader: LeaderState): void {
  if (state.isDiskStalled || !hasRecentQuorum(state, leader)) {
    becomeFollower(state, state.currentTerm, 0);
    return;
  }
  if (leader.transfer !== null && state.now >= leader.transfer.deadline) leader.transfer = null;
  if (state.now - leader.lastHeartbeatAt >= state.timing.heartbeatMs) {
    broadcastHeartbeat(state, leader);
  }
  maybeCommit(state, leader);
  maybeYield(state, leader);
}

/** Reads are being served by the lease: keep it alive while nothing else does (raft 4.3). */
export function extendLease(state: RaftState, leader: LeaderState): void {
  const isIdle = state.commitIndex === state.log.lastIndex;
  const isHalfOver = state.now - leader.lease.startedAt > state.timing.leaseMs / 2;
  if (isIdle && isHalfOver && leader.transfer === null && hasCommittedInTerm(state)) {
    appendControl(state, leader, 'lease-extend');
  }
}
