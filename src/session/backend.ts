// What a session needs from the node it runs on; server/ implements it, tests fake it.
import type { Catalog } from '../catalog/catalog.ts';
import type { PgError } from '../errors/pg-error.ts';
import type { SetAction, SignalAction } from '../sql/functions/lock-actions.ts';
import type { Notification } from '../sql/functions/notify.ts';
import type { CompileSettings, Plan, QueryPlan } from '../sql/plan.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { Cancellation } from '../util/cancellation.ts';

/** A plan with values for its parameters, as stored. */
export interface BoundPlan {
  readonly plan: QueryPlan;
  readonly parameters: readonly SqliteValue[];
}

export interface StatementResult {
  /** null if the statement gives no rows. */
  readonly rows: readonly (readonly SqliteValue[])[] | null;
  /** Rows read or changed: the number in the command tag. */
  readonly count: number;
}

/** All statements took effect, or none did and `error` belongs to the one after `results`. */
export interface TransactionResult {
  readonly results: readonly StatementResult[];
  readonly error: PgError | null;
}

export type ReadConsistency = 'linearizable' | 'session' | 'stale';

/** Last values by sequence, and the sequence that nextval() was called for last, 0: none. */
export interface SequencesUsed {
  readonly last: Oid;
  readonly values: readonly (readonly [sequence: Oid, value: bigint])[];
}

export interface RunOptions {
  readonly consistency: ReadConsistency;
  /** Longest age of a stale read in ms, 0 for any. */
  readonly maxStalenessMs: number;
  /** This node is known to have all that a linearizable read must see: no barrier is needed. */
  readonly isFresh: boolean;
  /** How long to wait for a majority, ms. */
  readonly commitTimeoutMs: number;
  /** 0 for none. */
  readonly statementTimeoutMs: number;
  /** How long to wait for a lock, ms; 0 for ever. */
  readonly lockTimeoutMs: number;
  /** Tells the client, before the result. */
  warn(message: string): void;
  /** Settings and facts of the session by name, see CallContext.setting. */
  setting(name: string): string | null;
  /** Of all settings that have a value. */
  settingNames(): readonly string[];
  /** set_config(): the new value, as it is shown. Throws PgError. */
  setConfig(action: SetAction): string;
  /** False: there is no such session on this node. */
  signal(action: SignalAction): boolean;
  /** Statements took effect that got these values: what currval() and lastval() show from now on. */
  noteSequences(used: SequencesUsed): void;
  /** The client's name for the transaction, see docs/transactions.md; empty: none. */
  readonly idempotencyKey: string;
  /** A transaction of that name has taken effect. */
  noteKeyUsed(): void;
  /** Ends the wait when the client cancels (57014); after a proposal the answer stays exact. */
  readonly cancellation: Cancellation;
}

export type IsolationLevel =
  'serializable' | 'repeatable read' | 'read committed' | 'read uncommitted';

/** An interactive transaction, see docs/transactions.md. All methods throw PgError. */
export interface Transaction {
  /** The schema as the transaction sees it: its own changes included. */
  catalog(): Catalog;
  /**
   * Runs a statement; it must have been compiled for catalog(). `recompile` makes the same plan for
   * another schema, should that change meanwhile.
   */
  run(
    plan: BoundPlan,
    options: RunOptions,
    recompile: (catalog: Catalog) => BoundPlan,
  ): Promise<StatementResult>;
  /**
   * The client was told an error that may be the compiler's: it is right in this schema, and nobody
   * records it. Never throws.
   */
  pinSchema(): void;
  savepoint(name: string, options: RunOptions): Promise<void>;
  /** Back to the newest savepoint of the name, which stays. */
  rollbackTo(name: string, options: RunOptions): Promise<void>;
  release(name: string, options: RunOptions): Promise<void>;
  /** Takes effect as a whole, or throws: 40001 if it would not be serializable. Ends it. */
  commit(options: RunOptions): Promise<void>;
  /** Ends it at once, without effect. Resolves when others may have its locks. Never rejects. */
  rollback(): Promise<void>;
}

/**
 * Many statements that are one transaction, and of which the client is told only at the end. They
 * wait in the log until then, and run once.
 */
export interface BulkLoad {
  /** The next statement; compiled for the schema that the first was compiled for. */
  add(plan: BoundPlan): Promise<void>;
  /** They take effect as a whole, or it rejects with PgError, its row counted over all of them. */
  finish(): Promise<StatementResult>;
  /** They do not. */
  abort(): void;
}

export interface RowStream {
  /** null: there is none any more. Throws PgError, and must be closed then too. */
  next(): readonly SqliteValue[] | null;
  close(): void;
}

export interface NotificationSource {
  /** `receive` gets what is notified on the channel, until the function that this gives is called. */
  subscribe(channel: string, receive: (notification: Notification) => void): () => void;
}

/** What sessions hold locks: they outlive transactions. */
export interface SessionLocks {
  /** What the session holds, as JSON: tokens by resource. */
  tokens(processId: number): string;
  /** The session has ended. */
  ended(processId: number): void;
  /** `listener` is called if the node was taken for gone and its clients' locks were released. */
  onLost(processId: number, listener: (error: PgError) => void): () => void;
  /** Releases the locks of the session that are not of a transaction. */
  unlockAll(processId: number): Promise<void>;
}

export interface Backend {
  readonly locks: SessionLocks;
  /** The newest schema applied here. */
  catalog(): Catalog;
  /** Waits until this node has what the consistency of the options asks for. Rejects with PgError. */
  freshen(options: RunOptions): Promise<void>;
  /** Statements of a query string. Throws PgError 42601 and the like. */
  parse(sql: string): readonly ParsedStatement[];
  /**
   * `parameterTypes`: OIDs given by the client, 0 for "infer"; null: there may be no parameters.
   * Throws PgError. Cached.
   */
  compile(
    statement: ParsedStatement,
    parameterTypes: readonly Oid[] | null,
    catalog: Catalog,
    settings: CompileSettings,
  ): Plan;
  /**
   * Runs plans as one transaction, in order. Compiled for an older schema: compiles again by
   * itself, through `recompile`. `failure` is what the statement after the last plan failed with
   * already (nothing takes effect then, but the results of the ones before are wanted).
   */
  run(
    plans: readonly BoundPlan[],
    options: RunOptions,
    failure: PgError | null,
    recompile: (catalog: Catalog) => readonly BoundPlan[],
  ): Promise<TransactionResult>;
  /**
   * run() without waiting, for reads that may be served at this moment; null: use run(). Throws
   * what run() rejects with.
   */
  runImmediately?(plans: readonly BoundPlan[], options: RunOptions): TransactionResult | null;
  /**
   * The rows of a read that are not to be held in memory together, all of one snapshot. It keeps
   * checkpoints from moving on until it is closed.
   */
  stream(
    plan: BoundPlan,
    options: RunOptions,
    recompile: (catalog: Catalog) => BoundPlan,
  ): Promise<RowStream>;
  /** `isolation`: of what was read, what is checked at the end. */
  beginTransaction(isolation: IsolationLevel): Transaction;
  /** For statements without locks and rows. */
  beginLoad(options: RunOptions): BulkLoad;
  readonly notifications: NotificationSource;
  /** Not null: other things of this node are overdue, and come before the next message. */
  breather?(): Promise<void> | null;
  /** Facts of the node by name, such as `@nodes`; see CallContext.setting. */
  fact(name: string): string | null;
  /** Role as clients see it: changes are told to `onRoleChange`. */
  isLeader(): boolean;
  onRoleChange(listener: () => void): () => void;
}
