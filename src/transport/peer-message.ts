// Everything one node says to another: consensus, and the two broadcasts beside it.
import type { Index, NodeId, Term } from '../raft/entry.ts';
import type { Message } from '../raft/message.ts';

/** The sender's running hash of the applied log at `index`: equal on all nodes, or one is wrong (R55). */
export interface ApplyHashReport {
  readonly kind: 'apply-hash';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly index: Index;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

/** What `balsa status` shows of a node, told to all the others about once a second. */
export interface NodeStatusReport {
  readonly kind: 'node-status';
  readonly from: NodeId;
  readonly to: NodeId;
  readonly status: NodeStatus;
}

export interface NodeStatus {
  readonly role: 'leader' | 'follower' | 'candidate' | 'pre-candidate';
  readonly term: Term;
  /** 0 if unknown. */
  readonly leaderId: NodeId;
  readonly commitIndex: Index;
  readonly appliedIndex: Index;
  readonly logBytes: number;
  readonly databaseBytes: number;
  readonly clientHost: string;
  readonly clientPort: number;
  readonly version: string;
  /** Why the node does not serve, or null. */
  readonly halted: string | null;
}

export type PeerMessage = Message | ApplyHashReport | NodeStatusReport;
