// The lock table as its definition says it: a list of locks, looked at as a whole each time.
import { conflicts } from '../../../src/sql/functions/lock-modes.ts';
import type { Acquired, Lock, LockOwner } from '../../../src/machine/locks.ts';

type Wanted = Pick<Lock, 'resource' | 'mode' | 'transaction'>;

export class ModelLocks {
  index = 0;
  /** In the order of the queue. */
  #locks: Lock[] = [];
  #grants: string[] = [];

  list(): readonly Lock[] {
    return this.#locks;
  }

  takeGrants(): string[] {
    const grants = this.#grants;
    this.#grants = [];
    return grants;
  }

  isWaiting(owner: LockOwner): boolean {
    return this.#locks.some((lock) => lock.token === 0 && isSame(lock, owner));
  }

  acquire(owner: LockOwner, wanted: Wanted, mayWait: boolean): Acquired['kind'] {
    const same = this.#find(owner, wanted);
    if (same !== undefined) {
      same.count += 1;
      return 'granted';
    }
    const lock = { ...owner, ...wanted, count: 1, token: 0, index: this.index, ordinal: 0 };
    const after = [...this.#locks, lock];
    if (blockers(lock, after).length === 0) {
      lock.token = this.index;
      this.#locks = after;
      return 'granted';
    }
    if (!mayWait) return 'unavailable';
    if (isInCycle(lock, after)) return 'deadlock';
    this.#locks = after;
    return 'waiting';
  }

  release(owner: LockOwner, wanted: Wanted): boolean {
    const lock = this.#find(owner, wanted);
    if (lock === undefined) return false;
    lock.count -= 1;
    if (lock.count === 0) this.removeWhere((other) => other === lock);
    return true;
  }

  removeWhere(isGone: (lock: Lock) => boolean): void {
    this.#locks = this.#locks.filter((lock) => !isGone(lock));
    for (;;) {
      const next = this.#locks.find(
        (lock) => lock.token === 0 && blockers(lock, this.#locks).length === 0,
      );
      if (next === undefined) return;
      next.token = this.index;
      this.#grants.push(`${next.sessionId}/${next.owner} ${next.resource}`);
    }
  }

  #find(owner: LockOwner, { resource, mode, transaction }: Wanted): Lock | undefined {
    return this.#locks.find(
      (lock) =>
        isSame(lock, owner) &&
        lock.resource === resource &&
        lock.mode === mode &&
        lock.transaction === transaction,
    );
  }
}

function blockers(lock: Lock, locks: readonly Lock[]): readonly Lock[] {
  const at = locks.indexOf(lock);
  const isHolder = locks.some(
    (other) => other.resource === lock.resource && other.token > 0 && isSame(other, lock),
  );
  return locks.filter((other, place) => {
    if (other.resource !== lock.resource || isSame(other, lock)) return false;
    if (!conflicts(other.mode, lock.mode)) return false;
    return other.token > 0 || (!isHolder && place < at);
  });
}

/** By following all paths, as long as a path without repetition can be. */
function isInCycle(start: Lock, locks: readonly Lock[]): boolean {
  let owners: readonly LockOwner[] = blockers(start, locks);
  for (let length = 0; length < locks.length; length++) {
    if (owners.some((owner) => isSame(owner, start))) return true;
    owners = owners.flatMap((owner) =>
      locks
        .filter((lock) => lock.token === 0 && isSame(lock, owner))
        .flatMap((lock) => blockers(lock, locks)),
    );
    owners = owners.filter((owner, at) => owners.findIndex((one) => isSame(one, owner)) === at);
  }
  return false;
}

function isSame(a: LockOwner, b: LockOwner): boolean {
  return a.sessionId === b.sessionId && a.owner === b.owner;
}
