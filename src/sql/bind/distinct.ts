// SELECT DISTINCT and DISTINCT ON. SQLite's own DISTINCT goes by the bytes of the values, and knows no
// ON: where that is not enough, a query around the select list groups or numbers its rows.
import { hasEquality } from '../functions/comparison.ts';
import { WINDOW_FUNCTIONS } from '../functions/aggregates.ts';
import type { AggregateSignature } from '../functions/signature.ts';
import { INT8 } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { expressionKey, someExpression, startOf } from '../tree/expression.ts';
import type { Expression, SortKey } from '../tree/expression.ts';
import type { Select, Target } from '../tree/query.ts';
import { typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { derivedFrom, plainSelect } from './derived.ts';
import { bindOperator } from './operator.ts';

/** `select` with one row for each of its results. */
export function distinctRows(context: BindContext, select: Select): Select {
  refuseIncomparable(
    context,
    select.targets.map(({ expression }) => expression),
  );
  refuseHiddenOrder(context, select.targets, select.orderBy);
  if (!select.targets.some(({ type }) => mustType(type).sortKey !== null)) {
    return { ...select, isDistinct: true };
  }
  const { inner, columns, orderBy } = moved(context, select, select.targets);
  return {
    ...plainSelect({ targets: shown(select, columns), from: [inner] }),
    ctes: select.ctes,
    groupBy: columns,
    orderBy,
    limit: select.limit,
    offset: select.offset,
  };
}

/** `select` with the first row, in its order, for each value of the keys (with their places). */
export function distinctOn(
  context: BindContext,
  select: Select,
  keys: readonly Expression[],
): Select {
  refuseIncomparable(context, keys);
  const order = orderOn(context, keys, select.orderBy);
  if ([...keys, ...order.map(({ expression }) => expression)].some(hasWindow)) {
    return distinctOnResults(context, select, keys, order);
  }
  const number: Expression = {
    kind: 'aggregate',
    signature: WINDOW_FUNCTIONS.find(({ name }) => name === 'row_number') as AggregateSignature,
    arguments: [],
    isStar: false,
    isDistinct: false,
    orderBy: [],
    filter: null,
    over: { partitionBy: keys, orderBy: select.orderBy, frame: null, exclusion: null },
    type: INT8,
    typmod: -1,
  };
  const hidden = order.map(({ expression }) => targetOf(expression));
  const all = [...select.targets, ...hidden, targetOf(number)];
  const { inner, columns, orderBy } = moved(context, { ...select, orderBy: order }, all);
  const one: Expression = { kind: 'constant', type: INT8, typmod: -1, value: 1n };
  return {
    ...plainSelect({ targets: shown(select, columns), from: [inner] }),
    ctes: select.ctes,
    where: bindOperator(context, '=', columns.at(-1) as Expression, one, undefined),
    orderBy,
    limit: select.limit,
    offset: select.offset,
  };
}

function hasWindow(expression: Expression): boolean {
  return someExpression(expression, (part) => part.kind === 'aggregate' && part.over !== null);
}

/** The same where windows are among the keys, which must be known before the rows are numbered. */
function distinctOnResults(
  context: BindContext,
  select: Select,
  keys: readonly Expression[],
  order: readonly SortKey[],
): Select {
  const hidden = [...keys, ...order.map(({ expression }) => expression)].map(targetOf);
  const all = [...select.targets, ...hidden];
  const { inner, columns, orderBy } = moved(context, { ...select, orderBy: order }, all);
  const { ctes, limit, offset } = select;
  const results = plainSelect({ targets: shown(select, columns), from: [inner] });
  const at = all.map(({ expression }) => expressionKey(expression));
  const movedKeys = keys.map((key) => columns[at.lastIndexOf(expressionKey(key))] as Expression);
  return distinctOn(context, { ...results, ctes, orderBy, limit, offset }, movedKeys);
}

/** The select without its tail as an item of FROM, with its ORDER BY over the columns of that. */
function moved(context: BindContext, select: Select, targets: readonly Target[]) {
  const query = {
    ...select,
    ctes: [],
    targets,
    columns: targets,
    orderBy: [],
    limit: null,
    offset: null,
  };
  const { from: inner, columns } = derivedFrom(context, query);
  const at = new Map(targets.map(({ expression }, index) => [expressionKey(expression), index]));
  const orderBy = select.orderBy.map((key): SortKey => ({
    ...key,
    expression: columns[at.get(expressionKey(key.expression)) as number] as Expression,
  }));
  return { inner, columns, orderBy };
}

function shown(select: Select, columns: readonly Expression[]): readonly Target[] {
  return select.targets.map((target, at) => ({ ...target, expression: columns[at] as Expression }));
}

function targetOf(expression: Expression): Target {
  const { type, typmod } = expression;
  return { name: '', expression, type, typmod, tableOid: 0, columnNumber: 0 };
}

/** The keys come first in the order, in any sequence (PG: SELECT, DISTINCT clause). */
function orderOn(
  context: BindContext,
  keys: readonly Expression[],
  orderBy: readonly SortKey[],
): readonly SortKey[] {
  const wanted = new Set(keys.map(expressionKey));
  const given = orderBy.map(({ expression }) => expressionKey(expression));
  const prefix = given.findIndex((key) => !wanted.has(key));
  const leading = new Set(prefix === -1 ? given : given.slice(0, prefix));
  const missing = keys.filter((key) => !leading.has(expressionKey(key)));
  if (missing.length > 0 && prefix !== -1) {
    const late = given.slice(prefix).find((key) => wanted.has(key));
    const stray = missing.find((key) => expressionKey(key) === late) ?? missing[0];
    throw context.error(
      '42P10',
      'SELECT DISTINCT ON expressions must match initial ORDER BY expressions',
      stray?.location,
    );
  }
  const rest = missing.map((expression): SortKey => ({
    expression,
    isDescending: false,
    isNullsFirst: false,
  }));
  return [...orderBy, ...rest];
}

function refuseHiddenOrder(
  context: BindContext,
  targets: readonly Target[],
  orderBy: readonly SortKey[],
): void {
  const visible = new Set(targets.map(({ expression }) => expressionKey(expression)));
  const hidden = orderBy.find(({ expression }) => !visible.has(expressionKey(expression)));
  if (hidden === undefined) return;
  throw context.error(
    '42P10',
    'for SELECT DISTINCT, ORDER BY expressions must appear in select list',
    startOf(hidden.expression),
  );
}

/** Throws 42883. */
export function refuseIncomparable(context: BindContext, keys: readonly Expression[]): void {
  const key = keys.find(({ type }) => !hasEquality(type));
  if (key === undefined) return;
  const message = `could not identify an equality operator for type ${typeDisplay(key.type)}`;
  throw context.error('42883', message, startOf(key));
}
