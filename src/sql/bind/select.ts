// SELECT and VALUES, and WITH before them.
import {
  asTag,
  child,
  flag,
  inner,
  list,
  location,
  startOf,
  stringOf,
  tagOf,
  text,
} from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import type { CommonTable, FromItem, Query, Target } from '../tree/query.ts';
import { containsAggregate } from './aggregate.ts';
import { changeBinder, hasChange, isChange } from './changing-with.ts';
import { commonType, commonTypmod, mustCoerce, resolveUnknown } from './coerce.ts';
import type { BindContext } from './context.ts';
import { plainSelect } from './derived.ts';
import { distinctOn, distinctRows, refuseIncomparable } from './distinct.ts';
import { bindCondition, bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { bindFrom } from './from.ts';
import { bindGroupClause, commonKeys, groupedBySets, groupedPlainly } from './grouping-sets.ts';
import { checkGrouping, tablesWithGroupedKey } from './grouping.ts';
import {
  refuseLocking,
  refuseLockingSetFunctions,
  withClaims,
  withLockingInside,
} from './locking.ts';
import { resultName } from './result-name.ts';
import { keptQuery } from './parts.ts';
import { Scope, reference } from './scope.ts';
import type { ShownColumn } from './scope.ts';
import { isFieldColumn, withSetFunctionsInFrom } from './set-functions.ts';
import { bindRecursive, bindSetOperation, renamed } from './set-operation.ts';
import { bindKey, bindSortKey, bindTail, plainName } from './tail.ts';
import { bindNamedWindows, refuseWindows } from './window.ts';

/** What becomes of literals in a select list that nothing gives a type. */
export type Unknowns = 'text' | 'keep';

/** A SelectStmt node; `outer` is what the query around it can see. */
export function bindQuery(
  context: BindContext,
  node: Node,
  outer: Scope | null,
  unknowns: Unknowns = 'text',
  isInFrom = false,
): Query {
  const fields = asTag(node, 'SelectStmt');
  if (fields === null) throw context.notSupported(`a query of kind ${tagOf(node)}`);
  return bindSelectFields(context, fields, outer, unknowns, isInFrom);
}

export function bindSelectFields(
  context: BindContext,
  fields: Fields,
  outer: Scope | null,
  unknowns: Unknowns = 'text',
  isInFrom = false,
): Query {
  const scope = new Scope(outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  if (list(fields, 'valuesLists').length > 0) return bindValues(context, fields, scope, ctes);
  if (text(fields, 'op') !== 'SETOP_NONE') return bindSetOperation(context, fields, scope, ctes);
  const rewritten = withSetFunctionsInFrom(context, fields, isInFrom);
  if (rewritten !== fields) refuseLockingSetFunctions(context, fields);
  return bindSelect(context, withLockingInside(context, rewritten), scope, ctes, unknowns);
}

export function bindWith(
  context: BindContext,
  clause: Fields | null,
  scope: Scope,
): readonly CommonTable[] {
  if (clause === null) return [];
  const isRecursive = flag(clause, 'recursive');
  const hasParts = hasChange(clause);
  const ctes: CommonTable[] = [];
  for (const node of list(clause, 'ctes')) {
    const cte = asTag(node, 'CommonTableExpr') ?? {};
    const name = text(cte, 'ctename');
    if (scope.ctes.has(name)) {
      throw context.error(
        '42712',
        `WITH query name "${name}" specified more than once`,
        location(cte),
      );
    }
    const cteName = `cte_${context.nextAlias()}`;
    const body = child(cte, 'ctequery') as Node;
    const names = list(cte, 'aliascolnames').map(stringOf);
    const isOwn = mentions(body, name);
    if (isChange(body)) {
      const bindChange = changeBinder(context, clause, cte, isOwn);
      const query = bindChange(context, body, scope, ctes);
      if (query !== null) ctes.push({ cteName, query, isMaterialized: false });
      const columns = renamed(query?.columns ?? [], names);
      scope.ctes.set(name, { cteName, columns, hasNoRows: query === null });
      continue;
    }
    const [query, isVolatile] = context.watchVolatile(() =>
      isRecursive && isOwn
        ? bindRecursive(context, body, scope, name, cteName, names)
        : bindQuery(context, body, scope),
    );
    if (names.length > query.columns.length) {
      const counts = `${query.columns.length} columns available but ${names.length} columns specified`;
      throw context.error('42P10', `WITH query "${name}" has ${counts}`, location(cte));
    }
    scope.ctes.set(name, { cteName, columns: renamed(query.columns, names) });
    ctes.push(
      hasParts && isVolatile
        ? keptQuery(context, cteName, { ...query, ctes: [...ctes, ...query.ctes] })
        : { cteName, query, isMaterialized: isVolatile },
    );
  }
  return ctes;
}

/** True if the query names the table: only then is a WITH RECURSIVE entry recursive. */
function mentions(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  const range = asTag(node, 'RangeVar');
  if (range !== null && text(range, 'relname') === name) return true;
  return Object.values(node).some((value) => mentions(value, name));
}

function bindValues(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
): Query {
  refuseLocking(context, fields, 'cannot be applied to VALUES');
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
  const columns = types.map((type, at) => ({
    name: `column${at + 1}`,
    type,
    typmod: commonTypmod(coerced.map((row) => row[at] as Expression)),
    tableOid: 0,
    columnNumber: 0,
  }));
  return {
    kind: 'values',
    rows: coerced,
    columns,
    ...bindTail(context, fields, scope, ctes, columns, []),
  };
}

function bindSelect(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
  unknowns: Unknowns,
): Query {
  refuseInto(context, fields, 'SELECT ... INTO is not allowed here');
  const from: FromItem[] = list(fields, 'fromClause').map((node) => bindFrom(context, node, scope));
  const place: Place = { context, scope, noAggregates: null };
  bindNamedWindows(place, list(fields, 'windowClause'));
  const distinctNodes = fields['distinctClause'] as readonly Node[] | undefined;
  const targets = list(fields, 'targetList').flatMap((node) =>
    bindTarget(place, node, distinctNodes === undefined ? unknowns : 'text'),
  );
  const whereNode = child(fields, 'whereClause');
  const where =
    whereNode === null
      ? null
      : bindCondition({ ...place, noAggregates: 'WHERE' }, whereNode, 'WHERE');
  const group = bindGroupClause(context, fields, (node) => bindGroupKey(place, node, targets));
  const { keys: groupBy, sets } = group;
  const havingNode = child(fields, 'havingClause');
  const having = havingNode === null ? null : bindCondition(place, havingNode, 'HAVING');
  const tail = bindTail(context, fields, scope, ctes, targets, targets);
  const distinctKeys = (distinctNodes ?? [])
    .filter((node) => Object.keys(node).length > 0)
    .map((node) => ({
      ...bindSortKey(place, node, targets, 'DISTINCT ON'),
      location: startOf(node),
    }));
  const keyed = tablesWithGroupedKey(context, commonKeys(group));
  const isGrouped =
    sets !== null ||
    groupBy.length > 0 ||
    having !== null ||
    targets.some(({ expression }) => containsAggregate(expression)) ||
    tail.orderBy.some(({ expression }) => containsAggregate(expression));
  if (isGrouped) {
    const checked = [
      ...targets.map(({ expression }) => expression),
      ...(having === null ? [] : [having]),
      ...tail.orderBy.map(({ expression }) => expression),
      ...distinctKeys,
    ];
    checkGrouping(context, scope, groupBy, keyed, checked);
  }
  refuseWindows(context, groupBy, 'GROUP BY');
  if (having !== null) refuseWindows(context, [having], 'HAVING');
  refuseIncomparable(context, groupBy);
  const plain = plainSelect({ targets, from, where, groupBy, having, ...tail });
  const { select, rewrite } =
    sets === null
      ? groupedPlainly(context, plain)
      : groupedBySets(context, plain, { sets, keyed, scope });
  if (distinctNodes === undefined) return withClaims(context, fields, scope, select);
  refuseLocking(context, fields, 'is not allowed with DISTINCT clause');
  return distinctKeys.length === 0
    ? distinctRows(context, select)
    : distinctOn(context, select, distinctKeys.map(rewrite));
}

/** INTO of a whole statement is not here any more, see ddl/create-table-as.ts. */
export function refuseInto(context: BindContext, fields: Fields, message: string): void {
  const into = inner(fields, 'intoClause');
  if (into !== null) throw context.error('42601', message, location(inner(into, 'rel') ?? {}));
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
  const targets = starTargets(place, table, at);
  if (!targets.some(({ name }) => isFieldColumn(name))) return targets;
  throw place.context.notSupported('a row as a value', at);
}

function starTargets(
  place: Place,
  table: string | null,
  at: number | undefined,
): readonly Target[] {
  const { context, scope } = place;
  if (table === null) {
    if (scope.entries.length === 0) {
      throw context.error('42601', 'SELECT * with no tables specified is not valid', at);
    }
    return scope.items.flat().map((shown) => target(shown.name, shownExpression(scope, shown, at)));
  }
  const entries = scope.entries.filter((entry) => entry.name === table);
  if (entries.length === 0) {
    throw context.error('42P01', `missing FROM-clause entry for table "${table}"`, at);
  }
  return entries.flatMap((entry) =>
    entry.columns.map((column) => target(column.name, reference(entry, column, 0, at))),
  );
}

function shownExpression(scope: Scope, shown: ShownColumn, at: number | undefined): Expression {
  if (shown.merged !== null) return shown.merged.expression;
  // The joins around have said meanwhile whether the row may be missing.
  const entry = scope.entries.find(({ alias }) => alias === shown.entry.alias) ?? shown.entry;
  const column = entry.columns.find(({ sqliteName }) => sqliteName === shown.column.sqliteName);
  return reference(entry, column ?? shown.column, 0, at);
}

/** GROUP BY: a column of FROM first, then a name of the select list, then a position (SQL99). */
function bindGroupKey(place: Place, node: Node, targets: readonly Target[]): Expression {
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
