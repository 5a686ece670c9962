// The compiler: a parsed statement and the schema -> a plan. Parse, bind, emit; the same input
// always gives the same plan.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import { UNKNOWN, TEXT } from '../types/oids.ts';
import type { Oid } from '../types/pg-type.ts';
import { topWith } from './bind/change.ts';
import { bindDelete } from './bind/delete.ts';
import { bindInsert } from './bind/insert.ts';
import { bindUpdate } from './bind/update.ts';
import type { Change, Insert, Update } from './tree/change.ts';
import { BindContext } from './bind/context.ts';
import { derivedFrom, plainSelect } from './bind/derived.ts';
import { bindSelectFields } from './bind/select.ts';
import { compileCopy } from './copy/compile-copy.ts';
import { compileDdl } from './ddl/compile-ddl.ts';
import { createTableAs, tableCreation } from './ddl/create-table-as.ts';
import {
  emitDelete,
  emitInsert,
  emitInsertRows,
  emitUpdate,
  emitUpdatedRows,
} from './emit/change.ts';
import { allRowsWritten } from './emit/written-rows.ts';
import { Emitter } from './emit/emitter.ts';
import { emitOuterQuery, emitWith } from './emit/query.ts';
import { valueRowsSource } from './emit/value-rows.ts';
import type { ValueRowsSource } from './emit/value-rows.ts';
import { compileLockTable } from './lock-table.ts';
import { compileNotify } from './notify.ts';
import { fieldsOf, tagOf } from './parse/node.ts';
import type { Fields } from './parse/node.ts';
import type { ParsedStatement } from './parse/parse.ts';
import { canFollowParts, stepsOfChange, stepsOfParts } from './parts.ts';
import type { CompileSettings, Plan, PlanStep, QueryPlan, ResultColumn } from './plan.ts';
import { castBetween } from './functions/registry.ts';
import type { Expression } from './tree/expression.ts';
import type { Query, Target } from './tree/query.ts';
import { compileSetConstraints } from './set-constraints.ts';
import { planUtility } from './utility.ts';
import { checkVacuum } from './vacuum.ts';
import { REFERENCE_TYPES } from '../types/catalog-types.ts';
import { mustType } from '../types/registry.ts';
import { tryCoerce } from './bind/coerce.ts';

type Compiler = (
  context: BindContext,
  fields: Fields,
) => Pick<QueryPlan, 'access' | 'tag' | 'steps' | 'columns' | 'isAboutTransaction'> &
  Partial<Pick<QueryPlan, 'catalog' | 'notices' | 'changesSchema' | 'commandName' | 'needsBlock'>>;

const COMPILERS: Readonly<Record<string, Compiler>> = {
  SelectStmt: compileSelect,
  InsertStmt: compileInsert,
  UpdateStmt: compileUpdate,
  DeleteStmt: compileDelete,
  NotifyStmt: compileNotify,
  ConstraintsSetStmt: compileSetConstraints,
  LockStmt: compileLockTable,
};

/** Throws PgError as Postgres' parse analysis does. `parameterTypes` null: there are none. */
export function compile(
  statement: ParsedStatement,
  parameterTypes: readonly Oid[] | null,
  catalog: Catalog,
  settings: CompileSettings,
): Plan {
  if (tagOf(statement.node) === 'VacuumStmt') checkVacuum(statement, catalog, settings);
  const utility = planUtility(statement, catalog, settings);
  if (utility !== null) return utility;
  if (tagOf(statement.node) === 'CopyStmt') {
    return compileCopy(statement, catalog, settings, (query) =>
      compile(query, null, catalog, settings),
    );
  }
  const creation = tableCreation(statement.node);
  if (creation !== null) {
    const context = new BindContext(catalog, settings, statement.source, parameterTypes);
    context.topWith = topWith(creation.query);
    return planOf(context, createTableAs(context, creation));
  }
  const compiler = COMPILERS[tagOf(statement.node)];
  if (compiler === undefined) {
    const ddl = compileDdl(statement, catalog, settings);
    if (ddl !== null) return { ...ddl, changesSchema: ddl.catalog !== catalog };
    throw new PgError('0A000', `${statementName(tagOf(statement.node))} is not supported`);
  }
  const context = new BindContext(catalog, settings, statement.source, parameterTypes);
  const fields = fieldsOf(statement.node);
  context.topWith = topWith(fields);
  return planOf(context, compiler(context, fields));
}

function planOf(context: BindContext, compiled: ReturnType<Compiler>): QueryPlan {
  return {
    kind: 'query',
    notices: [],
    catalog: context.catalog,
    ...compiled,
    access: context.hasEffects ? 'write' : compiled.access,
    parameterTypes: context.parameterTypes.map(mustBeKnown),
    settings: [...context.usedSettings].sort(),
    isVolatile: context.isVolatile,
    isOfTables: !context.callsVolatile && !context.hasEffects && !context.needsTransaction,
    locking: context.locking,
    lockedTables: [...context.lockedTables].sort((a, b) => a - b),
    needsTransaction: context.needsTransaction,
    isOfSession: context.isOfSession,
    reads: [...context.reads].sort((a, b) => a - b),
    writes: [...context.writes].sort((a, b) => a - b),
  };
}

function mustBeKnown(type: Oid, at: number): Oid {
  if (type !== UNKNOWN) return type;
  throw new PgError('42P18', `could not determine data type of parameter $${at + 1}`);
}

/** CreateFunctionStmt -> CREATE FUNCTION. */
function statementName(tag: string): string {
  return tag
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
}

function step(
  text: ReturnType<Emitter['finish']>,
  hasRows: boolean,
  rowsAtFault?: PlanStep['rowsAtFault'],
): PlanStep {
  const base = { ...text, hasRows, isResult: true };
  return rowsAtFault === undefined ? base : { ...base, rowsAtFault };
}

function columnsOf(columns: readonly ResultColumn[]): readonly ResultColumn[] {
  return columns.map(({ name, type, typmod, tableOid, columnNumber }) => ({
    name,
    type,
    typmod,
    tableOid,
    columnNumber,
  }));
}

/** A query that was bound by itself. */
export function compileQuery(context: BindContext, query: Query): QueryPlan {
  return planOf(context, selectOf(query));
}

function compileSelect(context: BindContext, fields: Fields): ReturnType<Compiler> {
  const plan = selectOf(shown(context, bindSelectFields(context, fields, null)));
  if (context.parts.length === 0) return plan;
  const { before, after } = stepsOfParts(context);
  return { ...plan, access: 'write', steps: [...before, ...plan.steps, ...after] };
}

/** `plain`: of a change that needs one step only. */
function compileChange(
  context: BindContext,
  change: Change,
  name: string,
  plain: () => PlanStep,
): ReturnType<Compiler> {
  const isPlain = context.parts.length === 0 && !change.isTellingMore;
  return {
    access: 'write',
    tag: { name, hasCount: true },
    steps: isPlain ? [plain()] : stepsBesideParts(context, change, plain),
    columns: change.returning === null ? null : columnsOf(change.returning),
  };
}

function selectOf(query: Query): ReturnType<Compiler> {
  const emitter = new Emitter();
  const text = emitter.finish(emitOuterQuery(emitter, query));
  return {
    access: 'read',
    tag: { name: 'SELECT', hasCount: true },
    steps: [step(text, true)],
    columns: columnsOf(query.columns),
  };
}

function stepsBesideParts(
  context: BindContext,
  change: Change,
  plain: () => PlanStep,
): readonly PlanStep[] {
  if (!canFollowParts(context, change)) return stepsOfChange(context, change);
  const { before, after } = stepsOfParts(context);
  return [...before, ...after, plain()];
}

/** What it returns leaves as the rows of a query do. */
function leaving<C extends Change>(context: BindContext, change: C): C {
  const returning = change.returning?.map((target) => shownTarget(context, target)) ?? null;
  return { ...change, returning };
}

function shownTarget(context: BindContext, target: Target): Target {
  if (isReference(mustType(target.type).elementOid)) {
    const textArray = mustType(TEXT).arrayOid;
    const names = tryCoerce(context, target.expression, textArray, -1, 'explicit');
    return names === null ? target : { ...target, expression: names, type: textArray };
  }
  const signature = isReference(target.type) ? castBetween(target.type, TEXT) : null;
  if (signature === null) return target;
  context.noteCall(signature);
  const expression: Expression = {
    kind: 'cast',
    signature,
    how: 'function',
    isExplicit: false,
    argument: target.expression,
    type: TEXT,
    typmod: -1,
  };
  return { ...target, expression };
}

/** References by oid leave as names, arrays of them as arrays of text. */
function shown(context: BindContext, query: Query): Query {
  const isAbout = (type: Oid): boolean =>
    isReference(type) || isReference(mustType(type).elementOid);
  if (!query.columns.some(({ type }) => isAbout(type))) return query;
  if (query.kind !== 'select' || query.isDistinct) {
    const { from, columns } = derivedFrom(context, query);
    const targets = query.columns.map((column, at) => ({
      ...column,
      expression: columns[at] as Expression,
    }));
    return shown(context, plainSelect({ targets, from: [from] }));
  }
  const targets = query.targets.map((target) => shownTarget(context, target));
  const columns = query.columns.map((column, at) => ({
    ...column,
    type: targets[at]?.type ?? TEXT,
  }));
  return { ...query, targets, columns };
}

function isReference(type: Oid): boolean {
  return REFERENCE_TYPES.some(({ oid }) => oid === type);
}

function compileInsert(context: BindContext, fields: Fields): ReturnType<Compiler> {
  const insert = leaving(context, bindInsert(context, fields));
  return compileChange(context, insert, 'INSERT 0', () => {
    const bulk = insert.rows === null ? null : valueRowsSource(insert.rows);
    const emitter = new Emitter();
    const text = emitter.finish(emitInsert(emitter, insert, bulk));
    return step(text, insert.returning !== null, insertedRows(insert, bulk));
  });
}

function insertedRows(insert: Insert, bulk: ValueRowsSource | null): PlanStep['rowsAtFault'] {
  const emitter = new Emitter();
  const rows = emitWith(emitter, insert.ctes) + emitInsertRows(emitter, insert, bulk);
  const text = emitter.finish(rows);
  return { tableOid: insert.relation.oid, ...text };
}

function compileUpdate(context: BindContext, fields: Fields): ReturnType<Compiler> {
  const update = leaving(context, bindUpdate(context, fields));
  return compileChange(context, update, 'UPDATE', () => {
    const emitter = new Emitter();
    const text = emitter.finish(emitUpdate(emitter, update));
    return step(text, update.returning !== null, updatedRows(update));
  });
}

function updatedRows(update: Update): PlanStep['rowsAtFault'] {
  const emitter = new Emitter();
  const text = emitter.finish(emitUpdatedRows(emitter, update));
  return { tableOid: update.relation.oid, ...text };
}

function compileDelete(context: BindContext, fields: Fields): ReturnType<Compiler> {
  const change = leaving(context, bindDelete(context, fields));
  const compiled = compileChange(context, change, 'DELETE', () => {
    const emitter = new Emitter();
    return step(emitter.finish(emitDelete(emitter, change)), change.returning !== null);
  });
  if (change.using.length > 0 || change.isRowByRow) return compiled;
  const sql = allRowsWritten(change.relation);
  const before = { sql, bindings: [], hasRows: false, isResult: false };
  return { ...compiled, steps: [before, ...compiled.steps] };
}
