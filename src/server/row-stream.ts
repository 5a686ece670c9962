// The rows of a read one by one, on a connection of its own, whose snapshot stays open as long.
import type { PgError } from '../errors/pg-error.ts';
import type { ReadContext, ReadStep, Reader } from '../machine/reader.ts';
import type { Index } from '../raft/entry.ts';
import type { RowStream } from '../session/backend.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { monotonicMs } from './clock.ts';
import { keptOthers, statementTimeout } from './late.ts';
import type { Snapshots } from './snapshots.ts';

/** Longest time between two rows, in which the other clients of the node wait. */
const ROW_MS_MAX = 10_000;

export interface RowStreamOptions {
  readonly snapshots: Snapshots;
  readonly step: ReadStep;
  readonly context: Omit<ReadContext, 'checkTime'>;
  readonly index: Index;
  /** 0 for none. */
  readonly statementTimeoutMs: number;
  /** What an error of the reader is to the client. */
  readonly errorOf: (error: unknown) => PgError;
}

/** null: the schema is not the one that the step was compiled for. Throws 53300. */
export function openRowStream(options: RowStreamOptions): RowStream | null {
  const { snapshots, step, context, index, statementTimeoutMs, errorOf } = options;
  const openedAt = monotonicMs();
  let askedAt = openedAt;
  const checkTime = (): void => {
    const now = monotonicMs();
    if (statementTimeoutMs > 0 && now - openedAt >= statementTimeoutMs) throw statementTimeout();
    if (now - askedAt >= ROW_MS_MAX) throw keptOthers(ROW_MS_MAX);
  };
  const reader: Reader = snapshots.acquire();
  let rows: Iterator<readonly SqliteValue[]> | null;
  try {
    rows = reader.stream(step, { ...context, checkTime }, index);
  } catch (error) {
    snapshots.release(reader);
    throw errorOf(error);
  }
  if (rows === null) {
    snapshots.release(reader);
    return null;
  }
  const iterator = rows;
  return {
    next() {
      askedAt = monotonicMs();
      try {
        const { value, done } = iterator.next();
        return done === true ? null : (value as readonly SqliteValue[]);
      } catch (error) {
        throw errorOf(error);
      }
    },
    close() {
      iterator.return?.();
      snapshots.release(reader);
    },
  };
}
