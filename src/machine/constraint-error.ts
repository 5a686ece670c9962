// A constraint that failed in SQLite, in Postgres' words: which constraint it is comes from the
// schema, which row it was from a query over the rows that the statement would have written.
import type { Catalog, Column, Index, Relation } from '../catalog/catalog.ts';
import { constraintOfError } from '../catalog/constraint-of-error.ts';
import { typeByOid } from '../types/registry.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { ErrorData, Step } from './command.ts';
import type { Database, Row } from './database.ts';

const ROWS_LOOKED_AT_MAX = 10_000;
const FORMAT = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
} as const;

export function explainConstraint(
  database: Database,
  catalog: Catalog,
  _code: string,
  message: string,
  step: Step,
): ErrorData {
  const explained = explain(database, catalog, message, step);
  return explained ?? { code: '23000', message: `a constraint failed: ${message}`, fields: {} };
}

function explain(
  database: Database,
  catalog: Catalog,
  message: string,
  step: Step,
): ErrorData | null {
  const failure = constraintOfError(catalog, message);
  switch (failure?.kind) {
    case 'unique':
      return uniqueViolation(database, failure.relation, failure.index, step);
    case 'not-null':
      return notNullViolation(database, failure.relation, failure.column, step);
    case 'check':
      return checkViolation(database, failure.relation, failure.constraint.name, step);
    case 'foreign-key': {
      const changed =
        step.rowsAtFault === null ? null : catalog.relationByOid(step.rowsAtFault.tableOid);
      return foreignKeyViolation(database, catalog, changed, step);
    }
    default:
      return null;
  }
}

function rowsOf(database: Database, step: Step): readonly Row[] {
  if (step.rowsAtFault === null) return [];
  return database.rows(step.rowsAtFault.sql, step.rowsAtFault.values).slice(0, ROWS_LOOKED_AT_MAX);
}

function shown(column: Column, value: SqliteValue): string {
  if (value === null) return 'null';
  return typeByOid(column.type)?.format(value, FORMAT) ?? String(value);
}

function columnsByNumber(relation: Relation, numbers: readonly number[]): readonly Column[] {
  return numbers
    .map((number) => relation.columns.find((column) => column.number === number))
    .filter((column) => column !== undefined);
}

function names(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ');
}

function valuesOf(
  relation: Relation,
  columns: readonly Column[],
  row: Row,
): readonly SqliteValue[] {
  return columns.map((column) => row[relation.columns.indexOf(column)] ?? null);
}

function keyText(columns: readonly Column[], values: readonly SqliteValue[]): string {
  return values.map((value, at) => shown(columns[at] as Column, value)).join(', ');
}

function tableFields(relation: Relation, constraint?: string): Record<string, string> {
  const fields = { schema: relation.schema, table: relation.name };
  return constraint === undefined ? fields : { ...fields, constraint };
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The form in which a column stands in its unique index. */
function indexed(column: Column, text: string): string {
  const key = typeByOid(column.type)?.sortKey ?? null;
  return key === null ? text : `${key}(${text})`;
}

function uniqueViolation(
  database: Database,
  relation: Relation,
  index: Index,
  step: Step,
): ErrorData {
  const columns = columnsByNumber(
    relation,
    index.columns.map(({ column }) => column),
  );
  const detail = duplicateDetail(database, relation, columns, step);
  return {
    code: '23505',
    message: `duplicate key value violates unique constraint "${index.name}"`,
    fields: { ...tableFields(relation, index.name), ...(detail === null ? {} : { detail }) },
  };
}

function duplicateDetail(
  database: Database,
  relation: Relation,
  columns: readonly Column[],
  step: Step,
): string | null {
  if (columns.length === 0) return null;
  const conditions = columns.map(
    (column) => `${indexed(column, quote(column.sqliteName))} = ${indexed(column, '?')}`,
  );
  const sql = `SELECT 1 FROM ${quote(relation.sqliteName)} WHERE ${conditions.join(' AND ')} LIMIT 1`;
  const seen = new Set<string>();
  for (const row of rowsOf(database, step)) {
    const values = valuesOf(relation, columns, row);
    if (values.includes(null)) continue;
    const key = keyText(columns, values);
    if (seen.has(key) || database.rows(sql, values).length > 0) {
      return `Key (${names(columns)})=(${key}) already exists.`;
    }
    seen.add(key);
  }
  return null;
}

function notNullViolation(
  database: Database,
  relation: Relation,
  column: Column,
  step: Step,
): ErrorData {
  const position = relation.columns.indexOf(column);
  const row = rowsOf(database, step).find((candidate) => candidate[position] === null);
  return {
    code: '23502',
    message: `null value in column "${column.name}" of relation "${relation.name}" violates not-null constraint`,
    fields: { ...tableFields(relation), column: column.name, ...failingRow(relation, row) },
  };
}

function failingRow(relation: Relation, row: Row | undefined): Record<string, string> {
  if (row === undefined) return {};
  const values = relation.columns.map((column, at) => shown(column, row[at] ?? null));
  return { detail: `Failing row contains (${values.join(', ')}).` };
}

function checkViolation(
  database: Database,
  relation: Relation,
  constraint: string,
  step: Step,
): ErrorData {
  const rows = rowsOf(database, step);
  return {
    code: '23514',
    message: `new row for relation "${relation.name}" violates check constraint "${constraint}"`,
    fields: {
      ...tableFields(relation, constraint),
      // With several rows it is not known which one failed.
      ...failingRow(relation, rows.length === 1 ? rows[0] : undefined),
    },
  };
}

/** SQLite does not say which key failed: the statement is run again with the check put off. */
function foreignKeyViolation(
  database: Database,
  catalog: Catalog,
  relation: Relation | null,
  step: Step,
): ErrorData | null {
  database.run('SAVEPOINT explain');
  try {
    database.script('PRAGMA defer_foreign_keys = ON');
    database.run(step.sql, step.values);
    const [violation] = database.rows('PRAGMA foreign_key_check');
    return violation === undefined
      ? null
      : describeViolation(database, catalog, relation, violation);
  } finally {
    database.run('ROLLBACK TO explain');
    database.run('RELEASE explain');
    database.script('PRAGMA defer_foreign_keys = OFF');
  }
}

/** foreign_key_check gives: table, rowid, parent table, number of the key in the table. */
function describeViolation(
  database: Database,
  catalog: Catalog,
  changed: Relation | null,
  [childName, rowid, parentName, keyNumber]: Row,
): ErrorData | null {
  const relations = [...catalog.relations()];
  const child = relations.find(({ sqliteName }) => sqliteName === childName);
  const parent = relations.find(({ sqliteName }) => sqliteName === parentName);
  if (child === undefined || parent === undefined) return null;
  const list = database
    .rows(`PRAGMA foreign_key_list(${quote(child.sqliteName)})`)
    .filter(([id]) => id === keyNumber);
  const childColumns = list
    .map((row) => child.columns.find(({ sqliteName }) => sqliteName === row[3]))
    .filter((column) => column !== undefined);
  const numbers = childColumns.map(({ number }) => number).join();
  const constraint = child.constraints.find(
    (candidate) =>
      candidate.kind === 'f' &&
      candidate.referenced?.relationOid === parent.oid &&
      candidate.columns.join() === numbers,
  );
  const columns = childColumns.map(({ sqliteName }) => quote(sqliteName)).join(', ');
  const [values = []] = database.rows(
    `SELECT ${columns} FROM ${quote(child.sqliteName)} WHERE rowid = ?`,
    [rowid ?? null],
  );
  const key = keyText(childColumns, values);
  const name = constraint?.name ?? `${child.name}_fkey`;
  const parentColumns = columnsByNumber(parent, constraint?.referenced?.columns ?? []);
  const isParentChange =
    changed !== null ? changed.oid === parent.oid && changed.oid !== child.oid : true;
  if (isParentChange) {
    return {
      code: '23503',
      message: `update or delete on table "${parent.name}" violates foreign key constraint "${name}" on table "${child.name}"`,
      fields: {
        ...tableFields(child, name),
        detail: `Key (${names(parentColumns)})=(${key}) is still referenced from table "${child.name}".`,
      },
    };
  }
  return {
    code: '23503',
    message: `insert or update on table "${child.name}" violates foreign key constraint "${name}"`,
    fields: {
      ...tableFields(child, name),
      detail: `Key (${names(childColumns)})=(${key}) is not present in table "${parent.name}".`,
    },
  };
}
