// What the log carries for the state machine, and what comes out. The codecs are in
// *-codec.ts; the bytes are described in docs/formats.md.
import type { Index } from '../raft/entry.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { LockMode } from '../sql/functions/lock-modes.ts';
import type { SequenceRun } from '../sql/functions/signature.ts';

/** Opens a gateway session; its id is the log index of this entry (thesis 6.3). */
export interface RegisterCommand {
  readonly kind: 'register';
  readonly nodeId: number;
  readonly incarnation: number;
}

/** Requests of one gateway that were proposed together. A resend carries the very same bytes. */
export interface ExecuteCommand {
  readonly kind: 'execute';
  readonly sessionId: number;
  /** Outcomes of lower sequence numbers have all reached the gateway: forget them. */
  readonly ackLow: number;
  /** Sequence number of the first request; the others follow without gaps. */
  readonly firstSequence: number;
  readonly requests: readonly EncodedRequest[];
}

/**
 * A request in two parts, decoded only where it is executed. Requests of the same statements have
 * equal templates, which a command holds once.
 */
export interface EncodedRequest {
  /** The statements' SQL and all that does not change from one execution to the next. */
  readonly template: Uint8Array;
  /** Time, seed and the steps' values. */
  readonly inputs: Uint8Array;
}

/** Makes the outcome of a request definite: executed before, or never (raft 3.5). */
export interface FenceCommand {
  readonly kind: 'fence';
  readonly sessionId: number;
  readonly sequence: number;
}

/**
 * Ends the session of a gateway that is taken for gone, unless it has shown itself after all: locks
 * and staged parts end with it, and nothing of it is executed any more.
 */
export interface CloseCommand {
  readonly kind: 'close';
  readonly sessionId: number;
  /** The newest entry of the session that was known: with a newer one it stays open. */
  readonly lastIndex: Index;
}

export type Command = RegisterCommand | ExecuteCommand | FenceCommand | CloseCommand;

/** One SQLite statement with its values. */
export interface Step {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
  readonly hasRows: boolean;
  readonly isResult: boolean;
  /** Gives the rows that the statement would write, to name the one that a constraint refused. */
  readonly rowsAtFault: {
    readonly tableOid: Oid;
    readonly sql: string;
    readonly values: readonly SqliteValue[];
  } | null;
}

/**
 * A statement of an interactive transaction: the gateway has run it before, in a speculation, and
 * this is what it was told then. At its place in the log it is run again.
 */
export interface RecordedStatement {
  /** A read of tables alone: need not run again while they are as they were. */
  readonly isRead: boolean;
  /** Tables that it reads; of a write those that it may change as well. */
  readonly reads: readonly Oid[];
  /** It is DDL, or goes back to before some. */
  readonly changesSchema: boolean;
  /** Settings and facts that its functions may ask for. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Seeds random(), gen_random_uuid(). */
  readonly seed: number;
  /** What its functions did outside of the transaction, in order. */
  readonly actions: readonly PerformedAction[];
  /** Of what the client was told, see told.ts. */
  readonly digest: Uint8Array;
}

/**
 * Something that a function had done through the log before its transaction's place there, such as
 * taking a lock. Where the statement runs again it gets the same result, and nothing is done.
 */
export interface PerformedAction {
  /** What was asked for, in words of the function's own. */
  readonly action: string;
  readonly result: SqliteValue;
}

/** Values of a sequence that the transaction took through the log. */
export interface ReservedSequence {
  readonly oid: Oid;
  /** The transaction has created it: it advances it itself. */
  readonly isOwn: boolean;
  readonly runs: readonly SequenceRun[];
}

/** What is done with locks, see locks.ts; `transaction` 0: the lock is the session's. */
export type LockAction =
  | {
      readonly kind: 'acquire';
      readonly resource: string;
      readonly mode: LockMode;
      readonly transaction: number;
      /** `wait`: queue; `nowait`: leave it, and what follows; `skip`: leave it, and go on. */
      readonly policy: 'wait' | 'nowait' | 'skip';
    }
  /** Undoes one `acquire`. */
  | {
      readonly kind: 'release';
      readonly resource: string;
      readonly mode: LockMode;
      readonly transaction: number;
    }
  | { readonly kind: 'release-transaction'; readonly transaction: number }
  | { readonly kind: 'release-owner' };

export interface LockRequest {
  /** A session of the gateway's client. */
  readonly owner: number;
  readonly actions: readonly LockAction[];
}

/** Bytes of RecordedStatement.digest. */
export const DIGEST_BYTES = 16;

/** What makes a request an interactive transaction. */
export interface Recording {
  /** No table that a statement reads had changed up to here since the client was told. */
  readonly snapshot: Index;
  /** One for each statement of the request. */
  readonly statements: readonly RecordedStatement[];
  readonly sequences: readonly ReservedSequence[];
  /**
   * Locks of the transaction: without them it does not take effect, and they end with it. null: it
   * has none.
   */
  readonly locks: { readonly owner: number; readonly transaction: number } | null;
  /** Earlier statements, in entries before; null: these are all. */
  readonly staged: StagedTransaction | null;
  /**
   * The statements have not run before: there are no digests, and what the first that fails fails
   * with, or how many rows they all changed, is the outcome.
   */
  readonly isUntold?: true;
}

/** Where the earlier statements of a large transaction are, see staged-parts.ts. */
export interface StagedTransaction {
  readonly nodeId: number;
  readonly incarnation: number;
  /** A number of the gateway's. */
  readonly transaction: number;
  readonly parts: number;
}

/** A transaction known in full: it takes effect as a whole or not at all. */
export interface Request {
  /** Compiled for this version of the schema; with another one it is not executed. */
  readonly schemaVersion: number;
  /** The statements change the schema: the version rises by this number. */
  readonly schemaChanges: number;
  /** Microseconds since 2000-01-01 UTC: what now() answers. */
  readonly now: bigint;
  /** Seeds random(), gen_random_uuid(). */
  readonly seed: number;
  /** Settings and facts that functions may ask for. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Steps by statement. */
  readonly statements: readonly (readonly Step[])[];
  /** The statement after the last one failed on the gateway: run for the results, then roll back. */
  readonly isDoomed: boolean;
  /** Tables that may be changed, by cascades too. */
  readonly writes: readonly Oid[];
  /** null: not run before. */
  readonly recording: Recording | null;
  /** One of that name that took effect before is not executed again; empty: it has none. */
  readonly idempotencyKey: string;
  /** Not null: the request is about locks alone, in any schema. Their results are its only one. */
  readonly locks: LockRequest | null;
}

export interface StepResult {
  /** null if the statement gives no rows. */
  readonly rows: readonly (readonly SqliteValue[])[] | null;
  readonly count: number;
  /** Absent if the statement took nothing from a sequence. */
  readonly sequences?: SequencesUsed;
}

/** What currval() and lastval() answer from now on. */
export interface SequencesUsed {
  /** The sequence that nextval() was called for last, 0: none. */
  readonly last: Oid;
  readonly values: readonly (readonly [sequence: Oid, value: bigint])[];
}

export interface ErrorData {
  readonly code: string;
  readonly message: string;
  /** PgErrorFields that are set. */
  readonly fields: Readonly<Record<string, string | number>>;
}

export type Outcome =
  /** One result per statement. */
  | { readonly kind: 'done'; readonly results: readonly StepResult[] }
  /** Rolled back; results of the statements before the one that failed. */
  | { readonly kind: 'failed'; readonly results: readonly StepResult[]; readonly error: ErrorData }
  /** Of a recording: this statement would have told the client something else. Rolled back. */
  | { readonly kind: 'conflict'; readonly statement: number }
  /** Of a recording: the transaction's locks are lost. Not executed. */
  | { readonly kind: 'locks-lost' }
  /** Not executed: compile again for this version. */
  | { readonly kind: 'stale-schema'; readonly schemaVersion: number }
  /** Not executed, and never will be. */
  | { readonly kind: 'fenced' }
  /** Executed earlier, but the result was too large to keep. */
  | { readonly kind: 'result-lost' }
  /** The gateway session is closed: not executed by this entry. */
  | { readonly kind: 'session-expired' };
