// Opens state.sqlite as the one writer, and creates it on the first start. It is durable state: a
// restart goes on from its applied index.
import { readFileSync } from 'node:fs';
import { bootstrapSteps, loadCatalog } from '../catalog/bootstrap.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { quoteSqlite } from '../catalog/sqlite-name.ts';
import { programFacts } from '../sql/functions/catalog-program-facts.ts';
import { registerFunctions } from '../sql/functions/register.ts';
import type { FunctionHost } from '../sql/functions/register.ts';
import type { Oid } from '../types/pg-type.ts';
import { explainConstraint } from './constraint-error.ts';
import { Database } from './database.ts';
import { DeferredKeys } from './deferred-keys.ts';
import { foreignKeysIn } from './foreign-keys.ts';
import { Machine } from './machine.ts';
import type { MachineMutations } from './mutations.ts';
import { registerValueRows } from './value-rows-table.ts';

const SYSTEM_TABLES = new URL('../../sql/system/replication.sql', import.meta.url);
const HASH_BYTES = 32;
const FIRST_SCHEMA_VERSION = 1;

export interface OpenedMachine {
  readonly machine: Machine;
  readonly database: Database;
}

export interface OpenOptions {
  readonly mutations?: MachineMutations;
  /** Milliseconds, see MachineOptions.clock. */
  readonly clock?: () => number;
}

export function openMachine(
  source: string | Buffer,
  databaseName: string,
  options: OpenOptions = {},
): OpenedMachine {
  const database = new Database({ source, isReader: false });
  try {
    return { machine: openOn(database, databaseName, options), database };
  } catch (error) {
    database.close();
    throw error;
  }
}

function openOn(
  database: Database,
  databaseName: string,
  { mutations = {}, clock }: OpenOptions,
): Machine {
  if (!isInitialized(database)) initialize(database, databaseName);
  const readCatalog = (): Catalog =>
    loadCatalog(machine.schemaVersion, (sql) => database.rows(sql));
  const keys = new DeferredKeys(database, () => machine.context.loadCatalog() as Catalog);
  const machine: Machine = new Machine({
    database,
    catalog: readCatalog,
    explain: (_code, message, step, written) =>
      explainConstraint(database, machine.context.loadCatalog() as Catalog, {
        message,
        step,
        written,
        provide: (error) => {
          if (!machine.context.provide(error)) return false;
          machine.context.undoRow();
          return true;
        },
      }),
    deferredKeys: {
      begin: () => keys.begin(),
      ifAny: (isSchemaChanging) =>
        keys.exist(machine.schemaVersion, isSchemaChanging) ? keys : null,
    },
    lastRow: (table) => lastRow(database, machine.context.loadCatalog() as Catalog, table),
    foreignKeys: () => foreignKeysIn(machine.context.loadCatalog() as Catalog),
    mutations,
    ...(clock === undefined ? {} : { clock }),
  });
  registerFunctions(database.driver as unknown as FunctionHost, machine.context);
  registerValueRows(database.driver as unknown as FunctionHost, machine.context);
  // What was found is durable once it is in the database file.
  machine.checkpoint();
  return machine;
}

function lastRow(database: Database, catalog: Catalog, table: Oid): number {
  const name = catalog.relationByOid(table)?.sqliteName ?? '';
  if (name === '') return 0;
  const [row] = database.rows(`SELECT max("ctid") FROM ${quoteSqlite(name)}`);
  return Number(row?.[0] ?? 0);
}

function isInitialized(database: Database): boolean {
  const sql = `SELECT 1 FROM sqlite_schema WHERE name = 'balsa.applied'`;
  return database.rows(sql).length > 0;
}

/** In one transaction: a crash leaves nothing or all of it. */
function initialize(database: Database, databaseName: string): void {
  database.run('BEGIN IMMEDIATE');
  database.script(readFileSync(SYSTEM_TABLES, 'utf8'));
  for (const { sql, values } of bootstrapSteps(programFacts(databaseName))) {
    if (values.length === 0) database.script(sql);
    else database.run(sql, values);
  }
  database.run('INSERT INTO "balsa.applied" VALUES (1, 0, 0, ?, ?, ?, 0)', [
    BigInt(FIRST_SCHEMA_VERSION),
    new Uint8Array(HASH_BYTES),
    new Uint8Array(0),
  ]);
  database.run('COMMIT');
}
