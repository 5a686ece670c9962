// Rows that the running transaction has inserted: nobody else sees them, so they need no lock. Their
// keys are behind the last row that the table had before the transaction, and are others where it runs again.
import { rowOfResource } from '../sql/functions/row-locks.ts';
import type { Oid } from '../types/pg-type.ts';

/** What the last row of the table was is to be found out before the transaction: it runs again. */
export class LastRowWanted extends Error {
  override readonly name = 'LastRowWanted';
  readonly table: Oid;

  constructor(table: Oid) {
    super();
    this.table = table;
  }
}

export class OwnRows {
  readonly #inserted = new Set<Oid>();
  #last: ReadonlyMap<Oid, number> = new Map();

  /** `last`: of some tables, the key of the last row. */
  beginTransaction(last: ReadonlyMap<Oid, number>): void {
    this.#inserted.clear();
    this.#last = last;
  }

  /** The transaction inserts rows. */
  note(table: Oid): void {
    this.#inserted.add(table);
  }

  /** Throws LastRowWanted. */
  has(resource: string): boolean {
    if (this.#inserted.size === 0) return false;
    const { table, key } = rowOfResource(resource);
    if (!this.#inserted.has(table)) return false;
    const last = this.#last.get(table);
    if (last === undefined) throw new LastRowWanted(table);
    return key > last;
  }
}
