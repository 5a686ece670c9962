// Statements outside of a transaction block that take locks: a transaction of their own, because
// they may have to run several times before they are told (docs/transactions.md).
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type {
  BoundPlan,
  IsolationLevel,
  RunOptions,
  StatementResult,
  TransactionResult,
} from '../session/backend.ts';
import { must } from '../util/assert.ts';
import { DEADLOCK } from './lock-client.ts';
import { OpenTransaction } from './open-transaction.ts';
import { schemaChanged } from './serialization-failure.ts';
import type { TransactionHost } from './transaction-host.ts';

/** A statement by itself is never told 40001: as often as it may be run again. */
const ATTEMPTS_MAX = 20;

/** See Backend.run. */
export async function runAsTransaction(
  host: TransactionHost,
  plans: readonly BoundPlan[],
  options: RunOptions,
  failure: PgError | null,
  recompile: (catalog: Catalog) => readonly BoundPlan[],
): Promise<TransactionResult> {
  // What advisory locks of a session were taken stays.
  const mayRunAgain = plans.every(({ plan }) => plan.needsTransaction !== true);
  for (let attempt = 1; ; attempt++) {
    const current = attempt === 1 ? plans : recompile(host.catalog());
    const result = await runOnce(host, current, options, failure, recompile);
    const isAgain = mayRunAgain && attempt < ATTEMPTS_MAX && isConflict(result.error);
    if (!isAgain) return result;
  }
}

/** Nothing that was changed or locked is left, and the client was told nothing. */
function isConflict(error: PgError | null): boolean {
  return error?.code === '40001' && error.message !== DEADLOCK;
}

async function runOnce(
  host: TransactionHost,
  plans: readonly BoundPlan[],
  options: RunOptions,
  failure: PgError | null,
  recompile: (catalog: Catalog) => readonly BoundPlan[],
): Promise<TransactionResult> {
  const isolation = options.setting('default_transaction_isolation') as IsolationLevel;
  const transaction = new OpenTransaction(host, isolation);
  const results: StatementResult[] = [];
  try {
    for (const [at, plan] of plans.entries()) {
      const isChanged = plans.slice(0, at).some((before) => before.plan.changesSchema === true);
      const again = (catalog: Catalog): BoundPlan => {
        // They are compiled together, from the schema before the first.
        if (isChanged) throw schemaChanged();
        return must(recompile(catalog)[at], 'as many plans as before');
      };
      results.push(await transaction.run(plan, options, again));
    }
    if (failure === null) await transaction.commit(options);
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    return { results: results.slice(0, plans.length), error };
  } finally {
    await transaction.rollback();
  }
  return { results, error: null };
}
