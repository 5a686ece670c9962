// What a statement failed with, if the statement itself is to blame: then it fails in the same way
// wherever it runs on the same data, and the client is told. Anything else is about this node (R54).
import { PgError } from '../errors/pg-error.ts';
import type { SqlState } from '../errors/sqlstate.ts';
import type { ErrorData } from './command.ts';
import { isFatalCode, sqliteCode } from './database.ts';

/** RangeErrors of the engine that depend on the node; others depend on the values alone. */
const STACK_OVERFLOW = 'Maximum call stack size exceeded';
const ALLOCATION_FAILURE = 'Array buffer allocation failed';
const STRING_TOO_LONG = 'Invalid string length';

/** How SQLite begins to say that a statement is beyond one of its limits. */
const TOO_COMPLEX = ['too many ', 'at most ', 'VIEWs and/or subqueries nested', 'Expression tree'];

/** null: the node is to blame. Constraint violations need explainConstraint(). */
export function statementErrorData(error: unknown): ErrorData | null {
  if (error instanceof PgError) return pgErrorData(error);
  const code = sqliteCode(error);
  if (code !== null) return isFatalCode(code) ? null : sqliteErrorData(code, error as Error);
  return error instanceof RangeError ? rangeErrorData(error) : null;
}

export function pgErrorData({ code, message, fields: all }: PgError): ErrorData {
  const fields: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(all)) {
    if (typeof value === 'string' || typeof value === 'number') fields[name] = value;
  }
  return { code, message, fields };
}

/** What pgErrorData() was made of, as far as it goes through the log. */
export function pgErrorOf({ code, message, fields }: ErrorData): PgError {
  return new PgError(code as SqlState, message, fields);
}

function sqliteErrorData(code: string, { message }: Error): ErrorData {
  if (code === 'SQLITE_TOOBIG') return tooLong();
  if (message.includes('integer overflow')) {
    return { code: '22003', message: 'bigint out of range', fields: {} };
  }
  const isTooComplex = TOO_COMPLEX.some((start) => message.startsWith(start));
  const failure = `the compiled statement failed: ${message}`;
  return { code: isTooComplex ? '54001' : 'XX000', message: failure, fields: {} };
}

/** A function of ours did not check its arguments. No reason to stop all nodes, again and again. */
function rangeErrorData({ message }: RangeError): ErrorData | null {
  if (message === STACK_OVERFLOW || message === ALLOCATION_FAILURE) return null;
  if (message === STRING_TOO_LONG) return tooLong();
  return { code: 'XX000', message: `a value is out of range: ${message}`, fields: {} };
}

function tooLong(): ErrorData {
  return { code: '54000', message: 'a value exceeds the limit for its length', fields: {} };
}
