// A statement is compiled for the schema that this node has, which may be older than what other
// nodes have acknowledged. What compiles is checked where it runs; what fails to compile runs
// nowhere, so the error counts only if the schema is known to be the newest.
import { PgError } from '../errors/pg-error.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';

/** The grammar knows no schema. */
const SYNTAX_ERROR = '42601';

/**
 * True if the schema was not the newest, and this node now has that: compile again. `version`: of
 * this node's schema before the statement was compiled, as it may move on meanwhile. Throws PgError.
 */
export async function isOutdated(
  context: SessionContext,
  failure: PgError,
  version: number,
): Promise<boolean> {
  if (failure.code === SYNTAX_ERROR) return false;
  const { backend } = context;
  await backend.freshen(runOptions(context));
  return backend.catalog().version !== version;
}

/** Throws what `compile` throws for the newest schema. */
export async function withNewestSchema<Result>(
  context: SessionContext,
  compile: () => Result,
): Promise<Result> {
  const { version } = context.backend.catalog();
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof PgError) || !(await isOutdated(context, error, version))) throw error;
    return compile();
  }
}
