// The parts of a statement that changes several tables, or that tells more of the rows that it changes
// than SQLite's RETURNING can: first each part finds the rows that it is going to write, all on the
// tables as they are; then they are written (sql/parts.ts). So all parts see the same snapshot, each
// is carried out once, and in full (PG: 7.8.4).
import type { Relation } from '../../catalog/catalog.ts';
import { INT4, INT8 } from '../../types/oids.ts';
import { KEEP_ROW, keptTable } from '../functions/kept-rows.ts';
import { replaceExpressions } from '../tree/expression.ts';
import type { ColumnReference, Expression, FunctionCall } from '../tree/expression.ts';
import type { CommonTable, FromItem, Query, Select, Target } from '../tree/query.ts';
import type { Change, Delete, Insert, Update } from '../tree/change.ts';
import type { BindContext } from './context.ts';
import { derivedFrom, plainSelect } from './derived.ts';
import { bindOperator } from './operator.ts';

/** A function of SQLite's takes 1000 values at most. */
const COLUMNS_MAX = 990;

/** One step that keeps rows, and what is done with them. */
export interface Part {
  /** Keeps the rows; see keepingQuery(). */
  readonly keep: Select;
  /** null: they are those of a query that must not run twice. */
  readonly change: PartChange | null;
}

export interface PartChange {
  readonly change: Change;
  /** What writes the rows that were kept. */
  readonly write: Insert | Update | KeptDelete;
  /** As item of FROM, and for deletes and updates the keys of the rows. */
  readonly rows: FromItem;
  /** Of an INSERT that may not insert: what it would give back, found out by doing it and undoing it. */
  readonly trial: Insert | null;
  /** What it gives back, over the rows that were kept; null: nothing, or see `trial`. */
  readonly returning: Select | null;
}

/** The rows whose keys were kept. */
export interface KeptDelete {
  readonly kind: 'kept-delete';
  readonly relation: Relation;
  readonly alias: string;
  readonly rows: FromItem;
}

/** Rows of a set as an item of FROM. */
class RowSet {
  readonly number: number;
  readonly alias: string;
  #width = 0;

  constructor(context: BindContext) {
    this.number = context.nextRowSet();
    this.alias = context.nextAlias();
  }

  column(at: number, { type, typmod }: Pick<Expression, 'type' | 'typmod'>): ColumnReference {
    this.#width = Math.max(this.#width, at + 1);
    return columnOf(this.alias, `c${at + 1}`, type, typmod);
  }

  /** Once all columns were asked for. */
  from(width: number): FromItem {
    const set: Expression = {
      kind: 'constant',
      type: INT4,
      typmod: -1,
      value: BigInt(this.number),
    };
    const sqlName = keptTable(Math.max(this.#width, width));
    return { kind: 'function', alias: this.alias, sqlName, arguments: [set] };
  }
}

function columnOf(alias: string, name: string, type: number, typmod: number): ColumnReference {
  const base = { type, typmod, tableOid: 0, columnNumber: 0, isNotNull: false, level: 0 };
  return { ...base, kind: 'column', alias, sqliteName: name, name };
}

function targetOf(expression: Expression): Target {
  const { type, typmod } = expression;
  return { name: '', expression, type, typmod, tableOid: 0, columnNumber: 0 };
}

/** The hidden key of a row (docs/decisions/0002-hidden-ctid.md). */
function rowKey(alias: string): ColumnReference {
  return columnOf(alias, 'ctid', INT8, -1);
}

/** A query that keeps the rows of another. */
function keepingQuery(context: BindContext, set: RowSet, query: Query): Select {
  const { from, columns } = derivedFrom(context, query);
  return plainSelect({ targets: [targetOf(keepCall(context, set.number, columns))], from: [from] });
}

function keepCall(context: BindContext, set: number, values: readonly Expression[]): FunctionCall {
  if (values.length > COLUMNS_MAX) {
    throw context.notSupported(`WITH that changes rows of more than ${COLUMNS_MAX} columns`);
  }
  const number: Expression = { kind: 'constant', type: INT4, typmod: -1, value: BigInt(set) };
  return {
    kind: 'function',
    signature: {
      oid: 0,
      name: '',
      arguments: [],
      result: INT4,
      volatility: 'volatile',
      isStrict: false,
      implementation: { kind: 'sql', emit: (args) => `${KEEP_ROW}(${args.join(', ')})` },
    },
    arguments: [number, ...values],
    type: INT4,
    typmod: -1,
  };
}

/** A query of WITH that must not run in each step again: its rows are kept. Gives the table to read. */
export function keptQuery(context: BindContext, cteName: string, query: Query): CommonTable {
  const set = new RowSet(context);
  context.parts.push({ keep: keepingQuery(context, set, query), change: null });
  const targets = query.columns.map((column, at): Target => ({
    ...column,
    expression: set.column(at, column),
  }));
  const read = plainSelect({ targets, from: [set.from(query.columns.length)] });
  return { cteName, query: read, isMaterialized: false };
}

/**
 * A part that changes a table. `ctes`: what it may read, its own included. Gives the query over what
 * it gives back; null: nothing.
 */
export function addChange(
  context: BindContext,
  change: Change,
  ctes: readonly CommonTable[],
): Select | null {
  const part = changePart(context, change, ctes);
  context.parts.push(part);
  const { trial, returning } = part.change as PartChange;
  return trial === null ? returning : trialResult(context, change, part);
}

export function changePart(
  context: BindContext,
  change: Change,
  ctes: readonly CommonTable[],
): Part {
  const set = new RowSet(context);
  const { relation, alias, returning } = change;
  const isInsert = change.kind === 'insert';
  const first = isInsert ? 0 : 1;
  /** Of other tables: in RETURNING, behind the row itself. */
  const others = new Map<string, ColumnReference>();
  const ours = aliasesOf(change);
  const moved = <T>(part: T): T =>
    replaceExpressions(part, (expression) => {
      if (expression.kind !== 'column') return null;
      const { alias: of, sqliteName, level } = expression;
      if (of === alias && sqliteName === 'ctid' && !isInsert) {
        return { ...set.column(0, expression), level };
      }
      const at = of === alias ? relation.columns.findIndex((c) => c.sqliteName === sqliteName) : -1;
      if (at >= 0) return { ...set.column(first + at, expression), level };
      if (of === alias) throw context.notSupported(`RETURNING ${sqliteName}`);
      if (of === null || !ours.has(of)) return null;
      const key = `${of}.${sqliteName}`;
      if (!others.has(key)) others.set(key, { ...expression, level: 0 });
      const place = first + relation.columns.length + [...others.keys()].indexOf(key);
      return { ...set.column(place, expression), level };
    });
  const isUpsert = isInsert && change.conflict !== null;
  const shown = returning === null || isUpsert ? null : moved(returning);
  const rows = rowsOf(change, ctes, [...others.values()]);
  const from = set.from(rows.columns.length);
  return {
    keep: keepingQuery(context, set, rows),
    change: {
      change,
      write: writeOf(context, change, set, from, ctes),
      rows: from,
      trial: isUpsert && returning !== null ? insertOf(change, set, from, ctes) : null,
      returning: shown === null ? null : { ...plainSelect({ targets: shown, from: [from] }), ctes },
    },
  };
}

function aliasesOf(change: Change): ReadonlySet<string> {
  if (change.kind === 'insert') return new Set();
  const aliases = (item: FromItem): readonly string[] =>
    item.kind === 'join' ? [...aliases(item.left), ...aliases(item.right)] : [item.alias];
  return new Set((change.kind === 'update' ? change.from : change.using).flatMap(aliases));
}

/** The rows as they will be, or were before they are deleted; the keys of those that are there first. */
function rowsOf(
  change: Change,
  ctes: readonly CommonTable[],
  others: readonly ColumnReference[],
): Query {
  const { relation, alias } = change;
  if (change.kind === 'insert') {
    if (change.source === null) return valuesOf(change.rows ?? [], ctes);
    const { query, alias: source, values, isMaterialized } = change.source;
    const from = [{ kind: 'query', alias: source, query, isMaterialized } as const];
    return { ...plainSelect({ targets: atLeastOne(values).map(targetOf), from }), ctes };
  }
  const own = (column: Relation['columns'][number]): Expression =>
    columnOf(alias, column.sqliteName, column.type, column.typmod);
  const values = relation.columns.map((column) =>
    change.kind === 'delete'
      ? own(column)
      : (change.set.find((assignment) => assignment.column === column)?.value ?? own(column)),
  );
  const { oid, sqliteName } = relation;
  const items = change.kind === 'update' ? change.from : change.using;
  const key = rowKey(alias);
  return {
    ...plainSelect({
      targets: [key, ...values, ...others].map(targetOf),
      // A few rows that say which: the table is looked up for each.
      from: [...items, { kind: 'table', alias, sqliteName, oid }],
      where: change.where,
      // A row is changed once, however many rows of the others it meets.
      groupBy: items.length > 0 ? [key] : [],
    }),
    ctes,
  };
}

function atLeastOne(values: readonly Expression[]): readonly Expression[] {
  return values.length > 0 ? values : [{ kind: 'constant', type: INT4, typmod: -1, value: null }];
}

function valuesOf(rows: readonly (readonly Expression[])[], ctes: readonly CommonTable[]): Query {
  const full = rows.map(atLeastOne);
  const columns = (full[0] ?? []).map(targetOf);
  const tail = { ctes, orderBy: [], limit: null, offset: null };
  return { kind: 'values', rows: full, columns, ...tail };
}

function writeOf(
  context: BindContext,
  change: Change,
  set: RowSet,
  from: FromItem,
  ctes: readonly CommonTable[],
): PartChange['write'] {
  switch (change.kind) {
    case 'insert':
      return insertOf(change, set, from, ctes);
    case 'update':
      return updateOf(context, change, set, from);
    case 'delete':
      return deleteOf(change, from);
  }
}

function insertOf(
  change: Insert,
  set: RowSet,
  from: FromItem,
  ctes: readonly CommonTable[],
): Insert {
  const values = change.columns.map((column, at) => set.column(at, column));
  const query = plainSelect({ targets: atLeastOne(values).map(targetOf), from: [from] });
  const alias = `${set.alias}_rows`;
  const given = values.map(({ type, typmod }, at) => columnOf(alias, `c${at + 1}`, type, typmod));
  const source = { query, alias, values: given, isMaterialized: false };
  return { ...change, ctes, rows: null, source };
}

function updateOf(context: BindContext, change: Update, set: RowSet, from: FromItem): Update {
  const { relation, alias } = change;
  const assigned = change.set.map(({ column }) => ({
    column,
    value: set.column(1 + relation.columns.indexOf(column), column),
  }));
  const key = rowKey(alias);
  const where = bindOperator(context, '=', key, set.column(0, key), undefined);
  return { ...change, ctes: [], set: assigned, from: [from], where, returning: null };
}

function deleteOf({ relation, alias }: Delete, rows: FromItem): KeptDelete {
  return { kind: 'kept-delete', relation, alias, rows };
}

/** The rows that an upsert gives back are kept by its trial. */
function trialResult(context: BindContext, change: Change, part: Part): Select {
  const results = new RowSet(context);
  const returning = change.returning ?? [];
  const trial = (part.change as PartChange).trial as Insert;
  const keep = targetOf(
    keepCall(
      context,
      results.number,
      returning.map(({ expression }) => expression),
    ),
  );
  Object.assign(part.change as PartChange, { trial: { ...trial, returning: [keep] } });
  const targets = returning.map((target, at): Target => ({
    ...target,
    expression: results.column(at, target),
  }));
  return plainSelect({ targets, from: [results.from(returning.length)] });
}
