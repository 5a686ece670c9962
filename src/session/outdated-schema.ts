// A statement is compiled for the schema that this node has, which may be older than what other
// nodes have acknowledged. What compiles is checked where it runs; what fails to compile runs
// nowhere, so the error counts only if the schema is known to be the newest. The same holds for what
// a client is told of a statement before it runs.
import { PgError } from '../errors/pg-error.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';

/**
 * True if the schema was not the newest, and this node now has that: compile again. `version`: of
 * this node's schema before the statement was compiled, as it may move on meanwhile. Throws PgError.
 */
export async function isOutdated(context: SessionContext, version: number): Promise<boolean> {
  await freshen(context);
  return context.backend.catalog().version !== version;
}

/** Waits until this node has the newest schema, unless it is known to have it. Throws PgError. */
export async function freshen(context: SessionContext): Promise<void> {
  const options = runOptions(context);
  const { arrivals, backend } = context;
  const mark = arrivals.mark();
  await backend.freshen(options);
  if (options.consistency === 'linearizable') arrivals.cover(mark);
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
    if (!(error instanceof PgError) || !(await isOutdated(context, version))) throw error;
    return compile();
  }
}
