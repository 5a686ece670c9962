// Running one request: its statements in order, all or nothing. What a user did wrong becomes an
// outcome, the same on all nodes; anything else stops the node (R54).
import { PgError } from '../errors/pg-error.ts';
import type { Oid } from '../types/pg-type.ts';
import { CatalogWanted } from './call-context.ts';
import type { RequestContext } from './call-context.ts';
import type { ErrorData, Outcome, Request, Step, StepResult } from './command.ts';
import { isFatalCode, sqliteCode } from './database.ts';
import type { Database, StatementRun } from './database.ts';
import type { MachineMutations } from './mutations.ts';

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

export interface ExecutionOptions {
  readonly database: Database;
  readonly context: RequestContext;
  readonly explain: ExplainConstraint;
  /** Foreign keys that are checked at the end of a request: null if there are none. */
  readonly deferredKeys: (isSchemaChanging: boolean) => { isViolated(): boolean } | null;
  readonly mutations: MachineMutations;
}

/** What a statement may run into without harm to others. */
const STRING_LIMIT = 'Invalid string length';

export class Execution {
  readonly #options: ExecutionOptions;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  /** Throws MachineHalted. */
  run(request: Request): Outcome {
    const { context, deferredKeys } = this.#options;
    context.begin(request);
    const isSchemaChanging = request.schemaChanges > 0;
    const keys = isSchemaChanging ? null : deferredKeys(false);
    // SQLite undoes a single statement that fails by itself.
    const [only] = request.statements.length === 1 ? (request.statements[0] ?? []) : [];
    const isSingle = only !== undefined && request.statements[0]?.length === 1;
    const isPlain = isSingle && keys === null && !request.isDoomed && !isSchemaChanging;
    return isPlain ? this.#runSingle(only) : this.#runInSavepoint(request);
  }

  #runSingle(step: Step): Outcome {
    const result = this.#runStep(step);
    if ('code' in result) return { kind: 'failed', results: [], error: result };
    return { kind: 'done', results: [step.isResult ? result : { rows: null, count: 0 }] };
  }

  #runInSavepoint(request: Request): Outcome {
    const { database, context } = this.#options;
    database.run('SAVEPOINT request');
    const outcome = this.#checkEnd(request, this.#runStatements(request));
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
    for (const steps of request.statements) {
      let statementResult: StepResult = { rows: null, count: 0 };
      for (const step of steps) {
        // An earlier step may have changed the schema.
        if (request.schemaChanges > 0) this.#options.context.forgetCatalog();
        const result = this.#runStep(step);
        if ('code' in result) return { kind: 'failed', results, error: result };
        if (step.isResult) statementResult = result;
      }
      results.push(statementResult);
    }
    return { kind: 'done', results };
  }

  /** Where Postgres would commit: the last statement takes the blame, as in a transaction of one. */
  #checkEnd(request: Request, outcome: Outcome): Outcome {
    const { deferredKeys, explain } = this.#options;
    if (outcome.kind !== 'done') return outcome;
    const keys = deferredKeys(request.schemaChanges > 0);
    if (keys?.isViolated() !== true) return outcome;
    const written = request.statements.flat().map(({ rowsAtFault }) => rowsAtFault?.tableOid ?? 0);
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
    const drawn = context.drawn;
    try {
      return resultOf(step, this.#runWithCatalog(step, drawn));
    } catch (error) {
      // The query for the rows at fault is to draw what the statement drew.
      context.rewind(drawn);
      return this.#errorDataOf(error, step);
    }
  }

  #runWithCatalog({ sql, values }: Step, drawn: number): StatementRun {
    const { database, context } = this.#options;
    try {
      return database.run(sql, values);
    } catch (error) {
      if (!(error instanceof CatalogWanted)) throw error;
      context.rewind(drawn);
      context.loadCatalog();
      return database.run(sql, values);
    }
  }

  #errorDataOf(error: unknown, step: Step): ErrorData {
    if (!this.#options.database.isInTransaction) throw halted(error, step);
    if (error instanceof PgError) return pgErrorData(error);
    const code = sqliteCode(error);
    const message = error instanceof Error ? error.message : String(error);
    if (code === null && error instanceof RangeError && message === STRING_LIMIT) {
      return { code: '54000', message: 'a value exceeds the limit for its length', fields: {} };
    }
    if (code === null || isFatalCode(code)) {
      if (this.#options.mutations.fatalErrorAsResult !== true) throw halted(error, step);
      return { code: 'XX000', message, fields: {} };
    }
    if (code.startsWith('SQLITE_CONSTRAINT')) {
      return this.#options.explain(code, message, step, []);
    }
    return sqliteErrorData(code, message);
  }
}

function resultOf(step: Step, { rows, count }: StatementRun): StepResult {
  return { rows: step.hasRows ? rows : null, count };
}

function halted(error: unknown, step: Step): MachineHalted {
  const code = sqliteCode(error);
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new MachineHalted(`${code ?? name}: ${message} in ${step.sql}`, { cause: error });
}

/** Deterministic: the same statement on the same state fails in the same way everywhere. */
function sqliteErrorData(code: string, message: string): ErrorData {
  if (code === 'SQLITE_TOOBIG') {
    return { code: '54000', message: 'a value exceeds the limit for its length', fields: {} };
  }
  if (message.includes('integer overflow')) {
    return { code: '22003', message: 'bigint out of range', fields: {} };
  }
  return { code: 'XX000', message: `the compiled statement failed: ${message}`, fields: {} };
}

function pgErrorData(error: PgError): ErrorData {
  const fields: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(error.fields)) {
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
  }
  return { code: error.code, message: error.message, fields };
}
