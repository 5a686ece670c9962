// One entry of the replicated log, and the numbers that name it.

/** Position in the log, from 1; 0 means "before the first entry". */
export type Index = number;
export type Term = number;
/** A member process; from 1, never reused (raft: R88). 0 means "none". */
export type NodeId = number;

/**
 * - term-start: the no-op a leader appends first (R17).
 * - command: bytes for the state machine; the core does not look inside.
 * - configuration: the members, effective as soon as it is in the log (R78).
 * - end-lease: voids every earlier lease of this term (R98).
 * - lease-extend: nothing but a newer creation time for the lease (raft 4.3).
 */
export type EntryKind = 'term-start' | 'command' | 'configuration' | 'end-lease' | 'lease-extend';

export interface Entry {
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  readonly data: Uint8Array;
}
