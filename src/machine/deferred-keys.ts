// Foreign keys that are INITIALLY DEFERRED are checked when a transaction ends. Requests of many
// clients share one SQLite transaction, so each must be checked where it ends itself, or one
// client's violation would refuse the others' work at COMMIT.
//
// SQLite counts open violations and does not tell the number. But when a row comes into a parent
// table, it must look for children that waited for it if the number is above zero, and need not if
// it is zero. The child table of ours has a computed key, so looking at it calls a function: no
// call, no violation. A call without a violation would only cost a full check.
import type { Database } from './database.ts';

const TABLES = `
  CREATE TEMP TABLE balsa_probe_parent (id INTEGER PRIMARY KEY);
  CREATE TEMP TABLE balsa_probe_child (
    id INTEGER PRIMARY KEY,
    parent INTEGER GENERATED ALWAYS AS (balsa_probe(id)) VIRTUAL
      REFERENCES balsa_probe_parent DEFERRABLE INITIALLY DEFERRED
  );
  INSERT INTO balsa_probe_child (id) VALUES (1);`;

const FIRST_KEY =
  'SELECT 1 FROM "pg_catalog.pg_constraint" WHERE contype = \'f\' AND condeferred LIMIT 1';

export class DeferredKeys {
  readonly #database: Database;
  #calls = 0;
  /** For which version of the schema it is known whether there are any. */
  #knownVersion = 0;
  #exist = false;

  constructor(database: Database) {
    this.#database = database;
    database.driver.function('balsa_probe', { deterministic: true, varargs: true }, () => {
      this.#calls += 1;
      return null;
    });
    database.script(TABLES);
  }

  /** True if the schema has such keys. A schema that is being changed is looked at each time. */
  exist(schemaVersion: number, isSchemaChanging: boolean): boolean {
    if (isSchemaChanging || this.#knownVersion !== schemaVersion) {
      this.#exist = this.#database.rows(FIRST_KEY).length > 0;
      this.#knownVersion = isSchemaChanging ? 0 : schemaVersion;
    }
    return this.#exist;
  }

  /** True if the transaction could not be committed as it stands. */
  isViolated(): boolean {
    this.#calls = 0;
    this.#database.run('SAVEPOINT probe');
    this.#database.run('INSERT INTO balsa_probe_parent VALUES (1)');
    this.#database.run('ROLLBACK TO probe');
    this.#database.run('RELEASE probe');
    if (this.#calls === 0) return false;
    return this.#database.rows('PRAGMA main.foreign_key_check').length > 0;
  }
}
