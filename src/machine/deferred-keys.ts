// Foreign keys that are DEFERRABLE are checked by us: where a transaction ends, and while they are
// immediate where each statement ends. In SQLite all of them are INITIALLY DEFERRED, but requests of
// many clients share one SQLite transaction, and one client's violation would refuse the others'
// work at COMMIT.
//
// SQLite counts open violations and does not tell the number. But when a row comes into a parent
// table, it must look for children that waited for it if the number is above zero, and need not if
// it is zero. The child table of ours has a computed key, so looking at it calls a function: no
// call, no violation. A call without a violation would only cost a full check.
import type { Catalog } from '../catalog/catalog.ts';
import {
  ALL_CONSTRAINTS,
  CLEAR_CONSTRAINT_MODES,
  CONSTRAINT_MODES,
  CREATE_CONSTRAINT_MODES,
} from '../catalog/constraint-modes.ts';
import type { Oid } from '../types/pg-type.ts';
import type { ErrorData } from './command.ts';
import type { Database } from './database.ts';
import { deferredKeyError } from './foreign-key-error.ts';

const TABLES = `
  CREATE TEMP TABLE balsa_probe_parent (id INTEGER PRIMARY KEY);
  CREATE TEMP TABLE balsa_probe_child (
    id INTEGER PRIMARY KEY,
    parent INTEGER GENERATED ALWAYS AS (balsa_probe(id)) VIRTUAL
      REFERENCES balsa_probe_parent DEFERRABLE INITIALLY DEFERRED
  );
  INSERT INTO balsa_probe_child (id) VALUES (1);
  ${CREATE_CONSTRAINT_MODES};`;

const DEFERRABLE_KEYS = `SELECT oid, condeferred FROM "pg_catalog.pg_constraint"
  WHERE contype = 'f' AND condeferrable ORDER BY oid`;

interface DeferrableKey {
  readonly oid: bigint;
  readonly isDeferred: boolean;
}

export class DeferredKeys {
  readonly #database: Database;
  readonly #catalog: () => Catalog;
  #calls = 0;
  /** The version of the schema that `#keys` are of. */
  #knownVersion = 0;
  #keys: readonly DeferrableKey[] = [];

  /** `catalog`: the schema as the transaction sees it. */
  constructor(database: Database, catalog: () => Catalog) {
    this.#database = database;
    this.#catalog = catalog;
    database.driver.function('balsa_probe', { deterministic: true, varargs: true }, () => {
      this.#calls += 1;
      return null;
    });
    database.script(TABLES);
  }

  /** A transaction begins: the keys are as they were declared. */
  begin(): void {
    if (this.#database.rows(CONSTRAINT_MODES).length > 0)
      this.#database.run(CLEAR_CONSTRAINT_MODES);
  }

  /** True if the schema has such keys. A schema that is being changed is looked at each time. */
  exist(schemaVersion: number, isSchemaChanging: boolean): boolean {
    if (isSchemaChanging || this.#knownVersion !== schemaVersion) {
      this.#keys = this.#database
        .rows(DEFERRABLE_KEYS)
        .map(([oid, isDeferred]) => ({ oid: oid as bigint, isDeferred: isDeferred === 1n }));
      this.#knownVersion = isSchemaChanging ? 0 : schemaVersion;
    }
    return this.#keys.length > 0;
  }

  /** True if the transaction could not be committed as it stands. */
  isViolated(): boolean {
    if (!this.#isAnyOpen()) return false;
    return this.#database.rows('PRAGMA main.foreign_key_check').length > 0;
  }

  /**
   * What a statement fails with that has left a violation of a key that is immediate. `written`: the
   * tables that it wrote rows to.
   */
  errorOfImmediate(written: readonly Oid[]): ErrorData | null {
    const immediate = this.#immediate();
    if (immediate.length === 0 || !this.#isAnyOpen()) return null;
    return deferredKeyError(this.#database, this.#catalog(), written, immediate);
  }

  #immediate(): readonly Oid[] {
    const modes = new Map(
      this.#database.rows(CONSTRAINT_MODES).map(([oid, mode]) => [oid, mode === 1n]),
    );
    const all = modes.get(ALL_CONSTRAINTS);
    return this.#keys
      .filter(({ oid, isDeferred }) => !(modes.get(oid) ?? all ?? isDeferred))
      .map(({ oid }) => Number(oid));
  }

  #isAnyOpen(): boolean {
    this.#calls = 0;
    this.#database.run('SAVEPOINT probe');
    this.#database.run('INSERT INTO balsa_probe_parent VALUES (1)');
    this.#database.run('ROLLBACK TO probe');
    this.#database.run('RELEASE probe');
    return this.#calls > 0;
  }
}
