// Plans with what only the session knows: the columns of a cursor, the query behind a DECLARE or an
// EXECUTE.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError, notSupported } from '../errors/pg-error.ts';
import { tableCreation } from '../sql/ddl/create-table-as.ts';
import { compileArguments, withArguments } from '../sql/execute-arguments.ts';
import type { ExecuteArguments } from '../sql/execute-arguments.ts';
import { asTag, child, tagOf, text } from '../sql/parse/node.ts';
import type { Fields } from '../sql/parse/node.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import { queryPlan } from '../sql/plan.ts';
import type { Plan, QueryPlan, UtilityPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import { InvariantViolation, must } from '../util/assert.ts';
import type { PreparedStatement } from './prepared-statement.ts';
import type { SessionContext } from './session-context.ts';
import { compileSettings } from './session-context.ts';

interface WithQuery {
  /**
   * Of DECLARE, EXPLAIN and EXECUTE: the query inside, for a schema. Names of prepared statements
   * were looked up before: they may stand for others by then.
   */
  readonly compileQuery?: (catalog: Catalog) => QueryPlan;
}

export interface SessionUtilityPlan extends UtilityPlan, WithQuery {
  /** Of EXECUTE: a query of one row, that gives the parameters of the other. */
  readonly compileArguments?: (catalog: Catalog) => QueryPlan;
  /** Rows leave in binary format, whatever the client asked for. */
  readonly isBinary?: boolean;
}

export interface SessionQueryPlan extends QueryPlan, WithQuery {}

/** Of a statement that is wrong, as far as can be told now: it may be right when it runs. */
export interface LatePlan {
  readonly kind: 'late';
  readonly columns: null;
  readonly parameterTypes: readonly Oid[];
}

export type SessionPlan =
  Exclude<Plan, UtilityPlan | QueryPlan> | SessionUtilityPlan | SessionQueryPlan;

/** Backend.compile with what the session adds. Throws PgError. */
export function compileStatement(
  context: SessionContext,
  statement: ParsedStatement,
  parameterTypes: readonly Oid[] | null,
  catalog: Catalog,
): SessionPlan {
  const execute = executeOf(statement);
  if (execute !== null) return compileExecute(context, statement, execute, catalog);
  const { backend, cursors } = context;
  const settings = compileSettings(context);
  const plan = backend.compile(statement, parameterTypes, catalog, settings);
  if (plan.kind !== 'utility') return plan;
  const { utility } = plan;
  // Throws 42704 at once.
  if (utility.kind === 'show' && utility.name !== null) context.settings.get(utility.name);
  if (utility.kind === 'fetch' && !utility.isMove)
    return { ...plan, ...cursors.shapeOf(utility.name) };
  if (utility.kind !== 'declare-cursor' && utility.kind !== 'explain') return plan;
  const compileQuery = (schema: Catalog): QueryPlan => {
    const inside = compileStatement(context, utility.query, parameterTypes, schema);
    if (inside.kind === 'utility') throw notSupported('EXPLAIN with arguments to be computed');
    return queryPlan(inside);
  };
  const { parameterTypes: types } = compileQuery(catalog);
  return { ...plan, parameterTypes: types, compileQuery };
}

/** EXECUTE, or CREATE TABLE AS EXECUTE: its ExecuteStmt. */
export function executeOf({ node }: ParsedStatement): Fields | null {
  const creation = asTag(node, 'CreateTableAsStmt');
  return asTag(creation === null ? node : child(creation, 'query'), 'ExecuteStmt');
}

/**
 * The prepared statement with values for its parameters; or, where they must be computed first, what
 * does both.
 */
function compileExecute(
  context: SessionContext,
  statement: ParsedStatement,
  execute: Fields,
  catalog: Catalog,
): SessionUtilityPlan | SessionQueryPlan {
  const prepared = context.statements.get(text(execute, 'name'));
  const inside = (schema: Catalog): QueryPlan => {
    const plan = context.statements.nested(() => prepared.compile(schema));
    if (plan?.kind !== 'query') {
      throw notSupported('EXECUTE of a statement that is not SELECT, INSERT, UPDATE or DELETE');
    }
    const creation = asTag(statement.node, 'CreateTableAsStmt');
    return creation === null
      ? plan
      : compileCreation(context, statement, creation, prepared, schema);
  };
  const plan = inside(catalog);
  const settings = compileSettings(context);
  const { source } = statement;
  const argumentsFor = (schema: Catalog): ExecuteArguments =>
    compileArguments({ execute, source }, plan.parameterTypes, schema, settings);
  const found = argumentsFor(catalog);
  if (found.kind === 'values') {
    const compileQuery = (schema: Catalog): QueryPlan =>
      withArguments(inside(schema), found.values);
    return { ...withArguments(plan, found.values), compileQuery };
  }
  const { tag, columns } = plan;
  return {
    kind: 'utility',
    tag,
    columns,
    utility: { kind: 'execute' },
    parameterTypes: [],
    compileQuery: inside,
    compileArguments: (schema) => queryOf(argumentsFor(schema)),
  };
}

/** CREATE TABLE AS of what was prepared. Throws 42809. */
function compileCreation(
  context: SessionContext,
  { text: own }: ParsedStatement,
  creation: Fields,
  { parsed, parameterTypes }: PreparedStatement,
  schema: Catalog,
): QueryPlan {
  const { node, source, text: prepared } = must(parsed, 'it has a plan');
  if (tagOf(node) !== 'SelectStmt' || tableCreation(node) !== null) {
    throw new PgError('42809', 'prepared statement is not a SELECT');
  }
  const whole = {
    node: { CreateTableAsStmt: { ...creation, query: node } },
    source,
    // A text of its own, by which its plan is remembered.
    text: `${own} -- ${prepared}`,
  };
  const settings = compileSettings(context);
  const plan = queryPlan(context.backend.compile(whole, parameterTypes, schema, settings));
  // Also of one WITH NO DATA.
  return plan.notices.length > 0 ? plan : { ...plan, tag: { name: 'SELECT', hasCount: true } };
}

function queryOf(found: ExecuteArguments): QueryPlan {
  if (found.kind === 'query') return found.query;
  throw new InvariantViolation('what has to be computed is not known at once');
}

/** True if the tables that it is about may be changed by users. */
export function dependsOnTables(plan: SessionPlan | LatePlan): boolean {
  if (plan.kind !== 'query' || plan.changesSchema === true) return false;
  const { reads, writes, catalog } = plan;
  return [...reads, ...writes].some((oid) => catalog.relationByOid(oid)?.isSystem !== true);
}

const ANALYZED = [
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'DeclareCursorStmt',
  'ExplainStmt',
  'CreateTableAsStmt',
];

/** What it names is looked up when it runs, and not when it is parsed (PG: transformStmt). */
export function isAnalyzedLate({ node }: ParsedStatement): boolean {
  return !ANALYZED.includes(tagOf(node));
}

const MOMENTARY = ['FetchStmt', 'DeclareCursorStmt', 'ExplainStmt'];

/** Its plan depends on what the session has at the moment: not to be kept. */
export function isMomentary(statement: ParsedStatement): boolean {
  return MOMENTARY.includes(tagOf(statement.node)) || executeOf(statement) !== null;
}
