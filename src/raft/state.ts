// Everything one member of the cluster knows, and the few operations that all roles share. The
// role files (follower.ts, candidate.ts, leader.ts) work on it and never import each other.
import { assert } from '../util/assert.ts';
import type { Prng } from '../util/prng.ts';
import type { Configuration } from './configuration.ts';
import type { ConfigurationStack } from './configuration-stack.ts';
import type { Index, NodeId, Term } from './entry.ts';
import type { Lease } from './lease.ts';
import type { Message, ReadId } from './message.ts';
import type { RaftMutations } from './mutations.ts';
import type { Progress } from './progress.ts';
import type { RaftLog } from './raft-log.ts';
import type { ReadQueue } from './read-queue.ts';
import type { RoleName } from './ready.ts';

/** All in milliseconds of the monotonic clock. */
export interface RaftTiming {
  readonly heartbeatMs: number;
  /** Timeouts are drawn from [electionMs, 2 electionMs) (R6). */
  readonly electionMs: number;
  readonly leaseMs: number;
  /** Bound of the difference in rate of two nodes' clocks: 0.01 is one percent. */
  readonly clockDrift: number;
  /** Peers that asked for nothing lately hear of a commit with the next entries, or so much later. */
  readonly commitNoticeMs: number;
}

export interface RaftLimits {
  readonly appendBytesMax: number;
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  readonly uncommittedBytesMax: number;
  /** Of committed entries in one Ready. */
  readonly committedBytesMax: number;
}

export const DEFAULT_TIMING: RaftTiming = {
  heartbeatMs: 100,
  electionMs: 1000,
  leaseMs: 800,
  clockDrift: 0.01,
  commitNoticeMs: 20,
};

export const DEFAULT_LIMITS: RaftLimits = {
  appendBytesMax: 256 * 1024,
  inflightMessagesMax: 64,
  inflightBytesMax: 8 * 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  committedBytesMax: 1024 * 1024,
};

/** low: no new commands should be taken. full: none that is under way can be taken either (R47). */
export type DiskSpaceLevel = 'good' | 'low' | 'full';

export interface FollowerState {
  readonly kind: 'follower';
}

export interface CandidateState {
  /** pre-candidate: asks whether an election could be won, without a new term (R7). */
  readonly kind: 'pre-candidate' | 'candidate';
  readonly campaignId: number;
  readonly votes: Set<NodeId>;
  /** The own vote counts once this persist is done (R4); null: it counts already. */
  selfVoteAfter: number | null;
}

export interface LeaderState {
  readonly kind: 'leader';
  readonly progress: Map<NodeId, Progress>;
  readonly lease: Lease;
  readonly reads: ReadQueue;
  /** Where this leader's term starts in its log. */
  readonly termStartIndex: Index;
  /** Nothing commits before this time (R70); -Infinity: no barrier. */
  readonly barrierUntil: number;
  round: number;
  /** When each unanswered heartbeat round was sent, oldest first. */
  readonly rounds: { readonly round: number; readonly sentAt: number }[];
  lastHeartbeatAt: number;
  /** Batches that are not committed yet, oldest first, and their total (R108). */
  readonly uncommitted: { readonly last: Index; readonly bytes: number }[];
  uncommittedBytes: number;
  transfer: { readonly target: NodeId; readonly deadline: number; isAsked: boolean } | null;
  /** While the disk is low: when to look again for somebody to take over. */
  yieldAt: number;
}

export type Role = FollowerState | CandidateState | LeaderState;

export interface RaftState {
  readonly id: NodeId;
  readonly incarnation: number;
  readonly timing: RaftTiming;
  readonly limits: RaftLimits;
  readonly prng: Prng;
  readonly mutations: RaftMutations;
  readonly log: RaftLog;
  readonly configurations: ConfigurationStack;

  /** Time of the input that is being handled. */
  now: number;
  currentTerm: Term;
  votedFor: NodeId;
  commitIndex: Index;
  leaderId: NodeId;
  role: Role;
  electionDeadline: number;
  lastTickAt: number;
  /** When the leader was last heard (R9); -Infinity if never. */
  lastLeaderContact: number;
  /** When entries of another leader last came; at first the start of the process (R70). */
  lastForeignAppend: number;
  campaignCounter: number;
  isDiskStalled: boolean;
  diskSpace: DiskSpaceLevel;
  isClockSuspect: boolean;

  // What waits for the next Ready.
  hardStateChanged: boolean;
  outbox: Message[];
  /** Messages that promise durability, by the persist that they wait for. */
  held: { readonly ioSeq: number; readonly message: Message }[];
  reads: { readonly id: ReadId; readonly index: Index }[];
  readFailures: ReadId[];
  alarm: string | null;

  // Durability.
  ioSeq: number;
  ioDone: number;
  durableIndex: Index;
  /** Persists under way, with the last index that each makes durable. */
  pendingIo: { readonly ioSeq: number; lastIndex: Index }[];
}

export function configuration(state: RaftState): Configuration {
  return state.configurations.effective;
}

export function roleName(state: RaftState): RoleName {
  return state.role.kind;
}

export function send(state: RaftState, message: Message): void {
  if (message.to !== state.id) state.outbox.push(message);
}

/** The persist that covers all changes made so far. */
export function coveringIo(state: RaftState): number {
  return state.hardStateChanged || state.log.hasUnstable() ? state.ioSeq + 1 : state.ioSeq;
}

/** Sends once everything changed so far is durable, unless the term moves on first (R22). */
export function sendAfterPersist(state: RaftState, message: Message): void {
  state.held.push({ ioSeq: coveringIo(state), message });
}

export function resetElectionTimer(state: RaftState): void {
  const { electionMs } = state.timing;
  // Whose disk is low lets the others go first: a leader without space is better than none (R13).
  const patienceMs = state.diskSpace === 'good' ? 0 : electionMs;
  state.electionDeadline = state.now + electionMs + patienceMs + state.prng.float() * electionMs;
}

export function setTerm(state: RaftState, term: Term): void {
  assert(term > state.currentTerm, `term regression ${state.currentTerm} -> ${term}`);
  state.currentTerm = term;
  state.votedFor = 0;
  state.hardStateChanged = true;
}

/** Follower of `leaderId` (0: unknown) in `term`, which may be the current one. */
export function becomeFollower(state: RaftState, term: Term, leaderId: NodeId): void {
  if (state.role.kind === 'leader') dropReads(state, state.role.reads);
  if (term > state.currentTerm) setTerm(state, term);
  if (state.role.kind !== 'follower') {
    state.role = { kind: 'follower' };
    resetElectionTimer(state);
  }
  state.leaderId = leaderId;
}

/** Nobody else will answer them (R74). */
function dropReads(state: RaftState, reads: ReadQueue): void {
  for (const { ids, from } of reads.drain()) {
    if (from === state.id) state.readFailures.push(...ids);
    else {
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
  }
}

/** True if a leader is alive as far as this node can tell: votes are refused meanwhile (R9). */
export function hearsLeader(state: RaftState): boolean {
  if (state.role.kind === 'leader') return true;
  return state.leaderId !== 0 && state.now - state.lastLeaderContact < state.timing.electionMs;
}

/** Only moves forward (R50). */
export function advanceCommit(state: RaftState, index: Index): void {
  assert(index <= state.log.lastIndex, `commit ${index} beyond the log ${state.log.lastIndex}`);
  if (index > state.commitIndex) state.commitIndex = index;
}
