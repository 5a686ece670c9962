// The locks as a table of the machine, the truth, and in memory, its mirror. Requests change both at
// their place in the log; nothing of it is ever speculated or rolled back.
import type { Database } from './database.ts';
import { Locks } from './locks.ts';
import type { Lock, LockOwner, LockStore } from './locks.ts';
import type { LockAction, StepResult } from './command.ts';
import { unreachable } from '../util/assert.ts';

const KEY = 'resource = ? AND session_id = ? AND owner = ? AND mode = ? AND transaction_number = ?';
const INSERT = 'INSERT INTO "balsa.lock" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)';
const UPDATE = `UPDATE "balsa.lock" SET count = ?, token = ? WHERE ${KEY}`;
const REMOVE = `DELETE FROM "balsa.lock" WHERE ${KEY}`;
const LOAD = `SELECT resource, session_id, owner, mode, transaction_number, count, token, log_index, ordinal
  FROM "balsa.lock"`;

/** What an action gives, beside the tokens of locks that were granted and 1 and 0 of releases. */
export const LOCK_WAITS = 0n;
export const LOCK_UNAVAILABLE = -1n;
export const LOCK_DEADLOCK = -2n;
/** Not tried: an action before it did not get its lock. */
export const LOCK_NOT_TRIED = -3n;

export function openLocks(database: Database): Locks {
  return new Locks(storeIn(database), database.rows(LOAD).map(lockOf));
}

function storeIn(database: Database): LockStore {
  return {
    insert: (lock) => {
      const { count, token, index, ordinal } = lock;
      const numbers = [count, token, index, ordinal].map(BigInt);
      database.run(INSERT, [...keyOf(lock), ...numbers]);
    },
    update: (lock) => {
      database.run(UPDATE, [BigInt(lock.count), BigInt(lock.token), ...keyOf(lock)]);
    },
    remove: (lock) => {
      database.run(REMOVE, keyOf(lock));
    },
  };
}

function keyOf({ resource, sessionId, owner, mode, transaction }: Lock): (string | bigint)[] {
  return [resource, BigInt(sessionId), BigInt(owner), BigInt(mode), BigInt(transaction)];
}

function lockOf(row: readonly unknown[]): Lock {
  const [resource, ...numbers] = row;
  const [sessionId, owner, mode, transaction, count, token, index, ordinal] = numbers.map(Number);
  return { resource, sessionId, owner, mode, transaction, count, token, index, ordinal } as Lock;
}

/**
 * Carries out what a request asks for, in order, up to the first lock that it does not get. One row
 * for each action: see LOCK_WAITS.
 */
export function runLockActions(
  locks: Locks,
  owner: LockOwner,
  actions: readonly LockAction[],
): StepResult {
  let isStopped = false;
  const rows = actions.map((action) => {
    if (isStopped) return [LOCK_NOT_TRIED];
    const result = runLockAction(locks, owner, action);
    const isSkipping = action.kind === 'acquire' && action.policy === 'skip';
    isStopped = action.kind === 'acquire' && result <= LOCK_WAITS && !isSkipping;
    return [result];
  });
  return { rows, count: rows.length };
}

function runLockAction(locks: Locks, owner: LockOwner, action: LockAction): bigint {
  switch (action.kind) {
    case 'acquire': {
      const acquired = locks.acquire(owner, action, action.policy === 'wait');
      if (acquired.kind === 'granted') return BigInt(acquired.token);
      if (acquired.kind === 'waiting') return LOCK_WAITS;
      return acquired.kind === 'deadlock' ? LOCK_DEADLOCK : LOCK_UNAVAILABLE;
    }
    case 'release':
      return locks.release(owner, action) ? 1n : 0n;
    case 'release-transaction':
      locks.releaseTransaction(owner, action.transaction);
      return 1n;
    case 'release-owner':
      locks.releaseOwner(owner);
      return 1n;
    default:
      return unreachable(action);
  }
}
