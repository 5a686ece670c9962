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
import { noteDurable } from './durability.ts';
import type { Index, NodeId, Term } from './entry.ts';
import { handleAppendEntries, handleHeartbeat, whyNotTakeOver } from './follower.ts';
import { HandingOut } from './handing-out.ts';
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
  configuration,
  resetElectionTimer,
  send,
} from './state.ts';
import type { DiskSpaceLevel, LeaderState, RaftLimits, RaftState, RaftTiming } from './state.ts';
import { isTermSettled } from './terms.ts';
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
  readonly #handingOut: HandingOut;
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
    this.#handingOut = new HandingOut(this.#state);
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
    if (isTermSettled(state, message)) this.#dispatch(message);
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
    noteDurable(state, ioSeq);
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
    return this.#handingOut.take(state);
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

  /** True if the leader would grant a read by its lease at this time; for tests and checks. */
  isLeaseValidAt(now: number): boolean {
    const { role } = this.#state;
    return role.kind === 'leader' && isLeaseValid({ ...this.#state, now }, role);
  }

  // Messages --------------------------------------------------------------------------------------

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
}
