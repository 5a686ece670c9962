// What consensus needs of a disk. The interface lives here with its user; storage/ implements it
// over files, the tests also in memory.
import type { Entry, Index, NodeId, Term } from './entry.ts';

/** What a node must never forget: figure 2's currentTerm and votedFor (0: no vote). */
export interface HardState {
  readonly currentTerm: Term;
  readonly votedFor: NodeId;
}

/** One unit of writing. The hard state is durable before its entries are (R31). */
export interface PersistRequest {
  readonly hardState: HardState | null;
  /** Contiguous. Entries already held at or after the first one are replaced (logical truncation). */
  readonly entries: readonly Entry[];
}

/** Read access to the log, synchronous. */
export interface LogReader {
  /** The entry before the first one held: index and term of what compaction removed last; 0/0 at first. */
  readonly baseIndex: Index;
  readonly baseTerm: Term;
  readonly lastIndex: Index;
  /** The term at `index` in [baseIndex, lastIndex], else null. */
  termAt(index: Index): Term | null;
  /**
   * Entries from first to last (both included, both held): at least one, then as many as fit
   * in `bytesMax` of data.
   */
  entries(first: Index, last: Index, bytesMax: number): readonly Entry[];
}

export interface LogStore extends LogReader {
  /** As recovered at open, then as of the last persist call. */
  readonly hardState: HardState;
  /**
   * Queues the request. It is readable at once; `onDurable` is called, in order of the calls, when
   * an fdatasync that covers it has returned. After any failure of the disk no callback comes ever
   * again: the owner's failure handler is called instead, and the process must stop (R33).
   */
  persist(request: PersistRequest, onDurable: () => void): void;
}
