import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { bootstrapSteps, loadCatalog, newCatalog } from '../../src/catalog/bootstrap.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';

function newDatabase(): Sqlite.Database {
  const database = new Sqlite(':memory:');
  database.defaultSafeIntegers(true);
  for (const { sql } of bootstrapSteps()) database.exec(sql);
  return database;
}

function read(database: Sqlite.Database) {
  return (sql: string) => database.prepare(sql).raw().all() as SqliteValue[][];
}

describe('a new database', () => {
  it('gives the same catalog from its tables as without a database', () => {
    const loaded = loadCatalog(0, read(newDatabase()));
    const made = newCatalog();
    expect([...loaded.relations()]).toEqual([...made.relations()]);
    expect(loaded.rows('pg_type')).toEqual(made.rows('pg_type'));
    expect(loaded.nextOid).toBe(16384);
  });

  it('has the columns of pg_class as PostgreSQL 15 has them', () => {
    const relation = newCatalog().relation('pg_catalog', 'pg_class');
    expect(relation?.isSystem).toBe(true);
    expect(relation?.sqliteName).toBe('pg_catalog.pg_class');
    expect(relation?.columns.slice(0, 3).map(({ name, type }) => [name, type])).toEqual([
      ['oid', 26],
      ['relname', 19],
      ['relnamespace', 26],
    ]);
  });

  it('has no column that a row of the catalog tables does not fill', () => {
    const catalog = newCatalog();
    for (const table of ['pg_class', 'pg_attribute', 'pg_type', 'pg_proc', 'pg_namespace']) {
      const columns = catalog.relation('pg_catalog', table)?.columns.map(({ name }) => name);
      expect(Object.keys(catalog.rows(table)[0] ?? {})).toEqual(columns);
    }
  });
});
