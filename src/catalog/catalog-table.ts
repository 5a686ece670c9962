// The catalog tables in SQLite: how they are made, and how a change of a row is written there.
import type { SqliteValue } from '../types/sqlite-value.ts';
import { must } from '../util/assert.ts';
import type { CatalogChange, CatalogRow } from './catalog.ts';
import { rowValues } from './catalog-rows.ts';
import { quoteSqlite, sqliteRelationName } from './sqlite-name.ts';
import { SYSTEM_TABLES, type SystemRelation, type TypeFact } from './system/facts.ts';

export interface SqliteStatement {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

const TABLES = new Map(SYSTEM_TABLES.map((table) => [table.name, table]));

/** Indexes that look-ups by clients and joins between catalog tables need; not shown as objects. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  pg_attrdef: ['adrelid, adnum'],
  pg_attribute: ['attrelid, attnum', 'attrelid, attname'],
  pg_class: ['relname, relnamespace', 'relnamespace'],
  pg_constraint: ['conrelid, contype', 'confrelid', 'conindid'],
  pg_depend: ['classid, objid, objsubid', 'refclassid, refobjid, refobjsubid'],
  pg_description: ['objoid, classoid, objsubid'],
  pg_index: ['indexrelid', 'indrelid'],
  pg_namespace: ['nspname'],
  pg_proc: ['proname'],
  pg_rewrite: ['ev_class'],
  pg_sequence: ['seqrelid'],
  pg_type: ['typname', 'typelem'],
};

function table(name: string): SystemRelation {
  return must(TABLES.get(name), `no catalog table ${name}`);
}

function sqliteTable(name: string): string {
  return quoteSqlite(sqliteRelationName('pg_catalog', name));
}

const INTEGER_TYPES = new Set([
  ...['bool', 'int2', 'int4', 'int8', 'oid', 'xid', 'timestamptz'],
  ...['regproc', 'regclass', 'regtype'],
]);

/** Storage of the types that catalog tables use; the same as those types declare themselves. */
export function catalogStorage(type: TypeFact): 'INTEGER' | 'TEXT' | 'BLOB' | 'ANY' {
  if (INTEGER_TYPES.has(type.name)) return 'INTEGER';
  if (type.name === 'float4' || type.name === 'float8') return 'ANY';
  return type.name === 'bytea' ? 'BLOB' : 'TEXT';
}

export function columnNames(name: string): readonly string[] {
  return table(name).columns.map((column) => column.name);
}

/** Reads all rows of a catalog table, columns in the table's order. */
export function selectAll(name: string): string {
  return `SELECT ${columnNames(name).map(quoteSqlite).join(', ')} FROM ${sqliteTable(name)}`;
}

export function rowFromValues(name: string, values: readonly SqliteValue[]): CatalogRow {
  return Object.fromEntries(columnNames(name).map((column, i) => [column, values[i] ?? null]));
}

/** CREATE TABLE and CREATE INDEX of a catalog table. */
export function createCatalogTable(name: string): readonly string[] {
  const { columns } = table(name);
  const declarations = columns.map(
    (column) =>
      `${quoteSqlite(column.name)} ${catalogStorage(column.type)}${column.notNull ? ' NOT NULL' : ''}`,
  );
  const keys = [...(columns[0]?.name === 'oid' ? ['oid'] : []), ...(KEYS[name] ?? [])];
  return [
    `CREATE TABLE ${sqliteTable(name)} (ctid INTEGER PRIMARY KEY, ${declarations.join(', ')}) STRICT`,
    ...keys.map((key, i) => {
      const index = quoteSqlite(`${sqliteRelationName('pg_catalog', name)}.${String(i)}`);
      return `CREATE INDEX ${index} ON ${sqliteTable(name)} (${key})`;
    }),
  ];
}

function literal(value: SqliteValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value);
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return `x'${Buffer.from(value).toString('hex')}'`;
}

/** One INSERT of many rows, values in the text: the fastest way to fill a table. */
export function insertRows(name: string, rows: readonly CatalogRow[]): string {
  const columns = columnNames(name);
  const tuples = rows.map((row) => `(${rowValues(row, columns).map(literal).join(',')})`);
  return `INSERT INTO ${sqliteTable(name)} (${columns.map(quoteSqlite).join(', ')}) VALUES\n${tuples.join(',\n')}`;
}

function assignments(row: CatalogRow, separator: string): string {
  return Object.keys(row)
    .map((column) => `${quoteSqlite(column)} = ?`)
    .join(separator);
}

/** The change as a statement. Keys never hold NULL. */
export function changeStatement(change: CatalogChange): SqliteStatement {
  const name = sqliteTable(change.table);
  switch (change.kind) {
    case 'insert': {
      const columns = columnNames(change.table);
      const marks = columns.map(() => '?').join(', ');
      return {
        sql: `INSERT INTO ${name} (${columns.map(quoteSqlite).join(', ')}) VALUES (${marks})`,
        values: rowValues(change.row, columns),
      };
    }
    case 'update':
      return {
        sql: `UPDATE ${name} SET ${assignments(change.set, ', ')} WHERE ${assignments(change.key, ' AND ')}`,
        values: [...Object.values(change.set), ...Object.values(change.key)],
      };
    default:
      return {
        sql: `DELETE FROM ${name} WHERE ${assignments(change.key, ' AND ')}`,
        values: Object.values(change.key),
      };
  }
}
