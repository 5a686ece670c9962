// What the core asks the world to do, as data (effects are returned, never performed).
import type { Configuration } from './configuration.ts';
import type { Entry, Index, NodeId, Term } from './entry.ts';
import type { PersistRequest } from './log-store.ts';
import type { Message, ReadId } from './message.ts';

export type RoleName = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

export interface Ready {
  /** Give it to the log store; report with ioDone(ioSeq) when it is durable. */
  readonly persist: { readonly ioSeq: number; readonly request: PersistRequest } | null;
  /**
   * May leave at once. The core itself holds messages that promise durability back until the
   * ioDone that covers them, and drops them if the term has changed (R22).
   */
  readonly messages: readonly Message[];
  /** Committed and durable here: apply in order. */
  readonly committed: readonly Entry[];
  /** Serve each read once `index` is applied. */
  readonly reads: readonly { readonly id: ReadId; readonly index: Index }[];
  /** Ask again under a new id (R74). */
  readonly readFailures: readonly ReadId[];
  readonly roleChange: {
    readonly role: RoleName;
    readonly term: Term;
    readonly leaderId: NodeId;
  } | null;
  /** The effective configuration changed. */
  readonly configuration: Configuration | null;
  /** Something that must not happen was seen: the node must stop (R28). */
  readonly alarm: string | null;
}
