// What others have locked and a request would change has kept it from having any effect: it is waited
// for, in its queue, and then the request is proposed again (docs/decisions/0009-row-locks.md).
import { heldRowOf } from '../machine/row-guard.ts';
import type { HeldRow } from '../machine/row-guard.ts';
import type { Outcome } from '../machine/command.ts';
import type { RunOptions } from '../session/backend.ts';
import { writeAction } from '../sql/functions/lock-actions.ts';
import type { WantedAction } from '../sql/functions/lock-actions.ts';
import { isOfTable } from '../sql/functions/row-locks.ts';
import { canceled } from './late.ts';
import { rowHeld } from './serialization-failure.ts';
import type { TransactionHost } from './transaction-host.ts';

/** Of one commit, one after the other. */
const WAITS_MAX = 1000;

export interface Waiter {
  readonly host: Pick<TransactionHost, 'locks'>;
  /** That the locks are of. */
  readonly transaction: number;
  readonly options: RunOptions;
}

/** `propose`, again and again, until nothing is in its way. Rejects with PgError. */
export async function proposeBehindLocks(
  { host, transaction, options }: Waiter,
  propose: () => Promise<Outcome>,
): Promise<Outcome> {
  for (let waits = 0; ; waits++) {
    const outcome = await propose();
    const held = heldRowOf(outcome);
    if (held === null) return outcome;
    if (waits === WAITS_MAX) throw rowHeld();
    await waitFor(held, { host, transaction, options });
  }
}

/** Until the transaction has the lock. Rejects with PgError. */
export async function waitFor(
  held: HeldRow,
  { host, transaction, options }: Waiter,
): Promise<void> {
  if (options.cancellation.isCanceled) throw canceled();
  await host.locks.perform(writeAction(actionFor(held)), transaction, options);
}

function actionFor(held: HeldRow): WantedAction {
  if (isOfTable(held.resource)) {
    return { kind: 'lock', isOfTransaction: true, mayWait: true, ...held };
  }
  const acquired = [{ ...held, policy: 'wait' as const, name: '' }];
  return { kind: 'rows', policy: 'wait', acquired, released: [] };
}
