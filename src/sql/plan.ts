// What the compiler makes of a statement: data that needs neither the text nor the grammar any
// more. Reads run on any reader; the steps of writes travel in the log.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { Oid } from '../types/pg-type.ts';
import type { LockStrength } from './functions/row-locks.ts';
import type { ParsedStatement } from './parse/parse.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { CopyPlan } from './copy/plan.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  /** Where the column comes from, else 0 and 0. */
  readonly tableOid: Oid;
  readonly columnNumber: number;
}

/** What a `?` of the SQLite text is bound to, in order of the `?`. */
export type Binding =
  | { readonly kind: 'parameter'; /** from 1 */ readonly number: number }
  | { readonly kind: 'constant'; readonly value: SqliteValue }
  /** Rows of so many values each, as one value (types/value-rows.ts). */
  | { readonly kind: 'rows'; readonly width: number; readonly cells: readonly Binding[] };

export interface PlanStep {
  /** One SQLite statement with plain `?` placeholders. */
  readonly sql: string;
  readonly bindings: readonly Binding[];
  /** It gives rows (SELECT, RETURNING). */
  readonly hasRows: boolean;
  /** Its rows, or its number of changed rows, are the statement's result. One step at most. */
  readonly isResult: boolean;
  /**
   * How to find the row at fault after a constraint failed: a query of the machine that gives the
   * rows the step would have written, in column order of the table. Its bindings are its own.
   */
  readonly rowsAtFault?: {
    readonly tableOid: Oid;
    readonly sql: string;
    readonly bindings: readonly Binding[];
  };
}

/** How the command tag is made: `name`, or `name` and the number of rows (PG: CommandComplete). */
export interface CommandTag {
  /** `SELECT`, `INSERT 0`, `CREATE TABLE`, ... */
  readonly name: string;
  readonly hasCount: boolean;
}

export interface Notice {
  readonly severity: 'NOTICE' | 'WARNING';
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
}

export interface QueryPlan {
  readonly kind: 'query';
  /** As errors name the statement, where its tag is another. */
  readonly commandName?: string;
  /** A read never enters the log. */
  readonly access: 'read' | 'write';
  readonly tag: CommandTag;
  readonly steps: readonly PlanStep[];
  readonly parameterTypes: readonly Oid[];
  /** null: the statement gives no rows. */
  readonly columns: readonly ResultColumn[] | null;
  /** Settings and facts its functions ask for (CallContext.setting): pinned in the command. */
  readonly settings: readonly string[];
  /** It calls a volatile or stable function, so two runs may differ. */
  readonly isVolatile: boolean;
  /**
   * What it gives is of its tables, the schema, settings and the transaction's time alone, and it
   * does nothing but write. Absent: there may be more.
   */
  readonly isOfTables?: boolean;
  /** It takes advisory locks: it is an interactive transaction (FunctionSignature). */
  readonly needsTransaction?: boolean;
  /** The name of a statement that would have no effect outside of a transaction block. */
  readonly needsBlock?: string;
  /** It changes settings of the session: what comes after it may mean something else. */
  readonly isOfSession?: boolean;
  /** It changes what holds in a transaction and no data: also where nothing may be written. */
  readonly isAboutTransaction?: boolean;
  /**
   * It has a SELECT ... FOR UPDATE or the like: it is an interactive transaction, and what it reads
   * must be so where that commits.
   */
  readonly locking?: LockStrength | null;
  /** Tables whose rows it locks so. */
  readonly lockedTables?: readonly Oid[];
  /** OIDs of the tables read and written. */
  readonly reads: readonly Oid[];
  readonly writes: readonly Oid[];
  readonly notices: readonly Notice[];
  /** It is DDL: `catalog` is one version ahead of the schema it was compiled for. */
  readonly changesSchema?: boolean;
  /** The schema after the statement: the compiler's input itself unless the statement is DDL. */
  readonly catalog: Catalog;
}

/** A statement that the session itself carries out. */
export interface UtilityPlan {
  readonly kind: 'utility';
  readonly tag: CommandTag;
  readonly utility: Utility;
  readonly parameterTypes: readonly Oid[];
  readonly columns: readonly ResultColumn[] | null;
}

export type Utility =
  | {
      readonly kind: 'set';
      readonly name: string;
      /** null: DEFAULT */ readonly value: string | null;
      readonly isLocal: boolean;
    }
  | { readonly kind: 'reset'; /** null: ALL */ readonly name: string | null }
  | { readonly kind: 'show'; /** null: ALL */ readonly name: string | null }
  | { readonly kind: 'discard'; readonly what: string }
  | {
      readonly kind: 'prepare';
      readonly name: string;
      /** As far as they are given; 0: to be inferred. */
      readonly types: readonly Oid[];
      readonly query: ParsedStatement;
    }
  /** EXECUTE whose arguments are to be computed first, see session/execute.ts. */
  | { readonly kind: 'execute' }
  | { readonly kind: 'deallocate'; /** null: ALL */ readonly name: string | null }
  | TransactionStatement
  | CursorStatement
  | ExplainStatement
  /** SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION. */
  | {
      readonly kind: 'set-transaction';
      readonly modes: TransactionModes;
      readonly isSession: boolean;
    }
  | { readonly kind: 'listen'; readonly channel: string }
  | { readonly kind: 'unlisten'; /** null: all */ readonly channel: string | null }
  /** VACUUM, ANALYZE, CHECKPOINT and the like: accepted, nothing to do. */
  | { readonly kind: 'nothing' };

export interface TransactionStatement {
  readonly kind: 'transaction';
  readonly what: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollback to';
  /** Of a savepoint, else empty. */
  readonly name: string;
  readonly modes: TransactionModes;
  /** AND CHAIN */
  readonly isChain: boolean;
}

export interface ExplainStatement {
  readonly kind: 'explain';
  readonly query: ParsedStatement;
  /** What the log would hold, instead of how it is run. */
  readonly isReplication: boolean;
}

export type CursorStatement =
  | {
      readonly kind: 'declare-cursor';
      readonly name: string;
      readonly isHold: boolean;
      readonly isBinary: boolean;
      readonly mayScroll: boolean;
      readonly query: ParsedStatement;
    }
  | {
      readonly kind: 'fetch';
      readonly name: string;
      readonly how: 'forward' | 'backward' | 'absolute' | 'relative';
      /** Infinity: ALL */
      readonly count: number;
      readonly isMove: boolean;
    }
  | { readonly kind: 'close-cursor'; /** null: ALL */ readonly name: string | null };

/** What BEGIN and SET TRANSACTION say; what they leave out is null. */
export interface TransactionModes {
  readonly isolation: string | null;
  readonly isReadOnly: boolean | null;
  readonly isDeferrable: boolean | null;
}

export type Plan = QueryPlan | UtilityPlan | CopyPlan;

/** The same text for another schema: it does not become a statement of another kind. */
export function queryPlan(plan: Plan): QueryPlan {
  if (plan.kind === 'query') return plan;
  throw new PgError('XX000', 'the statement changed its kind');
}

/** The same, of COPY. */
export function copyPlan(plan: Plan): CopyPlan {
  if (plan.kind === 'copy') return plan;
  throw new PgError('XX000', 'the statement changed its kind');
}

/** What compile() depends on besides text and catalog; part of the key of a plan cache. */
export interface CompileSettings {
  readonly searchPath: readonly string[];
  readonly user: string;
  readonly timeZone: string;
  /** In which order a date such as 1/2/2024 is read; none given: month first. */
  readonly dateStyle?: string;
  readonly intervalStyle?: string;
}
