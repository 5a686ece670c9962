// Who locks a row, or a table, first changes it first: what becomes of a statement that is about to
// write what another transaction has locked (docs/decisions/0009-row-locks.md).
import { ACCESS_EXCLUSIVE } from '../sql/functions/lock-modes.ts';
import type { LockMode } from '../sql/functions/lock-modes.ts';
import { ALL_ROWS, isOfTable, rowResource, tableResource } from '../sql/functions/row-locks.ts';
import type { Oid } from '../types/pg-type.ts';
import type { ErrorData, Outcome } from './command.ts';
import type { LockOwner, Locks } from './locks.ts';

/** Or a table. */
export interface HeldRow {
  readonly resource: string;
  readonly mode: LockMode;
}

/** The statement has no effect: the row is to be waited for. */
export class RowHeld extends Error {
  override readonly name = 'RowHeld';
  readonly row: HeldRow;

  constructor(row: HeldRow) {
    super();
    this.row = row;
  }
}

/**
 * `refuse`: throw RowHeld, at the place in the log; `ask`: tell `onHeld`, which is to get it before
 * the statement is told; `note`: told before, and for the place in the log to decide.
 */
export type WhenHeld = 'refuse' | 'ask' | 'note';

/** A table that a statement writes or locks rows of, and in which mode Postgres would lock it. */
export interface TableUse {
  readonly table: Oid;
  readonly mode: LockMode;
}

type LocksOfRows = Pick<
  Locks,
  'hasTables' | 'hasRows' | 'rowsOf' | 'isHeldByOthers' | 'rowsHeldByOthers'
>;

export class RowGuard {
  readonly #locks: LocksOfRows;
  /** Whose locks are no hindrance; null: nobody's. */
  #owner: LockOwner | null = null;
  #whenHeld: WhenHeld = 'refuse';
  #hasMet = false;
  /** See noteWritten. */
  #written: ReadonlyMap<Oid, Set<number>> | null = null;

  constructor(locks: LocksOfRows) {
    this.#locks = locks;
  }

  /** For the statements that run next. */
  use(owner: LockOwner | null, whenHeld: WhenHeld): void {
    this.#owner = owner;
    this.#whenHeld = whenHeld;
    this.#hasMet = false;
  }

  /** A row was held since use(), and it was only noted. */
  get hasMet(): boolean {
    return this.#hasMet;
  }

  /** The first of the tables that others hold; null: none. */
  heldTable(owner: LockOwner | null, uses: readonly TableUse[]): HeldRow | null {
    if (!this.#locks.hasTables) return null;
    for (const { table, mode } of uses) {
      const resource = tableResource(table);
      if (this.#locks.isHeldByOthers(owner, resource, mode)) return { resource, mode };
    }
    return null;
  }

  /** False: no row of any table is locked. */
  get hasRows(): boolean {
    return this.#locks.hasRows;
  }

  /** Rows of the table that others hold in a mode that conflicts. */
  heldByOthers(table: Oid, mode: LockMode): readonly string[] {
    return this.#locks.rowsHeldByOthers(this.#owner, table, mode);
  }

  /** From now on the keys of rows that are written, by their table, are added there; null: no more. */
  noteWritten(written: ReadonlyMap<Oid, Set<number>> | null): void {
    this.#written = written;
  }

  /** See ROWS_LOCKED: as a rule nobody locks rows. */
  hasAny(table: Oid): boolean {
    return this.#locks.rowsOf(table) > 0 || this.#written?.has(table) === true;
  }

  /** See WRITE_ROW. Throws RowHeld. */
  write(table: Oid, key: number, mode: LockMode, onHeld: (row: HeldRow) => void): void {
    if (!this.hasAny(table)) return;
    this.#written?.get(table)?.add(key);
    const owner = this.#owner;
    if (key === ALL_ROWS) {
      const held = this.#locks.rowsHeldByOthers(owner, table, ACCESS_EXCLUSIVE);
      for (const resource of held) this.meet({ resource, mode }, onHeld);
      return;
    }
    this.meet({ resource: rowResource(table, key), mode }, onHeld);
  }

  /** What becomes of the statement if others hold the row in a mode that conflicts. Throws RowHeld. */
  meet(row: HeldRow, onHeld: (row: HeldRow) => void): void {
    if (this.#locks.isHeldByOthers(this.#owner, row.resource, row.mode)) this.#met(row, onHeld);
  }

  #met(row: HeldRow, onHeld: (row: HeldRow) => void): void {
    if (this.#whenHeld === 'refuse') throw new RowHeld(row);
    if (this.#whenHeld === 'ask') onHeld(row);
    else this.#hasMet = true;
  }
}

/** As an outcome: what a gateway that cannot wait for it tells its client. */
export function heldError({ resource, mode }: HeldRow): ErrorData {
  return {
    code: '55P03',
    message: `could not obtain lock on ${isOfTable(resource) ? 'table' : 'row'}: another transaction has locked it`,
    fields: { heldRow: resource, heldMode: mode },
  };
}

/** The row that has to be waited for, if the request had no effect because of one. */
export function heldRowOf(outcome: Outcome): HeldRow | null {
  if (outcome.kind !== 'failed') return null;
  const { heldRow, heldMode } = outcome.error.fields;
  return heldRow === undefined ? null : { resource: String(heldRow), mode: Number(heldMode) };
}
