// Goal: the lock table grants what Postgres' would, in the order of the log, and finds every cycle of
// waiters. How: cases by hand, and random operations beside a model that looks at everything anew
// each time and knows no indexes.
import { describe, expect, it } from 'vitest';
import {
  ACCESS_EXCLUSIVE,
  ACCESS_SHARE,
  conflicts,
  covers,
  EXCLUSIVE,
  ROW_SHARE,
  SHARE,
} from '../../src/sql/functions/lock-modes.ts';
import { Locks } from '../../src/machine/locks.ts';
import type { Acquired, Lock, LockOwner, LockStore } from '../../src/machine/locks.ts';
import { Prng } from '../../src/util/prng.ts';
import { ModelLocks } from './support/model-locks.ts';

const NO_STORE: LockStore = {
  insert: () => undefined,
  update: () => undefined,
  remove: () => undefined,
};

/** Owners of one gateway session, each call an entry of its own. */
class Table {
  readonly locks = new Locks(NO_STORE, []);
  #index = 0;

  #next(): void {
    this.locks.beginEntry(++this.#index);
  }

  acquire(owner: number, resource: string, mode = EXCLUSIVE, transaction = 0): string {
    this.#next();
    return this.locks.acquire(of(owner), { resource, mode, transaction }, true).kind;
  }

  tryAcquire(owner: number, resource: string, mode = EXCLUSIVE): string {
    this.#next();
    return this.locks.acquire(of(owner), { resource, mode, transaction: 0 }, false).kind;
  }

  /** Owners that were granted what they waited for. */
  release(owner: number, resource: string, mode = EXCLUSIVE): readonly number[] {
    this.#next();
    this.locks.release(of(owner), { resource, mode, transaction: 0 });
    return this.granted();
  }

  endTransaction(owner: number, transaction: number): readonly number[] {
    this.#next();
    this.locks.releaseTransaction(of(owner), transaction);
    return this.granted();
  }

  closeSession(): void {
    this.#next();
    this.locks.closeSession(1);
  }

  granted(): readonly number[] {
    return this.locks.takeGrants().map(({ owner }) => owner);
  }
}

function of(owner: number): LockOwner {
  return { sessionId: 1, owner };
}

describe('modes', () => {
  it('conflict both ways', () => {
    for (let a = 1; a <= 8; a++) {
      for (let b = 1; b <= 8; b++) expect(conflicts(a, b)).toBe(conflicts(b, a));
    }
  });

  it('of rows conflict as Postgres has it: key share, share, no key update, update', () => {
    const modes = [ACCESS_SHARE, ROW_SHARE, EXCLUSIVE, ACCESS_EXCLUSIVE];
    const table = modes.map((a) => modes.map((b) => (conflicts(a, b) ? 'X' : '.')).join(''));
    expect(table).toEqual(['...X', '..XX', '.XXX', 'XXXX']);
  });

  it('that are stronger cover weaker ones', () => {
    expect(covers(ACCESS_EXCLUSIVE, EXCLUSIVE)).toBe(true);
    expect(covers(EXCLUSIVE, SHARE)).toBe(true);
    expect(covers(EXCLUSIVE, ROW_SHARE)).toBe(true);
    expect(covers(SHARE, EXCLUSIVE)).toBe(false);
  });
});

describe('a lock', () => {
  it('is held by one owner, and goes to the next in order', () => {
    const table = new Table();
    expect(table.acquire(1, 'a')).toBe('granted');
    expect(table.acquire(2, 'a')).toBe('waiting');
    expect(table.acquire(3, 'a')).toBe('waiting');
    expect(table.release(1, 'a')).toEqual([2]);
    expect(table.release(2, 'a')).toEqual([3]);
  });

  it('is released as often as it was acquired', () => {
    const table = new Table();
    table.acquire(1, 'a');
    table.acquire(1, 'a');
    table.acquire(2, 'a');
    expect(table.release(1, 'a')).toEqual([]);
    expect(table.release(1, 'a')).toEqual([2]);
  });

  it('is not waited for by who only tries', () => {
    const table = new Table();
    table.acquire(1, 'a');
    expect(table.tryAcquire(2, 'a')).toBe('unavailable');
    expect(table.release(1, 'a')).toEqual([]);
    expect(table.tryAcquire(2, 'a')).toBe('granted');
  });

  it('is shared, but not past a waiter that cannot share it', () => {
    const table = new Table();
    expect(table.acquire(1, 'a', SHARE)).toBe('granted');
    expect(table.acquire(2, 'a', SHARE)).toBe('granted');
    expect(table.acquire(3, 'a', EXCLUSIVE)).toBe('waiting');
    expect(table.acquire(4, 'a', SHARE)).toBe('waiting');
    expect(table.release(1, 'a', SHARE)).toEqual([]);
    expect(table.release(2, 'a', SHARE)).toEqual([3]);
    expect(table.release(3, 'a')).toEqual([4]);
  });

  it('passes the waiters if the owner holds it already', () => {
    const table = new Table();
    table.acquire(1, 'a', SHARE);
    table.acquire(2, 'a');
    expect(table.acquire(1, 'a', EXCLUSIVE)).toBe('granted');
  });

  it('of a transaction ends with it, one of the session does not', () => {
    const table = new Table();
    table.acquire(1, 'a', EXCLUSIVE, 7);
    table.acquire(1, 'b', EXCLUSIVE, 0);
    table.acquire(2, 'a');
    table.acquire(3, 'b');
    expect(table.endTransaction(1, 6)).toEqual([]);
    expect(table.endTransaction(1, 7)).toEqual([2]);
  });

  it('ends with the session of the gateway, and so do waits', () => {
    const table = new Table();
    table.acquire(1, 'a');
    table.acquire(2, 'a');
    table.closeSession();
    expect(table.locks.size).toBe(0);
    expect(table.granted()).toEqual([]);
  });

  it('has a token that grows from holder to holder', () => {
    const locks = new Locks(NO_STORE, []);
    const lock = { resource: 'a', mode: EXCLUSIVE, transaction: 0 };
    locks.beginEntry(5);
    expect(locks.acquire(of(1), lock, true)).toEqual({ kind: 'granted', token: 5 });
    locks.beginEntry(6);
    locks.acquire(of(2), lock, true);
    locks.beginEntry(9);
    locks.release(of(1), lock);
    expect(locks.takeGrants()).toEqual([{ ...of(2), ...lock, token: 9 }]);
  });
});

describe('a wait', () => {
  it('that closes a cycle of two is refused', () => {
    const table = new Table();
    table.acquire(1, 'a');
    table.acquire(2, 'b');
    expect(table.acquire(1, 'b')).toBe('waiting');
    expect(table.acquire(2, 'a')).toBe('deadlock');
    expect(table.release(2, 'b')).toEqual([1]);
  });

  it('that closes a longer cycle is refused', () => {
    const table = new Table();
    for (const [owner, resource] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ] as const) {
      table.acquire(owner, resource);
    }
    expect(table.acquire(1, 'b')).toBe('waiting');
    expect(table.acquire(2, 'c')).toBe('waiting');
    expect(table.acquire(3, 'a')).toBe('deadlock');
  });

  it('of two sharers who both want it for themselves is refused to the second', () => {
    const table = new Table();
    table.acquire(1, 'a', SHARE);
    table.acquire(2, 'a', SHARE);
    expect(table.acquire(1, 'a', EXCLUSIVE)).toBe('waiting');
    expect(table.acquire(2, 'a', EXCLUSIVE)).toBe('deadlock');
    expect(table.release(2, 'a', SHARE)).toEqual([1]);
  });

  it('behind a waiter counts', () => {
    const table = new Table();
    table.acquire(1, 'a', SHARE);
    table.acquire(2, 'a', EXCLUSIVE);
    table.acquire(3, 'c');
    expect(table.acquire(3, 'a', SHARE)).toBe('waiting');
    // 1 for 3, which waits behind 2, which waits for 1.
    expect(table.acquire(1, 'c')).toBe('deadlock');
  });
});

const OWNERS = 5;
const RESOURCES = ['a', 'b', 'c'];
const MODES = [ACCESS_SHARE, ROW_SHARE, SHARE, EXCLUSIVE, ACCESS_EXCLUSIVE];

function run(seed: number): Record<Acquired['kind'], number> {
  const prng = new Prng(seed);
  const counts = { granted: 0, waiting: 0, unavailable: 0, deadlock: 0 };
  const stored = new Map<string, Lock>();
  const keyOf = ({ resource, sessionId, owner, mode, transaction }: Lock): string =>
    [resource, sessionId, owner, mode, transaction].join('/');
  const store: LockStore = {
    insert: (lock) => void stored.set(keyOf(lock), { ...lock }),
    update: (lock) => void stored.set(keyOf(lock), { ...lock }),
    remove: (lock) => void stored.delete(keyOf(lock)),
  };
  let locks = new Locks(store, []);
  const model = new ModelLocks();
  for (let index = 1; index <= 150; index++) {
    locks.beginEntry(index);
    model.index = index;
    const owner = { sessionId: prng.between(1, 2), owner: prng.between(1, OWNERS) };
    const transaction = prng.integer(3);
    const lock = { resource: prng.pick(RESOURCES), mode: prng.pick(MODES), transaction };
    const isIdle = !model.isWaiting(owner);
    if (prng.chance(0.65) && isIdle) {
      const mayWait = prng.chance(0.7);
      const { kind } = locks.acquire(owner, lock, mayWait);
      counts[kind] += 1;
      expect(kind).toBe(model.acquire(owner, lock, mayWait));
    } else if (prng.chance(0.7))
      expect(locks.release(owner, lock)).toBe(model.release(owner, lock));
    else if (prng.chance(0.6)) {
      locks.releaseTransaction(owner, transaction);
      model.removeWhere((other) => isSame(other, owner) && other.transaction === transaction);
    } else if (prng.chance(0.7)) {
      locks.releaseOwner(owner);
      model.removeWhere((other) => isSame(other, owner));
    } else {
      locks.closeSession(owner.sessionId);
      model.removeWhere((other) => other.sessionId === owner.sessionId);
    }
    const grants = locks.takeGrants().map(({ sessionId, owner: id, token, resource }) => {
      expect(token).toBe(index);
      return `${sessionId}/${id} ${resource}`;
    });
    expect(grants.sort()).toEqual(model.takeGrants().sort());
    expect([...stored.values()].map(show).sort()).toEqual(model.list().map(show).sort());
    // What is in memory is what a restart would find.
    if (prng.chance(0.1))
      locks = new Locks(
        store,
        [...stored.values()].map((each) => ({ ...each })),
      );
  }
  return counts;
}

function isSame(a: LockOwner, b: LockOwner): boolean {
  return a.sessionId === b.sessionId && a.owner === b.owner;
}

function show({ resource, sessionId, owner, mode, transaction, count, token }: Lock): string {
  return [resource, sessionId, owner, mode, transaction, count, token].join('/');
}

describe('random operations', () => {
  it('give what a model without indexes gives', () => {
    const totals = { granted: 0, waiting: 0, unavailable: 0, deadlock: 0 };
    for (let seed = 1; seed <= 60; seed++) {
      const counts = run(seed);
      for (const kind of Object.keys(totals) as Acquired['kind'][]) totals[kind] += counts[kind];
    }
    // Each of them happened, or the runs mean little.
    expect(Math.min(...Object.values(totals))).toBeGreaterThan(50);
  });
});
