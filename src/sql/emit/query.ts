// Bound queries -> SQLite SQL. The columns of every query are called c1, c2, ...
import { mustType } from '../../types/registry.ts';
import { unreachable } from '../../util/assert.ts';
import { LATERAL_ROWS, lateralTable } from '../functions/lateral.ts';
import { someExpression } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import type {
  CommonTable,
  FromItem,
  Query,
  Select,
  SetOperation,
  Target,
  Values,
} from '../tree/query.ts';
import type { Emitter } from './emitter.ts';
import { emitExpression, emitFreeKey, emitSortKeys, keyOf } from './expression.ts';
import { quoteName } from './names.ts';
import { isScan, isSingleLoop, onTicks, scanTicks, whereTicks } from './ticks.ts';

/** A query inside a statement, run once or for each row of another. */
export function emitQuery(emitter: Emitter, query: Query): string {
  return emitQueryAt(emitter, query, false);
}

/** A query that is the statement, or whose rows are those of the statement. */
export function emitOuterQuery(emitter: Emitter, query: Query): string {
  return emitQueryAt(emitter, query, true);
}

function emitQueryAt(emitter: Emitter, query: Query, isOuter: boolean): string {
  const withClause = emitWith(emitter, query.ctes);
  return `${withClause}${emitBody(emitter, query, isOuter)}${emitTail(emitter, query)}`;
}

export function emitWith(emitter: Emitter, ctes: readonly CommonTable[]): string {
  if (ctes.length === 0) return '';
  const parts = ctes.map(({ cteName, query, isMaterialized }) => {
    const columns = query.columns.map((_column, at) => `c${at + 1}`).join(', ');
    emitter.openTables.set(cteName, query);
    const text = emitQuery(emitter, query);
    emitter.openTables.delete(cteName);
    return `${quoteName(cteName)} (${columns}) AS ${isMaterialized ? 'MATERIALIZED ' : ''}(${text})`;
  });
  return `WITH RECURSIVE ${parts.join(', ')} `;
}

function emitBody(emitter: Emitter, query: Query, isOuter: boolean): string {
  switch (query.kind) {
    case 'select':
      return emitSelect(emitter, query, isOuter);
    case 'values':
      return emitValues(emitter, query);
    case 'set':
      return isGrouped(query)
        ? emitGroupedSet(emitter, query)
        : emitNativeSet(emitter, query, isOuter);
    default:
      return unreachable(query);
  }
}

/** SQLite's own set operations go by the bytes of the values, and know ALL of UNION only. */
function isGrouped({ operator, isAll, columns }: SetOperation): boolean {
  return isAll ? operator !== 'UNION' : columns.some(({ type }) => mustType(type).sortKey !== null);
}

function emitNativeSet(emitter: Emitter, query: SetOperation, isOuter: boolean): string {
  const { operator, isAll, left, right, orderBy } = query;
  const text = `${emitSide(emitter, left, true, isOuter)} ${operator}${isAll ? ' ALL' : ''} ${emitSide(emitter, right, false, isOuter)}`;
  // SQLite sorts its set operations by columns alone.
  const isByKey = orderBy.some(({ expression }) => mustType(expression.type).sortKey !== null);
  return isByKey ? `SELECT * FROM (${text})` : text;
}

/**
 * Rows are equal if their keys are: all rows of both sides in groups, each with the number of its
 * side, and for ALL with the how-manieth it is of its kind on its side.
 */
function emitGroupedSet(emitter: Emitter, query: SetOperation): string {
  const { operator, isAll, columns } = query;
  const keys = columns.map(({ type }, at) => keyOf(type, `c${at + 1}`)).join(', ');
  const window = `OVER (PARTITION BY ${keys})`;
  const names = columns.map((_column, at) => `c${at + 1}`);
  const shown = names.join(', ');
  // Of values that are equal and look different the first is shown as often as there are any.
  const values = columns.map(({ type }, at) =>
    mustType(type).sortKey === null ? names[at] : `first_value(c${at + 1}) ${window} AS c${at + 1}`,
  );
  const numbered = `${values.join(', ')}, row_number() ${window} AS n`;
  const [left, right] = [query.left, query.right].map((side, at) => {
    const text = emitQuery(emitter, side);
    return `SELECT ${isAll ? numbered : shown}, ${at} AS side FROM (${text})`;
  });
  const grouped = `SELECT ${shown} FROM (${left} UNION ALL ${right}) GROUP BY ${keys}${isAll ? ', n' : ''}`;
  // min() makes the other columns those of a row on the left.
  if (operator === 'INTERSECT') return `${grouped} HAVING min(side) = 0 AND total(side) > 0`;
  return operator === 'EXCEPT' ? `${grouped} HAVING total(side) = 0` : grouped;
}

/** SQLite chains set operations from the left and takes no tail in the middle. */
function emitSide(emitter: Emitter, query: Query, isLeft: boolean, isOuter: boolean): string {
  const { ctes, orderBy, limit, offset } = query;
  const hasTail = ctes.length > 0 || orderBy.length > 0 || limit !== null || offset !== null;
  if (hasTail || (query.kind === 'set' && !isLeft)) {
    return `SELECT * FROM (${emitQueryAt(emitter, query, isOuter)})`;
  }
  return emitBody(emitter, query, isOuter);
}

function emitValues(emitter: Emitter, { rows }: Values): string {
  const texts = rows.map(
    (row) => `(${row.map((value) => emitExpression(emitter, value)).join(', ')})`,
  );
  if (rows.flat().some((value) => someExpression(value, isFromOutside))) {
    // Then the columns are not called column1 and so on.
    const names = (rows[0] ?? []).map((_value, at) => `c${at + 1}`).join(', ');
    return `SELECT * FROM (WITH v (${names}) AS (VALUES ${texts.join(', ')}) SELECT * FROM v)`;
  }
  const columns = (rows[0] ?? []).map((_value, at) => `column${at + 1} AS c${at + 1}`).join(', ');
  return `SELECT ${columns} FROM (VALUES ${texts.join(', ')})`;
}

function isFromOutside({ kind }: Expression): boolean {
  return kind === 'column' || kind === 'subquery' || kind === 'in-subquery';
}

function emitSelect(emitter: Emitter, select: Select, isOuter: boolean): string {
  const parts = [
    `SELECT ${emitTargets(emitter, select.targets, select.isDistinct, isOneGroup(select))}`,
  ];
  if (select.from.length > 0) {
    parts.push(`FROM ${select.from.map((item) => emitFrom(emitter, item)).join(' CROSS JOIN ')}`);
  }
  const isTicked = !(isOuter ? isSingleLoop(select) : isScan(select));
  const conditions = isTicked
    ? [...whereTicks(emitter, select.from)]
    : isOuter
      ? [...scanTicks(emitter, select)]
      : [];
  if (select.where !== null) conditions.push(emitExpression(emitter, select.where));
  if (conditions.length > 0) parts.push(`WHERE ${conditions.join(' AND ')}`);
  const groupBy = select.groupBy.map((key) => emitFreeKey(emitter, key));
  if (groupBy.length > 0) parts.push(`GROUP BY ${groupBy.join(', ')}`);
  if (select.having !== null) parts.push(`HAVING ${emitExpression(emitter, select.having)}`);
  return parts.join(' ');
}

/** All rows are one group, and HAVING says whether it is there. */
function isOneGroup({ having, groupBy }: Select): boolean {
  return having !== null && groupBy.length === 0;
}

/** `isOneGroup`: SQLite knows it by an aggregate among the targets. */
export function emitTargets(
  emitter: Emitter,
  targets: readonly Target[],
  isDistinct: boolean,
  isOneGroup = false,
): string {
  const texts = targets.map(({ expression }) => emitExpression(emitter, expression));
  if (texts.length === 0) texts.push('NULL');
  if (isOneGroup) texts[0] = `CASE WHEN count(*) >= 0 THEN ${texts[0] ?? ''} END`;
  const named = texts.map((text, at) => `${text} AS c${at + 1}`);
  return `${isDistinct ? 'DISTINCT ' : ''}${named.join(', ')}`;
}

export function derivedTable(
  text: string,
  { alias, isMaterialized }: { readonly alias: string; readonly isMaterialized?: boolean },
): string {
  // SQLite would put the expressions of the query wherever its columns are used.
  const once = isMaterialized === true ? `WITH m AS MATERIALIZED (${text}) SELECT * FROM m` : text;
  return `(${once}) AS ${quoteName(alias)}`;
}

export function emitFrom(emitter: Emitter, item: FromItem, isInParentheses = false): string {
  switch (item.kind) {
    case 'table':
      return `${quoteName(item.sqliteName)} AS ${quoteName(item.alias)}`;
    case 'sequence': {
      const row = `SELECT last_value, log_cnt, is_called FROM "balsa.sequence" WHERE oid = ${item.oid}`;
      return `(${row}) AS ${quoteName(item.alias)}`;
    }
    case 'cte':
      return `${quoteName(item.cteName)} AS ${quoteName(item.alias)}`;
    case 'query':
      return derivedTable(emitQuery(emitter, item.query), item);
    case 'lateral': {
      // SQLite lets a subquery in FROM see nothing of FROM, but a function: the query is its argument.
      const { columns } = item.query;
      const shown = columns.map((_column, at) => `c${at + 1}`).join(', ');
      const rows = `SELECT ${LATERAL_ROWS}(${shown}) FROM (${emitQuery(emitter, item.query)})`;
      return `${lateralTable(columns.length)}((${rows})) AS ${quoteName(item.alias)}`;
    }
    case 'function': {
      const args = item.arguments.map((part) => emitExpression(emitter, part)).join(', ');
      return `${item.sqlName}(${args}) AS ${quoteName(item.alias)}`;
    }
    case 'join': {
      const left = emitFrom(emitter, item.left, isInParentheses);
      const right =
        item.right.kind === 'join'
          ? `(${emitFrom(emitter, item.right, true)})`
          : emitFrom(emitter, item.right);
      const conditions = [...onTicks(emitter, item, isInParentheses)];
      if (item.on !== null) conditions.push(emitExpression(emitter, item.on));
      const on = conditions.length === 0 ? '' : ` ON ${conditions.join(' AND ')}`;
      return `${left} ${item.type.toUpperCase()} JOIN ${right}${on}`;
    }
    default:
      return unreachable(item);
  }
}

function emitTail(emitter: Emitter, query: Query): string {
  const order =
    query.orderBy.length === 0 ? '' : ` ORDER BY ${emitSortKeys(emitter, query.orderBy)}`;
  if (query.limit === null && query.offset === null) return order;
  const limit = query.limit === null ? '-1' : `pg_limit(${emitExpression(emitter, query.limit)})`;
  const offset =
    query.offset === null ? '' : ` OFFSET pg_offset(${emitExpression(emitter, query.offset)})`;
  return `${order} LIMIT ${limit}${offset}`;
}
