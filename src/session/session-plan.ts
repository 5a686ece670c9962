// Plans with what only the session knows: the columns of a cursor, the query behind a DECLARE.
import type { Catalog } from '../catalog/catalog.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import { queryPlan } from '../sql/plan.ts';
import type { Plan, QueryPlan, UtilityPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SessionContext } from './session-context.ts';
import { compileSettings } from './session-context.ts';

export interface SessionUtilityPlan extends UtilityPlan {
  /** Of DECLARE and EXPLAIN: the query inside, for a schema. */
  readonly compileQuery?: (catalog: Catalog) => QueryPlan;
  /** Rows leave in binary format, whatever the client asked for. */
  readonly isBinary?: boolean;
}

export type SessionPlan = Exclude<Plan, UtilityPlan> | SessionUtilityPlan;

/** Backend.compile with what the session adds. Throws PgError. */
export function compileStatement(
  context: SessionContext,
  statement: ParsedStatement,
  parameterTypes: readonly Oid[] | null,
  catalog: Catalog,
): SessionPlan {
  const { backend, cursors } = context;
  const settings = compileSettings(context);
  const plan = backend.compile(statement, parameterTypes, catalog, settings);
  if (plan.kind !== 'utility') return plan;
  const { utility } = plan;
  if (utility.kind === 'fetch' && !utility.isMove)
    return { ...plan, ...cursors.shapeOf(utility.name) };
  if (utility.kind !== 'declare-cursor' && utility.kind !== 'explain') return plan;
  const compileQuery = (schema: Catalog): QueryPlan =>
    queryPlan(backend.compile(utility.query, parameterTypes, schema, settings));
  const { parameterTypes: types } = compileQuery(catalog);
  return { ...plan, parameterTypes: types, compileQuery };
}

/** True if the tables that it is about may be changed by users. */
export function dependsOnTables(plan: SessionPlan): boolean {
  if (plan.kind !== 'query' || plan.changesSchema === true) return false;
  const { reads, writes, catalog } = plan;
  return [...reads, ...writes].some((oid) => catalog.relationByOid(oid)?.isSystem !== true);
}

const MOMENTARY = ['fetch', 'declare-cursor', 'explain'];

/** It depends on what the session has at the moment: not to be kept. */
export function isMomentary(plan: Plan): boolean {
  return plan.kind === 'utility' && MOMENTARY.includes(plan.utility.kind);
}
