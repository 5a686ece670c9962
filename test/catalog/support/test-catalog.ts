// Catalogs and databases made from DDL, for tests.
import { UpsertedRows } from '../../../src/sql/functions/upserts.ts';
import { readFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { bootstrapSteps, newCatalog } from '../../../src/catalog/bootstrap.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { compileDdl } from '../../../src/sql/ddl/compile-ddl.ts';
import { registerFunctions } from '../../../src/sql/functions/register.ts';
import { initializeParser, parse } from '../../../src/sql/parse/parse.ts';
import type { CompileSettings, QueryPlan } from '../../../src/sql/plan.ts';
import type { SqliteValue } from '../../../src/types/sqlite-value.ts';
import { must } from '../../../src/util/assert.ts';

const SYSTEM_TABLES = new URL('../../../sql/system/replication.sql', import.meta.url);

export const TEST_SETTINGS: CompileSettings = {
  searchPath: ['$user', 'public'],
  user: 'postgres',
  timeZone: 'UTC',
};

await initializeParser();

/** The catalog after these DDL statements. */
export function createTestCatalog(ddl: string): Catalog {
  return parse(ddl).reduce(
    (catalog, statement) =>
      must(compileDdl(statement, catalog, TEST_SETTINGS), statement.text).catalog,
    newCatalog(),
  );
}

/** A SQLite database that follows its catalog. */
export class TestDatabase {
  readonly sqlite = new Sqlite(':memory:');
  catalog: Catalog = newCatalog();

  /** Are told of the work that statements do, and of the bytes that they write. */
  constructor(
    spend: (work: number) => void = () => undefined,
    write: (bytes: number) => void = () => undefined,
  ) {
    this.sqlite.defaultSafeIntegers(true);
    this.sqlite.pragma('foreign_keys = ON');
    this.sqlite.unsafeMode(true);
    registerFunctions(this.sqlite as never, {
      now: 0n,
      randomUint32: () => 0,
      setting: (name) => (name === 'search_path' ? '"$user", public' : null),
      spend,
      keep: () => undefined,
      write,
      nextval: () => 0n,
      nextvals: () => ({ first: 0n, increment: 1n, count: 1 }),
      setval: () => undefined,
      notify: () => undefined,
      action: () => null,
      keepRow: () => undefined,
      keptRows: () => [],
      claimRow: () => true,
      isRowFree: () => true,
      upserted: () => new UpsertedRows(),
      hasLockedRows: () => false,
      writeRow: () => undefined,
      catalog: () => this.catalog,
    });
    this.sqlite.exec(readFileSync(SYSTEM_TABLES, 'utf8'));
    for (const { sql } of bootstrapSteps()) this.sqlite.exec(sql);
  }

  /** Runs DDL as the machine does: all or nothing. */
  run(ddl: string): readonly QueryPlan[] {
    return parse(ddl).map((statement) => {
      const plan = must(compileDdl(statement, this.catalog, TEST_SETTINGS), statement.text);
      this.sqlite.exec('BEGIN');
      try {
        for (const step of plan.steps) this.#step(step.sql, step.bindings);
        this.sqlite.exec('COMMIT');
      } catch (error) {
        this.sqlite.exec('ROLLBACK');
        throw error;
      }
      this.catalog = plan.catalog;
      return plan;
    });
  }

  #step(sql: string, bindings: QueryPlan['steps'][number]['bindings']): void {
    const values = bindings.map((binding) => (binding.kind === 'constant' ? binding.value : null));
    const statement = this.sqlite.prepare<SqliteValue[]>(sql);
    if (statement.reader) statement.all(...values);
    else statement.run(...values);
  }

  rows(sql: string): readonly (readonly SqliteValue[])[] {
    return this.sqlite.prepare(sql).raw().all() as SqliteValue[][];
  }
}
