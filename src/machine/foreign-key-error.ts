// Which foreign key failed, and for which row: SQLite says neither. First the rows that the
// statement would have written are looked up in the tables they point at; if they are all there,
// the statement took away what other rows point at, and is run again with the check put off.
import type { Catalog, Column, Constraint, Relation } from '../catalog/catalog.ts';
import { foreignKeysOf } from '../catalog/constraint-of-error.ts';
import type { ForeignKeyCandidate } from '../catalog/constraint-of-error.ts';
import { quoteSqlite } from '../catalog/sqlite-name.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { ErrorData, Step } from './command.ts';
import type { ConstraintViolation } from './constraint-error.ts';
import type { Database, Row } from './database.ts';
import { statementErrorData } from './statement-error.ts';
import { columnsNumbered, keyText, valuesOf } from './row-text.ts';

const UNEXPLAINED: ErrorData = {
  code: '23503',
  message: 'a foreign key constraint is violated',
  fields: {},
};

interface Key extends ForeignKeyCandidate {
  /** In the table that points, and in the one pointed at, in pairs. */
  readonly columns: readonly Column[];
  readonly targetColumns: readonly Column[];
}

/** `rows`: what the step would have written. */
export function foreignKeyError(
  database: Database,
  catalog: Catalog,
  { step, written }: ConstraintViolation,
  rows: readonly Row[],
): ErrorData {
  if (step === null) return deferredKeyError(database, catalog, written, null) ?? UNEXPLAINED;
  const changed = catalog.relationByOid(step.rowsAtFault?.tableOid ?? 0);
  const keys = (changed === null ? allKeys(catalog) : [...foreignKeysOf(catalog, changed)])
    .filter(({ constraint }) => isCheckedAtOnce(constraint))
    .map(keyOf)
    .sort((a, b) => a.constraint.oid - b.constraint.oid);
  const own = keys.filter(({ relation }) => relation.oid === changed?.oid);
  const error =
    missingTarget(database, own, rows) ?? violationAfter(database, keys, changed, step, rows);
  return error ?? UNEXPLAINED;
}

/**
 * Of rows that stand in the tables: null if there is none that points at nothing. `written`: the
 * tables that rows were written to. `among`: the keys that are looked at; null: all of them.
 */
export function deferredKeyError(
  database: Database,
  catalog: Catalog,
  written: readonly Oid[],
  among: readonly Oid[] | null,
): ErrorData | null {
  for (const key of allKeys(catalog).map(keyOf)) {
    if (among?.includes(key.constraint.oid) === false) continue;
    const values = firstOrphan(database, key);
    if (values === null) continue;
    return written.includes(key.relation.oid) ? childError(key, values) : parentError(key, values);
  }
  return null;
}

/** RESTRICT never waits, whatever the key is. */
function isCheckedAtOnce({ isDeferrable, referenced }: Constraint): boolean {
  return !isDeferrable || referenced?.onDelete === 'r' || referenced?.onUpdate === 'r';
}

function allKeys(catalog: Catalog): ForeignKeyCandidate[] {
  return [...catalog.relations()].flatMap((relation) =>
    foreignKeysOf(catalog, relation).filter((key) => key.relation.oid === relation.oid),
  );
}

function keyOf(candidate: ForeignKeyCandidate): Key {
  const { relation, constraint, target } = candidate;
  return {
    ...candidate,
    columns: columnsNumbered(relation, constraint.columns),
    targetColumns: columnsNumbered(target, constraint.referenced?.columns ?? []),
  };
}

/** A row to be written that points at nothing. */
function missingTarget(
  database: Database,
  keys: readonly Key[],
  rows: readonly Row[],
): ErrorData | null {
  for (const row of rows) {
    for (const key of keys) {
      const values = valuesOf(key.relation, key.columns, row);
      if (values.includes(null) || isAmong(key, values, rows)) continue;
      if (!exists(database, key.target, key.targetColumns, values)) return childError(key, values);
    }
  }
  return null;
}

/** Rows of one statement may point at each other. */
function isAmong(key: Key, values: readonly SqliteValue[], rows: readonly Row[]): boolean {
  if (key.target.oid !== key.relation.oid) return false;
  return rows.some((row) =>
    valuesOf(key.target, key.targetColumns, row).every((value, at) => value === values[at]),
  );
}

function exists(
  database: Database,
  relation: Relation,
  columns: readonly Column[],
  values: readonly SqliteValue[],
): boolean {
  const conditions = columns.map(({ sqliteName }) => `${quoteSqlite(sqliteName)} = ?`);
  const sql = `SELECT 1 FROM ${quoteSqlite(relation.sqliteName)} WHERE ${conditions.join(' AND ')} LIMIT 1`;
  return database.firstRows(sql, values, 1).length > 0;
}

/** What points at nothing once the statement has run. */
function violationAfter(
  database: Database,
  keys: readonly Key[],
  changed: Relation | null,
  step: Step,
  rows: readonly Row[],
): ErrorData | null {
  database.script('PRAGMA defer_foreign_keys = ON');
  try {
    database.run(step.sql, step.values);
    return (
      firstOf(keys, changed, (key) => orphanOfRows(database, key, changed, rows)) ??
      firstOf(keys, changed, (key) => firstOrphan(database, key))
    );
  } catch (error) {
    if (statementErrorData(error) !== null) return null;
    throw error;
  } finally {
    database.script('PRAGMA defer_foreign_keys = OFF');
  }
}

/** The error of the first key that has an orphan. */
function firstOf(
  keys: readonly Key[],
  changed: Relation | null,
  orphanOf: (key: Key) => readonly SqliteValue[] | null,
): ErrorData | null {
  for (const key of keys) {
    const values = orphanOf(key);
    if (values === null) continue;
    const isChild = key.relation.oid === changed?.oid && key.target.oid !== changed.oid;
    return isChild ? childError(key, values) : parentError(key, values);
  }
  return null;
}

/** If the rows are those that went away, their keys tell without reading whole tables. */
function orphanOfRows(
  database: Database,
  key: Key,
  changed: Relation | null,
  rows: readonly Row[],
): readonly SqliteValue[] | null {
  if (key.target.oid !== changed?.oid) return null;
  for (const row of rows) {
    const values = valuesOf(key.target, key.targetColumns, row);
    const isOrphaned =
      !values.includes(null) &&
      !exists(database, key.target, key.targetColumns, values) &&
      exists(database, key.relation, key.columns, values);
    if (isOrphaned) return values;
  }
  return null;
}

/** Reads the table that points until a row points at nothing. */
function firstOrphan(database: Database, key: Key): readonly SqliteValue[] | null {
  const source = quoteSqlite(key.relation.sqliteName);
  const columns = key.columns.map(({ sqliteName }) => quoteSqlite(sqliteName));
  const pairs = key.targetColumns.map(
    ({ sqliteName }, at) => `target.${quoteSqlite(sqliteName)} = source.${columns[at] ?? 'NULL'}`,
  );
  const sql = [
    `SELECT ${columns.map((column) => `source.${column}`).join(', ')} FROM ${source} AS source`,
    ` WHERE ${columns.map((column) => `source.${column} IS NOT NULL`).join(' AND ')}`,
    ` AND NOT EXISTS (SELECT 1 FROM ${quoteSqlite(key.target.sqliteName)} AS target`,
    ` WHERE ${pairs.join(' AND ')})`,
  ].join('');
  return database.firstRows(sql, [], 1)[0] ?? null;
}

function childError(key: Key, values: readonly SqliteValue[]): ErrorData {
  const { relation, constraint, target, columns } = key;
  return {
    code: '23503',
    message: `insert or update on table "${relation.name}" violates foreign key constraint "${constraint.name}"`,
    fields: {
      schema: relation.schema,
      table: relation.name,
      constraint: constraint.name,
      detail: `Key ${keyText(columns, values, false)} is not present in table "${target.name}".`,
    },
  };
}

function parentError(key: Key, values: readonly SqliteValue[]): ErrorData {
  const { relation, constraint, target, targetColumns } = key;
  return {
    code: '23503',
    message: `update or delete on table "${target.name}" violates foreign key constraint "${constraint.name}" on table "${relation.name}"`,
    fields: {
      schema: relation.schema,
      table: relation.name,
      constraint: constraint.name,
      detail: `Key ${keyText(targetColumns, values, false)} is still referenced from table "${relation.name}".`,
    },
  };
}
