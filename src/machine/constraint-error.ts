// A constraint that failed in SQLite, in Postgres' words: which constraint it is comes from the
// schema, which row it was from trying the rows that the statement would have written.
import type { Catalog, Column, Constraint, Index, Relation } from '../catalog/catalog.ts';
import { constraintOfError } from '../catalog/constraint-of-error.ts';
import { quoteSqlite } from '../catalog/sqlite-name.ts';
import type { Oid } from '../types/pg-type.ts';
import { mustType } from '../types/registry.ts';
import type { ErrorData, Step } from './command.ts';
import type { Database, Row } from './database.ts';
import { foreignKeyError } from './foreign-key-error.ts';
import { SequenceExhausted } from './sequence-values.ts';
import { statementErrorData } from './statement-error.ts';
import { columnsNumbered, failingRowText, keyText, valuesOf } from './row-text.ts';

/** Rows of a statement that are looked at to find the one at fault; beyond, the detail is missing. */
const ROWS_TRIED_MAX = 10_000;

export interface ConstraintViolation {
  /** SQLite's. */
  readonly message: string;
  /** null: a deferred foreign key, found where the request ended. */
  readonly step: Step | null;
  /** Then: the tables that the request wrote rows to. */
  readonly written: readonly Oid[];
  /** Gets what a function of the step wants (RequestContext.provide); false: nothing of the kind. */
  provide(error: unknown): boolean;
}

/** Not inside a running statement. Leaves the database as it was. */
export function explainConstraint(
  database: Database,
  catalog: Catalog,
  violation: ConstraintViolation,
): ErrorData {
  database.run('SAVEPOINT explain');
  const error = explain(database, catalog, violation);
  database.run('ROLLBACK TO explain');
  database.run('RELEASE explain');
  return error;
}

function explain(database: Database, catalog: Catalog, violation: ConstraintViolation): ErrorData {
  const { message } = violation;
  const failure = constraintOfError(catalog, message);
  switch (failure?.kind) {
    case undefined:
      // Values were checked before they came here, so this is about our own statement.
      return { code: 'XX000', message: `the compiled statement failed: ${message}`, fields: {} };
    case 'not-null': {
      const { relation, column } = failure;
      const row = rowAtFault(database, relation, violation);
      return {
        code: '23502',
        message: `null value in column "${column.name}" of relation "${relation.name}" violates not-null constraint`,
        fields: { ...tableFields(relation), column: column.name, ...rowDetail(relation, row) },
      };
    }
    case 'check': {
      const { relation, constraint } = failure;
      const row = rowAtFault(database, relation, violation);
      return {
        code: '23514',
        message: `new row for relation "${relation.name}" violates check constraint "${constraint.name}"`,
        fields: {
          ...tableFields(relation),
          constraint: constraint.name,
          ...rowDetail(relation, row),
        },
      };
    }
    case 'unique':
      return uniqueError(database, failure, violation);
    case 'foreign-key':
      return foreignKeyError(database, catalog, violation, candidateRows(database, violation));
  }
}

function tableFields(relation: Relation): { readonly schema: string; readonly table: string } {
  return { schema: relation.schema, table: relation.name };
}

function rowDetail(relation: Relation, row: Row | null): { readonly detail?: string } {
  return row === null ? {} : { detail: failingRowText(relation, row) };
}

function uniqueError(
  database: Database,
  failure: {
    readonly relation: Relation;
    readonly index: Index;
    readonly constraint: Constraint | null;
  },
  violation: ConstraintViolation,
): ErrorData {
  const { relation, index, constraint } = failure;
  const columns = columnsNumbered(
    relation,
    index.columns.map(({ column }) => column),
  );
  // The value of an expression is not known outside the index.
  const hasKey = columns.length === index.columns.length;
  const name = constraint?.name ?? index.name;
  const fields = { ...tableFields(relation), constraint: name };
  if (violation.step?.sql.startsWith('CREATE UNIQUE INDEX') === true) {
    const isPlain = hasKey && index.predicateText === null;
    const key = isPlain ? duplicatedKey(database, relation, columns) : null;
    return {
      code: '23505',
      message: `could not create unique index "${name}"`,
      fields: key === null ? fields : { ...fields, detail: `Key ${key} is duplicated.` },
    };
  }
  // Of a partial index, rows with equal keys need not clash.
  const keyColumns = index.predicateText === null ? columns : [];
  const row = hasKey ? rowAtFault(database, relation, violation, keyColumns) : null;
  const values = row === null ? [] : valuesOf(relation, columns, row);
  const detail =
    row === null ? {} : { detail: `Key ${keyText(columns, values, true)} already exists.` };
  return {
    code: '23505',
    message: `duplicate key value violates unique constraint "${name}"`,
    fields: { ...fields, ...detail },
  };
}

/** A key that several rows have. */
function duplicatedKey(
  database: Database,
  relation: Relation,
  columns: readonly Column[],
): string | null {
  const names = columns.map(({ sqliteName }) => quoteSqlite(sqliteName));
  const keys = columns.map(({ type }, at) => {
    const { sortKey } = mustType(type);
    return sortKey === null ? names[at] : `${sortKey}(${names[at] ?? ''})`;
  });
  const isGiven = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
  const order = keys.join(', ');
  const sql = `SELECT ${names.join(', ')} FROM ${quoteSqlite(relation.sqliteName)} WHERE ${isGiven} GROUP BY ${order} HAVING count(*) > 1 ORDER BY ${order} LIMIT 1`;
  const [row] = database.rows(sql);
  return row === undefined ? null : keyText(columns, row, true);
}

/**
 * The rows that the statement would have written, as far as it can be said; empty if that is not
 * known.
 */
function candidateRows(database: Database, { step, provide }: ConstraintViolation): readonly Row[] {
  if (step === null || step.rowsAtFault === null) return [];
  const { sql, values } = step.rowsAtFault;
  for (;;) {
    try {
      return database.firstRows(sql, values, ROWS_TRIED_MAX, isEndOfRows);
    } catch (error) {
      if (!provide(error)) throw error;
    }
  }
}

/** The statement did not come that far, and the error that it met stands. */
function isEndOfRows(error: unknown): boolean {
  return statementErrorData(error) !== null || error instanceof SequenceExhausted;
}

/**
 * Tries the rows one after the other: the first that fails with the same message is the one, or the
 * first with a key that an earlier one has. SQLite checks NULLs and checks before keys, so the rows
 * of an UPDATE may be tried as new ones: at worst they clash with what they were.
 */
function rowAtFault(
  database: Database,
  relation: Relation,
  violation: ConstraintViolation,
  keyColumns: readonly Column[] = [],
): Row | null {
  const { message, step } = violation;
  if (step?.rowsAtFault?.tableOid !== relation.oid) return null;
  const columns = relation.columns.map(({ sqliteName }) => quoteSqlite(sqliteName));
  const marks = columns.map(() => '?').join(', ');
  const sql = `INSERT INTO ${quoteSqlite(relation.sqliteName)} (${columns.join(', ')}) VALUES (${marks})`;
  const keys = new Set<string>();
  const rows = candidateRows(database, violation);
  for (const row of rows) {
    if (row.length !== columns.length) return null;
    if (failsWith(database, sql, row, message)) return row;
    const key = valuesOf(relation, keyColumns, row);
    if (key.length === 0 || key.includes(null)) continue;
    const text = keyText(keyColumns, key, false);
    if (keys.has(text)) return row;
    keys.add(text);
  }
  // The only row that clashed may clash otherwise as a new one, with the row that it comes from.
  return keyColumns.length > 0 && rows.length === 1 ? (rows[0] ?? null) : null;
}

function failsWith(database: Database, sql: string, row: Row, message: string): boolean {
  try {
    database.run(sql, row);
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === message) return true;
    if (statementErrorData(error) !== null) return false;
    throw error;
  }
}
