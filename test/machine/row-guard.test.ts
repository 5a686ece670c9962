// What becomes of a statement that is about to write a row which another transaction has locked.
import { describe, expect, it } from 'vitest';
import { Locks } from '../../src/machine/locks.ts';
import { heldError, heldRowOf, RowGuard, RowHeld } from '../../src/machine/row-guard.ts';
import type { HeldRow } from '../../src/machine/row-guard.ts';
import { ACCESS_EXCLUSIVE, ACCESS_SHARE, EXCLUSIVE } from '../../src/sql/functions/lock-modes.ts';
import { ALL_ROWS, rowResource } from '../../src/sql/functions/row-locks.ts';

const NO_STORE = { insert: () => undefined, update: () => undefined, remove: () => undefined };
const HOLDER = { sessionId: 1, owner: 2 };
const OTHER = { sessionId: 1, owner: 3 };
const TABLE = 16_384;

function locked(mode: number, ...rows: readonly number[]): Locks {
  const locks = new Locks(NO_STORE, []);
  locks.beginEntry(5);
  for (const row of rows) {
    locks.acquire(HOLDER, { resource: rowResource(TABLE, row), mode, transaction: 1 }, false);
  }
  return locks;
}

/** The rows that are told to be held. */
function asked(guard: RowGuard, row: number, mode = EXCLUSIVE): readonly string[] {
  const held: HeldRow[] = [];
  guard.write(TABLE, row, mode, (each) => held.push(each));
  return held.map(({ resource }) => resource);
}

describe('a row that is held', () => {
  it('by another is refused, asked for, or noted', () => {
    const guard = new RowGuard(locked(ACCESS_EXCLUSIVE, 7));
    guard.use(OTHER, 'refuse');
    expect(() => asked(guard, 7)).toThrow(RowHeld);
    guard.use(OTHER, 'ask');
    expect(asked(guard, 7)).toEqual(['r 16384 7']);
    expect(guard.hasMet).toBe(false);
    guard.use(null, 'note');
    expect(asked(guard, 7)).toEqual([]);
    expect(guard.hasMet).toBe(true);
  });

  it('by oneself is not, nor in a mode that does not conflict, nor another row', () => {
    const guard = new RowGuard(locked(ACCESS_EXCLUSIVE, 7));
    guard.use(HOLDER, 'ask');
    expect(asked(guard, 7)).toEqual([]);
    guard.use(OTHER, 'ask');
    expect(asked(guard, 8)).toEqual([]);
    const shared = new RowGuard(locked(ACCESS_SHARE, 7));
    shared.use(OTHER, 'ask');
    expect(asked(shared, 7)).toEqual([]);
    expect(asked(shared, 7, ACCESS_EXCLUSIVE)).toEqual(['r 16384 7']);
  });

  it('counts where all rows are written', () => {
    const guard = new RowGuard(locked(ACCESS_SHARE, 9, 7));
    guard.use(OTHER, 'ask');
    expect(asked(guard, ALL_ROWS, ACCESS_EXCLUSIVE)).toEqual(['r 16384 7', 'r 16384 9']);
  });

  it('is looked for only where rows of the table are locked', () => {
    const locks = locked(ACCESS_EXCLUSIVE, 7);
    const guard = new RowGuard(locks);
    expect([guard.hasAny(TABLE), guard.hasAny(TABLE + 1)]).toEqual([true, false]);
    locks.releaseTransaction(HOLDER, 1);
    expect(guard.hasAny(TABLE)).toBe(false);
  });

  it('is named by the outcome', () => {
    const row = { resource: 'r 16384 7', mode: EXCLUSIVE };
    expect(heldRowOf({ kind: 'failed', results: [], error: heldError(row) })).toEqual(row);
    expect(heldRowOf({ kind: 'done', results: [] })).toBeNull();
  });
});
