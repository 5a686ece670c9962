// INSERT, UPDATE and DELETE.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { hasForeignKeys } from '../../catalog/cascades.ts';
import { PgError } from '../../errors/pg-error.ts';
import { UNKNOWN } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import {
  asTag,
  child,
  fieldsOf,
  inner,
  list,
  location,
  startOf,
  tagOf,
  text,
} from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { parse } from '../parse/parse.ts';
import { someNode } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import type { CommonTable, FromItem, Query, Select, Target } from '../tree/query.ts';
import { coerceToColumn } from './coerce.ts';
import { BindContext } from './context.ts';
import { columnOfRow } from './row-assignment.ts';
import { bindCondition, bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { bindFrom, relationColumns } from './from.ts';
import { addChange } from './parts.ts';
import { bindElementAssignment } from './subscript.ts';
import { Scope, reference, resultScopeColumns } from './scope.ts';
import { bindQuery, bindTarget, bindWith } from './select.ts';
import { targetLocation } from './set-operation.ts';

export interface Assignment {
  readonly column: Column;
  readonly value: Expression;
}

export interface ConflictClause {
  /** Columns of the unique index; empty: any conflict. */
  readonly columns: readonly Column[];
  /** null: DO NOTHING. */
  readonly set: readonly Assignment[] | null;
  readonly where: Expression | null;
  /** Carried out twice it might do something else. */
  readonly isVolatile: boolean;
}

export interface Insert {
  readonly kind: 'insert';
  readonly relation: Relation;
  readonly alias: string;
  readonly ctes: readonly CommonTable[];
  /** Every column of the table, in order. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Expression[])[] | null;
  /** INSERT ... SELECT: the query, its alias, and the values of each row over its columns. */
  readonly source: {
    readonly query: Query;
    readonly alias: string;
    readonly values: readonly Expression[];
    /** See FromItem. */
    readonly isMaterialized: boolean;
  } | null;
  readonly conflict: ConflictClause | null;
  readonly returning: readonly Target[] | null;
  /** Of other tables, or of the table as it was: RETURNING of SQLite cannot. */
  readonly isTellingMore: boolean;
}

export interface Update {
  readonly kind: 'update';
  readonly relation: Relation;
  readonly alias: string;
  readonly ctes: readonly CommonTable[];
  readonly set: readonly Assignment[];
  readonly from: readonly FromItem[];
  readonly where: Expression | null;
  readonly returning: readonly Target[] | null;
  /** Of other tables, or of the table as it was: RETURNING of SQLite cannot. */
  readonly isTellingMore: boolean;
}

export interface Delete {
  readonly kind: 'delete';
  readonly relation: Relation;
  readonly alias: string;
  readonly ctes: readonly CommonTable[];
  readonly using: readonly FromItem[];
  readonly where: Expression | null;
  /** Or else SQLite drops all rows at once, without looking at them. */
  readonly isRowByRow: boolean;
  readonly returning: readonly Target[] | null;
  /** Of other tables, or of the table as it was: RETURNING of SQLite cannot. */
  readonly isTellingMore: boolean;
}

export type Change = Insert | Update | Delete;

interface ChangedTable {
  readonly relation: Relation;
  readonly scope: Scope;
  readonly alias: string;
}

/** `outer`: whose entries of WITH it sees. */
function targetRelation(context: BindContext, fields: Fields, outer: Scope | null): ChangedTable {
  const range = inner(fields, 'relation') ?? {};
  const name = text(range, 'relname');
  const relation = context.relation(text(range, 'schemaname') || null, name, location(range));
  if (relation.viewText !== null)
    throw context.notSupported(`changing view "${name}"`, location(range));
  if (relation.kind === 'S') {
    throw context.error('42809', `cannot change sequence "${name}"`, undefined);
  }
  if (relation.isSystem) {
    throw context.error(
      '42501',
      `permission denied: "${name}" is a system catalog`,
      location(range),
    );
  }
  context.writes.add(relation.oid);
  const scope = new Scope(outer);
  const alias = context.nextAlias();
  const shown = text(inner(range, 'alias') ?? {}, 'aliasname') || name;
  scope.add({ name: shown, alias, columns: relationColumns(relation), hasRowId: true });
  return { relation, scope, alias };
}

function findColumn(
  context: BindContext,
  relation: Relation,
  name: string,
  at: number | undefined,
): Column {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw context.error(
    '42703',
    `column "${name}" of relation "${relation.name}" does not exist`,
    at,
  );
}

/** The value that a column gets when none is given. */
export function defaultValue(context: BindContext, column: Column): Expression {
  const none: Expression = {
    kind: 'constant',
    type: column.type,
    typmod: column.typmod,
    value: null,
  };
  if (column.defaultText === null) return none;
  const [statement] = parse(`SELECT ${column.defaultText}`);
  const target = list(asTag(statement?.node, 'SelectStmt') ?? {}, 'targetList')[0];
  const value = child(asTag(target, 'ResTarget') ?? {}, 'val') as Node;
  const inside = new BindContext(context.catalog, context.settings, statement?.source ?? '', []);
  const place: Place = {
    context: inside,
    scope: new Scope(null),
    noAggregates: 'DEFAULT expressions',
  };
  const bound = coerceToColumn(inside, bindExpression(place, value), column);
  context.noteInner(inside);
  return bound;
}

export function bindInsert(
  context: BindContext,
  fields: Fields,
  outer: Scope | null = null,
): Insert {
  const { relation, scope, alias } = targetRelation(context, fields, outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  const named = list(fields, 'cols').map((node) => {
    const target = asTag(node, 'ResTarget') ?? {};
    return {
      column: findColumn(context, relation, text(target, 'name'), location(target)),
      at: location(target),
    };
  });
  for (const [position, { column, at }] of named.entries()) {
    if (named.findIndex((other) => other.column === column) !== position) {
      throw context.error('42701', `column "${column.name}" specified more than once`, at);
    }
  }
  const wanted = named.length > 0 ? named.map(({ column }) => column) : relation.columns;
  const cteScope = new Scope(outer);
  for (const [name, cte] of scope.ctes) cteScope.ctes.set(name, cte);
  const source = bindSource(context, fields, cteScope, wanted, named.length > 0, relation);
  const [onConflict, isVolatile] = context.watchVolatile(() =>
    bindConflict(context, inner(fields, 'onConflictClause'), relation, scope),
  );
  const conflict = onConflict === null ? null : { ...onConflict, isVolatile };
  const isOneRow = source.rows?.length === 1;
  if (!isOneRow && queriesTable([conflict?.set ?? [], conflict?.where ?? null], relation)) {
    throw context.notSupported('a query of the changed table in ON CONFLICT, for several rows,');
  }
  const returning = bindReturning(context, fields, scope);
  const isTellingMore = tellsMore(returning, { scope, alias, relation });
  return {
    kind: 'insert',
    relation,
    alias,
    ctes,
    columns: relation.columns,
    ...source,
    conflict,
    returning,
    isTellingMore,
  };
}

type Source = Pick<Insert, 'rows' | 'source'>;

function bindSource(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  wanted: readonly Column[],
  isNamed: boolean,
  relation: Relation,
): Source {
  const override = text(fields, 'override');
  const node = child(fields, 'selectStmt');
  const defaults = new Map<Column, Expression>();
  /** The same for all rows: they are many. */
  const defaultOf = (column: Column): Expression => {
    const value = defaults.get(column) ?? defaultValue(context, column);
    defaults.set(column, value);
    return value;
  };
  /** All columns of the table from the values given for some. */
  const complete = (given: readonly (Expression | null)[]): readonly Expression[] =>
    relation.columns.map((column) => {
      const value = given[wanted.indexOf(column)] ?? null;
      const isIgnored = override === 'OVERRIDING_USER_VALUE' && column.identity !== undefined;
      if (value === null || isIgnored) return defaultOf(column);
      const isRefused = override !== 'OVERRIDING_SYSTEM_VALUE' && column.identity === 'a';
      if (isRefused) throw generatedAlways(context, column);
      return value;
    });
  if (node === null) return { rows: [complete([])], source: null };
  const select = asTag(node, 'SelectStmt') ?? {};
  const lists = list(select, 'valuesLists');
  const isPlainValues =
    lists.length > 0 &&
    list(select, 'sortClause').length === 0 &&
    child(select, 'limitCount') === null;
  if (!isPlainValues) return bindSelectSource(context, node, scope, wanted, isNamed, complete);
  const place: Place = { context, scope, noAggregates: 'VALUES' };
  const lengths = lists.map((row) => itemsOf(row).length);
  const odd = lists.find((_row, at) => lengths[at] !== lengths[0]);
  if (odd !== undefined) {
    throw context.error('42601', 'VALUES lists must all be the same length', startOf(odd));
  }
  const rows = lists.map((row) => {
    const items = itemsOf(row);
    checkCount(
      context,
      items.length,
      wanted.length,
      isNamed,
      items[wanted.length] ?? null,
      list(fields, 'cols')[items.length],
    );
    return complete(
      items.map((item, at) =>
        asTag(item, 'SetToDefault') !== null
          ? null
          : coerceToColumn(context, bindExpression(place, item), wanted[at] as Column),
      ),
    );
  });
  return { rows, source: null };
}

function itemsOf(row: Node): readonly Node[] {
  return list(asTag(row, 'List') ?? {}, 'items');
}

function generatedAlways(context: BindContext, column: Column): PgError {
  return new PgError('428C9', `cannot insert a non-DEFAULT value into column "${column.name}"`, {
    detail: `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
    hint: 'Use OVERRIDING SYSTEM VALUE to override.',
    position: context.position(undefined),
  });
}

function updatedAlways({ name }: Column): PgError {
  return new PgError('428C9', `column "${name}" can only be updated to DEFAULT`, {
    detail: `Column "${name}" is an identity column defined as GENERATED ALWAYS.`,
  });
}

function checkCount(
  context: BindContext,
  given: number,
  wanted: number,
  isNamed: boolean,
  surplus: Node | null,
  unfilled: Node | undefined,
): void {
  if (given > wanted) {
    const at = surplus === null ? undefined : location(Object.values(surplus)[0] as Fields);
    throw context.error('42601', 'INSERT has more expressions than target columns', at);
  }
  if (given < wanted && isNamed) {
    const at = unfilled === undefined ? undefined : location(Object.values(unfilled)[0] as Fields);
    throw context.error('42601', 'INSERT has more target columns than expressions', at);
  }
}

function bindSelectSource(
  context: BindContext,
  node: Node,
  scope: Scope,
  wanted: readonly Column[],
  isNamed: boolean,
  complete: (given: readonly (Expression | null)[]) => readonly Expression[],
): Source {
  const selected = bindQuery(context, node, scope, 'keep');
  checkCount(context, selected.columns.length, wanted.length, isNamed, null, undefined);
  const query = withLiteralsAs(context, selected, wanted);
  const alias = context.nextAlias();
  const columns = resultScopeColumns(query.columns);
  const entry = { name: null, alias, columns };
  const given = columns.map((column, at) =>
    coerceToColumn(
      context,
      reference(entry, column, 0, targetLocation(query, at)),
      wanted[at] as Column,
    ),
  );
  const [values, callsVolatile] = context.watchVolatile(() => complete(given));
  // Values of a sequence go to the rows in their order.
  const isMaterialized = callsVolatile && query.orderBy.length > 0;
  return { rows: null, source: { query, alias, values, isMaterialized } };
}

/** Literals of a select list without a type get that of the column they go to. */
function withLiteralsAs(context: BindContext, query: Query, wanted: readonly Column[]): Query {
  if (query.kind !== 'select') return query;
  const targets = query.targets.map((target, at): Target => {
    if (target.type !== UNKNOWN) return target;
    const expression = coerceToColumn(context, target.expression, wanted[at] as Column);
    return { ...target, expression, type: expression.type, typmod: expression.typmod };
  });
  return { ...query, targets, columns: targets };
}

function bindConflict(
  context: BindContext,
  fields: Fields | null,
  relation: Relation,
  scope: Scope,
): Omit<ConflictClause, 'isVolatile'> | null {
  if (fields === null) return null;
  const columns = conflictColumns(context, inner(fields, 'infer'), relation);
  if (text(fields, 'action') !== 'ONCONFLICT_UPDATE') return { columns, set: null, where: null };
  if (columns.length === 0) {
    throw context.error(
      '42601',
      'ON CONFLICT DO UPDATE requires inference specification or constraint name',
      location(fields),
      'For example, ON CONFLICT (column_name).',
    );
  }
  const inside = new Scope(null);
  inside.entries.push(...scope.entries);
  inside.entries.push({ name: 'excluded', alias: 'excluded', columns: relationColumns(relation) });
  // An unqualified name means the table's own column.
  const place: Place = { context, scope: preferFirst(inside), noAggregates: 'ON CONFLICT' };
  const set = bindAssignments(place, relation, list(fields, 'targetList'));
  const where = child(fields, 'whereClause');
  return { columns, set, where: where === null ? null : bindCondition(place, where, 'WHERE') };
}

/** `excluded` is seen by its name alone. */
function preferFirst(scope: Scope): Scope {
  const excluded = scope.entries[1];
  if (excluded === undefined) return scope;
  for (const column of excluded.columns) {
    const [own] = scope.entries;
    const ownColumn = own?.columns.find(({ name }) => name === column.name);
    if (own === undefined || ownColumn === undefined) continue;
    const hidden = [own, excluded].map(({ alias }) => [alias, column.sqliteName] as const);
    scope.merged.push({ name: column.name, expression: reference(own, ownColumn, 0), hidden });
  }
  return scope;
}

function conflictColumns(
  context: BindContext,
  infer: Fields | null,
  relation: Relation,
): readonly Column[] {
  if (infer === null) return [];
  const byNumber = (numbers: readonly number[]): readonly Column[] =>
    numbers.map((number) => relation.columns.find((column) => column.number === number) as Column);
  const constraintName = text(infer, 'conname');
  if (constraintName !== '') {
    const constraint = relation.constraints.find(({ name }) => name === constraintName);
    if (constraint !== undefined) return byNumber(constraint.columns);
    throw context.error(
      '42704',
      `constraint "${constraintName}" for table "${relation.name}" does not exist`,
    );
  }
  const columns = list(infer, 'indexElems').map((node) => {
    const element = asTag(node, 'IndexElem') ?? {};
    const name = text(element, 'name');
    if (name === '') throw context.notSupported('ON CONFLICT with an expression', location(infer));
    return findColumn(context, relation, name, location(infer));
  });
  const numbers = columns.map(({ number }) => number).sort((a, b) => a - b);
  const isUnique = relation.indexes.some(
    (index) =>
      index.isUnique &&
      index.predicateText === null &&
      index.columns
        .map(({ column }) => column)
        .sort((a, b) => a - b)
        .join() === numbers.join(),
  );
  if (isUnique) return columns;
  throw context.error(
    '42P10',
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
  );
}

function bindAssignments(
  place: Place,
  relation: Relation,
  nodes: readonly Node[],
): readonly Assignment[] {
  const { context } = place;
  const seen = new Set<string>();
  return nodes.map((node) => {
    const target = asTag(node, 'ResTarget') ?? {};
    const at = location(target);
    const column = findColumn(context, relation, text(target, 'name'), at);
    if (seen.has(column.name)) {
      throw context.error('42601', `multiple assignments to same column "${column.name}"`, at);
    }
    seen.add(column.name);
    const value = child(target, 'val') as Node;
    const indirection = list(target, 'indirection');
    return {
      column,
      value:
        indirection.length === 0
          ? assignedValue(place, column, value)
          : assignedElement(place, column, indirection, value),
    };
  });
}

/** The column's array with one element changed. */
function assignedElement(
  place: Place,
  column: Column,
  indirection: readonly Node[],
  node: Node,
): Expression {
  const { context, scope } = place;
  const array = scope.column(context, column.name, undefined);
  const element = { name: column.name, type: mustType(column.type).elementOid, typmod: -1 };
  if (element.type === 0) {
    throw context.notSupported(`assigning to a part of column "${column.name}"`);
  }
  const value = coerceToColumn(context, bindExpression(place, node), element);
  return bindElementAssignment(place, array, indirection, value);
}

function assignedValue(place: Place, column: Column, node: Node): Expression {
  const { context } = place;
  if (asTag(node, 'SetToDefault') !== null) return defaultValue(context, column);
  if (column.identity === 'a') throw updatedAlways(column);
  const multi = asTag(node, 'MultiAssignRef');
  if (multi === null) return coerceToColumn(context, bindExpression(place, node), column);
  const source = child(multi, 'source');
  const row = asTag(source, 'RowExpr');
  if (row === null) {
    const subquery = asTag(source, 'SubLink');
    if (subquery === null) throw context.notSupported('UPDATE (columns) = an expression');
    return coerceToColumn(context, columnOfRow(place, subquery, multi), column);
  }
  const item = list(row, 'args')[Number(multi['colno']) - 1] as Node;
  if (asTag(item, 'SetToDefault') !== null) return defaultValue(context, column);
  return coerceToColumn(context, bindExpression(place, item), column);
}

/** A query of WITH that changes a table; what it gives back as a query, null: nothing. */
export function bindChange(
  context: BindContext,
  node: Node,
  outer: Scope,
  ctes: readonly CommonTable[],
): Select | null {
  const bind = { InsertStmt: bindInsert, UpdateStmt: bindUpdate, DeleteStmt: bindDelete };
  const visible = new Scope(null);
  for (const [name, cte] of outer.ctes) visible.ctes.set(name, cte);
  const change = bind[tagOf(node) as keyof typeof bind](context, fieldsOf(node), visible);
  if (change.kind === 'insert' && change.conflict !== null && change.isTellingMore) {
    throw context.notSupported('a query of the changed table in RETURNING');
  }
  return addChange(context, change, [...ctes, ...change.ctes]);
}

/** RETURNING: null without one. */
function bindReturning(
  context: BindContext,
  fields: Fields,
  scope: Scope,
): readonly Target[] | null {
  const clause = inner(fields, 'returningClause');
  if (clause === null) return null;
  const options = list(clause, 'options');
  if (options.length > 0) throw context.notSupported('RETURNING WITH');
  const place: Place = { context, scope, noAggregates: 'RETURNING' };
  return list(clause, 'exprs').flatMap((node) => bindTarget(place, node));
}

/** FROM of UPDATE and USING of DELETE: they do not see the table that is changed. */
function bindOtherTables(
  context: BindContext,
  nodes: readonly Node[],
  scope: Scope,
): readonly FromItem[] {
  const bind = (): readonly FromItem[] => nodes.map((node) => bindFrom(context, node, scope));
  return scope.blocking(scope.entries.slice(), 'target', bind);
}

export function bindUpdate(
  context: BindContext,
  fields: Fields,
  outer: Scope | null = null,
): Update {
  const { relation, scope, alias } = targetRelation(context, fields, outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  const from = bindOtherTables(context, list(fields, 'fromClause'), scope);
  const place: Place = { context, scope, noAggregates: 'UPDATE' };
  const set = bindAssignments(place, relation, list(fields, 'targetList'));
  const whereNode = child(fields, 'whereClause');
  const where =
    whereNode === null
      ? null
      : bindCondition({ ...place, noAggregates: 'WHERE' }, whereNode, 'WHERE');
  const returning = bindReturning(context, fields, scope);
  const isTellingMore = tellsMore(returning, { scope, alias, relation });
  return { kind: 'update', relation, alias, ctes, set, from, where, returning, isTellingMore };
}

function queriesTable(part: unknown, relation: Relation): boolean {
  return someNode(part, ({ kind, oid }) => kind === 'table' && oid === relation.oid);
}

/**
 * SQLite's RETURNING sees the changed table only, and queries in it see the rows that are changed
 * already, where Postgres shows them the table as it was before.
 */
function tellsMore(
  returning: readonly Target[] | null,
  { scope, alias, relation }: ChangedTable,
): boolean {
  const others = scope.entries.map((entry) => entry.alias).filter((name) => name !== alias);
  const isOther = ({ kind, alias: name }: Readonly<Record<string, unknown>>): boolean =>
    kind === 'column' && others.includes(name as string | null);
  return someNode(returning, isOther) || queriesTable(returning, relation);
}

export function bindDelete(
  context: BindContext,
  fields: Fields,
  outer: Scope | null = null,
): Delete {
  const { relation, scope, alias } = targetRelation(context, fields, outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  const using = bindOtherTables(context, list(fields, 'usingClause'), scope);
  const place: Place = { context, scope, noAggregates: 'WHERE' };
  const whereNode = child(fields, 'whereClause');
  const where = whereNode === null ? null : bindCondition(place, whereNode, 'WHERE');
  const returning = bindReturning(context, fields, scope);
  const isTellingMore = tellsMore(returning, { scope, alias, relation });
  const isRowByRow = where !== null || hasForeignKeys(context.catalog, relation);
  const base = { kind: 'delete', relation, alias, ctes, using, where } as const;
  return { ...base, isRowByRow, returning, isTellingMore };
}
