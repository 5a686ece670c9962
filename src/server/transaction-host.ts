// What an open transaction needs from the executor.
import type { Catalog } from '../catalog/catalog.ts';
import type { Outcome, StagedTransaction } from '../machine/command.ts';
import type { Reader } from '../machine/reader.ts';
import type { Index } from '../raft/entry.ts';
import type { BoundPlan, RunOptions, TransactionResult } from '../session/backend.ts';
import type { SequenceRun } from '../sql/functions/signature.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { TransactionMutations } from './mutations.ts';
import type { Snapshots } from './snapshots.ts';
import type { Speculator } from './speculator.ts';
import type { StatementFiles } from './statement-file.ts';

export interface ReadInputs {
  readonly now: bigint;
  readonly seed: number;
  /** The snapshot must hold so much; one that is open and does is kept. */
  readonly index: Index;
}

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

export interface TransactionHost {
  readonly mutations: TransactionMutations;
  readonly speculator: Speculator;
  readonly snapshots: Snapshots;
  /** The newest schema applied here. */
  catalog(): Catalog;
  now(): bigint;
  /** Waits until this node has what the consistency of the options asks for. */
  freshen(options: RunOptions): Promise<void>;
  /** null: the snapshot has another schema than the plan. */
  readOn(
    reader: Reader,
    plan: BoundPlan,
    options: RunOptions,
    inputs: ReadInputs,
  ): TransactionResult | null;
  /** run() of the executor, for reads outside of any snapshot. */
  readFresh(
    plan: BoundPlan,
    options: RunOptions,
    recompile: (catalog: Catalog) => BoundPlan,
  ): Promise<TransactionResult>;
  /** Takes values of a sequence, in an entry of their own. */
  reserve(oid: Oid, count: number, options: RunOptions): Promise<readonly SequenceRun[]>;
  /** Of this node's clients; transactions go by their speculation's id. */
  readonly locks: TransactionLocks;
  /** Of this gateway. */
  readonly identity: { readonly nodeId: number; readonly incarnation: number };
  /** Statements of large transactions. */
  readonly files: StatementFiles;
  /** Of this node's clients, see stage(). */
  readonly stagedBytes: ByteBudget;
  /** Puts a part of a large transaction in the log; nothing takes effect yet. */
  stage(
    staged: StagedTransaction,
    part: number,
    bytes: Uint8Array,
    options: RunOptions,
  ): Promise<void>;
  /** The parts are not wanted any more. */
  unstage(staged: StagedTransaction, options: RunOptions): void;
  /** Through the log; resolves when this node's schema is at least what the outcome names. */
  propose(request: Uint8Array, options: RunOptions): Promise<Outcome>;
}
