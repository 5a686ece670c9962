// Cursors of SQL. The whole result is computed by DECLARE, in the snapshot of its transaction, and
// kept here: so a cursor can go back, and outlive its transaction (WITH HOLD).
import { PgError } from '../errors/pg-error.ts';
import type { CursorStatement, ResultColumn } from '../sql/plan.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { StatementResult } from './backend.ts';
import type { Kept } from './kept.ts';

type Rows = readonly (readonly SqliteValue[])[];
type Declare = Extract<CursorStatement, { kind: 'declare-cursor' }>;
type Fetch = Extract<CursorStatement, { kind: 'fetch' }>;

interface Cursor {
  readonly columns: readonly ResultColumn[];
  readonly rows: Rows;
  readonly isHold: boolean;
  readonly isBinary: boolean;
  readonly mayScroll: boolean;
  /** Declared by the transaction that is open: gone if it is rolled back. */
  isNew: boolean;
  /** 0 before the first row, one more than there are rows behind the last. */
  position: number;
}

export class Cursors {
  readonly #kept: Kept;
  readonly #cursors = new Map<string, Cursor>();

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Throws 42P03. */
  refuseTaken(name: string): void {
    if (!this.#cursors.has(name)) return;
    throw new PgError('42P03', `cursor "${name}" already exists`);
  }

  /** Throws 53200. */
  declare(declare: Declare, columns: readonly ResultColumn[], rows: Rows): void {
    const { name, isHold, isBinary, mayScroll } = declare;
    const cursor = { columns, rows, isHold, isBinary, mayScroll, isNew: true, position: 0 };
    this.#kept.keepRows(cursor, rows);
    this.#cursors.set(name, cursor);
  }

  #drop(name: string): void {
    const cursor = this.#cursors.get(name);
    if (cursor !== undefined) this.#kept.drop(cursor);
    this.#cursors.delete(name);
  }

  /** Throws 34000. */
  #find(name: string): Cursor {
    const cursor = this.#cursors.get(name);
    if (cursor !== undefined) return cursor;
    throw new PgError('34000', `cursor "${name}" does not exist`);
  }

  /** What FETCH gives. Throws 34000. */
  shapeOf(name: string): {
    readonly columns: readonly ResultColumn[];
    readonly isBinary: boolean;
  } {
    return this.#find(name);
  }

  /** Moves the cursor; the rows that it comes by. Throws 34000, 55000. */
  fetch({ name, how, count, isMove }: Fetch): StatementResult {
    const cursor = this.#find(name);
    const rows =
      how === 'absolute' || how === 'relative'
        ? goTo(cursor, targetOf(cursor, how, count))
        : goBy(cursor, how === 'forward' ? count : -count, isMove);
    return { rows: isMove ? null : rows, count: rows.length };
  }

  /** null: all. Throws 34000. */
  close(name: string | null): void {
    if (name === null) this.keepOnly(new Set());
    else {
      this.#find(name);
      this.#drop(name);
    }
  }

  /** The transaction is over: only those WITH HOLD that it did not roll back stay. */
  endTransaction(isCommitted: boolean): void {
    for (const [name, cursor] of this.#cursors) {
      if (!cursor.isHold || (cursor.isNew && !isCommitted)) this.#drop(name);
      cursor.isNew = false;
    }
  }

  /** For a savepoint: which there are. */
  names(): ReadonlySet<string> {
    return new Set(this.#cursors.keys());
  }

  /** Back to a savepoint: the ones declared behind it are gone. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of [...this.#cursors.keys()]) if (!names.has(name)) this.#drop(name);
  }
}

/** Where ABSOLUTE and RELATIVE lead to. */
function targetOf({ position, rows }: Cursor, how: 'absolute' | 'relative', count: number): number {
  if (how === 'relative') return position + count;
  return count < 0 ? rows.length + 1 + count : count;
}

function goTo(cursor: Cursor, target: number): Rows {
  if (target < cursor.position) refuseScroll(cursor);
  cursor.position = Math.max(0, Math.min(target, cursor.rows.length + 1));
  const row = cursor.rows[cursor.position - 1];
  return row === undefined ? [] : [row];
}

/** By 0 is the row where it is. */
function goBy(cursor: Cursor, count: number, isMove: boolean): Rows {
  const { rows, position } = cursor;
  if (count === 0) return goTo(cursor, position);
  // To where it is already every cursor may move.
  const isRewind = isMove && count === -Infinity && position === 0;
  if (count < 0 && !isRewind) refuseScroll(cursor);
  const end = Math.max(0, Math.min(position + count, rows.length + 1));
  cursor.position = end;
  if (count > 0) return rows.slice(position, end);
  // From the row before the present one back to the one it comes to.
  return rows.slice(Math.max(0, end - 1), Math.max(0, position - 1)).reverse();
}

function refuseScroll({ mayScroll }: Cursor): void {
  if (mayScroll) return;
  throw new PgError('55000', 'cursor can only scan forward', {
    hint: 'Declare it with SCROLL option to enable backward scan.',
  });
}
