// What functions ask for with CallContext.action(), done on the node that the client is connected to:
// locks through the log, the rest here.
import { PgError } from '../errors/pg-error.ts';
import type { RunOptions } from '../session/backend.ts';
import { readAction } from '../sql/functions/lock-actions.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { monotonicMs } from './clock.ts';
import { canceled, statementTimeout } from './late.ts';
import type { TransactionLocks } from './transaction-locks.ts';

/** The longest that a timer can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export interface ActionScene {
  readonly locks: Pick<TransactionLocks, 'perform'>;
  readonly transaction: number;
  readonly options: RunOptions;
  /** When the statement began, monotonic ms. */
  readonly since: number;
}

export async function performAction(text: string, scene: ActionScene): Promise<SqliteValue> {
  const action = readAction(text);
  const { locks, transaction, options, since } = scene;
  if (action.kind === 'set') return options.setConfig(action);
  if (action.kind === 'signal') return options.signal(action) ? 1n : 0n;
  if (action.kind !== 'sleep') return locks.perform(text, transaction, options);
  await sleep(monotonicMs() + action.seconds * 1000, since, options);
  return '';
}

/** What a reader can do for a function. Throws 0A000 for the rest. */
export function performAtOnce(text: string, options: RunOptions): SqliteValue {
  const action = readAction(text);
  if (action.kind === 'set') return options.setConfig(action);
  if (action.kind === 'signal') return options.signal(action) ? 1n : 0n;
  throw new PgError('0A000', 'taking locks here is not supported');
}

/** Throws 57014 when the client cancels, or the statement has taken too long. */
async function sleep(until: number, since: number, options: RunOptions): Promise<void> {
  const { cancellation, statementTimeoutMs } = options;
  const limit = statementTimeoutMs > 0 ? since + statementTimeoutMs : Infinity;
  const end = Math.min(until, limit);
  while (!cancellation.isCanceled && monotonicMs() < end) {
    await wait(Math.min(Math.ceil(end - monotonicMs()), TIMER_MS_MAX), options);
  }
  if (cancellation.isCanceled) throw canceled();
  if (limit < until) throw statementTimeout();
}

function wait(ms: number, { cancellation }: RunOptions): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(done, ms);
    const stopListening = cancellation.listen(done);
  });
}
