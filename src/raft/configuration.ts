// Who is in the cluster: the payload of a configuration entry.
import type { NodeId } from './entry.ts';

export interface Member {
  readonly id: NodeId;
  /** Where its peer port listens. */
  readonly host: string;
  readonly port: number;
}

/** Invariant: `voters` is sorted, not empty, and every voter is a member. */
export interface Configuration {
  readonly voters: readonly NodeId[];
  /** The outgoing voters while joint consensus runs (thesis 4.3), else null. */
  readonly votersOld: readonly NodeId[] | null;
  readonly learners: readonly NodeId[];
  readonly members: readonly Member[];
}
