// SQLite cannot be interrupted from outside: the only way to end a statement is a function of ours
// that it calls, and that throws. A loop over rows which may go on for long without giving any has a
// condition that calls one and is always true, once for each row that the loop looks at; or, where the
// loop is over one table alone and makes no texts, which SQLite does by itself in no time, once for many.
import { mustType } from '../../types/registry.ts';
import { TICK } from '../functions/bounds.ts';
import { someExpression } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import type { FromItem, Query, Select } from '../tree/query.ts';
import type { Emitter } from './emitter.ts';
import { quoteName } from './names.ts';

/** Of a loop over one table, a power of two: between two calls, as long as no rows were deleted. */
const ROWS_PER_TICK = 1024;
/** What SQLite takes for a row is a small part of what a call of ours takes; see TICK. */
const BYTES_PER_ROW = 4;

type Leaf = Exclude<FromItem, { kind: 'join' }>;

/** Conditions for the start of a WHERE: those of the leaves that joins do not see to themselves. */
export function whereTicks(emitter: Emitter, items: readonly FromItem[]): readonly string[] {
  return items.flatMap((item) => outerLeaves(item)).map((leaf) => leafTick(emitter, leaf));
}

/**
 * Conditions for the start of an ON. An inner join leaves them to WHERE, because SQLite puts its ON
 * at the end of WHERE: a condition there that is never true would keep them from being evaluated. A
 * join in parentheses has no WHERE.
 */
export function onTicks(
  emitter: Emitter,
  join: Extract<FromItem, { kind: 'join' }>,
  isInParentheses: boolean,
): readonly string[] {
  if (isPlain(join) && !isInParentheses) return [];
  return allLeaves(join.right).map((leaf) => leafTick(emitter, leaf));
}

/** One row of a table after the other: no more work than the table has rows. */
export function isScan({ from, where, targets }: Select): boolean {
  const [item] = from;
  if (from.length !== 1 || item?.kind !== 'table' || where !== null) return false;
  return targets.every(({ expression }) => expression.kind === 'column' && expression.level === 0);
}

/** As a statement by itself: the loop gives rows, or ends with the table. */
export function isSingleLoop({ from }: Select): boolean {
  const [item] = from;
  return from.length === 1 && (item?.kind === 'table' || item?.kind === 'function');
}

/** For the start of the WHERE of such a statement, if it is about a table. */
export function scanTicks(emitter: Emitter, select: Select): readonly string[] {
  const [item] = select.from;
  if (item === undefined || item.kind === 'join') return [];
  // A row may then take as long as a thousand others.
  if (makesTexts(select)) return [leafTick(emitter, item)];
  return item.kind !== 'table' || isCount(select) ? [] : [scanTick(item.alias)];
}

/**
 * Something of it makes texts, of whatever length. SQLite calls a function of constants once, and
 * then joins, compares and sorts what it gave for each row without asking us.
 */
function makesTexts({ targets, where, groupBy, having, orderBy }: Select): boolean {
  const expressions = [
    ...targets.map(({ expression }) => expression),
    ...orderBy.map(({ expression }) => expression),
    ...groupBy,
    ...(where === null ? [] : [where]),
    ...(having === null ? [] : [having]),
  ];
  return expressions.some((expression) => someExpression(expression, isMadeText));
}

function isMadeText(expression: Expression): boolean {
  const { kind, type } = expression;
  const isCast = kind === 'cast' && expression.how !== 'relabel';
  const isMade = kind === 'function' || kind === 'operator' || isCast;
  return isMade && ['TEXT', 'BLOB'].includes(mustType(type).storage);
}

/** How many rows a table has SQLite finds out without looking at them. */
function isCount({ targets, where, groupBy, having }: Select): boolean {
  if (where !== null || groupBy.length > 0 || having !== null) return false;
  return targets.every(
    ({ expression }) =>
      expression.kind === 'aggregate' &&
      expression.isStar &&
      expression.filter === null &&
      expression.over === null,
  );
}

/** The number of the row says whether to call, so that it is the same on all nodes. */
export function scanTick(alias: string): string {
  const bytes = ROWS_PER_TICK * BYTES_PER_ROW;
  return `(${quoteName(alias)}."ctid" & ${ROWS_PER_TICK - 1} OR ${TICK}(${bytes}))`;
}

function isPlain({ type }: Extract<FromItem, { kind: 'join' }>): boolean {
  return type === 'inner' || type === 'cross';
}

function outerLeaves(item: FromItem): readonly Leaf[] {
  if (item.kind !== 'join') return [item];
  return isPlain(item)
    ? [...outerLeaves(item.left), ...allLeaves(item.right)]
    : outerLeaves(item.left);
}

function allLeaves(item: FromItem): readonly Leaf[] {
  return item.kind === 'join' ? [...allLeaves(item.left), ...allLeaves(item.right)] : [item];
}

/**
 * coalesce() never looks at the column: it is there to tie the call to the loop of this leaf.
 * "ctid" is in every index, so that no index is less useful than before.
 */
function leafTick(emitter: Emitter, leaf: Leaf): string {
  const name = leaf.kind === 'table' ? '"ctid"' : leaf.kind === 'sequence' ? 'last_value' : 'c1';
  const column = `${quoteName(leaf.alias)}.${name}`;
  return `coalesce(${TICK}(${sizeOf(emitter, leaf)}), ${column})`;
}

export function tableTick(alias: string): string {
  return `coalesce(${TICK}(), ${quoteName(alias)}."ctid")`;
}

/** The rows that a recursion makes take room until the statement ends. */
function sizeOf(emitter: Emitter, leaf: Leaf): string {
  const query: Query | undefined =
    leaf.kind === 'cte' ? emitter.openTables.get(leaf.cteName) : undefined;
  if (query === undefined) return '';
  return query.columns
    .flatMap(({ type }, at) =>
      mustType(type).storage === 'TEXT' || mustType(type).storage === 'BLOB'
        ? [`coalesce(octet_length(${quoteName(leaf.alias)}.c${at + 1}), 0)`]
        : [],
    )
    .join(', ');
}
