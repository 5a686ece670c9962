// INSERT, UPDATE and DELETE -> SQLite SQL.
import type { Column, Relation } from '../../catalog/catalog.ts';
import type { Assignment, Delete, Insert, Update } from '../tree/change.ts';
import type { KeptDelete } from '../bind/parts.ts';
import type { Expression } from '../tree/expression.ts';
import { mustType } from '../../types/registry.ts';
import { KEEP } from '../functions/bounds.ts';
import { someNode, withAlias } from '../tree/expression.ts';
import type { FromItem, Target } from '../tree/query.ts';
import type { Emitter } from './emitter.ts';
import { emitExpression, keyOf } from './expression.ts';
import { quoteName } from './names.ts';
import { derivedTable, emitFrom, emitOuterQuery, emitWith } from './query.ts';
import { scanTick, tableTick, whereTicks } from './ticks.ts';
import { emitValueRows } from './value-rows.ts';
import type { ValueRowsSource } from './value-rows.ts';
import { deletedRow, whenWritten } from './written-rows.ts';

/** `bulk`: of its rows, null if they are to be text. */
export function emitInsert(
  emitter: Emitter,
  insert: Insert,
  bulk: ValueRowsSource | null = null,
): string {
  // A table without columns has its row numbers all the same.
  const columns =
    insert.columns.map((column) => quoteName(column.sqliteName)).join(', ') || '"ctid"';
  const target = `${quoteName(insert.relation.sqliteName)} AS ${quoteName(insert.alias)}`;
  const text = `${emitWith(emitter, insert.ctes)}INSERT INTO ${target} (${columns}) ${emitInsertRows(emitter, insert, bulk, upsertBegins(insert))}${emitConflict(emitter, insert)}`;
  return text + emitReturning(emitter, insert);
}

/** It may meet a row twice. */
function isUpsertOfRows({ conflict, rows }: Insert): boolean {
  return conflict !== null && conflict.set !== null && rows?.length !== 1;
}

/** A condition for the rows that are to be inserted; SQLite looks for the last row once, before. */
function upsertBegins(insert: Insert): string {
  if (!isUpsertOfRows(insert)) return 'true';
  return `pg_upsert_begin((SELECT max("ctid") FROM ${quoteName(insert.relation.sqliteName)}))`;
}

/** The rows that an INSERT writes, as the rest of the INSERT or as a query; `condition` holds. */
export function emitInsertRows(
  emitter: Emitter,
  { rows, source }: Insert,
  bulk: ValueRowsSource | null,
  condition = 'true',
): string {
  if (bulk !== null) return emitValueRows(emitter, bulk, condition);
  const values = (row: readonly Expression[]): string =>
    row.map((value) => emitExpression(emitter, value)).join(', ') || 'NULL';
  if (source === null) {
    const list = `VALUES ${(rows ?? []).map((row) => `(${values(row)})`).join(', ')}`;
    return condition === 'true' ? list : `SELECT * FROM (${list}) WHERE ${condition}`;
  }
  // "WHERE true": without it the parser takes ON CONFLICT for a join condition.
  const from = derivedTable(emitOuterQuery(emitter, source.query), source);
  return `SELECT ${values(source.values)} FROM ${from} WHERE ${condition}`;
}

function emitConflict(emitter: Emitter, insert: Insert): string {
  if (insert.conflict === null) return '';
  const { columns, set, where } = insert.conflict;
  const target = columns.length === 0 ? '' : ` (${columns.map(indexedColumn).join(', ')})`;
  if (set === null) return ` ON CONFLICT${target} DO NOTHING`;
  const conditions = where === null ? [] : [emitExpression(emitter, where)];
  if (isUpsertOfRows(insert)) {
    const row = `${quoteName(insert.alias)}."ctid"`;
    conditions.unshift(`pg_upsert_meet(${row})`);
    conditions.push(`pg_upsert_update(${row})`);
  }
  const condition = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return ` ON CONFLICT${target} DO UPDATE SET ${emitAssignments(emitter, insert.relation, insert.alias, set)}${condition}`;
}

/** A column as its unique index has it. */
function indexedColumn(column: Column): string {
  return keyOf(column.type, quoteName(column.sqliteName));
}

function emitAssignments(
  emitter: Emitter,
  relation: Relation,
  alias: string,
  set: readonly Assignment[],
): string {
  return set
    .map(({ column, value }, at) => {
      const text = emitExpression(emitter, value);
      const given = at === 0 ? whenWritten(text, relation, alias, set) : text;
      return `${quoteName(column.sqliteName)} = ${given}`;
    })
    .join(', ');
}

/** SQLite holds all rows of RETURNING before it gives the first: one too many is to undo them. */
function emitKeptTargets(emitter: Emitter, targets: readonly Target[]): string {
  return targets
    .map(({ expression, type }, at) => {
      const text = emitExpression(emitter, expression);
      const isLong = ['TEXT', 'BLOB'].includes(mustType(type).storage);
      return `${at === 0 || isLong ? `${KEEP}(${text})` : text} AS c${at + 1}`;
    })
    .join(', ');
}

/** SQLite's RETURNING knows the changed table by its name, but not by its alias. */
function emitReturning(
  emitter: Emitter,
  {
    returning,
    relation,
    alias,
  }: Pick<Insert | Update | Delete, 'returning' | 'relation' | 'alias'>,
): string {
  if (returning === null) return '';
  const named = returning.map((target) => ({
    ...target,
    expression: withAlias(target.expression, alias, relation.sqliteName),
  }));
  return ` RETURNING ${emitKeptTargets(emitter, named)}`;
}

export function emitUpdate(emitter: Emitter, update: Update): string {
  const parts = [
    `${emitWith(emitter, update.ctes)}UPDATE ${quoteName(update.relation.sqliteName)} AS ${quoteName(update.alias)}`,
    `SET ${emitAssignments(emitter, update.relation, update.alias, update.set)}`,
  ];
  if (update.from.length === 0 && hasQuery(update)) {
    parts.push(`FROM (SELECT 1) AS "before"`);
  } else if (update.from.length > 0) {
    parts.push(`FROM ${update.from.map((item) => emitFrom(emitter, item)).join(' CROSS JOIN ')}`);
  }
  const where = emitWhere(emitter, update.alias, update.from, update.where);
  return parts.join(' ') + where + emitReturning(emitter, update);
}

/**
 * SQLite works values out row by row, and a query among them would see what became of the rows before
 * it; with a FROM it works all of them out before it changes anything, as Postgres does.
 */
function hasQuery({ set }: Update): boolean {
  return someNode(set, ({ kind }) => kind === 'subquery' || kind === 'in-subquery');
}

/** For the rows of the table, beside those of `others` if there are any. */
function emitWhere(
  emitter: Emitter,
  alias: string,
  others: readonly FromItem[],
  where: Expression | null,
): string {
  const conditions = others.length > 0 ? [tableTick(alias), ...whereTicks(emitter, others)] : [];
  if (where !== null) {
    if (others.length === 0) conditions.push(scanTick(alias));
    conditions.push(emitExpression(emitter, where));
  }
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** The rows as an UPDATE would leave them, in column order: for naming the one at fault. */
export function emitUpdatedRows(emitter: Emitter, update: Update): string {
  const values = update.relation.columns.map((column) => {
    const assignment = update.set.find((candidate) => candidate.column === column);
    if (assignment !== undefined) return emitExpression(emitter, assignment.value);
    return `${quoteName(update.alias)}.${quoteName(column.sqliteName)}`;
  });
  const from = [
    `${quoteName(update.relation.sqliteName)} AS ${quoteName(update.alias)}`,
    ...update.from.map((item) => emitFrom(emitter, item)),
  ].join(' CROSS JOIN ');
  const where = emitWhere(emitter, update.alias, update.from, update.where);
  return `${emitWith(emitter, update.ctes)}SELECT ${values.join(', ')} FROM ${from}${where}`;
}

function emitDeletedRows(emitter: Emitter, { relation, alias, where }: Delete): string {
  const written = deletedRow(relation, alias, where);
  if (where === null) return ` WHERE ${written}`;
  return `${emitWhere(emitter, alias, [], where)} AND ${written}`;
}

/** The rows whose keys were kept. */
export function emitKeptDelete(emitter: Emitter, { relation, alias, rows }: KeptDelete): string {
  const table = `${quoteName(relation.sqliteName)} AS ${quoteName(alias)}`;
  const keys = `SELECT c1 FROM ${emitFrom(emitter, rows)}`;
  return `DELETE FROM ${table} WHERE "ctid" IN (${keys}) AND ${deletedRow(relation, alias, null)}`;
}

export function emitDelete(emitter: Emitter, change: Delete): string {
  const { relation, alias, ctes, using, where, isRowByRow } = change;
  const table = `${quoteName(relation.sqliteName)} AS ${quoteName(alias)}`;
  if (using.length === 0) {
    const condition = isRowByRow ? emitDeletedRows(emitter, change) : '';
    return `${emitWith(emitter, ctes)}DELETE FROM ${table}${condition}${emitReturning(emitter, change)}`;
  }
  const condition = emitWhere(emitter, alias, using, where);
  const others = using.map((item) => emitFrom(emitter, item)).join(' CROSS JOIN ');
  const rows = `SELECT ${quoteName(alias)}."ctid" FROM ${table} CROSS JOIN ${others}${condition}`;
  return `${emitWith(emitter, ctes)}DELETE FROM ${table} WHERE "ctid" IN (${rows}) AND ${deletedRow(relation, alias, null)}${emitReturning(emitter, change)}`;
}
