// A constraint that failed in SQLite, in Postgres' words: which constraint it is comes from the
// schema, which row it was from trying the rows that the statement would have written.
import type { Catalog, Constraint, Index, Relation } from '../catalog/catalog.ts';
import { constraintOfError } from '../catalog/constraint-of-error.ts';
import { quoteSqlite } from '../catalog/sqlite-name.ts';
import type { ErrorData, Step } from './command.ts';
import { isFatalCode, sqliteCode } from './database.ts';
import type { Database, Row } from './database.ts';
import { foreignKeyError } from './foreign-key-error.ts';
import { columnsNumbered, failingRowText, keyText, valuesOf } from './row-text.ts';

/** Rows of a statement that are looked at to find the one at fault; beyond, the detail is missing. */
const ROWS_TRIED_MAX = 10_000;

/** Not inside a running statement. Leaves the database as it was. */
export function explainConstraint(
  database: Database,
  catalog: Catalog,
  message: string,
  step: Step | null,
): ErrorData {
  database.run('SAVEPOINT explain');
  const error = explain(database, catalog, message, step);
  database.run('ROLLBACK TO explain');
  database.run('RELEASE explain');
  return error;
}

function explain(
  database: Database,
  catalog: Catalog,
  message: string,
  step: Step | null,
): ErrorData {
  const failure = constraintOfError(catalog, message);
  switch (failure?.kind) {
    case undefined:
      // Values were checked before they came here, so this is about our own statement.
      return { code: 'XX000', message: `the compiled statement failed: ${message}`, fields: {} };
    case 'not-null': {
      const { relation, column } = failure;
      const row = rowAtFault(database, relation, message, step);
      return {
        code: '23502',
        message: `null value in column "${column.name}" of relation "${relation.name}" violates not-null constraint`,
        fields: { ...tableFields(relation), column: column.name, ...rowDetail(relation, row) },
      };
    }
    case 'check': {
      const { relation, constraint } = failure;
      const row = rowAtFault(database, relation, message, step);
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
      return uniqueError(database, failure, message, step);
    case 'foreign-key':
      return foreignKeyError(database, catalog, step, candidateRows(database, step));
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
  message: string,
  step: Step | null,
): ErrorData {
  const { relation, index, constraint } = failure;
  const columns = columnsNumbered(
    relation,
    index.columns.map(({ column }) => column),
  );
  // The value of an expression is not known outside the index.
  const hasKey = columns.length === index.columns.length;
  const row = hasKey ? rowAtFault(database, relation, message, step) : null;
  const values = row === null ? [] : valuesOf(relation, columns, row);
  const detail =
    row === null ? {} : { detail: `Key ${keyText(columns, values, true)} already exists.` };
  const name = constraint?.name ?? index.name;
  return {
    code: '23505',
    message: `duplicate key value violates unique constraint "${name}"`,
    fields: { ...tableFields(relation), constraint: name, ...detail },
  };
}

/** The rows that the statement would have written; empty if that is not known. */
function candidateRows(database: Database, step: Step | null): readonly Row[] {
  if (step === null || step.rowsAtFault === null) return [];
  const { sql, values } = step.rowsAtFault;
  try {
    return database.firstRows(sql, values, ROWS_TRIED_MAX);
  } catch (error) {
    if (isMinor(error)) return [];
    throw error;
  }
}

/**
 * Tries the rows one after the other: the first that fails with the same message is the one.
 * SQLite checks NULLs and checks before keys, so the rows of an UPDATE may be tried as new ones;
 * their keys clash with the old rows at worst, and then there is one row to choose from, or the
 * clash is the one that is looked for.
 */
function rowAtFault(
  database: Database,
  relation: Relation,
  message: string,
  step: Step | null,
): Row | null {
  if (step?.rowsAtFault?.tableOid !== relation.oid) return null;
  const columns = relation.columns.map(({ sqliteName }) => quoteSqlite(sqliteName));
  const marks = columns.map(() => '?').join(', ');
  const sql = `INSERT INTO ${quoteSqlite(relation.sqliteName)} (${columns.join(', ')}) VALUES (${marks})`;
  for (const row of candidateRows(database, step)) {
    if (row.length !== columns.length) return null;
    try {
      database.run(sql, row);
    } catch (error) {
      if (error instanceof Error && error.message === message) return row;
      if (!isMinor(error)) throw error;
    }
  }
  return null;
}

/** The details of an error cannot be had; the error itself stands. */
function isMinor(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === null ? error instanceof Error && error.name === 'PgError' : !isFatalCode(code);
}
