// What nodes say to each other about consensus: one interface a message, with exactly its own
// fields. Names as in figure 2 of the paper; where we say more, the rule that asks for it is named.
import type { Entry, Index, NodeId, Term } from './entry.ts';

interface Header {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's current term (R1); in a granting PreVoteReply the requested one (R8a). */
  readonly term: Term;
}

export interface PreVote extends Header {
  readonly kind: 'pre-vote';
  /** The term that the sender would campaign in. */
  readonly nextTerm: Term;
  /** Names the campaign, so that answers to an earlier one are dropped (R5). */
  readonly campaignId: number;
  readonly lastLogIndex: Index;
  readonly lastLogTerm: Term;
}

export interface PreVoteReply extends Header {
  readonly kind: 'pre-vote-reply';
  readonly campaignId: number;
  readonly voteGranted: boolean;
}

export interface RequestVote extends Header {
  readonly kind: 'request-vote';
  readonly campaignId: number;
  readonly lastLogIndex: Index;
  readonly lastLogTerm: Term;
  /** The old leader asked for this election: stickiness does not apply (R9, R93). */
  readonly isTransfer: boolean;
}

export interface RequestVoteReply extends Header {
  readonly kind: 'request-vote-reply';
  readonly campaignId: number;
  readonly voteGranted: boolean;
}

export interface AppendEntries extends Header {
  readonly kind: 'append-entries';
  /** The leader's view of this peer; answers to an earlier view are dropped (R30). */
  readonly epoch: number;
  readonly prevLogIndex: Index;
  readonly prevLogTerm: Term;
  readonly entries: readonly Entry[];
  readonly leaderCommit: Index;
}

export interface AppendEntriesReply extends Header {
  readonly kind: 'append-entries-reply';
  readonly epoch: number;
  readonly success: boolean;
  /** On success: the last entry of the request, durable here (R20, R21). */
  readonly matchIndex: Index;
  /** On rejection: the prevLogIndex that did not match, and where to look next (R24). */
  readonly rejectedIndex: Index;
  readonly hintIndex: Index;
  readonly hintTerm: Term;
  /** On rejection: the logs may well match, but this disk has no room for more (R47). */
  readonly isOutOfSpace: boolean;
}

export interface Heartbeat extends Header {
  readonly kind: 'heartbeat';
  /** Numbers rising with every heartbeat of the term: confirms reads queued before it (R68). */
  readonly round: number;
  /** min(commitIndex, matchIndex of the receiver): a heartbeat does not prove log matching (R27). */
  readonly leaderCommit: Index;
}

export interface HeartbeatReply extends Header {
  readonly kind: 'heartbeat-reply';
  readonly round: number;
  /** The sender has little space on its disk, and should not lead (R47). */
  readonly isDiskLow: boolean;
}

/** Names one read request for ever: ids are never used again, not even on a retry (R73). */
export interface ReadId {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly counter: number;
}

export interface ReadIndexRequest extends Header {
  readonly kind: 'read-index';
  readonly ids: readonly ReadId[];
}

export interface ReadIndexReply extends Header {
  readonly kind: 'read-index-reply';
  readonly ids: readonly ReadId[];
  /** The index to have applied before reading; null: ask the leader again (not leader any more). */
  readonly index: Index | null;
}

/** Asks the receiver to campaign at once (thesis 3.10). */
export interface TimeoutNow extends Header {
  readonly kind: 'timeout-now';
  readonly lastLogIndex: Index;
  readonly lastLogTerm: Term;
}

export interface TimeoutNowRefusal extends Header {
  readonly kind: 'timeout-now-refusal';
  readonly reason: string;
}

/** Commands of another node's gateway, for the leader to append. */
export interface Propose extends Header {
  readonly kind: 'propose';
  /** Rising number of the sender, for the reply. */
  readonly proposalId: number;
  readonly commands: readonly Uint8Array[];
}

/** A hint only: the truth is the gateway's own apply stream (R107). */
export interface ProposeReply extends Header {
  readonly kind: 'propose-reply';
  readonly proposalId: number;
  readonly refusal: ProposeRefusal | null;
  /** Whom the sender believes to be the leader, 0 if unknown. */
  readonly leaderId: NodeId;
}

export type ProposeRefusal = 'not-leader' | 'busy' | 'transferring' | 'disk-full';

export type Message =
  | PreVote
  | PreVoteReply
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendEntriesReply
  | Heartbeat
  | HeartbeatReply
  | ReadIndexRequest
  | ReadIndexReply
  | TimeoutNow
  | TimeoutNowRefusal
  | Propose
  | ProposeReply;
