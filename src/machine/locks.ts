// The lock table: who holds what, who waits for what, and who is next. Replicated state: all that
// happens here is decided by the entries of the log, the same on all nodes (docs/transactions.md).
//
// Waiters of a resource queue in the order of the log. A lock is granted if it conflicts with no
// holder and with no waiter ahead; who holds the resource in some mode passes the waiters, which
// may wait for him. An owner waits for one lock at most, so who waits for whom is known in full when
// he begins to wait, and only then can a cycle close.
import { conflicts, covers } from '../sql/functions/lock-modes.ts';
import type { LockMode } from '../sql/functions/lock-modes.ts';
import { isOfTable, tableOfRow } from '../sql/functions/row-locks.ts';
import type { Oid } from '../types/pg-type.ts';

/** A session of a client: its process id, unique in the life of the gateway session. */
export interface LockOwner {
  readonly sessionId: number;
  readonly owner: number;
}

export interface Lock extends LockOwner {
  /** `a <classid> <objid> <objsubid>`: advisory; `r <table> <ctid>`: a row; `t <table>`. */
  readonly resource: string;
  readonly mode: LockMode;
  /** Of the owner: it ends with the lock; 0: the lock is the session's. */
  readonly transaction: number;
  /** How often it was acquired. */
  count: number;
  /** Where in the log it was granted: later holders have higher ones. 0: waits. */
  token: number;
  /** Place in the queue: entry of the log, and a number within. */
  readonly index: number;
  readonly ordinal: number;
}

/** Where locks are kept beside memory. */
export interface LockStore {
  insert(lock: Lock): void;
  update(lock: Lock): void;
  remove(lock: Lock): void;
}

/** A waiter was granted what it waited for. */
export interface Grant extends LockOwner {
  readonly resource: string;
  readonly mode: LockMode;
  readonly transaction: number;
  readonly token: number;
}

export type Acquired =
  | { readonly kind: 'granted'; readonly token: number }
  | { readonly kind: 'waiting' }
  /** Not to be had without waiting. */
  | { readonly kind: 'unavailable' }
  /** To wait would be in vain: somebody who is waited for waits, in the end, for this owner. */
  | { readonly kind: 'deadlock' };

export class Locks {
  readonly #store: LockStore;
  /** By resource, in order of the queue. */
  readonly #resources = new Map<string, Lock[]>();
  readonly #owners = new Map<string, Set<Lock>>();
  /** Locks of rows by their table, and waits for them. */
  readonly #rows = new Map<Oid, Set<Lock>>();
  /** Locks of whole tables, and waits for them. */
  #tables = 0;
  readonly #waits = new Map<string, Lock>();
  #grants: Grant[] = [];
  #index = 0;
  #ordinal = 0;

  constructor(store: LockStore, locks: readonly Lock[]) {
    this.#store = store;
    const ordered = [...locks].sort((a, b) => a.index - b.index || a.ordinal - b.ordinal);
    for (const lock of ordered) this.#remember(lock);
  }

  /** What follows happens at the entry `index`. */
  beginEntry(index: number): void {
    this.#index = index;
    this.#ordinal = 0;
  }

  /** Waiters that were granted what they waited for, since the last call. */
  takeGrants(): readonly Grant[] {
    const grants = this.#grants;
    this.#grants = [];
    return grants;
  }

  get size(): number {
    let size = 0;
    for (const locks of this.#owners.values()) size += locks.size;
    return size;
  }

  // Questions -------------------------------------------------------------------------------------

  /** True if acquire() would grant it at once. */
  isFree(owner: LockOwner, resource: string, mode: LockMode): boolean {
    const locks = this.#resources.get(resource) ?? [];
    const isHolder = locks.some((lock) => lock.token > 0 && isOf(lock, owner));
    return !locks.some(
      (lock) => !isOf(lock, owner) && conflicts(lock.mode, mode) && (lock.token > 0 || !isHolder),
    );
  }

  /** False: no table is locked or waited for as a whole. */
  get hasTables(): boolean {
    return this.#tables > 0;
  }

  /** False: no row of any table is locked or waited for. */
  get hasRows(): boolean {
    return this.#rows.size > 0;
  }

  /** Locks of rows of the table, and waits for them. */
  rowsOf(table: Oid): number {
    return this.#rows.get(table)?.size ?? 0;
  }

  /** True if somebody else holds it in a mode that conflicts. `owner` null: anybody is. */
  isHeldByOthers(owner: LockOwner | null, resource: string, mode: LockMode): boolean {
    const locks = this.#resources.get(resource) ?? [];
    return locks.some(
      (lock) =>
        lock.token > 0 && conflicts(lock.mode, mode) && (owner === null || !isOf(lock, owner)),
    );
  }

  /** Rows of the table that others hold in a mode that conflicts, in order. */
  rowsHeldByOthers(owner: LockOwner | null, table: Oid, mode: LockMode): readonly string[] {
    const held = new Set<string>();
    for (const lock of this.#rows.get(table) ?? []) {
      const isOwn = owner !== null && isOf(lock, owner);
      if (lock.token > 0 && !isOwn && conflicts(lock.mode, mode)) held.add(lock.resource);
    }
    return [...held].sort();
  }

  /** True if the owner holds it in that mode, or in a stronger one. */
  isHeldBy(owner: LockOwner, resource: string, mode: LockMode): boolean {
    const locks = this.#resources.get(resource) ?? [];
    return locks.some((lock) => lock.token > 0 && isOf(lock, owner) && covers(lock.mode, mode));
  }

  /** True if the transaction holds some lock. */
  hasTransaction(owner: LockOwner, transaction: number): boolean {
    for (const lock of this.#owners.get(keyOf(owner)) ?? []) {
      if (lock.transaction === transaction && lock.token > 0) return true;
    }
    return false;
  }

  /** Sessions of gateways that hold locks, or wait. */
  sessions(): ReadonlySet<number> {
    const sessions = new Set<number>();
    for (const locks of this.#owners.values())
      for (const lock of locks) sessions.add(lock.sessionId);
    return sessions;
  }

  // Acquiring -------------------------------------------------------------------------------------

  acquire(
    owner: LockOwner,
    { resource, mode, transaction }: Pick<Lock, 'resource' | 'mode' | 'transaction'>,
    mayWait: boolean,
  ): Acquired {
    // Nobody waits for the result of an earlier wait any more.
    const waits = this.#waits.get(keyOf(owner));
    if (waits !== undefined) this.#remove(waits);
    const held = this.#find(owner, resource, mode, transaction);
    if (held !== undefined) {
      held.count += 1;
      this.#store.update(held);
      return { kind: 'granted', token: held.token };
    }
    const isFree = this.isFree(owner, resource, mode);
    if (!isFree && !mayWait) return { kind: 'unavailable' };
    const { sessionId, owner: id } = owner;
    const token = isFree ? this.#index : 0;
    const place = { index: this.#index, ordinal: this.#ordinal++ };
    const lock = { sessionId, owner: id, resource, mode, transaction, count: 1, token, ...place };
    if (!isFree && this.#closesCycle(lock)) return { kind: 'deadlock' };
    this.#remember(lock);
    this.#store.insert(lock);
    return isFree ? { kind: 'granted', token } : { kind: 'waiting' };
  }

  #find(owner: LockOwner, resource: string, mode: LockMode, transaction: number): Lock | undefined {
    return this.#resources
      .get(resource)
      ?.find((lock) => lock.mode === mode && lock.transaction === transaction && isOf(lock, owner));
  }

  #remember(lock: Lock): void {
    const key = keyOf(lock);
    const locks = this.#resources.get(lock.resource);
    if (locks === undefined) this.#resources.set(lock.resource, [lock]);
    else locks.push(lock);
    const owned = this.#owners.get(key);
    if (owned === undefined) this.#owners.set(key, new Set([lock]));
    else owned.add(lock);
    if (lock.token === 0) this.#waits.set(key, lock);
    if (isOfTable(lock.resource)) this.#tables += 1;
    const table = tableOfRow(lock.resource);
    if (table === null) return;
    const rows = this.#rows.get(table);
    if (rows === undefined) this.#rows.set(table, new Set([lock]));
    else rows.add(lock);
  }

  /** `wait` is not in the queue yet. Follows who waits for whom from there. */
  #closesCycle(wait: Lock): boolean {
    const origin = keyOf(wait);
    // Nobody waits for an owner who holds nothing.
    if ((this.#owners.get(origin)?.size ?? 0) === 0) return false;
    const seen = new Set<string>();
    const open: Lock[] = [wait];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const blocker of this.#blockers(next)) {
        const key = keyOf(blocker);
        if (key === origin) return true;
        if (seen.has(key)) continue;
        seen.add(key);
        const further = this.#waits.get(key);
        if (further !== undefined) open.push(further);
      }
    }
    return false;
  }

  /** Locks of others that `wait` waits for. */
  *#blockers(wait: Lock): Iterable<Lock> {
    const locks = this.#resources.get(wait.resource) ?? [];
    const isHolder = locks.some((lock) => lock.token > 0 && isOf(lock, wait));
    for (const lock of locks) {
      if (isOf(lock, wait) || !conflicts(lock.mode, wait.mode)) continue;
      if (lock.token > 0 || (!isHolder && isAhead(lock, wait))) yield lock;
    }
  }

  // Releasing -------------------------------------------------------------------------------------

  /** Undoes one acquire(), also one that still waits. False: there is no such lock. */
  release(
    owner: LockOwner,
    { resource, mode, transaction }: Pick<Lock, 'resource' | 'mode' | 'transaction'>,
  ): boolean {
    const lock = this.#find(owner, resource, mode, transaction);
    if (lock === undefined) return false;
    lock.count -= 1;
    if (lock.count > 0) this.#store.update(lock);
    else this.#remove(lock);
    return true;
  }

  /** What the transaction holds and waits for; 0: what is the session's. */
  releaseTransaction(owner: LockOwner, transaction: number): void {
    const owned = [...(this.#owners.get(keyOf(owner)) ?? [])];
    this.#removeAll(owned.filter((lock) => lock.transaction === transaction));
  }

  /** The session of the client has ended. */
  releaseOwner(owner: LockOwner): void {
    this.#removeAll([...(this.#owners.get(keyOf(owner)) ?? [])]);
  }

  /** The session of the gateway was closed. */
  closeSession(sessionId: number): void {
    const all = [...this.#owners.values()].flatMap((locks) => [...locks]);
    this.#removeAll(all.filter((lock) => lock.sessionId === sessionId));
  }

  #remove(lock: Lock): void {
    this.#removeAll([lock]);
  }

  /** Others are granted what they wait for when all are gone: the order of `locks` is of no matter. */
  #removeAll(locks: readonly Lock[]): void {
    const touched = new Set<string>();
    for (const lock of locks) {
      this.#forget(lock);
      this.#store.remove(lock);
      touched.add(lock.resource);
    }
    for (const resource of touched) this.#grantWaiters(this.#resources.get(resource) ?? []);
  }

  #forget(lock: Lock): void {
    const key = keyOf(lock);
    const locks = this.#resources.get(lock.resource) ?? [];
    locks.splice(locks.indexOf(lock), 1);
    if (locks.length === 0) this.#resources.delete(lock.resource);
    const owned = this.#owners.get(key);
    owned?.delete(lock);
    if (owned?.size === 0) this.#owners.delete(key);
    if (this.#waits.get(key) === lock) this.#waits.delete(key);
    if (isOfTable(lock.resource)) this.#tables -= 1;
    const table = tableOfRow(lock.resource);
    const rows = table === null ? undefined : this.#rows.get(table);
    rows?.delete(lock);
    if (table !== null && rows?.size === 0) this.#rows.delete(table);
  }

  #grantWaiters(locks: readonly Lock[]): void {
    const held = locks.filter(({ token }) => token > 0);
    const ahead: Lock[] = [];
    for (const lock of locks) {
      if (lock.token > 0) continue;
      const isHolder = held.some((other) => isOf(other, lock));
      const isBlocking = (other: Lock): boolean =>
        !isOf(other, lock) && conflicts(other.mode, lock.mode);
      if (held.some(isBlocking) || (!isHolder && ahead.some(isBlocking))) {
        // One of each mode says all that those behind need to know.
        if (!ahead.some((other) => other.mode === lock.mode)) ahead.push(lock);
      } else {
        this.#grant(lock);
        held.push(lock);
      }
    }
  }

  #grant(lock: Lock): void {
    lock.token = this.#index;
    this.#waits.delete(keyOf(lock));
    this.#store.update(lock);
    const { sessionId, owner, resource, mode, transaction, token } = lock;
    this.#grants.push({ sessionId, owner, resource, mode, transaction, token });
  }
}

function keyOf({ sessionId, owner }: LockOwner): string {
  return `${sessionId} ${owner}`;
}

function isOf(lock: Lock, { sessionId, owner }: LockOwner): boolean {
  return lock.owner === owner && lock.sessionId === sessionId;
}

function isAhead(a: Lock, b: Lock): boolean {
  return a.index < b.index || (a.index === b.index && a.ordinal < b.ordinal);
}
