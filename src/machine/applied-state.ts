// How far the database is: the last entry applied, the version of the schema, and the running hash
// that nodes compare (R55). In memory, and in a row that changes with the effects (R51).
import { hash } from 'node:crypto';
import type { Entry, Index, Term } from '../raft/entry.ts';
import { assert, must } from '../util/assert.ts';
import type { Database } from './database.ts';

export class AppliedState {
  readonly #database: Database;
  #index: Index;
  #term: Term;
  #schemaVersion: number;
  #hash: Uint8Array;

  /** `database` has the system tables (open-machine.ts). */
  constructor(database: Database) {
    this.#database = database;
    const [row] = database.rows(
      'SELECT log_index, log_term, schema_version, hash FROM "balsa.applied"',
    );
    const [index, term, version, hash] = must(row, 'the database has its applied index');
    assert(hash instanceof Uint8Array, 'the apply hash is a blob');
    this.#index = Number(index);
    this.#term = Number(term);
    this.#schemaVersion = Number(version);
    this.#hash = hash;
  }

  get index(): Index {
    return this.#index;
  }

  get term(): Term {
    return this.#term;
  }

  get schemaVersion(): number {
    return this.#schemaVersion;
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  /** The entry was applied, with these outcomes; null: it has none. */
  advance(entry: Entry, outcomes: Uint8Array | null): void {
    this.#index = entry.index;
    this.#term = entry.term;
    // In one call: a Hash object is a stream, and costs as much again as the hashing.
    const parts = [
      this.#hash,
      Buffer.from(`${entry.index} ${entry.term} ${entry.kind}`),
      entry.data,
    ];
    if (outcomes !== null) parts.push(outcomes);
    this.#hash = hash('sha256', Buffer.concat(parts), 'buffer');
  }

  schemaChanged(times: number): void {
    this.#schemaVersion += times;
  }

  /** To the database, in the transaction that is open there. */
  write(): void {
    this.#database.run(
      'UPDATE "balsa.applied" SET log_index = ?, log_term = ?, schema_version = ?, hash = ?',
      [BigInt(this.#index), BigInt(this.#term), BigInt(this.#schemaVersion), this.#hash],
    );
  }
}
