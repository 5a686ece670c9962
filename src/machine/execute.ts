// Running one request: its statements in order, all or nothing. What a user did wrong becomes an
// outcome, the same on all nodes; anything else stops the node (R54).
import { SET_CONSTRAINT_MODE } from '../catalog/constraint-modes.ts';
import { bytesOfRow } from '../sql/functions/bounds.ts';
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import { NO_COST } from './call-context.ts';
import type { RequestContext, ValueRow } from './call-context.ts';
import type { ErrorData, Outcome, Request, Step, StepResult } from './command.ts';
import { sqliteCode } from './database.ts';
import type { Database, StatementRun } from './database.ts';
import type { DeferredKeys } from './deferred-keys.ts';
import type { KeyGuard, WatchedKeys } from './key-guard.ts';
import type { Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import { LastRowWanted } from './own-rows.ts';
import { ActionWanted } from './performed-actions.ts';
import { recordedAt } from './recorded-request.ts';
import { heldError, RowHeld } from './row-guard.ts';
import type { ReservedValues } from './reserved-values.ts';
import { SequenceExhausted } from './sequence-values.ts';
import { statementErrorData } from './statement-error.ts';

/** The node must not go on: its state could differ from the others'. */
export class MachineHalted extends Error {
  override readonly name = 'MachineHalted';
}

/**
 * Words a constraint violation as Postgres does. `step` null: found where the request ended, which
 * wrote rows to the tables `written`.
 */
export type ExplainConstraint = (
  code: string,
  message: string,
  step: Step | null,
  written: readonly Oid[],
) => ErrorData;

/** Of foreign keys that SQLite does not check where a statement ends, see deferred-keys.ts. */
export interface KeyChecks {
  /** A transaction begins. */
  begin(): void;
  /** null: the schema has no such keys. */
  ifAny(isSchemaChanging: boolean): Pick<DeferredKeys, 'isViolated' | 'errorOfImmediate'> | null;
}

export const NO_KEY_CHECKS: KeyChecks = { begin: () => undefined, ifAny: () => null };

export interface ExecutionOptions {
  readonly database: Database;
  readonly context: RequestContext;
  readonly explain: ExplainConstraint;
  readonly deferredKeys: KeyChecks;
  /** The key of the last row of a table, 0: it has none, or there is no such table. Absent: not known. */
  readonly lastRow?: ((table: Oid) => number) | undefined;
  /** Absent: the schema has no foreign keys. */
  readonly keyGuard?: Pick<KeyGuard, 'watch' | 'run'> | undefined;
  readonly mutations: MachineMutations;
}

export class Execution {
  readonly #options: ExecutionOptions;
  /** Of the running statement, or request. */
  #watched: WatchedKeys | null = null;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  /**
   * One statement of an interactive transaction, within an open SQLite transaction. Undone by
   * itself if it fails. `reserved`: what the transaction took from sequences, the same object for
   * all its statements; null: they take them as they come. `locks`: it may ask
   * for rows; null: it was told before, and has what it locked. Throws MachineHalted; SequenceExhausted and ActionWanted if the statement
   * was not recorded in full, RowHeld, LastRowWanted, and then the SQLite transaction must be rolled back.
   */
  runStatement(
    request: Request,
    at: number,
    reserved: ReservedValues | null,
    locks: Pick<Locks, 'isFree'> | null,
  ): StepResult | ErrorData {
    const { database, context, deferredKeys } = this.#options;
    const steps = must(request.statements[at], `the request has a statement ${at}`);
    const { seed, settings, changesSchema, actions, isRead } = recordedAt(request, at);
    context.begin({ now: request.now, seed, settings });
    // Reads run only where they may differ, and what locked rows is cheaper the second time.
    if (!isRead && actions.length === 0) context.countForTransaction(bytesOf(steps));
    if (reserved !== null) context.useReserved(reserved);
    context.usePerformed(actions, locks);
    this.#noteInserts(steps);
    this.#watched = changesSchema || isRead ? null : this.#watch(writtenIn(request, at));
    // SQLite undoes a single step by itself; and a savepoint of the client must not be in ours.
    const [only] = steps;
    const isControl = only?.isResult === false;
    const isUnchecked = isControl || deferredKeys.ifAny(request.schemaChanges > 0) === null;
    if (only !== undefined && steps.length === 1 && isUnchecked) {
      const told = this.#runStep(only);
      if (changesSchema) context.forgetCatalog();
      return 'code' in told ? told : this.#told(only.isResult ? told : NOTHING);
    }
    database.run('SAVEPOINT statement');
    const told = this.#runSteps(request, at, changesSchema);
    if ('code' in told) {
      database.run('ROLLBACK TO statement');
      database.resetPragmas();
    }
    database.run('RELEASE statement');
    if (changesSchema) context.forgetCatalog();
    return told;
  }

  /** Locked rows that foreign keys of the tables are about. */
  #watch(tables: readonly Oid[]): WatchedKeys | null {
    return this.#options.keyGuard?.watch(tables) ?? null;
  }

  #noteInserts(steps: readonly Step[]): void {
    const { context, lastRow } = this.#options;
    if (lastRow === undefined) return;
    for (const { sql, rowsAtFault } of steps) {
      // Of other statements it costs some work: the transaction runs again for nothing.
      if (rowsAtFault !== null && sql.includes('INSERT INTO '))
        context.own.note(rowsAtFault.tableOid);
    }
  }

  #runSteps(request: Request, at: number, isSchemaChanging: boolean): StepResult | ErrorData {
    let told: StepResult = NOTHING;
    this.#options.context.beginStatement();
    for (const step of request.statements[at] ?? []) {
      // An earlier step may have changed the schema.
      if (isSchemaChanging) this.#options.context.forgetCatalog();
      const result = this.#runStep(step);
      if ('code' in result) return result;
      if (step.isResult) told = result;
    }
    return this.#errorOfKeys(request, at) ?? this.#told(told);
  }

  /** Of deferrable keys that are immediate: they are checked where the statement ends. */
  #errorOfKeys(request: Request, at: number): ErrorData | null {
    const { deferredKeys } = this.#options;
    const keys = deferredKeys.ifAny(request.schemaChanges > 0);
    if (keys === null) return null;
    const steps = request.statements[at] ?? [];
    // What was deferred until now may be of any statement before.
    const isForAll = steps.some(({ sql }) => sql === SET_CONSTRAINT_MODE);
    return keys.errorOfImmediate(writtenBy(isForAll ? request.statements.flat() : steps));
  }

  /**
   * A transaction that ran before, again: takes effect if `check` finds that it would tell the
   * client the same. Throws MachineHalted.
   */
  runRecording(request: Request, check: () => number | null): Outcome {
    const { database, mutations } = this.#options;
    database.run('SAVEPOINT request');
    const outcome = this.#withLastRows(request, (lastRows) => {
      this.beginTransaction(NO_COST, lastRows);
      return orHeld(() => this.endRecording(request, check()));
    });
    if (outcome.kind !== 'done' && mutations.conflictNotUndone !== true) {
      database.run('ROLLBACK TO request');
      database.resetPragmas();
    }
    database.run('RELEASE request');
    if (outcome.kind !== 'done') this.#options.context.forgetCatalog();
    return outcome;
  }

  /** Again, where it is found out that the last rows of some tables matter. */
  #withLastRows(
    { schemaChanges }: Request,
    run: (lastRows: ReadonlyMap<Oid, number>) => Outcome,
  ): Outcome {
    const { database, context } = this.#options;
    const lastRows = new Map<Oid, number>();
    for (;;) {
      try {
        return run(lastRows);
      } catch (error) {
        if (!(error instanceof LastRowWanted)) throw error;
        database.run('ROLLBACK TO request');
        database.resetPragmas();
        if (schemaChanges > 0) context.forgetCatalog();
        lastRows.set(error.table, this.lastRow(error.table));
      }
    }
  }

  /** See ExecutionOptions. */
  lastRow(table: Oid): number {
    return this.#options.lastRow?.(table) ?? 0;
  }

  /** See Recording.isUntold: the statements of `parts`, as a whole or not at all. Throws MachineHalted. */
  runUntold(request: Request, parts: Iterable<Request>): Outcome {
    const { database, context } = this.#options;
    database.run('SAVEPOINT request');
    this.beginTransaction();
    const outcome = orHeld(() => {
      const told = this.#runParts(parts);
      return 'code' in told
        ? { kind: 'failed', results: [], error: told }
        : this.#checkEnd(request, { kind: 'done', results: [told] });
    });
    if (outcome.kind !== 'done') {
      database.run('ROLLBACK TO request');
      database.resetPragmas();
    }
    database.run('RELEASE request');
    if (outcome.kind !== 'done') context.forgetCatalog();
    return outcome;
  }

  /** All rows together; of an error the row counts from the first of them. */
  #runParts(parts: Iterable<Request>): StepResult | ErrorData {
    let count = 0;
    let last: StepResult = NOTHING;
    for (const part of parts) {
      for (const at of part.statements.keys()) {
        const told = this.runStatement(part, at, null, null);
        if ('code' in told) return behindRows(told, count);
        count += told.count;
        last = told;
      }
    }
    return { ...last, rows: null, count };
  }

  /**
   * Before the first statement of an interactive transaction that runs here; those before it have
   * cost `earlier`.
   */
  beginTransaction(earlier = NO_COST, lastRows: ReadonlyMap<Oid, number> = NO_ROWS): void {
    this.#options.deferredKeys.begin();
    this.#options.context.beginTransaction(earlier);
    this.#options.context.own.beginTransaction(lastRows);
  }

  /** What becomes of a transaction that has run, where it ends; undoing it is the caller's. */
  endRecording(request: Request, differing: number | null): Outcome {
    if (differing !== null) return { kind: 'conflict', statement: differing };
    if (this.#options.mutations.deferredKeysNotChecked === true) {
      return { kind: 'done', results: [] };
    }
    return this.#checkEnd(request, { kind: 'done', results: [] });
  }

  /** Throws MachineHalted. */
  run(request: Request): Outcome {
    const { context, deferredKeys } = this.#options;
    context.begin(request);
    const isSchemaChanging = request.schemaChanges > 0;
    this.#watched = isSchemaChanging ? null : this.#watch(request.writes);
    const keys = isSchemaChanging ? null : deferredKeys.ifAny(false);
    // SQLite undoes a single statement that fails by itself.
    const [only] = request.statements.length === 1 ? (request.statements[0] ?? []) : [];
    const isSingle = only !== undefined && request.statements[0]?.length === 1;
    const isPlain = isSingle && keys === null && !request.isDoomed && !isSchemaChanging;
    return isPlain ? orHeld(() => this.#runSingle(only)) : this.#runInSavepoint(request);
  }

  #runSingle(step: Step): Outcome {
    const result = this.#runStep(step);
    if ('code' in result) return { kind: 'failed', results: [], error: result };
    return { kind: 'done', results: [this.#told(step.isResult ? result : NOTHING)] };
  }

  #runInSavepoint(request: Request): Outcome {
    const { database, context } = this.#options;
    database.run('SAVEPOINT request');
    this.beginTransaction();
    const outcome = orHeld(() => this.#checkEnd(request, this.#runStatements(request)));
    const isUndone = outcome.kind === 'failed' || request.isDoomed;
    if (isUndone) {
      database.run('ROLLBACK TO request');
      database.resetPragmas();
    }
    database.run('RELEASE request');
    if (request.schemaChanges > 0) context.forgetCatalog();
    return outcome;
  }

  #runStatements(request: Request): Outcome {
    const results: StepResult[] = [];
    for (const at of request.statements.keys()) {
      const told = this.#runSteps(request, at, request.schemaChanges > 0);
      if ('code' in told) return { kind: 'failed', results, error: told };
      results.push(told);
    }
    return { kind: 'done', results };
  }

  /** With what the statement took from sequences. */
  #told(result: StepResult): StepResult {
    const sequences = this.#options.context.endStatement();
    return sequences.values.length === 0 ? result : { ...result, sequences };
  }

  /** Where Postgres would commit: the last statement takes the blame, as in a transaction of one. */
  #checkEnd(request: Request, outcome: Outcome): Outcome {
    const { deferredKeys, explain } = this.#options;
    if (outcome.kind !== 'done') return outcome;
    const keys = deferredKeys.ifAny(request.schemaChanges > 0);
    if (keys?.isViolated() !== true) return outcome;
    const isInParts = request.recording !== null && request.recording.staged !== null;
    const written = isInParts ? request.writes : writtenBy(request.statements.flat());
    const error = explain(
      'SQLITE_CONSTRAINT_FOREIGNKEY',
      'FOREIGN KEY constraint failed',
      null,
      written,
    );
    return { kind: 'failed', results: outcome.results.slice(0, -1), error };
  }

  #runStep(step: Step): StepResult | ErrorData {
    const { context } = this.#options;
    context.beginStep();
    try {
      const run = this.#runWatched(step);
      const wanted = context.claimsWanted();
      if (wanted !== null) throw wanted;
      context.endStep();
      return resultOf(step, run);
    } catch (error) {
      if (error instanceof RowHeld || error instanceof LastRowWanted) {
        context.undoStep();
        throw error;
      }
      // An error may be of a row that is another one once it is locked.
      const wanting = isWanting(error) ? error : context.claimsWanted();
      if (wanting !== null) {
        context.undoStep();
        throw wanting;
      }
      context.noteFailedStep();
      const row = rowAtFault(error, context.valueRow);
      // The query for the rows at fault is to draw what the statement drew.
      if (row === null) context.undoStep();
      else context.undoRow();
      const data =
        row === null ? this.#errorDataOf(error, step) : this.#errorAtRow(error, step, row);
      context.undoStep();
      return data;
    }
  }

  /** Throws RowHeld. */
  #runWatched(step: Step): StatementRun {
    const { context, keyGuard } = this.#options;
    const run = (): StatementRun => this.#runProvided(step);
    if (this.#watched === null || keyGuard === undefined) return run();
    const undo = (): void => context.undoStep();
    return keyGuard.run(this.#watched, { run, undo, onHeld: context.askFor });
  }

  /** Again and again, until its functions have all that they look at. */
  #runProvided({ sql, values }: Step): StatementRun {
    const { database, context } = this.#options;
    for (;;) {
      try {
        return database.runChecked(sql, values, (bytes) => context.keep(bytes));
      } catch (error) {
        if (!context.provide(error)) throw error;
        context.undoStep();
      }
    }
  }

  /** The row of a COPY is known: no other needs to be tried. */
  #errorAtRow(error: unknown, step: Step, row: ValueRow): ErrorData {
    const { rowsAtFault } = step;
    const values = [row.reader.current()];
    const one = rowsAtFault === null ? null : { ...rowsAtFault, values };
    const data = this.#errorDataOf(error, { ...step, rowsAtFault: one });
    return { ...data, fields: { ...data.fields, row: row.number } };
  }

  #errorDataOf(error: unknown, step: Step): ErrorData {
    const { database, explain, mutations } = this.#options;
    // Some failures of SQLite end the transaction.
    if (!database.isInTransaction) throw halted(error, step);
    const code = sqliteCode(error);
    if (code?.startsWith('SQLITE_CONSTRAINT') === true && error instanceof Error) {
      return explain(code, error.message, step, []);
    }
    const data = statementErrorData(error);
    if (data !== null) return data;
    if (mutations.fatalErrorAsResult !== true) throw halted(error, step);
    return { code: 'XX000', message: String(error), fields: {} };
  }
}

/** A row that another transaction has locked is not written: nothing of the request is to stay. */
function orHeld(run: () => Outcome): Outcome {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RowHeld)) throw error;
    return { kind: 'failed', results: [], error: heldError(error.row) };
  }
}

const NO_ROWS: ReadonlyMap<Oid, number> = new Map();
const NOTHING: StepResult = { rows: null, count: 0 };

/** Where so many rows came before those of the statement. */
function behindRows(error: ErrorData, count: number): ErrorData {
  const { row } = error.fields;
  return row === undefined
    ? error
    : { ...error, fields: { ...error.fields, row: Number(row) + count } };
}

/** Tables that the statement may write, by foreign keys too. */
function writtenIn(request: Request, at: number): readonly Oid[] {
  return [...request.writes, ...recordedAt(request, at).reads];
}

/** Tables that the steps wrote rows to. */
function writtenBy(steps: readonly Step[]): readonly Oid[] {
  return steps.map(({ rowsAtFault }) => rowsAtFault?.tableOid ?? 0);
}

/** The statement cannot run before something is done through the log. */
export function isWanting(error: unknown): error is SequenceExhausted | ActionWanted {
  return error instanceof SequenceExhausted || error instanceof ActionWanted;
}

/** About what they take in the log. */
function bytesOf(steps: readonly Step[]): number {
  let bytes = 0;
  for (const { sql, values } of steps) bytes += sql.length + bytesOfRow(values);
  return bytes;
}

/** The row of a COPY that a statement failed with; foreign keys are checked behind the last. */
function rowAtFault(error: unknown, row: ValueRow | null): ValueRow | null {
  return sqliteCode(error) === 'SQLITE_CONSTRAINT_FOREIGNKEY' ? null : row;
}

function resultOf(step: Step, { rows, count }: StatementRun): StepResult {
  return { rows: step.hasRows ? rows : null, count };
}

function halted(error: unknown, step: Step): MachineHalted {
  const code = sqliteCode(error);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new MachineHalted(`${code ?? name}: ${message} in ${step.sql}`, { cause: error });
}
