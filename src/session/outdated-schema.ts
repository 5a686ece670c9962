// A statement is compiled for the schema that this node has, which may be older than what other
// nodes have acknowledged. What compiles is checked where it runs; what fails to compile runs
// nowhere, so the error counts only if the schema is known to be the newest.
import { PgError } from '../errors/pg-error.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';

/** The grammar knows no schema. */
const SYNTAX_ERROR = '42601';

/** True if this node's schema was not the newest, and now is: compile again. Throws PgError. */
export async function isOutdated(context: SessionContext, failure: PgError): Promise<boolean> {
  if (failure.code === SYNTAX_ERROR) return false;
  const { backend } = context;
  const { version } = backend.catalog();
  await backend.freshen(runOptions(context));
  return backend.catalog().version !== version;
}

/** Throws what `compile` throws for the newest schema. */
export async function withNewestSchema<Result>(
  context: SessionContext,
  compile: () => Result,
): Promise<Result> {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof PgError) || !(await isOutdated(context, error))) throw error;
    return compile();
  }
}
