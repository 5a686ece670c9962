// What an open transaction needs from the executor.
import type { Backend, BoundPlan, RunOptions, TransactionResult } from '../session/backend.ts';
import type { RisingClock } from './clock.ts';
import type { LocalReads } from './local-reads.ts';
import type { TransactionMutations } from './mutations.ts';
import type { PartProposals } from './part-proposals.ts';
import type { Proposals } from './proposals.ts';
import type { Snapshots } from './snapshots.ts';
import type { Speculator } from './speculator.ts';
import type { StatementFiles } from './statement-file.ts';
import type { TransactionLocks } from './transaction-locks.ts';

export interface TransactionHost extends Pick<
  Backend,
  'catalog' | 'freshen' | 'parse' | 'compile' | 'run'
> {
  readonly mutations: TransactionMutations;
  readonly speculator: Speculator;
  readonly snapshots: Snapshots;
  readonly reads: Pick<LocalReads, 'runOn'>;
  readonly clock: RisingClock;
  /** See Backend. */
  runImmediately(plans: readonly BoundPlan[], options: RunOptions): TransactionResult | null;
  /** Of this node's clients; transactions go by their speculation's id. */
  readonly locks: TransactionLocks;
  /** Statements of large transactions. */
  readonly files: StatementFiles;
  readonly proposals: Pick<Proposals, 'propose'>;
  readonly parts: PartProposals;
}
