// What the threads of a node post to each other. Entries travel packed in one buffer
// (entry-batch.ts); a posted object is one message of one loop turn, never one per entry.
import type { Grant } from '../machine/locks.ts';
import type { TableUse } from '../machine/row-guard.ts';
import type { Speculated, SpeculationId } from '../machine/speculation.ts';
import type { Index, NodeId, Term } from '../raft/entry.ts';
import type { ProposeRefusal, ReadId } from '../raft/message.ts';
import type { Notification } from '../sql/functions/notify.ts';
import type { NodeStatus } from '../transport/peer-message.ts';
import type { NodeConfig } from './config.ts';
import type { LogFields, LogLevel } from './log.ts';
import type { RoleName } from './shared-state.ts';
import type { FileParts } from './statement-file.ts';

/** What the workers are started with. */
export interface WorkerInput {
  readonly config: NodeConfig;
  readonly shared: SharedArrayBuffer;
}

export type ToConsensus =
  | { readonly kind: 'propose'; readonly commands: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'read'; readonly ids: readonly ReadId[] }
  /** Hand leadership over, then close the log; answered by `stopped`. */
  | { readonly kind: 'stop' };

export type FromConsensus =
  | { readonly kind: 'ready'; readonly incarnation: number }
  | {
      readonly kind: 'role';
      readonly role: RoleName;
      readonly term: Term;
      readonly leaderId: NodeId;
    }
  | { readonly kind: 'refused'; readonly refusal: ProposeRefusal; readonly leaderId: NodeId }
  | { readonly kind: 'reads'; readonly ids: readonly ReadId[]; readonly index: Index | null }
  | { readonly kind: 'nodes'; readonly nodes: readonly KnownNode[] }
  | { readonly kind: 'stopped' }
  | LogLine
  | Fatal;

/** A node as its status messages show it; null: nothing heard from it yet. */
export interface KnownNode {
  readonly id: NodeId;
  readonly status: NodeStatus | null;
  /** Monotonic ms when it was last heard. */
  readonly heardAt: number;
}

/** From the consensus thread to the machine thread, on a port of their own. */
export interface ToMachine {
  readonly kind: 'entries';
  readonly entries: Uint8Array<ArrayBuffer>;
}

export type MachineToConsensus =
  /** Now and then; the applied index itself stands in shared memory. */
  | {
      readonly kind: 'applied';
      readonly databaseBytes: number;
      readonly hashes: readonly { readonly index: Index; readonly hash: Uint8Array }[];
    }
  /** A command to propose if this node still leads; nobody waits for its outcome. */
  | { readonly kind: 'propose'; readonly command: Uint8Array }
  /** The database finds no room on the disk for the next entry, and waits; or it has found some. */
  | { readonly kind: 'room'; readonly isMissing: boolean };

export type MainToMachine =
  | { readonly kind: 'speculate'; readonly requests: readonly SpeculationRequest[] }
  | { readonly kind: 'stop' };

/** For one open transaction: its next statement, or its end. */
export type SpeculationRequest =
  | {
      readonly kind: 'run';
      /** Comes back with the answer. */
      readonly ticket: number;
      readonly id: SpeculationId;
      readonly isWhole: boolean;
      readonly earlier: EarlierInFile | null;
      readonly isKept: boolean;
      readonly standsAlone: boolean;
      readonly uses: readonly TableUse[];
      readonly sessionId: number;
      /** See encodeRequest. */
      readonly request: Uint8Array;
    }
  /** It was proposed: `request` is encoded. Not answered. */
  | { readonly kind: 'propose'; readonly id: SpeculationId; readonly request: Uint8Array }
  | { readonly kind: 'forget'; readonly ticket: number; readonly id: SpeculationId };

/** See Speculate.earlier. */
export interface EarlierInFile {
  readonly count: number;
  readonly changesSchema: boolean;
  readonly parts: FileParts;
}

export interface SpeculationAnswer {
  readonly ticket: number;
  /** null: it is forgotten. */
  readonly answer: Speculated | null;
}

export type FromMachine =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'applied';
      readonly index: Index;
      readonly schemaVersion: number;
      /** Packed by packEntryOutcomes. */
      readonly outcomes: Uint8Array<ArrayBuffer>;
      readonly notifications: readonly Notification[];
      /** Of this node's clients. */
      readonly grants: readonly Grant[];
    }
  | { readonly kind: 'speculated'; readonly answers: readonly SpeculationAnswer[] }
  | { readonly kind: 'stopped' }
  | LogLine
  | Fatal;

export interface LogLine {
  readonly kind: 'log';
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** The node must not go on: why, for the log and the exit. */
export interface Fatal {
  readonly kind: 'fatal';
  readonly message: string;
}
