// What an open transaction needs of its client's locks (lock-client.ts).
import type { RunOptions } from '../session/backend.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';

/** Methods reject with PgError. */
export interface TransactionLocks {
  /** See CallContext.action. */
  perform(action: string, transaction: number, options: RunOptions): Promise<SqliteValue>;
  /** Who has the locks of the transaction, without which it must not commit; null: it has none. */
  ownerOf(transaction: number): number | null;
  /** For releaseSince(). */
  mark(transaction: number): number;
  /** Releases what was taken after the mark. */
  releaseSince(transaction: number, mark: number): Promise<void>;
  /** `isReleased`: its commit has done so. Resolves when others may have the locks. */
  endTransaction(transaction: number, isReleased: boolean): Promise<void>;
}
