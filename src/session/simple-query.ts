// A query string of the simple protocol: its statements are one transaction (PG: 55.2.2). They are
// compiled in order, each against the schema that the one before leaves, and then run together.
// Where a transaction block is open, or the string opens or ends one, they run one by one; also where
// a statement of the session's own, such as SET, is behind a write: it cannot be run with it.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { CopyPlan } from '../sql/copy/plan.ts';
import { changesInWith } from '../sql/bind/changing-with.ts';
import { tableCreation } from '../sql/ddl/create-table-as.ts';
import { asTag, list, stringOf, tagOf } from '../sql/parse/node.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import { copyPlan, queryPlan } from '../sql/plan.ts';
import type { QueryPlan } from '../sql/plan.ts';
import { transactionWord } from '../sql/transaction-statement.ts';
import { isUtility } from '../sql/utility.ts';
import type { BoundPlan, TransactionResult } from './backend.ts';
import { runCopy } from './copy.ts';
import { isOutdated, withNewestSchema } from './outdated-schema.ts';
import { writeSimpleResult } from './results.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';
import { compileStatement, executeOf } from './session-plan.ts';
import type { SessionPlan, SessionUtilityPlan } from './session-plan.ts';
import { runUtility } from './utility.ts';

/** Writes everything of the answer but ReadyForQuery. Throws PgError for the statement that failed. */
export async function runSimpleQuery(context: SessionContext, sql: string): Promise<void> {
  const parsed = context.backend.parse(sql);
  if (parsed.length === 0) {
    context.writer.emptyQueryResponse();
    return;
  }
  if (isBlock(context, parsed)) {
    await runInBlock(context, parsed);
    return;
  }
  let at = 0;
  while (at < parsed.length) {
    const run = await compileNext(context, parsed, at);
    if (run.plans.length > 0) await runPlans(context, parsed, at, run);
    at += run.plans.length;
    if (run.failure !== null) throw run.failure;
    if (run.copy !== null) {
      const statement = parsed[at] as ParsedStatement;
      await runCopy(context, run.copy, (catalog) =>
        copyPlan(compileOne(context, statement, catalog)),
      );
      at += 1;
    }
    if (run.utility !== null) {
      writeSimpleResult(context, run.utility, await runUtility(context, run.utility));
      at += 1;
    }
  }
}

/** Statements that are in a block with others of their string. */
const IN_BLOCK = [
  'CopyStmt',
  'ConstraintsSetStmt',
  'LockStmt',
  'DeclareCursorStmt',
  'DiscardStmt',
  'VacuumStmt',
  'VariableSetStmt',
];

/** True if what was run already must be known before the rest: it cannot be run together then. */
function isBlock({ block }: SessionContext, parsed: readonly ParsedStatement[]): boolean {
  if (block.isOpen || hasWriteBeforeUtility(parsed)) return true;
  const isMany = parsed.length > 1;
  return parsed.some((statement) => {
    const needsBlock = IN_BLOCK.includes(tagOf(statement.node)) || executeOf(statement) !== null;
    return transactionWord(statement) !== null || (isMany && (needsBlock || sets(statement.node)));
  });
}

/** It calls set_config(): what comes after it may mean something else. */
function sets(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const call = asTag(node, 'FuncCall');
  if (call !== null && stringOf(list(call, 'funcname').at(-1) ?? {}) === 'set_config') return true;
  return Object.values(node).some(sets);
}

function hasWriteBeforeUtility(parsed: readonly ParsedStatement[]): boolean {
  const write = parsed.findIndex(
    ({ node }, at) =>
      !isUtility(parsed[at] as ParsedStatement) &&
      (tagOf(node) !== 'SelectStmt' || tableCreation(node) !== null || changesInWith(node)),
  );
  return write >= 0 && parsed.findLastIndex(isUtility) > write;
}

/** One by one: in the client's transaction, or in one that ends with the string. */
async function runInBlock(
  context: SessionContext,
  parsed: readonly ParsedStatement[],
): Promise<void> {
  const { block, writer } = context;
  for (const statement of parsed) {
    block.refuseIfFailed(statement);
    if (!block.isOpen) block.beginImplicit(parsed.length > 1 ? 'string' : 'pipeline');
    const compile = (catalog: Catalog): SessionPlan => compileOne(context, statement, catalog);
    const plan = await withNewestSchema(context, () => compile(block.catalog()));
    if (plan.kind === 'query') {
      const result = await block.run({ plan, parameters: [] }, (catalog) => ({
        plan: plan.compileQuery?.(catalog) ?? queryPlan(compile(catalog)),
        parameters: [],
      }));
      writeSimpleResult(context, plan, result);
    } else if (plan.kind === 'copy') {
      await runCopy(context, plan, (catalog) => copyPlan(compile(catalog)));
    } else if (plan.utility.kind === 'transaction') {
      writer.commandComplete(await block.control(plan.utility, plan.tag.name));
    } else writeSimpleResult(context, plan, await runUtility(context, plan));
  }
  await block.endImplicit();
}

interface Run {
  readonly plans: readonly QueryPlan[];
  /** What compiling the statement after the plans failed with. */
  readonly failure: PgError | null;
  /** A statement after the plans that the session carries out itself. */
  readonly utility: SessionUtilityPlan | null;
  /** The only statement is a COPY. */
  readonly copy: CopyPlan | null;
}

async function compileNext(
  context: SessionContext,
  parsed: readonly ParsedStatement[],
  start: number,
): Promise<Run> {
  const { version } = context.backend.catalog();
  const run = compileRun(context, parsed, start);
  const isAgain = run.failure !== null && (await isOutdated(context, version));
  return isAgain ? compileRun(context, parsed, start) : run;
}

/** Compiles from `start` up to the first statement that does not go to the node. */
function compileRun(
  context: SessionContext,
  parsed: readonly ParsedStatement[],
  start: number,
  catalog: Catalog = context.backend.catalog(),
): Run {
  const plans: QueryPlan[] = [];
  let current = catalog;
  for (let at = start; at < parsed.length; at++) {
    try {
      const statement = parsed[at] as ParsedStatement;
      const plan = compileOne(context, statement, current);
      if (plan.kind === 'utility') return { plans, failure: null, utility: plan, copy: null };
      if (plan.kind === 'copy') return { plans, failure: null, utility: null, copy: plan };
      context.block.refuseWrite(plan);
      plans.push(plan);
      current = plan.catalog;
    } catch (error) {
      if (error instanceof PgError) return { plans, failure: error, utility: null, copy: null };
      throw error;
    }
  }
  return { plans, failure: null, utility: null, copy: null };
}

function compileOne(
  context: SessionContext,
  statement: ParsedStatement,
  catalog: Catalog,
): SessionPlan {
  return compileStatement(context, statement, null, catalog);
}

async function runPlans(
  context: SessionContext,
  parsed: readonly ParsedStatement[],
  start: number,
  run: Run,
): Promise<void> {
  const bind = (plans: readonly QueryPlan[]): readonly BoundPlan[] =>
    plans.map((plan) => ({ plan, parameters: [] }));
  const bound = bind(run.plans);
  const options = runOptions(context);
  let plans: readonly QueryPlan[] = run.plans;
  const recompile = (catalog: Catalog): readonly BoundPlan[] => {
    const again = compileRun(context, parsed, start, catalog);
    if (again.plans.length < plans.length && again.failure !== null) throw again.failure;
    plans = again.plans.slice(0, run.plans.length);
    return bind(plans);
  };
  const immediate =
    run.failure === null ? (context.backend.runImmediately?.(bound, options) ?? null) : null;
  const result: TransactionResult =
    immediate ?? (await context.backend.run(bound, options, run.failure, recompile));
  for (const [at, statementResult] of result.results.entries()) {
    writeSimpleResult(context, plans[at] as QueryPlan, statementResult);
  }
  if (result.error !== null) throw result.error;
}
