// The schema as an open transaction sees it: the one that its statements were compiled for, with its
// own changes. Where others change the schema meanwhile the statements are compiled again: the
// transaction goes on if SQLite is to run the very same (docs/transactions.md, 6).
import type { Catalog } from '../catalog/catalog.ts';
import type { BoundPlan } from '../session/backend.ts';
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import { schemaChanged } from './serialization-failure.ts';
import { inSchema } from './transaction-entry.ts';
import type { Entry, Recompile } from './transaction-entry.ts';
import type { TransactionHost } from './transaction-host.ts';
import type { TransactionRecord } from './transaction-record.ts';

/** Turns of the event loop in which this node sees what its machine has applied. */
const TURNS_MAX = 20;

export class TransactionSchema {
  readonly #host: Pick<TransactionHost, 'catalog' | 'mutations'>;
  readonly #record: TransactionRecord;
  /** The schema that the statements so far were compiled for; null: no statement yet. */
  #base: Catalog | null = null;
  /** What the client was told rests on this schema in ways that are not recorded. */
  #isPinned = false;
  /** After the transaction's own changes; null: it has made none. */
  #changed: Catalog | null = null;
  /** `#changed` at the savepoints, the outermost first. */
  #marks: (Catalog | null)[] = [];

  constructor(host: Pick<TransactionHost, 'catalog' | 'mutations'>, record: TransactionRecord) {
    this.#host = host;
    this.#record = record;
  }

  /** To compile the next statement for. */
  catalog(): Catalog {
    return this.#changed ?? this.#host.catalog();
  }

  /** Without the transaction's own changes; null: no statement yet. */
  get base(): Catalog | null {
    return this.#base;
  }

  /** Of what the statements so far were compiled for. */
  get version(): number {
    return this.#hasBase().version;
  }

  /** How many changes are the transaction's own. */
  changeCount(): number {
    return this.#changed === null ? 0 : this.#changed.version - this.version;
  }

  /** The transaction has not created it. */
  existedBefore(oid: Oid): boolean {
    return this.#hasBase().relationByOid(oid) !== null;
  }

  #hasBase(): Catalog {
    return must(this.#base, 'statements have a schema');
  }

  /** The first statement was compiled for `base`, and nothing else was before. Throws 40001. */
  begin(base: Catalog): void {
    if (this.#isPinned) this.#refuseOther(base);
    this.#base = base;
  }

  /** From now on no other schema will do. */
  pin(): void {
    this.#base ??= this.#host.catalog();
    this.#isPinned = true;
  }

  #refuseOther({ version }: Catalog): void {
    if (this.#base?.version !== version) throw schemaChanged();
  }

  // The transaction's own changes -----------------------------------------------------------------

  changedTo(catalog: Catalog): void {
    this.#changed = catalog;
  }

  savepoint(): void {
    this.#marks.push(this.#changed);
  }

  rollbackTo(depth: number): void {
    this.#marks.length = depth + 1;
    this.#changed = this.#marks[depth] ?? null;
  }

  release(depth: number): void {
    this.#marks.length = depth;
  }

  // Changes by others -----------------------------------------------------------------------------

  /** What was compiled before, for the schema as it is by now. Throws 40001. */
  adopt(bound: BoundPlan, recompile: Recompile): BoundPlan {
    const current = this.#host.catalog();
    if (this.#base !== null && this.#base.version !== current.version) {
      this.#moveTo(current);
      return recompile(this.catalog());
    }
    this.#base ??= current;
    return bound;
  }

  /** The machine has applied a change. Throws 40001. */
  async follow(version: number): Promise<void> {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      const current = this.#host.catalog();
      if (current.version >= version) {
        this.#moveTo(current);
        return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw schemaChanged();
  }

  /** Throws 40001 if a statement would be compiled to something else. */
  #moveTo(base: Catalog): void {
    if (this.#isPinned) this.#refuseOther(base);
    // What is in the file cannot be compiled again.
    if (this.#record.earlier !== null) throw schemaChanged();
    let catalog = base;
    const marks: Catalog[] = [];
    const entries: Entry[] = [];
    for (const entry of this.#record.entries) {
      const { recompile, mark } = entry;
      if (mark?.kind === 'savepoint') marks.push(catalog);
      if (mark?.kind === 'rollback to') {
        catalog = marks[mark.depth] ?? base;
        marks.length = mark.depth + 1;
      }
      if (mark?.kind === 'release') marks.length = mark.depth;
      if (recompile === null) {
        entries.push(entry);
        continue;
      }
      const again = inSchema(entry, recompile, catalog, this.#host.mutations);
      if (again === null) throw schemaChanged();
      entries.push(again.entry);
      ({ catalog } = again);
    }
    const changed = (then: Catalog): Catalog | null => (then === base ? null : then);
    this.#record.replace(entries);
    this.#marks = this.#marks.map((_, at) => changed(must(marks[at], 'savepoints are recorded')));
    this.#base = base;
    this.#changed = changed(catalog);
  }
}
