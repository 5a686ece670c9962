// Makes the catalog of a new database, and reads the catalog of one that is there.
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { Catalog } from './catalog.ts';
import {
  createCatalogTable,
  insertRows,
  rowFromValues,
  selectAll,
  type SqliteStatement,
} from './catalog-table.ts';
import { catalogOfRows } from './catalog-value.ts';
import { bootstrapRows } from './system/bootstrap-rows.ts';
import { SYSTEM_TABLES } from './system/facts.ts';
import { NO_PROGRAM_FACTS, type ProgramFacts } from './system/program-facts.ts';

/** Gives the rows of a SQLite query as arrays, integers as bigint. */
export type ReadRows = (sql: string) => Iterable<readonly SqliteValue[]>;

/** Creates and fills all catalog tables of an empty database. Equal input, equal statements. */
export function bootstrapSteps(facts: ProgramFacts = NO_PROGRAM_FACTS): readonly SqliteStatement[] {
  const statements = SYSTEM_TABLES.flatMap(({ name }) => createCatalogTable(name));
  for (const [name, rows] of bootstrapRows(facts)) {
    if (rows.length > 0) statements.push(insertRows(name, rows));
  }
  return statements.map((sql) => ({ sql, values: [] }));
}

/** The catalog of a database at this version of its schema. */
export function loadCatalog(version: number, readRows: ReadRows): Catalog {
  const tables = SYSTEM_TABLES.map(({ name }) => {
    const rows = Array.from(readRows(selectAll(name)), (values) => rowFromValues(name, values));
    return [name, rows] as const;
  });
  return catalogOfRows(version, new Map(tables));
}

/** The catalog of a new database, without a database: version 0. */
export function newCatalog(facts: ProgramFacts = NO_PROGRAM_FACTS): Catalog {
  return catalogOfRows(0, bootstrapRows(facts));
}
