// Running one request: its statements in order, all or nothing. What a user did wrong becomes an
// outcome, the same on all nodes; anything else stops the node (R54).
import { PgError } from '../errors/pg-error.ts';
import type { ErrorData, Outcome, Request, Step, StepResult } from './command.ts';
import { isFatalCode, sqliteCode } from './database.ts';
import type { Database } from './database.ts';

/** The node must not go on: its state could differ from the others'. */
export class MachineHalted extends Error {
  override readonly name = 'MachineHalted';
}

/** Words a constraint violation as Postgres does. */
export type ExplainConstraint = (code: string, message: string, step: Step) => ErrorData;

export function executeRequest(
  database: Database,
  request: Request,
  explain: ExplainConstraint,
): Outcome {
  // SQLite undoes a single statement that fails by itself.
  const isSingle = request.statements.length === 1 && request.statements[0]?.length === 1;
  if (isSingle && !request.isDoomed) return executeSingle(database, request, explain);
  database.run('SAVEPOINT request');
  const outcome = executeStatements(database, request, explain);
  if (outcome.kind === 'failed' || request.isDoomed) database.run('ROLLBACK TO request');
  database.run('RELEASE request');
  return outcome;
}

function executeSingle(database: Database, request: Request, explain: ExplainConstraint): Outcome {
  const step = request.statements[0]?.[0] as Step;
  const result = runStep(database, step, explain);
  if ('code' in result) return { kind: 'failed', results: [], error: result };
  return { kind: 'done', results: [step.isResult ? result : { rows: null, count: 0 }] };
}

function executeStatements(
  database: Database,
  request: Request,
  explain: ExplainConstraint,
): Outcome {
  const results: StepResult[] = [];
  for (const steps of request.statements) {
    let statementResult: StepResult = { rows: null, count: 0 };
    for (const step of steps) {
      const result = runStep(database, step, explain);
      if ('code' in result) return { kind: 'failed', results, error: result };
      if (step.isResult) statementResult = result;
    }
    results.push(statementResult);
  }
  return { kind: 'done', results };
}

function runStep(
  database: Database,
  step: Step,
  explain: ExplainConstraint,
): StepResult | ErrorData {
  try {
    const { rows, count } = database.run(step.sql, step.values);
    return { rows: step.hasRows ? rows : null, count };
  } catch (error) {
    return errorDataOf(error, step, explain);
  }
}

function errorDataOf(error: unknown, step: Step, explain: ExplainConstraint): ErrorData {
  if (error instanceof PgError) return pgErrorData(error);
  const code = sqliteCode(error);
  const { message } = error as Error;
  if (code === null || isFatalCode(code)) {
    throw new MachineHalted(`${code ?? (error as Error).name}: ${message} in ${step.sql}`, {
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_CONSTRAINT')) return explain(code, message, step);
  if (code === 'SQLITE_TOOBIG') {
    return { code: '54000', message: 'a value exceeds the limit of 1 GB', fields: {} };
  }
  if (message.includes('integer overflow')) {
    return { code: '22003', message: 'bigint out of range', fields: {} };
  }
  // Deterministic: the same text fails in the same way everywhere.
  return { code: 'XX000', message: `the compiled statement failed: ${message}`, fields: {} };
}

export function pgErrorData(error: PgError): ErrorData {
  const fields: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(error.fields)) {
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
  }
  return { code: error.code, message: error.message, fields };
}
