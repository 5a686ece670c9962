// SELECT, VALUES and set operations.
import { INT8, UNKNOWN } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import {
  asTag,
  child,
  fieldsOf,
  flag,
  inner,
  integer,
  list,
  location,
  stringOf,
  tagOf,
  text,
} from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { ResultColumn } from '../plan.ts';
import { expressionKey } from '../tree/expression.ts';
import type { Expression, SortKey } from '../tree/expression.ts';
import type { CommonTable, FromItem, Query, Target } from '../tree/query.ts';
import { calledAfterSort } from './after-sort.ts';
import { containsAggregate } from './call.ts';
import { commonType, mustCoerce, resolveUnknown, tryCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindCondition, bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { bindFrom } from './from.ts';
import { checkGrouping } from './grouping.ts';
import { resultName } from './result-name.ts';
import { Scope, reference, resultScopeColumns } from './scope.ts';
import { withSetFunctionsInFrom } from './set-functions.ts';
import { sortKey } from './sort.ts';

/** What becomes of literals in a select list that nothing gives a type. */
export type Unknowns = 'text' | 'keep';

/** A SelectStmt node; `outer` is what the query around it can see. */
export function bindQuery(
  context: BindContext,
  node: Node,
  outer: Scope | null,
  unknowns: Unknowns = 'text',
): Query {
  const fields = asTag(node, 'SelectStmt');
  if (fields === null) throw context.notSupported(`a query of kind ${tagOf(node)}`);
  return bindSelectFields(context, fields, outer, unknowns);
}

export function bindSelectFields(
  context: BindContext,
  fields: Fields,
  outer: Scope | null,
  unknowns: Unknowns = 'text',
): Query {
  const scope = new Scope(outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  if (list(fields, 'valuesLists').length > 0) return bindValues(context, fields, scope, ctes);
  if (text(fields, 'op') !== 'SETOP_NONE') return bindSetOperation(context, fields, scope, ctes);
  return bindSelect(context, withSetFunctionsInFrom(context, fields), scope, ctes, unknowns);
}

export function bindWith(
  context: BindContext,
  clause: Fields | null,
  scope: Scope,
): readonly CommonTable[] {
  if (clause === null) return [];
  const isRecursive = flag(clause, 'recursive');
  return list(clause, 'ctes').map((node) => {
    const cte = asTag(node, 'CommonTableExpr') ?? {};
    const name = text(cte, 'ctename');
    const cteName = `cte_${context.nextAlias()}`;
    const body = child(cte, 'ctequery') as Node;
    if (asTag(body, 'SelectStmt') === null) {
      throw context.notSupported('a data-modifying statement in WITH', location(cte));
    }
    const names = list(cte, 'aliascolnames').map(stringOf);
    const [query, isMaterialized] = context.watchVolatile(() =>
      isRecursive && mentions(body, name)
        ? bindRecursive(context, body, scope, name, cteName, names)
        : bindQuery(context, body, scope),
    );
    scope.ctes.set(name, { cteName, columns: renamed(query.columns, names) });
    return { cteName, query, isMaterialized };
  });
}

function renamed(
  columns: readonly ResultColumn[],
  names: readonly string[],
): readonly ResultColumn[] {
  return columns.map((column, at) => ({ ...column, name: names[at] ?? column.name }));
}

/** True if the query names the table: only then is a WITH RECURSIVE entry recursive. */
function mentions(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const range = asTag(node, 'RangeVar');
  if (range !== null && text(range, 'relname') === name) return true;
  return Object.values(node).some((value) => mentions(value, name));
}

/** The types come from the part that does not recurse. */
function bindRecursive(
  context: BindContext,
  body: Node,
  scope: Scope,
  name: string,
  cteName: string,
  names: readonly string[],
): Query {
  const fields = fieldsOf(body);
  if (text(fields, 'op') !== 'SETOP_UNION') {
    throw context.error(
      '42P19',
      `recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`,
    );
  }
  const start = bindSelectFields(context, inner(fields, 'larg') ?? {}, scope);
  const inside = new Scope(scope);
  inside.ctes.set(name, { cteName, columns: renamed(start.columns, names) });
  return bindSetOperation(context, fields, inside, []);
}

function bindValues(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
): Query {
  const place: Place = { context, scope, noAggregates: 'VALUES' };
  const rows = list(fields, 'valuesLists').map((node) =>
    list(asTag(node, 'List') ?? {}, 'items').map((item) => bindExpression(place, item)),
  );
  const width = rows[0]?.length ?? 0;
  for (const row of rows) {
    if (row.length !== width) {
      throw context.error('42601', 'VALUES lists must all be the same length', row[0]?.location);
    }
  }
  const types = Array.from({ length: width }, (_, at) =>
    commonType(
      context,
      rows.map((row) => row[at] as Expression),
      'VALUES',
    ),
  );
  const coerced = rows.map((row) =>
    row.map((value, at) => mustCoerce(context, value, types[at] as number, 'VALUES')),
  );
  const columns = types.map((type, at) => resultColumn(`column${at + 1}`, type));
  return {
    kind: 'values',
    rows: coerced,
    columns,
    ...bindTail(context, fields, scope, ctes, columns, []),
  };
}

function resultColumn(name: string, type: number, typmod = -1): ResultColumn {
  return { name, type, typmod, tableOid: 0, columnNumber: 0 };
}

function bindSetOperation(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
): Query {
  const operator = text(fields, 'op').replace('SETOP_', '') as 'UNION' | 'INTERSECT' | 'EXCEPT';
  const left = bindSelectFields(context, inner(fields, 'larg') ?? {}, scope, 'keep');
  const right = bindSelectFields(context, inner(fields, 'rarg') ?? {}, scope, 'keep');
  const isAll = flag(fields, 'all');
  if (left.columns.length !== right.columns.length) {
    const [first] = list(inner(fields, 'rarg') ?? {}, 'targetList');
    throw context.error(
      '42601',
      `each ${operator} query must have the same number of columns`,
      first === undefined ? undefined : location(fieldsOf(first)),
    );
  }
  if (isAll && operator !== 'UNION') throw context.notSupported(`${operator} ALL`);
  const types = left.columns.map((column, at) => {
    const sides = [left, right].map((side): Expression => ({
      kind: 'constant',
      type: (side.columns[at] ?? column).type,
      typmod: -1,
      value: null,
      location: targetLocation(side, at),
    }));
    return commonType(context, sides, operator);
  });
  for (const type of types) {
    if (!isAll && mustType(type).sortKey !== null) {
      throw context.notSupported(`${operator} without ALL over type ${typeDisplay(type)}`);
    }
  }
  const columns = types.map((type, at) => resultColumn(left.columns[at]?.name ?? '', type));
  return {
    kind: 'set',
    operator,
    isAll,
    left: convertColumns(context, left, types),
    right: convertColumns(context, right, types),
    columns,
    ...bindTail(context, fields, scope, ctes, columns, []),
  };
}

/** Where the statement has the column of a query's result. */
export function targetLocation(query: Query, at: number): number | undefined {
  if (query.kind === 'set') return targetLocation(query.left, at);
  const expressions =
    query.kind === 'select' ? query.targets.map(({ expression }) => expression) : query.rows[0];
  return expressions?.[at]?.location;
}

/** The query with its columns as these types: around it a query that converts, where needed. */
function convertColumns(context: BindContext, source: Query, types: readonly number[]): Query {
  const query = withLiteralsAs(context, source, types);
  if (query.columns.every((column, at) => column.type === types[at])) return query;
  const alias = context.nextAlias();
  const entry = { name: null, alias, columns: resultScopeColumns(query.columns) };
  const targets = query.columns.map((column, at): Target => {
    const source = reference(entry, entry.columns[at] as (typeof entry.columns)[number], 0);
    const expression = mustCoerce(context, source, types[at] as number, 'UNION');
    return { ...column, type: types[at] as number, typmod: -1, expression };
  });
  return {
    kind: 'select',
    ctes: [],
    isDistinct: false,
    distinctOn: [],
    targets,
    from: [{ kind: 'query', alias, query }],
    where: null,
    groupBy: [],
    having: null,
    orderBy: [],
    limit: null,
    offset: null,
    columns: targets,
  };
}

/** Literals without a type in a select list, as these types. */
function withLiteralsAs(context: BindContext, query: Query, types: readonly number[]): Query {
  if (query.kind !== 'select' || query.targets.every(({ type }) => type !== UNKNOWN)) return query;
  const targets = query.targets.map((each, at): Target => {
    if (each.type !== UNKNOWN) return each;
    const expression = mustCoerce(context, each.expression, types[at] as number, 'UNION');
    return { ...each, expression, type: expression.type };
  });
  return { ...query, targets, columns: targets };
}

function bindSelect(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
  unknowns: Unknowns,
): Query {
  if (inner(fields, 'intoClause') !== null) throw context.notSupported('SELECT INTO');
  if (list(fields, 'windowClause').length > 0) throw context.notSupported('the WINDOW clause');
  const from: FromItem[] = list(fields, 'fromClause').map((node) => bindFrom(context, node, scope));
  const place: Place = { context, scope, noAggregates: null };
  const distinctNodes = fields['distinctClause'] as readonly Node[] | undefined;
  const targets = list(fields, 'targetList').flatMap((node) =>
    bindTarget(place, node, distinctNodes === undefined ? unknowns : 'text'),
  );
  const whereNode = child(fields, 'whereClause');
  const where =
    whereNode === null
      ? null
      : bindCondition({ ...place, noAggregates: 'WHERE' }, whereNode, 'WHERE');
  const groupBy = list(fields, 'groupClause').map((node) => bindGroupKey(place, node, targets));
  const havingNode = child(fields, 'havingClause');
  const having = havingNode === null ? null : bindCondition(place, havingNode, 'HAVING');
  const tail = bindTail(context, fields, scope, ctes, targets, targets);
  const distinctOn = (distinctNodes ?? [])
    .filter((node) => Object.keys(node).length > 0)
    .map((node) => bindKey(place, node, targets, 'DISTINCT ON'));
  if (distinctOn.length > 0) throw context.notSupported('DISTINCT ON');
  const isGrouped =
    groupBy.length > 0 ||
    having !== null ||
    targets.some(({ expression }) => containsAggregate(expression)) ||
    tail.orderBy.some(({ expression }) => containsAggregate(expression));
  if (isGrouped) {
    const checked = [
      ...targets.map(({ expression }) => expression),
      ...(having === null ? [] : [having]),
      ...tail.orderBy.map(({ expression }) => expression),
    ];
    checkGrouping(context, scope, groupBy, checked);
  }
  if (distinctNodes !== undefined && !isGrouped) refuseHiddenOrder(context, targets, tail.orderBy);
  return calledAfterSort(context, {
    kind: 'select',
    isDistinct: distinctNodes !== undefined,
    distinctOn,
    targets,
    from,
    where,
    groupBy,
    having,
    columns: targets,
    ...tail,
  });
}

function refuseHiddenOrder(
  context: BindContext,
  targets: readonly Target[],
  orderBy: readonly SortKey[],
): void {
  const shown = new Set(targets.map(({ expression }) => expressionKey(expression)));
  const hidden = orderBy.find(({ expression }) => !shown.has(expressionKey(expression)));
  if (hidden === undefined) return;
  throw context.error(
    '42P10',
    'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
    hidden.expression.location,
  );
}

/** A target, or the targets that a star stands for. */
export function bindTarget(
  place: Place,
  node: Node,
  unknowns: Unknowns = 'text',
): readonly Target[] {
  const fields = asTag(node, 'ResTarget') ?? {};
  const value = child(fields, 'val') as Node;
  const star = starTable(value);
  if (star !== undefined) return expandStar(place, star, location(fields));
  const bound = bindExpression(place, value);
  const expression = unknowns === 'keep' ? bound : resolveUnknown(place.context, bound);
  const name = text(fields, 'name') || resultName(value);
  return [target(name, expression)];
}

function target(name: string, expression: Expression): Target {
  const isColumn = expression.kind === 'column';
  return {
    name,
    expression,
    type: expression.type,
    typmod: expression.typmod,
    tableOid: isColumn ? expression.tableOid : 0,
    columnNumber: isColumn ? expression.columnNumber : 0,
  };
}

/** undefined: no star; null: `*`; else the table of `table.*`. */
function starTable(node: Node): string | null | undefined {
  const column = asTag(node, 'ColumnRef');
  const parts = list(column ?? {}, 'fields');
  if (asTag(parts.at(-1), 'A_Star') === null) return undefined;
  return parts.length === 1 ? null : stringOf(parts.at(-2) as Node);
}

function expandStar(place: Place, table: string | null, at: number | undefined): readonly Target[] {
  const { context, scope } = place;
  const entries = scope.entries.filter((entry) => table === null || entry.name === table);
  if (entries.length === 0) {
    throw table === null
      ? context.error('42601', 'SELECT * with no tables specified is not valid', at)
      : context.error('42P01', `missing FROM-clause entry for table "${table}"`, at);
  }
  const merged =
    table === null ? scope.merged.map(({ name, expression }) => target(name, expression)) : [];
  const plain = entries.flatMap((entry) =>
    entry.columns
      .filter((column) => table !== null || !scope.isHidden(entry, column))
      .map((column) => target(column.name, reference(entry, column, 0, at))),
  );
  return [...merged, ...plain];
}

/** GROUP BY: a column of FROM first, then a name of the select list, then a position (SQL99). */
function bindGroupKey(place: Place, node: Node, targets: readonly Target[]): Expression {
  if (asTag(node, 'GroupingSet') !== null) throw place.context.notSupported('GROUPING SETS');
  const name = plainName(node);
  if (name !== null) {
    const isColumn = place.scope.entries.some((entry) =>
      entry.columns.some((column) => column.name === name),
    );
    const named = targets.find((candidate) => candidate.name === name);
    if (!isColumn && named !== undefined) return checkedKey(place, named.expression);
    return resolveUnknown(place.context, bindExpression(place, node));
  }
  return checkedKey(place, bindKey(place, node, targets, 'GROUP BY'));
}

function checkedKey(place: Place, expression: Expression): Expression {
  if (!containsAggregate(expression)) return expression;
  throw place.context.error(
    '42803',
    'aggregate functions are not allowed in GROUP BY',
    expression.location,
  );
}

function plainName(node: Node): string | null {
  const parts = list(asTag(node, 'ColumnRef') ?? {}, 'fields');
  return parts.length === 1 ? stringOf(parts[0] as Node) : null;
}

/** A position in the select list, or an expression. */
function bindKey(place: Place, node: Node, targets: readonly Target[], clause: string): Expression {
  const { context } = place;
  const constant = asTag(node, 'A_Const');
  if (constant !== null && inner(constant, 'ival') !== null) {
    const position = integer(inner(constant, 'ival') ?? {}, 'ival');
    const found = targets[position - 1];
    if (found !== undefined) return found.expression;
    throw context.error(
      '42P10',
      `${clause} position ${position} is not in select list`,
      location(constant),
    );
  }
  if (constant !== null) {
    throw context.error('42601', `non-integer constant in ${clause}`, location(constant));
  }
  return resolveUnknown(context, bindExpression(place, node));
}

interface Tail {
  readonly ctes: readonly CommonTable[];
  readonly orderBy: readonly SortKey[];
  readonly limit: Expression | null;
  readonly offset: Expression | null;
}

/** `targets` empty: the columns of the result can only be named or numbered (set operations). */
function bindTail(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
  columns: readonly ResultColumn[],
  targets: readonly Target[],
): Tail {
  const place: Place = { context, scope, noAggregates: null };
  const orderBy = list(fields, 'sortClause').map((node) => {
    const sort = asTag(node, 'SortBy') ?? {};
    const key = child(sort, 'node') as Node;
    const expression =
      targets.length > 0 || columns.length === 0
        ? bindOrderKey(place, key, targets)
        : bindOutputKey(context, key, columns);
    return sortKey(sort, expression);
  });
  if (list(fields, 'lockingClause').length > 0) {
    if (targets.length === 0) throw context.notSupported('FOR UPDATE here');
    context.isLocking = true;
  }
  if (text(fields, 'limitOption') === 'LIMIT_OPTION_WITH_TIES')
    throw context.notSupported('WITH TIES');
  return {
    ctes,
    orderBy,
    limit: bindLimit(place, child(fields, 'limitCount'), 'LIMIT'),
    offset: bindLimit(place, child(fields, 'limitOffset'), 'OFFSET'),
  };
}

/** ORDER BY: a name of the select list first, then a position, then any expression (SQL92). */
function bindOrderKey(place: Place, node: Node, targets: readonly Target[]): Expression {
  const name = plainName(node);
  const named = name === null ? [] : targets.filter((candidate) => candidate.name === name);
  const [first] = named;
  if (first !== undefined) {
    const keys = new Set(named.map(({ expression }) => expressionKey(expression)));
    if (keys.size > 1) {
      throw place.context.error(
        '42702',
        `ORDER BY "${name}" is ambiguous`,
        location(fieldsOf(node)),
      );
    }
    return first.expression;
  }
  return bindKey(place, node, targets, 'ORDER BY');
}

/** A column of a set operation's result. */
function bindOutputKey(
  context: BindContext,
  node: Node,
  columns: readonly ResultColumn[],
): Expression {
  const name = plainName(node);
  const constant = asTag(node, 'A_Const');
  const at =
    name !== null
      ? columns.findIndex((column) => column.name === name)
      : integer(inner(constant ?? {}, 'ival') ?? {}, 'ival') - 1;
  const column = columns[at];
  if (column === undefined) {
    if (name !== null)
      throw context.error('42703', `column "${name}" does not exist`, location(fieldsOf(node)));
    throw context.error('0A000', 'invalid UNION/INTERSECT/EXCEPT ORDER BY clause');
  }
  const [scopeColumn] = resultScopeColumns([column]);
  const entry = { name: null, alias: null, columns: [] };
  return reference(
    entry,
    { ...(scopeColumn as NonNullable<typeof scopeColumn>), sqliteName: `c${at + 1}` },
    0,
  );
}

function bindLimit(place: Place, node: Node | null, clause: string): Expression | null {
  if (node === null) return null;
  const { context } = place;
  const constant = asTag(node, 'A_Const');
  if (constant !== null && flag(constant, 'isnull')) return null;
  const expression = bindExpression({ ...place, noAggregates: clause }, node);
  if (expression.kind === 'column') {
    throw context.error(
      '42P10',
      `argument of ${clause} must not contain variables`,
      expression.location,
    );
  }
  const coerced = tryCoerce(
    context,
    expression,
    INT8,
    -1,
    expression.type === UNKNOWN ? 'implicit' : 'assignment',
  );
  if (coerced !== null) return coerced;
  throw context.error(
    '42804',
    `argument of ${clause} must be type bigint, not type ${typeDisplay(expression.type)}`,
    expression.location,
  );
}
