// The tables of functions, operators and casts: what bind resolves against and emit writes. A
// family of signatures is one file; registry.ts lists the families.
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type { Notification } from './notify.ts';
import type { LockMode } from './lock-modes.ts';
import type { RowClaim } from './row-locks.ts';
import type { UpsertedRows } from './upserts.ts';

/** Among the settings of a function: it may be any. */
export const ANY_SETTING = '*';

export type Volatility = 'immutable' | 'stable' | 'volatile';

/** Values of a sequence, one behind the other. */
export interface SequenceRun {
  readonly first: bigint;
  readonly increment: bigint;
  readonly count: number;
}

/**
 * What a function may look at while it runs. On the machine everything comes from the replicated
 * command, on a reader from the session: the function cannot tell.
 */
export interface CallContext {
  /** Start of the transaction: microseconds since 2000-01-01 UTC, as timestamptz is stored. */
  readonly now: bigint;
  /** The next 32 random bits: seeded by the command, so equal on all nodes. */
  randomUint32(): number;
  /**
   * A setting or a fact of the session: `TimeZone`, `search_path`, and in lower case with a
   * leading `@` what is not a setting: `@user`, `@database`, `@pid`, `@in_recovery`, ...
   * null if it is not known.
   */
  setting(name: string): string | null;
  /** The schema, for functions like pg_get_constraintdef; an object of catalog/catalog.ts. */
  catalog(): unknown;
  /**
   * Counts work: of 1 for what takes some tenths of a microsecond. Throws PgError where a statement
   * has gone on for too long: nothing else can stop it while it runs.
   */
  spend(work: number): void;
  /** Counts bytes that are held in memory until the statement ends. Throws PgError for too many. */
  keep(bytes: number): void;
  /** Counts bytes of values that are written. Throws PgError for too many. */
  write(bytes: number): void;
  /** The next value of a sequence. Throws PgError; 25006 where nothing may be written. */
  nextval(oid: Oid): bigint;
  /** As nextval() called so many times, or less often: fewer values where the sequence ends. */
  nextvals(oid: Oid, count: number): SequenceRun;
  /** `isCalled`: the next value is the one after. Throws PgError. */
  setval(oid: Oid, value: bigint, isCalled: boolean): void;
  /** Listeners are told when the transaction has committed. Throws PgError as nextval() does. */
  notify(notification: Notification): void;
  /**
   * Does something outside of the transaction, through the log, and gives its result: at most once,
   * however often the statement runs. Only for functions with `needsTransaction` or `isOfSession`.
   */
  action(action: string): SqliteValue;
  /** The row is in the result, and locked for it. False: it is not to be in it. */
  claimRow(row: RowClaim): boolean;
  /** The rows that an ON CONFLICT DO UPDATE has written. */
  upserted(): UpsertedRows;
  /** For the steps of the statement behind this one, see kept-rows.ts. */
  keepRow(set: number, row: readonly SqliteValue[]): void;
  keptRows(set: number): readonly (readonly SqliteValue[])[];
  /** False: SKIP LOCKED has to do without it. */
  isRowFree(row: RowClaim): boolean;
  /** False: nobody has locked rows of the table. */
  hasLockedRows(table: Oid): boolean;
  /** The row is about to be written, see WRITE_ROW. Throws RowHeld if another transaction has it. */
  writeRow(table: Oid, key: number, mode: LockMode): void;
}

/**
 * How a call runs. `sql` wraps the emitted arguments in SQLite SQL and must use each argument
 * exactly once; `js` is a function that every connection registers under `sqlName`; names start
 * with `pg_`. JS functions get and return values as stored (integers as bigint) and throw PgError.
 */
export type Implementation =
  | { readonly kind: 'sql'; emit(args: readonly string[]): string }
  | {
      readonly kind: 'js';
      readonly sqlName: string;
      call(args: readonly SqliteValue[], context: CallContext): SqliteValue;
    };

export interface FunctionSignature {
  readonly oid: Oid;
  readonly name: string;
  readonly arguments: readonly Oid[];
  /** The last argument may repeat (its type is the element type). */
  readonly isVariadic?: boolean;
  /** For calls that name their arguments: `days => 1`. */
  readonly parameterNames?: readonly string[];
  /** Values of the trailing arguments that may be left out. */
  readonly defaults?: readonly SqliteValue[];
  readonly result: Oid;
  readonly volatility: Volatility;
  /** NULL in, NULL out, without a call. */
  readonly isStrict: boolean;
  /** It calls CallContext.action(): the statement must be an interactive transaction. */
  readonly needsTransaction?: boolean;
  /** Its action() is for the session itself, which a reader can tell at once. */
  readonly isOfSession?: boolean;
  /** Settings and facts that the function asks the context for: pinned in replicated commands. */
  readonly settings?: readonly string[];
  /** A call changes something: the statement goes through the log. */
  readonly hasEffects?: boolean;
  /** A table of the catalog that the call reads by itself. */
  readonly reads?: Oid;
  /** The call gets the oid of the type that anyelement or anycompatible is, before all else. */
  readonly takesElementType?: boolean;
  /** Arguments of any type arrive as what their output functions make of them. */
  readonly takesTexts?: boolean;
  /** Each argument comes after the oid of its type. */
  readonly takesTypes?: boolean;
  readonly implementation: Implementation;
}

/** Postgres' aggregate or window function over one of SQLite's or of ours. */
export interface AggregateSignature {
  readonly oid: Oid;
  readonly name: string;
  readonly arguments: readonly Oid[];
  readonly isVariadic?: boolean;
  readonly result: Oid;
  readonly isWindowOnly: boolean;
  /** SQLite's name where it differs, and text that goes before the arguments. */
  readonly sqliteName?: string;
  readonly leadingArgument?: string;
  /** Which argument of the SQLite function is the value. */
  readonly valueIndex?: number;
  /** As in FunctionSignature. */
  readonly takesTypes?: boolean;
  readonly settings?: readonly string[];
  readonly implementation:
    | { readonly kind: 'sql'; emit(args: readonly string[]): string }
    | {
        readonly kind: 'js';
        readonly sqlName: string;
        /** A fresh state; must be plain data. */
        start(): unknown;
        step(state: unknown, args: readonly SqliteValue[], context: CallContext): unknown;
        /** Takes the oldest row out again, for window frames; absent: the others are added up anew. */
        inverse?(state: unknown, args: readonly SqliteValue[], context: CallContext): unknown;
        finish(state: unknown, context: CallContext): SqliteValue;
      };
}

/** A function in FROM (or a select list) that returns rows: generate_series, unnest, ... */
export interface SetFunctionSignature {
  readonly oid: Oid;
  readonly name: string;
  readonly arguments: readonly Oid[];
  readonly columns: readonly { readonly name: string; readonly type: Oid }[];
  /** As in FunctionSignature. */
  readonly parameterNames?: readonly string[];
  readonly defaults?: readonly SqliteValue[];
  readonly takesElementType?: boolean;
  readonly isStrict: boolean;
  readonly volatility: Volatility;
  /** See FunctionSignature. */
  readonly settings?: readonly string[];
  readonly hasEffects?: boolean;
  readonly sqlName: string;
  /** How many arguments the SQLite function takes, where they are not `arguments`. */
  readonly parameterCount?: number;
  /** Registered as a table-valued function of that name. */
  rows(args: readonly SqliteValue[], context: CallContext): Iterable<readonly SqliteValue[]>;
}

export interface OperatorSignature {
  readonly name: string;
  /** 0 for a prefix operator. */
  readonly left: Oid;
  readonly right: Oid;
  readonly result: Oid;
  readonly isStrict: boolean;
  readonly volatility: Volatility;
  readonly settings?: readonly string[];
  /** As in FunctionSignature. */
  readonly takesElementType?: boolean;
  /** Arguments of any type arrive as text. */
  readonly takesTexts?: boolean;
  /**
   * `comparison`: emit compares the operands (through their types' sort keys) with SQLite's own
   * operator, so that indexes are used.
   */
  readonly implementation:
    Implementation | { readonly kind: 'comparison'; readonly sqlite: string };
}

/** pg_cast (PG: 53.10). */
export interface CastSignature {
  readonly source: Oid;
  readonly target: Oid;
  readonly context: 'implicit' | 'assignment' | 'explicit';
  readonly volatility: Volatility;
  readonly settings?: readonly string[];
  readonly implementation: Implementation;
}
