// FROM: tables, views, subqueries, functions and joins.
import type { Relation } from '../../catalog/catalog.ts';
import { SEQUENCES_OID } from '../../catalog/system/oids.ts';
import { PgError } from '../../errors/pg-error.ts';
import { asTag, child, flag, inner, list, location, stringOf, tagOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { parse } from '../parse/parse.ts';
import type { Expression } from '../tree/expression.ts';
import type { FromItem } from '../tree/query.ts';
import { commonType, mustCoerce } from './coerce.ts';
import { BindContext } from './context.ts';
import { bindCondition, logical } from './expression.ts';
import { bindOperator } from './operator.ts';
import { bindRangeFunction } from './range-function.ts';
import { dependsOn } from './lateral.ts';
import { Scope, reference, resultScopeColumns, shownColumns } from './scope.ts';
import type { MergedColumn, Obstacle, RangeEntry, ScopeColumn, ShownColumn } from './scope.ts';
import { bindQuery } from './select.ts';

/** Adds an item to the scope, with the entries in it. */
export function bindFrom(context: BindContext, node: Node, scope: Scope): FromItem {
  const join = asTag(node, 'JoinExpr');
  if (join !== null) return bindJoin(context, join, scope);
  const start = scope.entries.length;
  const item = bindLeaf(context, node, scope);
  scope.items.push(scope.entries.slice(start).flatMap(shownColumns));
  return item;
}

function bindLeaf(context: BindContext, node: Node, scope: Scope): FromItem {
  const range = asTag(node, 'RangeVar');
  if (range !== null) return bindRangeVar(context, range, scope);
  const subselect = asTag(node, 'RangeSubselect');
  if (subselect !== null) return bindSubselect(context, subselect, scope);
  const call = asTag(node, 'RangeFunction');
  if (call !== null) return bindRangeFunction(context, call, scope);
  throw context.notSupported(`${tagOf(node)} in FROM`);
}

export function addEntry(context: BindContext, scope: Scope, entry: RangeEntry, at?: number): void {
  if (entry.name !== null && scope.entries.some(({ name }) => name === entry.name)) {
    throw context.error('42712', `table name "${entry.name}" specified more than once`, at);
  }
  scope.entries.push(entry);
}

export interface Alias {
  readonly name: string | null;
  readonly columns: readonly string[];
}

export function aliasOf(fields: Fields): Alias {
  const alias = inner(fields, 'alias');
  if (alias === null) return { name: null, columns: [] };
  return { name: text(alias, 'aliasname'), columns: list(alias, 'colnames').map(stringOf) };
}

/** Throws 42P10. */
export function renamedColumns(
  columns: readonly ScopeColumn[],
  { name, columns: names }: Alias,
): readonly ScopeColumn[] {
  if (names.length > columns.length) {
    const counts = `${columns.length} columns available but ${names.length} columns specified`;
    throw new PgError('42P10', `table "${name ?? ''}" has ${counts}`);
  }
  return columns.map((column, at) => ({ ...column, name: names[at] ?? column.name }));
}

export function relationColumns(relation: Relation): readonly ScopeColumn[] {
  return relation.columns.map((column) => ({
    name: column.name,
    type: column.type,
    typmod: column.typmod,
    sqliteName: column.sqliteName,
    tableOid: relation.oid,
    columnNumber: column.number,
    isNotNull: column.notNull,
  }));
}

function bindRangeVar(context: BindContext, fields: Fields, scope: Scope): FromItem {
  const schema = text(fields, 'schemaname') || null;
  const name = text(fields, 'relname');
  const alias = aliasOf(fields);
  const at = location(fields);
  const sqliteAlias = context.nextAlias();
  const cte = schema === null ? scope.findCte(name) : null;
  if (cte !== null) {
    if (cte.hasNoRows === true) {
      const message = `WITH query "${name}" does not have a RETURNING clause`;
      throw context.error('0A000', message, at);
    }
    const columns = renamedColumns(resultScopeColumns(cte.columns), alias);
    addEntry(context, scope, { name: alias.name ?? name, alias: sqliteAlias, columns }, at);
    return { kind: 'cte', alias: sqliteAlias, cteName: cte.cteName };
  }
  const relation = context.relation(schema, name, at);
  context.ranges.push({ at: at ?? 0, relation, hasAlias: alias.name !== null });
  context.reads.add(relation.kind === 'S' ? SEQUENCES_OID : relation.oid);
  const columns = renamedColumns(relationColumns(relation), alias);
  if (relation.viewText === null) {
    const hasRowId = relation.kind === 'r';
    const entry = { name: alias.name ?? name, alias: sqliteAlias, columns, hasRowId };
    addEntry(context, scope, entry, at);
    if (relation.kind === 'S') return { kind: 'sequence', alias: sqliteAlias, oid: relation.oid };
    const { oid, sqliteName } = relation;
    return { kind: 'table', alias: sqliteAlias, sqliteName, oid };
  }
  const { viewText } = relation;
  const [query, isMaterialized] = context.watchVolatile(() =>
    bindView(context, viewText, !relation.isSystem),
  );
  const viewColumns = resultScopeColumns(query.columns).map((column, position) => ({
    ...column,
    name: alias.columns[position] ?? columns[position]?.name ?? column.name,
  }));
  addEntry(
    context,
    scope,
    { name: alias.name ?? name, alias: sqliteAlias, columns: viewColumns },
    at,
  );
  return { kind: 'query', alias: sqliteAlias, query, isMaterialized };
}

/** A view's text is bound where it is used; positions in it are not positions in the statement. */
function bindView(
  context: BindContext,
  viewText: string,
  isStored: boolean,
): ReturnType<typeof bindQuery> {
  const [statement] = parse(viewText);
  const inside = new BindContext(
    context.catalog,
    { ...context.settings, searchPath: ['pg_catalog'] },
    viewText,
    [],
    isStored,
  );
  inside.shareAliases(context);
  const query = bindQuery(inside, statement?.node ?? {}, null);
  context.noteInner(inside);
  return query;
}

function bindSubselect(context: BindContext, fields: Fields, scope: Scope): FromItem {
  const alias = aliasOf(fields);
  const sqliteAlias = context.nextAlias();
  const isLateral = flag(fields, 'lateral');
  const outer = isLateral ? scope.forLateral() : new Scope(scope.parent, scope);
  if (!isLateral) for (const [name, cte] of scope.ctes) outer.ctes.set(name, cte);
  const [query, isMaterialized] = context.watchVolatile(() =>
    bindQuery(context, child(fields, 'subquery') as Node, outer, 'text', true),
  );
  const columns = renamedColumns(resultScopeColumns(query.columns), alias);
  const dependsOnRow = isLateral && dependsOn(context, query, scope.entries);
  addEntry(context, scope, { name: alias.name, alias: sqliteAlias, columns });
  if (dependsOnRow) return { kind: 'lateral', alias: sqliteAlias, query };
  return { kind: 'query', alias: sqliteAlias, query, isMaterialized };
}

const JOIN_TYPES: Readonly<Record<string, 'inner' | 'left' | 'right' | 'full'>> = {
  JOIN_INNER: 'inner',
  JOIN_LEFT: 'left',
  JOIN_RIGHT: 'right',
  JOIN_FULL: 'full',
};

function bindJoin(context: BindContext, fields: Fields, scope: Scope): FromItem {
  const start = scope.entries.length;
  const left = bindFrom(context, child(fields, 'larg') as Node, scope);
  const middle = scope.entries.length;
  const rightNode = child(fields, 'rarg') as Node;
  const type = JOIN_TYPES[text(fields, 'jointype')] ?? 'inner';
  const obstacle: Obstacle | null =
    type === 'right' || type === 'full'
      ? 'outer join'
      : asTag(rightNode, 'JoinExpr') !== null
        ? 'parentheses'
        : null;
  const bindRight = (): FromItem => bindFrom(context, rightNode, scope);
  // In parentheses, SQLite sees nothing of what is outside.
  const inTheWay = scope.entries.slice(obstacle === 'parentheses' ? 0 : start, middle);
  const right = obstacle === null ? bindRight() : scope.blocking(inTheWay, obstacle, bindRight);
  if (inner(fields, 'alias') !== null) throw context.notSupported('an alias of a join');
  if (type === 'left' || type === 'full') makeNullable(scope, middle, scope.entries.length);
  if (type === 'right' || type === 'full') makeNullable(scope, start, middle);
  const [leftColumns = [], rightColumns = []] = scope.items.splice(-2);
  const names = flag(fields, 'isNatural')
    ? commonNames(leftColumns, rightColumns)
    : usingNames(context, fields);
  if (names.length > 0) {
    const on = mergeColumns(context, scope, names, {
      left: leftColumns,
      right: rightColumns,
      type,
    });
    return { kind: 'join', type, left, right, on };
  }
  scope.items.push([...leftColumns, ...rightColumns]);
  const quals = child(fields, 'quals');
  if (quals === null) return { kind: 'join', type: 'cross', left, right, on: null };
  const visible = new Scope(scope.parent);
  visible.entries.push(...scope.entries.slice(start));
  const ofJoin = new Set([...leftColumns, ...rightColumns].map(({ merged }) => merged));
  visible.merged.push(...scope.merged.filter((column) => ofJoin.has(column)));
  for (const [name, cte] of scope.ctes) visible.ctes.set(name, cte);
  const place = { context, scope: visible, noAggregates: 'JOIN conditions' };
  return { kind: 'join', type, left, right, on: bindCondition(place, quals, 'JOIN/ON') };
}

/** The rows of these entries may be missing: none of their columns is sure to have a value. */
function makeNullable(scope: Scope, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const entry = scope.entries[at] as RangeEntry;
    const columns = entry.columns.map((column) => ({ ...column, isNotNull: false }));
    scope.entries[at] = { ...entry, columns, isNullable: true };
  }
}

function commonNames(
  left: readonly ShownColumn[],
  right: readonly ShownColumn[],
): readonly string[] {
  const names = new Set(right.map(({ name }) => name));
  return [...new Set(left.map(({ name }) => name).filter((name) => names.has(name)))];
}

function usingNames(context: BindContext, fields: Fields): readonly string[] {
  const names = list(fields, 'usingClause').map(stringOf);
  const again = names.find((name, at) => names.indexOf(name) !== at);
  if (again === undefined) return names;
  throw context.error('42701', `column name "${again}" appears more than once in USING clause`);
}

/** USING: equal pairs, each shown once, before all other columns. */
function mergeColumns(
  context: BindContext,
  scope: Scope,
  names: readonly string[],
  join: {
    readonly left: readonly ShownColumn[];
    readonly right: readonly ShownColumn[];
    readonly type: 'inner' | 'left' | 'right' | 'full';
  },
): Expression {
  const used = new Set<ShownColumn>();
  const added: MergedColumn[] = [];
  const conditions = names.map((name) => {
    const pair = [
      columnOf(context, join.left, name, 'left'),
      columnOf(context, join.right, name, 'right'),
    ] as const;
    pair.forEach((column) => used.add(column));
    const [a, b] = [expressionOf(pair[0]), expressionOf(pair[1])];
    const common = commonType(context, [a, b], 'JOIN/USING');
    const sides = [
      mustCoerce(context, a, common, 'JOIN/USING'),
      mustCoerce(context, b, common, 'JOIN/USING'),
    ] as const;
    const expression: Expression =
      join.type === 'full'
        ? { kind: 'coalesce', arguments: sides, type: common, typmod: -1 }
        : join.type === 'right'
          ? sides[1]
          : sides[0];
    added.push({ name, expression, hidden: pair.flatMap(hiddenBy) });
    return bindOperator(context, '=', a, b, undefined);
  });
  const gone = new Set([...used].map(({ merged }) => merged));
  const kept = scope.merged.filter((column) => !gone.has(column));
  scope.merged.splice(0, scope.merged.length, ...kept, ...added);
  const rest = [...join.left, ...join.right].filter((column) => !used.has(column));
  scope.items.push([...added.map((merged) => ({ name: merged.name, merged })), ...rest]);
  return logical('and', conditions);
}

/** An outer join around may take the row away, so that the column is never sure to have a value. */
function expressionOf(shown: ShownColumn): Expression {
  if (shown.merged !== null) return shown.merged.expression;
  return { ...reference(shown.entry, shown.column, 0), isNotNull: false };
}

function hiddenBy(shown: ShownColumn): MergedColumn['hidden'] {
  if (shown.merged !== null) return shown.merged.hidden;
  return [[shown.entry.alias, shown.column.sqliteName]];
}

function columnOf(
  context: BindContext,
  columns: readonly ShownColumn[],
  name: string,
  side: string,
): ShownColumn {
  const [column, ...others] = columns.filter((candidate) => candidate.name === name);
  if (others.length > 0) {
    const message = `common column name "${name}" appears more than once in ${side} table`;
    throw context.error('42702', message);
  }
  if (column !== undefined) return column;
  throw context.error(
    '42703',
    `column "${name}" specified in USING clause does not exist in ${side} table`,
  );
}
