// GROUP BY GROUPING SETS, ROLLUP and CUBE, and GROUPING() (PG: 7.2.4). SQLite has none of them: the rows
// that are to be grouped become a common table, which is grouped once for each set; the select list,
// HAVING and what is behind see the rows of all these as a query in FROM.
import { INT4 } from '../../types/oids.ts';
import { asTag, flag, list, location, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { expressionKey, replaceExpressions, someExpression, startOf } from '../tree/expression.ts';
import type { ColumnReference, Expression, GroupingCall } from '../tree/expression.ts';
import type { CommonTable, FromItem, Query, Select, Target } from '../tree/query.ts';
import { must } from '../../util/assert.ts';
import type { BindContext } from './context.ts';
import { plainSelect } from './derived.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { Scope, reference } from './scope.ts';

/** As many SELECTs are in one statement of SQLite's. */
const SETS_MAX = 256;
const CUBE_MAX = 12;

/** Positions in the keys, in ascending order. */
type GroupingSet = readonly number[];

export interface GroupClause {
  readonly keys: readonly Expression[];
  /** null: one set of all keys. */
  readonly sets: readonly GroupingSet[] | null;
}

// The clause ----------------------------------------------------------------------------------------

export function bindGroupClause(
  context: BindContext,
  fields: Fields,
  bindKey: (node: Node) => Expression,
): GroupClause {
  const nodes = list(fields, 'groupClause');
  const keys: Expression[] = [];
  const found = new Map<string, number>();
  const setOf = (node: Node): GroupingSet => {
    const row = asTag(node, 'RowExpr');
    if (row !== null) return list(row, 'args').flatMap(setOf);
    const key = bindKey(node);
    const name = expressionKey(key);
    const at = found.get(name) ?? keys.push(key) - 1;
    found.set(name, at);
    return [at];
  };
  const each = nodes.map((node) => setsOf(context, node, setOf));
  if (!nodes.some((node) => asTag(node, 'GroupingSet') !== null)) return { keys, sets: null };
  refuseMany(
    context,
    each.reduce((product, sets) => product * sets.length, 1),
  );
  let sets: readonly GroupingSet[] = [[]];
  for (const more of each) sets = sets.flatMap((set) => more.map((other) => union([set, other])));
  if (!flag(fields, 'groupDistinct')) return { keys, sets };
  return { keys, sets: [...new Map(sets.map((set) => [set.join(), set])).values()] };
}

/** Before they are made: a short text may name very many. */
function refuseMany(context: BindContext, count: number): void {
  if (count > SETS_MAX) throw context.notSupported(`GROUP BY with more than ${SETS_MAX} sets`);
}

function union(sets: readonly GroupingSet[]): GroupingSet {
  return [...new Set(sets.flat())].sort((a, b) => a - b);
}

function setsOf(
  context: BindContext,
  node: Node,
  setOf: (node: Node) => GroupingSet,
): readonly GroupingSet[] {
  const fields = asTag(node, 'GroupingSet');
  if (fields === null) return [setOf(node)];
  const content = list(fields, 'content');
  switch (text(fields, 'kind')) {
    case 'GROUPING_SET_ROLLUP': {
      refuseMany(context, content.length + 1);
      const parts = content.map(setOf);
      const lengths = [...parts.keys(), parts.length].reverse();
      return lengths.map((length) => union(parts.slice(0, length)));
    }
    case 'GROUPING_SET_CUBE': {
      if (content.length > CUBE_MAX) {
        throw context.error('54011', `CUBE is limited to ${CUBE_MAX} elements`, location(fields));
      }
      const all = 2 ** content.length;
      refuseMany(context, all);
      const parts = content.map(setOf);
      return Array.from({ length: all }, (_, left) =>
        union(parts.filter((_part, at) => ((left >> (parts.length - 1 - at)) & 1) === 0)),
      );
    }
    case 'GROUPING_SET_SETS': {
      const sets: GroupingSet[] = [];
      for (const part of content) {
        sets.push(...setsOf(context, part, setOf));
        refuseMany(context, sets.length);
      }
      return sets;
    }
    default:
      return [[]];
  }
}

/** The keys that are in every set: only they say which row of a table it is. */
export function commonKeys({ keys, sets }: GroupClause): readonly Expression[] {
  return sets === null ? keys : keys.filter((_key, at) => sets.every((set) => set.includes(at)));
}

// GROUPING() ----------------------------------------------------------------------------------------

export function bindGrouping(place: Place, fields: Fields): Expression {
  const { context, noAggregates } = place;
  if (noAggregates !== null) {
    const message =
      noAggregates === 'an aggregate'
        ? 'aggregate function calls cannot be nested'
        : `grouping operations are not allowed in ${noAggregates}`;
    throw context.error('42803', message, location(fields));
  }
  const parts = list(fields, 'args').map((node) => bindExpression(place, node));
  if (parts.length > 31) {
    throw context.error('54023', 'GROUPING must have fewer than 32 arguments', location(fields));
  }
  context.usesGrouping = true;
  const at = location(fields);
  return { kind: 'grouping', arguments: parts, type: INT4, typmod: -1, location: at };
}

/** Bit by bit: the argument is not in the set. */
function groupingOf(positions: readonly number[], set: GroupingSet): Expression {
  const bits = positions.map((position) => (set.includes(position) ? '0' : '1')).join('');
  return { kind: 'constant', type: INT4, typmod: -1, value: BigInt(`0b${bits}`) };
}

// The queries ---------------------------------------------------------------------------------------

export interface Grouped {
  readonly select: Select;
  /** Makes an expression over the select's rows one over those of the groups. */
  rewrite(expression: Expression): Expression;
}

/** A select with one set of keys, or not grouped: all that is to be done is GROUPING(). */
export function groupedPlainly(context: BindContext, select: Select): Grouped {
  if (!context.usesGrouping) return { select, rewrite: (expression) => expression };
  const positionsOf = keyPositions(context, select);
  const all = select.groupBy.map((_key, at) => at);
  const rewrite = <T>(part: T): T =>
    replaceExpressions(part, (expression) => {
      if (expression.kind !== 'grouping') return null;
      const positions = positionsOf(expression);
      return positions === null ? null : groupingOf(positions, all);
    });
  return { select: rewriteResults(select, rewrite), rewrite };
}

export interface SetsOptions {
  readonly sets: readonly GroupingSet[];
  /** Range entries that have their primary key in every set. */
  readonly keyed: ReadonlySet<string | null>;
  readonly scope: Scope;
}

/** `select`: checked, all keys in its GROUP BY. */
export function groupedBySets(
  context: BindContext,
  select: Select,
  { sets, keyed, scope }: SetsOptions,
): Grouped {
  const keys = new Map(select.groupBy.map((key, at) => [expressionKey(key), at]));
  const positionsOf = keyPositions(context, select);
  const ours = aliasesOf(select.from);
  const groups = new Groups(context.nextAlias());
  const rewrite = <T>(part: T): T =>
    replaceExpressions(part, (expression, isInQuery) => {
      if (expression.kind === 'grouping') {
        const positions = positionsOf(expression);
        return positions && groups.column(expression, (set) => groupingOf(positions, set));
      }
      const own = ownColumn(expression, ours) ?? expression;
      const key = isInQuery && own.kind !== 'column' ? undefined : keys.get(expressionKey(own));
      if (key !== undefined) {
        return groups.column(own, (set) => (set.includes(key) ? own : nullOf(own)));
      }
      if (own.kind === 'aggregate' && own.over === null && !isInQuery) {
        return groups.column(own, () => own);
      }
      if (own.kind !== 'column' || !ours.has(own.alias)) return null;
      if (keyed.has(own.alias)) return groups.column(own, () => own);
      const table = scope.entries.find(({ alias }) => alias === own.alias)?.name ?? '?';
      const message = `subquery uses ungrouped column "${table}.${own.name}" from outer query`;
      throw context.error('42803', message, own.location);
    });
  const outer = rewriteResults(select, rewrite);
  const rows = new Rows(context, ours);
  const branches = sets.map((set) => rows.grouped(select, groups.targetsOf(context, set), set));
  const query = branches.reduce<Query | null>((left, right): Query => {
    if (left === null) return right;
    const tail = emptyTail(right.columns);
    return { ...tail, kind: 'set', operator: 'UNION', isAll: true, left, right };
  }, null);
  return {
    rewrite,
    select: {
      ...outer,
      ctes: [...select.ctes, rows.table(select)],
      from: [{ kind: 'query', alias: groups.alias, query: must(query, 'there is a set') }],
      where: outer.having,
      groupBy: [],
      having: null,
    },
  };
}

/** The columns of the groups: keys, aggregates, and what GROUPING() gives. */
class Groups {
  readonly alias: string;
  readonly #columns = new Map<string, { at: number; in: (set: GroupingSet) => Expression }>();

  constructor(alias: string) {
    this.alias = alias;
  }

  /** `valueIn`: what it is in the groups of a set. */
  column(expression: Expression, valueIn: (set: GroupingSet) => Expression): Expression {
    const key = expressionKey(expression);
    const { at } = this.#columns.get(key) ?? { at: this.#columns.size };
    this.#columns.set(key, { at, in: valueIn });
    return columnAt(this.alias, expression, at);
  }

  targetsOf(context: BindContext, set: GroupingSet): readonly Target[] {
    const values = [...this.#columns.values()].map((column) => column.in(set));
    // Without keys, an aggregate is what makes all rows one group.
    return [...values, countOf(context)].map(targetOf);
  }
}

/** The rows to be grouped, with the columns that are asked for. */
class Rows {
  readonly #cteName: string;
  readonly #alias: string;
  readonly #ours: ReadonlySet<string | null>;
  readonly #columns = new Map<string, ColumnReference>();

  constructor(context: BindContext, ours: ReadonlySet<string | null>) {
    this.#cteName = `cte_${context.nextAlias()}`;
    this.#alias = context.nextAlias();
    this.#ours = ours;
  }

  #moved<T>(part: T): T {
    return replaceExpressions(part, (expression) => {
      const column = ownColumn(expression, this.#ours);
      if (column === null) return null;
      const key = expressionKey(column);
      const known = [...this.#columns.keys()].indexOf(key);
      if (known < 0) this.#columns.set(key, column);
      const at = known < 0 ? this.#columns.size - 1 : known;
      return { ...columnAt(this.#alias, column, at), level: (expression as ColumnReference).level };
    });
  }

  grouped(select: Select, targets: readonly Target[], set: GroupingSet): Select {
    const keys = set.map((at) => select.groupBy[at] as Expression);
    return plainSelect({
      targets: this.#moved(targets),
      from: [{ kind: 'cte', alias: this.#alias, cteName: this.#cteName }],
      groupBy: this.#moved(keys),
    });
  }

  /** After everything was asked for. */
  table({ from, where }: Select): CommonTable {
    const one: Expression = { kind: 'constant', type: INT4, typmod: -1, value: 1n };
    const columns = this.#columns.size === 0 ? [one] : [...this.#columns.values()];
    const query = plainSelect({ targets: columns.map(targetOf), from, where });
    return { cteName: this.#cteName, query, isMaterialized: true };
  }
}

/** The positions of GROUPING()'s arguments in the keys; null: it is about another query. Throws 42803. */
function keyPositions(context: BindContext, { groupBy, from }: Select) {
  const ours = aliasesOf(from);
  const keys = groupBy.map(expressionKey);
  return ({ arguments: parts }: GroupingCall): readonly number[] | null => {
    const isOther = (part: Expression): boolean =>
      part.kind === 'column' && ownColumn(part, ours) === null;
    if (parts.some((part) => someExpression(part, isOther))) return null;
    return parts.map((part) => {
      const position = keys.indexOf(expressionKey(ownColumn(part, ours) ?? part));
      if (position >= 0) return position;
      const message =
        'arguments to GROUPING must be grouping expressions of the associated query level';
      throw context.error('42803', message, startOf(part));
    });
  };
}

function rewriteResults(select: Select, rewrite: <T>(part: T) => T): Select {
  const targets = select.targets.map((target) => ({
    ...target,
    expression: rewrite(target.expression),
  }));
  const [having, orderBy] = [rewrite(select.having), rewrite(select.orderBy)];
  return { ...select, targets, columns: targets, having, orderBy };
}

/** A column of one of our range entries, as our own query sees it. */
function ownColumn(
  expression: Expression,
  ours: ReadonlySet<string | null>,
): ColumnReference | null {
  if (expression.kind !== 'column' || !ours.has(expression.alias)) return null;
  return expression.level === 0 ? expression : { ...expression, level: 0 };
}

function aliasesOf(from: readonly FromItem[]): ReadonlySet<string | null> {
  const aliases = (item: FromItem): readonly string[] =>
    item.kind === 'join' ? [...aliases(item.left), ...aliases(item.right)] : [item.alias];
  return new Set(from.flatMap(aliases));
}

function columnAt(alias: string, { type, typmod, location: at }: Expression, index: number) {
  const column = { ...unnamed(type, typmod), sqliteName: `c${index + 1}`, isNotNull: false };
  return reference({ name: null, alias, columns: [] }, column, 0, at);
}

function unnamed(type: number, typmod: number) {
  return { name: '', type, typmod, tableOid: 0, columnNumber: 0 };
}

function targetOf(expression: Expression): Target {
  return { ...unnamed(expression.type, expression.typmod), expression };
}

function nullOf({ type, typmod }: Expression): Expression {
  return { kind: 'constant', type, typmod, value: null };
}

function countOf(context: BindContext): Expression {
  const place = { context, scope: new Scope(null), noAggregates: null };
  const funcname = [{ String: { sval: 'count' } }];
  return bindExpression(place, { FuncCall: { funcname, agg_star: true } });
}

function emptyTail(columns: Query['columns']) {
  return { ctes: [], orderBy: [], limit: null, offset: null, columns };
}
