// One member of a Raft cluster, without the world around it: no clock, no dice, no disk, no
// network. Inputs are method calls with the time; what must be done comes out of ready().
import { assert, unreachable } from '../util/assert.ts';
import type { Prng } from '../util/prng.ts';
import {
  becomeCandidate,
  becomePreCandidate,
  countOwnVote,
  handlePreVoteReply,
  handleRequestVoteReply,
  mayCampaign,
} from './candidate.ts';
import { ConfigurationStack } from './configuration-stack.ts';
import type { ConfigurationAt } from './configuration-stack.ts';
import type { Entry, Index, NodeId, Term } from './entry.ts';
import { handleAppendEntries, handleHeartbeat, whyNotTakeOver } from './follower.ts';
import {
  appendEntries,
  becomeLeader,
  extendLease,
  flushReads,
  handleAppendEntriesReply,
  handleHeartbeatReply,
  handleRead,
  isDiskFull,
  isLeaseValid,
  maybeCommit,
  maybeHandOver,
  noteDemand,
  replicate,
  resetProgress,
  startTransfer,
  tickLeader,
} from './leader.ts';
import type { HardState, LogReader } from './log-store.ts';
import type { Message, ProposeRefusal, ReadId, TimeoutNow } from './message.ts';
import type { RaftMutations } from './mutations.ts';
import { RaftLog } from './raft-log.ts';
import type { Ready, RoleName } from './ready.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  becomeFollower,
  configuration,
  hearsLeader,
  resetElectionTimer,
  send,
} from './state.ts';
import type { DiskSpaceLevel, LeaderState, RaftLimits, RaftState, RaftTiming } from './state.ts';
import { handlePreVote, handleRequestVote } from './voting.ts';

export interface RaftOptions {
  readonly id: NodeId;
  readonly incarnation: number;
  readonly log: LogReader;
  readonly hardState: HardState;
  /** What the state machine had applied at start: committed for sure (R50). */
  readonly commitIndex: Index;
  /** The configuration below the log and those in it, by rising index. */
  readonly configurations: readonly ConfigurationAt[];
  readonly prng: Prng;
  /** Monotonic milliseconds, like every `now`. */
  readonly now: number;
  readonly timing?: RaftTiming;
  readonly limits?: RaftLimits;
  readonly mutations?: RaftMutations;
}

export type ProposeResult =
  | {
      readonly kind: 'accepted';
      readonly term: Term;
      readonly firstIndex: Index;
      readonly lastIndex: Index;
    }
  | { readonly kind: 'refused'; readonly reason: ProposeRefusal; readonly leaderId: NodeId };

export interface PeerStatus {
  readonly id: NodeId;
  readonly matchIndex: Index;
  readonly nextIndex: Index;
  readonly state: 'probe' | 'replicate';
}

export interface RaftStatus {
  readonly id: NodeId;
  readonly role: RoleName;
  readonly term: Term;
  readonly leaderId: NodeId;
  readonly commitIndex: Index;
  readonly lastIndex: Index;
  readonly durableIndex: Index;
  readonly votedFor: NodeId;
  /** On a leader. */
  readonly peers: readonly PeerStatus[];
}

export interface LeaseView {
  /** Monotonic ms until which reads at `commitIndex` need no further proof; -Infinity: not now. */
  readonly validUntil: number;
  readonly term: Term;
  readonly commitIndex: Index;
}

/** Not re-entrant; never blocks. Assertions hold after every call, or the process must stop. */
export class RaftNode {
  readonly #state: RaftState;
  #handedOut: Index;
  #shownRole: { readonly role: RoleName; readonly term: Term; readonly leaderId: NodeId };
  #shownConfiguration = 0;
  #readsServedAt = -Infinity;

  constructor(options: RaftOptions) {
    const log = new RaftLog(options.log);
    assert(
      options.commitIndex <= log.lastIndex,
      `applied ${options.commitIndex} of ${log.lastIndex}`,
    );
    this.#state = {
      id: options.id,
      incarnation: options.incarnation,
      timing: options.timing ?? DEFAULT_TIMING,
      limits: options.limits ?? DEFAULT_LIMITS,
      prng: options.prng,
      mutations: options.mutations ?? {},
      log,
      configurations: new ConfigurationStack(options.configurations),
      now: options.now,
      currentTerm: options.hardState.currentTerm,
      votedFor: options.hardState.votedFor,
      commitIndex: options.commitIndex,
      leaderId: 0,
      role: { kind: 'follower' },
      electionDeadline: 0,
      lastTickAt: options.now,
      lastLeaderContact: -Infinity,
      lastForeignAppend:
        options.mutations?.restartForgetsBarrier === true ? -Infinity : options.now,
      campaignCounter: 0,
      isDiskStalled: false,
      diskSpace: 'good',
      isClockSuspect: false,
      hardStateChanged: false,
      outbox: [],
      held: [],
      reads: [],
      readFailures: [],
      alarm: null,
      ioSeq: 0,
      ioDone: 0,
      durableIndex: log.lastIndex,
      pendingIo: [],
    };
    this.#handedOut = options.commitIndex;
    this.#shownRole = { role: 'follower', term: options.hardState.currentTerm, leaderId: 0 };
    resetElectionTimer(this.#state);
    // Nobody else can be leader: there is nothing to wait for (R16).
    const { voters, votersOld } = configuration(this.#state);
    if (voters.length === 1 && votersOld === null) this.#state.electionDeadline = options.now;
  }

  // Inputs ----------------------------------------------------------------------------------------

  step(message: Message, now: number): void {
    const state = this.#state;
    state.now = now;
    assert(message.to === state.id, `message for node ${message.to}`);
    if (this.#isTermSettled(message)) this.#dispatch(message);
  }

  /** Call about every fifth of a heartbeat. */
  tick(now: number): void {
    const state = this.#state;
    const gap = now - state.lastTickAt;
    state.now = now;
    state.lastTickAt = now;
    // The process slept: what the leader sent meanwhile is still in the sockets (R15).
    if (gap > 2 * state.timing.heartbeatMs) resetElectionTimer(state);
    const { role } = state;
    if (role.kind === 'leader') this.#tickLeader(role);
    else if (now >= state.electionDeadline) this.#electionTimeout();
  }

  propose(commands: readonly Uint8Array[], now: number): ProposeResult {
    const state = this.#state;
    state.now = now;
    const { role, leaderId } = state;
    if (role.kind !== 'leader') return { kind: 'refused', reason: 'not-leader', leaderId };
    if (role.transfer !== null) return { kind: 'refused', reason: 'transferring', leaderId };
    if (isDiskFull(state, role)) return { kind: 'refused', reason: 'disk-full', leaderId };
    const bytes = commands.reduce((sum, command) => sum + command.length, 0);
    const isOverQuota = role.uncommittedBytes + bytes > state.limits.uncommittedBytesMax;
    if (role.uncommittedBytes > 0 && isOverQuota)
      return { kind: 'refused', reason: 'busy', leaderId };
    const { firstIndex, lastIndex } = appendEntries(state, role, 'command', commands);
    return { kind: 'accepted', term: state.currentTerm, firstIndex, lastIndex };
  }

  /** Reads of this node: answered in ready().reads, or in readFailures. */
  readIndex(ids: readonly ReadId[], now: number): void {
    const state = this.#state;
    state.now = now;
    const { role, leaderId, id, currentTerm } = state;
    if (role.kind === 'leader') handleRead(state, role, ids, id);
    else if (leaderId === 0) state.readFailures.push(...ids);
    else send(state, { kind: 'read-index', from: id, to: leaderId, term: currentTerm, ids });
  }

  /** Everything that was asked for in persists up to `ioSeq` is durable. */
  ioDone(ioSeq: number, now: number): void {
    const state = this.#state;
    state.now = now;
    assert(ioSeq <= state.ioSeq, `io ${ioSeq} was never asked for`);
    state.ioDone = Math.max(state.ioDone, ioSeq);
    while ((state.pendingIo[0]?.ioSeq ?? Infinity) <= state.ioDone) {
      state.durableIndex = Math.max(state.durableIndex, state.pendingIo.shift()?.lastIndex ?? 0);
    }
    this.#releaseHeld();
    if (countOwnVote(state)) becomeLeader(state);
    else if (state.role.kind === 'leader') maybeCommit(state, state.role);
  }

  peerUp(id: NodeId, now: number): void {
    this.#state.now = now;
    if (this.#state.role.kind === 'leader') resetProgress(this.#state, this.#state.role, id);
  }

  peerDown(id: NodeId, now: number): void {
    this.#state.now = now;
    const { role } = this.#state;
    if (role.kind !== 'leader') return;
    const progress = role.progress.get(id);
    progress?.probe(progress.matchIndex + 1);
  }

  /** Hands leadership to `to`, or to the best peer for 0. Does nothing if that cannot be. */
  transferLeadership(to: NodeId, now: number): void {
    const state = this.#state;
    state.now = now;
    if (state.role.kind === 'leader') startTransfer(state, state.role, to);
  }

  /** Reads were served by the lease since the last call. */
  leaseReadsServed(now: number): void {
    this.#readsServedAt = now;
  }

  /** The clock cannot be trusted: no lease until it is set back (R118). */
  setClockSuspect(isSuspect: boolean): void {
    this.#state.isClockSuspect = isSuspect;
  }

  /** The log's disk does not answer: no campaign, no leadership (R40). */
  setDiskStalled(isStalled: boolean): void {
    this.#state.isDiskStalled = isStalled;
  }

  /** With little space no commands are taken, and somebody else leads if that can be (R47). */
  setDiskSpace(level: DiskSpaceLevel): void {
    this.#state.diskSpace = level;
  }

  /** True on a leader that refuses commands because of disks. */
  isDiskFull(): boolean {
    const { role } = this.#state;
    return role.kind === 'leader' && isDiskFull(this.#state, role);
  }

  // Output ----------------------------------------------------------------------------------------

  /** All there is to do, or null. The persist request must go to the store before the next input. */
  ready(): Ready | null {
    const state = this.#state;
    if (state.role.kind === 'leader') {
      flushReads(state, state.role);
      replicate(state, state.role);
    }
    const persist = this.#takePersist();
    this.#releaseHeld();
    const ready: Ready = {
      persist,
      messages: take(state, 'outbox'),
      committed: this.#takeCommitted(),
      reads: take(state, 'reads'),
      readFailures: take(state, 'readFailures'),
      roleChange: this.#takeRoleChange(),
      configuration: this.#takeConfiguration(),
      alarm: state.alarm,
    };
    state.alarm = null;
    return isEmpty(ready) ? null : ready;
  }

  status(): RaftStatus {
    const { id, role, log, currentTerm, leaderId, commitIndex, durableIndex, votedFor } =
      this.#state;
    const peers =
      role.kind !== 'leader'
        ? []
        : [...role.progress].map(([peer, { matchIndex, nextIndex, state }]) => ({
            id: peer,
            matchIndex,
            nextIndex,
            state,
          }));
    return {
      id,
      role: role.kind,
      term: currentTerm,
      leaderId,
      commitIndex,
      lastIndex: log.lastIndex,
      durableIndex,
      votedFor,
      peers,
    };
  }

  lease(): LeaseView {
    const { role, currentTerm, commitIndex, isClockSuspect, timing } = this.#state;
    const isUsable = role.kind === 'leader' && !isClockSuspect && role.transfer === null;
    const validUntil = isUsable ? role.lease.startedAt + timing.leaseMs : -Infinity;
    return { validUntil, term: currentTerm, commitIndex };
  }

  // Terms -----------------------------------------------------------------------------------------

  /** Compares terms, in this one place (R1). False: the message goes no further. */
  #isTermSettled(message: Message): boolean {
    const state = this.#state;
    // Answered whatever the term is: they change nothing.
    if (message.kind === 'pre-vote' || message.kind === 'pre-vote-reply') return true;
    if (message.kind === 'propose' || message.kind === 'propose-reply') return true;
    if (message.term > state.currentTerm) return this.#meetHigherTerm(message);
    if (message.term === state.currentTerm) return true;
    if (message.kind === 'append-entries' || message.kind === 'heartbeat')
      this.#answerOldLeader(message);
    return false;
  }

  #meetHigherTerm(message: Message): boolean {
    const state = this.#state;
    // While a leader is alive nobody can depose it by campaigning (R9).
    const isDisruption =
      message.kind === 'request-vote' && !message.isTransfer && hearsLeader(state);
    if (isDisruption) return false;
    const isFromLeader = message.kind === 'append-entries' || message.kind === 'heartbeat';
    becomeFollower(state, message.term, isFromLeader ? message.from : 0);
    return true;
  }

  /** A leader of an earlier term learns of ours, so that a node ahead of the others is not stuck (R11). */
  #answerOldLeader(message: Message): void {
    const { id, currentTerm, log } = this.#state;
    send(this.#state, {
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

  #dispatch(message: Message): void {
    const state = this.#state;
    const { role } = state;
    switch (message.kind) {
      case 'pre-vote':
        return handlePreVote(state, message);
      case 'pre-vote-reply':
        if (handlePreVoteReply(state, message)) this.#preVoteWon();
        return;
      case 'request-vote':
        return handleRequestVote(state, message);
      case 'request-vote-reply':
        if (handleRequestVoteReply(state, message)) becomeLeader(state);
        return;
      case 'append-entries':
        return handleAppendEntries(state, message);
      case 'append-entries-reply':
        if (role.kind === 'leader') handleAppendEntriesReply(state, role, message);
        return;
      case 'heartbeat':
        return handleHeartbeat(state, message);
      case 'heartbeat-reply':
        if (role.kind === 'leader') handleHeartbeatReply(state, role, message);
        return;
      case 'read-index':
        return this.#handleReadRequest(message.ids, message.from);
      case 'read-index-reply':
        return this.#handleReadReply(message.ids, message.index);
      case 'timeout-now':
        return this.#handleTimeoutNow(message);
      case 'timeout-now-refusal':
        if (role.kind === 'leader') role.transfer = null;
        return;
      case 'propose':
        return this.#handlePropose(message);
      case 'propose-reply':
        return;
      default:
        return unreachable(message);
    }
  }

  // Elections -------------------------------------------------------------------------------------

  #electionTimeout(): void {
    const state = this.#state;
    if (!mayCampaign(state)) {
      resetElectionTimer(state);
      return;
    }
    if (becomePreCandidate(state)) becomeCandidate(state, false);
  }

  #preVoteWon(): void {
    if (this.#state.mutations.preVoteGrantCountsAsVote === true) {
      becomeCandidate(this.#state, false);
      becomeLeader(this.#state);
    } else becomeCandidate(this.#state, false);
  }

  #handleTimeoutNow(message: TimeoutNow): void {
    const state = this.#state;
    const reason = whyNotTakeOver(state, message);
    if (reason === null) {
      becomeCandidate(state, true);
      return;
    }
    const { id, currentTerm } = state;
    send(state, {
      kind: 'timeout-now-refusal',
      from: id,
      to: message.from,
      term: currentTerm,
      reason,
    });
  }

  // Requests of peers -----------------------------------------------------------------------------

  #handleReadRequest(ids: readonly ReadId[], from: NodeId): void {
    const state = this.#state;
    if (state.role.kind === 'leader') {
      noteDemand(state, state.role, from);
      handleRead(state, state.role, ids, from);
      return;
    }
    const { id, currentTerm } = state;
    send(state, {
      kind: 'read-index-reply',
      from: id,
      to: from,
      term: currentTerm,
      ids,
      index: null,
    });
  }

  #handleReadReply(ids: readonly ReadId[], index: Index | null): void {
    if (index === null) this.#state.readFailures.push(...ids);
    else for (const id of ids) this.#state.reads.push({ id, index });
  }

  #handlePropose(message: Extract<Message, { kind: 'propose' }>): void {
    const result = this.propose(message.commands, this.#state.now);
    const { id, currentTerm, role } = this.#state;
    if (result.kind === 'accepted') {
      // No answer: the proposer sees its command come by.
      if (role.kind === 'leader') noteDemand(this.#state, role, message.from);
      return;
    }
    send(this.#state, {
      kind: 'propose-reply',
      from: id,
      to: message.from,
      term: currentTerm,
      proposalId: message.proposalId,
      refusal: result.reason,
      leaderId: result.leaderId,
    });
  }

  #tickLeader(leader: LeaderState): void {
    const state = this.#state;
    tickLeader(state, leader);
    if (state.role.kind !== 'leader') return;
    maybeHandOver(state, leader);
    if (state.now - this.#readsServedAt < state.timing.leaseMs) extendLease(state, leader);
  }

  // Taking what is ready --------------------------------------------------------------------------

  #takePersist(): Ready['persist'] {
    const state = this.#state;
    if (!state.hardStateChanged && !state.log.hasUnstable()) return null;
    const { currentTerm, votedFor } = state;
    const hardState = state.hardStateChanged ? { currentTerm, votedFor } : null;
    state.hardStateChanged = false;
    state.ioSeq += 1;
    state.pendingIo.push({ ioSeq: state.ioSeq, lastIndex: state.log.lastIndex });
    return { ioSeq: state.ioSeq, request: { hardState, entries: state.log.takeUnstable() } };
  }

  /** Lets messages go whose promises are durable, and drops those of an earlier term (R22). */
  #releaseHeld(): void {
    const state = this.#state;
    let released = 0;
    for (const { ioSeq, message } of state.held) {
      if (ioSeq > state.ioDone) break;
      released += 1;
      if (message.term === state.currentTerm) state.outbox.push(message);
    }
    if (released > 0) state.held.splice(0, released);
  }

  #takeCommitted(): readonly Entry[] {
    const state = this.#state;
    // Never ahead of the own disk: after a crash the log must still have what was applied (R52).
    const last = Math.min(state.commitIndex, state.durableIndex);
    if (last <= this.#handedOut) return [];
    const entries = state.log.entries(this.#handedOut + 1, last, state.limits.committedBytesMax);
    this.#handedOut += entries.length;
    return entries;
  }

  #takeRoleChange(): Ready['roleChange'] {
    const { role, currentTerm, leaderId } = this.#state;
    const shown = this.#shownRole;
    if (shown.role === role.kind && shown.term === currentTerm && shown.leaderId === leaderId) {
      return null;
    }
    this.#shownRole = { role: role.kind, term: currentTerm, leaderId };
    return this.#shownRole;
  }

  #takeConfiguration(): Ready['configuration'] {
    const { configurations } = this.#state;
    if (configurations.version === this.#shownConfiguration) return null;
    this.#shownConfiguration = configurations.version;
    return configurations.effective;
  }

  /** True if the leader would grant a read by its lease at this time; for tests and checks. */
  isLeaseValidAt(now: number): boolean {
    const { role } = this.#state;
    return role.kind === 'leader' && isLeaseValid({ ...this.#state, now }, role);
  }
}

function take<K extends 'outbox' | 'reads' | 'readFailures'>(
  state: RaftState,
  key: K,
): RaftState[K] {
  const taken = state[key];
  if (taken.length > 0) state[key] = [] as unknown as RaftState[K];
  return taken;
}

function isEmpty(ready: Ready): boolean {
  return (
    ready.persist === null &&
    ready.messages.length === 0 &&
    ready.committed.length === 0 &&
    ready.reads.length === 0 &&
    ready.readFailures.length === 0 &&
    ready.roleChange === null &&
    ready.configuration === null &&
    ready.alarm === null
  );
}
