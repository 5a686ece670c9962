// PREPARE, and EXECUTE whose arguments are to be computed: they are a query of their own, in one
// transaction with the statement (PG: prepare.c).
import type { Catalog } from '../catalog/catalog.ts';
import type { QueryPlan, Utility } from '../sql/plan.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { must } from '../util/assert.ts';
import type { StatementResult } from './backend.ts';
import { freshen, withNewestSchema } from './outdated-schema.ts';
import { PreparedStatement } from './prepared-statement.ts';
import type { SessionContext } from './session-context.ts';
import { dependsOnTables } from './session-plan.ts';
import type { SessionPlan, SessionUtilityPlan } from './session-plan.ts';

/** From then on its parameters and its columns stay. Throws 42P05, and what compiling throws. */
export async function prepare(
  context: SessionContext,
  { name, types, query }: Extract<Utility, { kind: 'prepare' }>,
): Promise<void> {
  const statement = new PreparedStatement(context, query, types);
  const compile = (): SessionPlan | null => statement.compile(null);
  let plan = await withNewestSchema(context, compile);
  if (plan !== null && !context.block.hasRun && dependsOnTables(plan)) {
    await freshen(context);
    plan = compile();
  }
  statement.tell(plan);
  context.statements.refuseTaken(name);
  context.statements.set(name, statement, true);
}

/** In the transaction that is open, or in one of its own. */
export async function executeComputed(
  context: SessionContext,
  plan: SessionUtilityPlan,
): Promise<StatementResult> {
  const { block } = context;
  const compile = must(plan.compileQuery, 'EXECUTE has a statement');
  const compileArguments = must(plan.compileArguments, 'EXECUTE has arguments');
  const isAlone = !block.isOpen;
  if (isAlone) block.beginImplicit();
  const run = (
    compilePlan: (catalog: Catalog) => QueryPlan,
    parameters: readonly SqliteValue[],
  ): Promise<StatementResult> =>
    block.run({ plan: compilePlan(block.catalog()), parameters }, (catalog) => ({
      plan: compilePlan(catalog),
      parameters,
    }));
  const { rows } = await run(compileArguments, []);
  const result = await run(compile, must(rows?.[0], 'arguments are one row'));
  if (isAlone) await block.endImplicit();
  return result;
}
