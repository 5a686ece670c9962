// How messages reach other nodes. Messages may be lost, late, doubled and out of order: consensus
// copes with all of it. What arrives is intact and from the node it says it is from.
import type { NodeId } from '../raft/entry.ts';
import type { PeerMessage } from './peer-message.ts';

export interface TransportEvents {
  onMessage(message: PeerMessage): void;
  /** Both channels (control and bulk) to this peer are up, in this incarnation of its process. */
  onPeerUp(id: NodeId, incarnation: number): void;
  onPeerDown(id: NodeId): void;
}

export interface Transport {
  /** Never blocks, never throws; what cannot be sent is dropped. */
  send(message: PeerMessage): void;
  /** Bulk bytes queued for this peer and not yet taken by the operating system. */
  backlogBytes(to: NodeId): number;
  /** Takes no entries and proposals from peers for a while, and leaves them with them (R110). */
  pauseBulk(): void;
  resumeBulk(): void;
  close(): void;
}

/** Who a node is, in every handshake (R115). */
export interface Identity {
  /** 16 bytes; equal in all nodes of a cluster. */
  readonly clusterId: Uint8Array;
  readonly nodeId: NodeId;
  /** 16 random bytes made when the data directory was created. */
  readonly diskId: Uint8Array;
  /** Number of starts of this node on this disk. */
  readonly incarnation: number;
}

/** Where a node listens for the others. */
export interface PeerAddress {
  readonly id: NodeId;
  readonly host: string;
  readonly port: number;
}
