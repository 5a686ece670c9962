// Which entry changed a table last, as far as this process knows: what was read from tables that
// have not changed since need not be read again. It only saves work: the outcome of an entry must
// never depend on it, as it differs from node to node.
import { SEQUENCES_OID } from '../catalog/system/oids.ts';
import type { Index } from '../raft/entry.ts';
import type { Oid } from '../types/pg-type.ts';

export class TableChanges {
  readonly #changed = new Map<Oid, Index>();
  /** All tables may have changed up to here: the schema did, or this process was not there. */
  #floor: Index;

  constructor(appliedIndex: Index) {
    this.#floor = appliedIndex;
  }

  note(tables: readonly Oid[], index: Index): void {
    for (const oid of tables) this.#changed.set(oid, index);
  }

  noteAll(index: Index): void {
    this.#floor = index;
    this.#changed.clear();
  }

  /** True if an entry behind `index` may have changed the table. */
  isChangedSince(table: Oid, index: Index): boolean {
    // Where sequences are is moved by calls that no plan tells of.
    if (table === SEQUENCES_OID) return true;
    return this.#floor > index || (this.#changed.get(table) ?? 0) > index;
  }
}
