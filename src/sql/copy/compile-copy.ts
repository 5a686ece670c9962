// COPY: a parsed statement -> a plan (PG: DoCopy). The rows of COPY FROM come later, as the one
// parameter of an INSERT that reads them as a table; columns that they leave out get their defaults.
import type { Catalog, Column, Relation } from '../../catalog/catalog.ts';
import { PgError } from '../../errors/pg-error.ts';
import { REFERENCE_TYPES } from '../../types/catalog-types.ts';
import { BYTEA } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { valueRowsTable } from '../../types/value-rows-name.ts';
import { defaultValue } from '../bind/default-value.ts';
import { BindContext } from '../bind/context.ts';
import { bindCondition } from '../bind/expression.ts';
import type { Place } from '../bind/expression.ts';
import { relationColumns } from '../bind/from.ts';
import { Scope } from '../bind/scope.ts';
import { utilityRelation } from '../bind/utility-relation.ts';
import { Emitter } from '../emit/emitter.ts';
import { emitExpression } from '../emit/expression.ts';
import { quoteName } from '../emit/names.ts';
import {
  asTag,
  child,
  fieldsOf,
  flag,
  inner,
  list,
  location,
  strings,
  text,
} from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { ParsedStatement } from '../parse/parse.ts';
import type { CompileSettings, Plan, QueryPlan } from '../plan.ts';
import { copyOptions } from './options.ts';
import type { CopyOptions } from './options.ts';
import type { CopyPlan } from './plan.ts';

const TAG = { name: 'COPY', hasCount: true };

/** compile() for the query of a COPY TO. */
type CompileQuery = (statement: ParsedStatement) => Plan;

export function compileCopy(
  statement: ParsedStatement,
  catalog: Catalog,
  settings: CompileSettings,
  compileQuery: CompileQuery,
): CopyPlan {
  const fields = fieldsOf(statement.node);
  const context = new BindContext(catalog, settings, statement.source, null);
  if (flag(fields, 'is_program')) {
    throw new PgError('0A000', 'COPY with a program is not supported');
  }
  if (text(fields, 'filename') !== '') {
    throw new PgError('0A000', 'COPY with a file of the server is not supported', {
      hint: "psql's \\copy reads and writes files of the client.",
    });
  }
  const range = inner(fields, 'relation');
  if (range === null) return copyQuery(statement, fields, context, compileQuery);
  const relation = findRelation(context, range, flag(fields, 'is_from'));
  return flag(fields, 'is_from')
    ? copyFrom(context, fields, relation)
    : copyTo(statement, fields, relation, context, compileQuery);
}

function findRelation(context: BindContext, range: Fields, isFrom: boolean): Relation {
  const relation = utilityRelation(context, range);
  const verb = isFrom ? 'copy to' : 'copy from';
  switch (relation.kind) {
    case 'i':
      throw new PgError('42809', `"${relation.name}" is an index`);
    case 'S':
      throw new PgError('42809', `cannot ${verb} sequence "${relation.name}"`);
    case 'v':
      throw new PgError('42809', `cannot ${verb} view "${relation.name}"`, {
        hint: isFrom
          ? 'To enable copying to a view, provide an INSTEAD OF INSERT trigger.'
          : 'Try the COPY (SELECT ...) TO variant.',
      });
    case 'r':
      return relation;
  }
}

// COPY FROM ---------------------------------------------------------------------------------------

function copyFrom(context: BindContext, fields: Fields, relation: Relation): CopyPlan {
  if (relation.isSystem) {
    throw new PgError('42501', `permission denied: "${relation.name}" is a system catalog`);
  }
  const columns = columnsOf(relation, list(fields, 'attlist'));
  const options = optionsOf(context, fields);
  const names = columns.map(({ name }) => name);
  checkForced('FORCE_NOT_NULL', options.forceNotNull, names, relation);
  checkForced('FORCE_NULL', options.forceNull, names, relation);
  if (columns.length === 0) throw context.notSupported('COPY FROM into a table without columns');
  for (const { name, type } of columns) {
    const element = mustType(type).elementOid || type;
    if (REFERENCE_TYPES.some(({ oid }) => oid === element)) {
      throw context.notSupported(
        `COPY into column "${name}" of type ${mustType(type).displayName}`,
      );
    }
  }
  return {
    kind: 'copy',
    tag: TAG,
    direction: 'from',
    query: insertPlan(context, relation, columns, child(fields, 'whereClause')),
    options,
    relationName: relation.name,
    fields: columns.map(({ name, type, typmod }) => ({ name, type, typmod })),
    parameterTypes: [],
    columns: null,
  };
}

function insertPlan(
  context: BindContext,
  relation: Relation,
  columns: readonly Column[],
  where: Node | null,
): QueryPlan {
  context.writes.add(relation.oid);
  // Written into the text: so the rows are the only value.
  const emitter = new Emitter('inline');
  const values = relation.columns.map((column) => {
    const at = columns.indexOf(column);
    if (at >= 0) return `"rows"."c${at + 1}"`;
    return emitExpression(emitter, defaultValue(context, column));
  });
  const table = `${quoteName(valueRowsTable(columns.length))}(${emitter.parameter(1)}) AS "rows"`;
  const targets = relation.columns.map(({ sqliteName }) => quoteName(sqliteName));
  const all = `SELECT ${values.map((value, at) => `${value} AS ${targets[at] ?? ''}`).join(', ')} FROM ${table}`;
  const select = where === null ? all : filtered(context, emitter, relation, where, all);
  const into = `${quoteName(relation.sqliteName)} (${targets.join(', ')})`;
  const { sql, bindings } = emitter.finish(select);
  return {
    kind: 'query',
    access: 'write',
    // What a read-only transaction says that it is.
    tag: { name: 'COPY FROM', hasCount: true },
    steps: [
      {
        sql: `INSERT INTO ${into} ${sql}`,
        bindings,
        hasRows: false,
        isResult: true,
        rowsAtFault: { tableOid: relation.oid, sql, bindings },
      },
    ],
    parameterTypes: [BYTEA],
    columns: null,
    settings: [...context.usedSettings].sort(),
    isVolatile: context.isVolatile,
    reads: [...context.reads].sort((a, b) => a - b),
    writes: [...context.writes].sort((a, b) => a - b),
    notices: [],
    catalog: context.catalog,
  };
}

/** The rows for which a condition is true, which sees what the columns will hold. */
function filtered(
  context: BindContext,
  emitter: Emitter,
  relation: Relation,
  where: Node,
  rows: string,
): string {
  refuseInWhere(context, where);
  const scope = new Scope(null);
  const alias = context.nextAlias();
  scope.entries.push({ name: relation.name, alias, columns: relationColumns(relation) });
  const place: Place = { context, scope, noAggregates: 'COPY FROM WHERE conditions' };
  const condition = emitExpression(emitter, bindCondition(place, where, 'WHERE'));
  // With a limit SQLite does not put the defaults into the condition: each is called once for a row.
  return `SELECT * FROM (${rows} LIMIT -1) AS ${quoteName(alias)} WHERE ${condition}`;
}

function refuseInWhere(context: BindContext, tree: unknown): void {
  if (typeof tree !== 'object' || tree === null) return;
  const query = asTag(tree, 'SubLink');
  if (query !== null) {
    const message = 'cannot use subquery in COPY FROM WHERE condition';
    throw context.error('0A000', message, location(query));
  }
  const call = asTag(tree, 'FuncCall');
  if (call !== null && inner(call, 'over') !== null) {
    const message = 'window functions are not allowed in COPY FROM WHERE conditions';
    throw context.error('42P20', message, location(call));
  }
  for (const part of Object.values(tree)) refuseInWhere(context, part);
}

// COPY TO -----------------------------------------------------------------------------------------

function copyTo(
  statement: ParsedStatement,
  fields: Fields,
  relation: Relation,
  context: BindContext,
  compileQuery: CompileQuery,
): CopyPlan {
  const names = columnsOf(relation, list(fields, 'attlist')).map(({ name }) => name);
  const options = optionsOf(context, fields);
  if (options.forceQuote !== 'all') checkForced('FORCE_QUOTE', options.forceQuote, names, relation);
  const range = { schemaname: relation.schema, relname: relation.name, inh: true };
  const node = {
    SelectStmt: {
      targetList: names.map((name) => ({
        ResTarget: { val: { ColumnRef: { fields: [{ String: { sval: name } }] } } },
      })),
      fromClause: [{ RangeVar: range }],
      limitOption: 'LIMIT_OPTION_DEFAULT',
      op: 'SETOP_NONE',
    },
  };
  return outPlan(rowsOf(node, statement, compileQuery), options, relation.name);
}

function copyQuery(
  statement: ParsedStatement,
  fields: Fields,
  context: BindContext,
  compileQuery: CompileQuery,
): CopyPlan {
  const options = optionsOf(context, fields);
  const node = child(fields, 'query') ?? {};
  if (child(asTag(node, 'SelectStmt') ?? {}, 'intoClause') !== null) {
    throw new PgError('0A000', 'COPY (SELECT INTO) is not supported');
  }
  const query = rowsOf(node, statement, compileQuery);
  const names = (query.columns ?? []).map(({ name }) => name);
  if (options.forceQuote !== 'all') checkForced('FORCE_QUOTE', options.forceQuote, names, null);
  return outPlan(query, options, '');
}

function rowsOf(node: Node, statement: ParsedStatement, compileQuery: CompileQuery): QueryPlan {
  const plan = compileQuery({ ...statement, node });
  if (plan.kind !== 'query' || plan.columns === null) {
    throw new PgError('0A000', 'COPY query must have a RETURNING clause');
  }
  return plan;
}

function outPlan(query: QueryPlan, options: CopyOptions, relationName: string): CopyPlan {
  return {
    kind: 'copy',
    tag: TAG,
    direction: 'to',
    query: { ...query, tag: TAG },
    options,
    relationName,
    fields: (query.columns ?? []).map(({ name, type, typmod }) => ({ name, type, typmod })),
    parameterTypes: [],
    columns: null,
  };
}

// Both --------------------------------------------------------------------------------------------

function optionsOf(context: BindContext, fields: Fields): CopyOptions {
  return copyOptions(list(fields, 'options'), flag(fields, 'is_from'), (at) =>
    context.position(at),
  );
}

function columnsOf(relation: Relation, named: readonly Node[]): readonly Column[] {
  if (named.length === 0) return relation.columns;
  const names = strings(named);
  checkNames(
    names,
    relation.columns.map(({ name }) => name),
    relation,
  );
  return names.map((name) => relation.columns.find((column) => column.name === name) as Column);
}

/** PG: CopyGetAttnums. */
function checkNames(
  names: readonly string[],
  known: readonly string[],
  relation: Relation | null,
): void {
  for (const [at, name] of names.entries()) {
    if (!known.includes(name)) {
      const of = relation === null ? '' : ` of relation "${relation.name}"`;
      throw new PgError('42703', `column "${name}"${of} does not exist`);
    }
    if (names.indexOf(name) !== at) {
      throw new PgError('42701', `column "${name}" specified more than once`);
    }
  }
}

function checkForced(
  option: string,
  names: readonly string[],
  copied: readonly string[],
  relation: Relation | null,
): void {
  checkNames(names, relation?.columns.map(({ name }) => name) ?? copied, relation);
  const other = names.find((name) => !copied.includes(name));
  if (other === undefined) return;
  throw new PgError('42P10', `${option} column "${other}" not referenced by COPY`);
}
