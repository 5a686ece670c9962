// What an open transaction needs from the executor.
import type { Backend, BoundPlan, RunOptions, TransactionResult } from '../session/backend.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { RisingClock } from './clock.ts';
import type { LocalReads } from './local-reads.ts';
import type { TransactionMutations } from './mutations.ts';
import type { PartProposals } from './part-proposals.ts';
import type { Proposals } from './proposals.ts';
import type { Snapshots } from './snapshots.ts';
import type { Speculator } from './speculator.ts';
import type { StatementFiles } from './statement-file.ts';

/** Locks that an open transaction takes. Methods reject with PgError. */
export interface TransactionLocks {
  /** See CallContext.action. */
  perform(action: string, transaction: number, options: RunOptions): Promise<SqliteValue>;
  /** Who has the locks of the transaction, without which it must not commit; null: it has none. */
  ownerOf(transaction: number): number | null;
  /** For releaseSince(). */
  mark(transaction: number): number;
  /** Releases what was taken after the mark. */
  releaseSince(transaction: number, mark: number): Promise<void>;
  /** `isReleased`: its commit has done so. Resolves when others may have the locks. */
  endTransaction(transaction: number, isReleased: boolean): Promise<void>;
}

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
