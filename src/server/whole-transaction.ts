// A transaction that is known in full when it is proposed, and was never run before: a statement by
// itself, or several that came together. Its request, and what its client is told.
import { randomInt } from 'node:crypto';
import { PgError } from '../errors/pg-error.ts';
import { encodeRequest } from '../machine/request-codec.ts';
import type { Outcome } from '../machine/command.ts';
import { pgErrorOf } from '../machine/statement-error.ts';
import type { BoundPlan, RunOptions, TransactionResult } from '../session/backend.ts';
import { must } from '../util/assert.ts';
import { unknownWrite } from './late.ts';
import type { TransactionMutations } from './mutations.ts';
import { pinned, stepsOf } from './plan-steps.ts';
import { writtenTables } from './plan-tables.ts';
import type { SharedState } from './shared-state.ts';

const REQUEST_BYTES_MAX = 7 * 1024 * 1024;

export interface WholeTransaction {
  readonly plans: readonly BoundPlan[];
  readonly now: bigint;
  readonly options: RunOptions;
  /** The statement behind the plans has failed already: for their results alone. */
  readonly isDoomed: boolean;
  readonly mutations: TransactionMutations;
}

/** Throws 54000. */
export function encodeTransaction(transaction: WholeTransaction): Uint8Array {
  const { plans, now, options, isDoomed, mutations } = transaction;
  const first = must(plans[0], 'a transaction has statements');
  // DDL leaves another schema than the one it was compiled for.
  const before = first.plan.catalog.version - (first.plan.changesSchema === true ? 1 : 0);
  const after = (plans.at(-1) ?? first).plan.catalog.version;
  const bytes = encodeRequest({
    schemaVersion: before,
    schemaChanges: after - before,
    now,
    seed: randomInt(0, 0xffff_ffff),
    settings: pinned(plans, options),
    statements: plans.map(stepsOf),
    isDoomed,
    writes: writtenTables(plans, mutations),
    idempotencyKey: options.idempotencyKey,
  });
  if (bytes.length > REQUEST_BYTES_MAX) {
    throw new PgError(
      '54000',
      `the transaction has ${bytes.length} bytes, more than ${REQUEST_BYTES_MAX}`,
      { hint: 'Write in several transactions.' },
    );
  }
  return bytes;
}

/** Throws PgError. */
export function resultOf(
  outcome: Exclude<Outcome, { kind: 'stale-schema' }>,
  plans: readonly BoundPlan[],
  options: RunOptions,
  shared: SharedState,
): TransactionResult {
  switch (outcome.kind) {
    case 'done':
      options.noteKeyUsed();
      for (const { sequences } of outcome.results) {
        if (sequences !== undefined) options.noteSequences(sequences);
      }
      return { results: outcome.results.slice(0, plans.length), error: null };
    case 'failed':
      return { results: outcome.results, error: pgErrorOf(outcome.error) };
    case 'result-lost':
      throw new PgError(
        '08007',
        'the transaction took effect, but its result was too large to be kept over a change of leader',
      );
    default:
      throw unknownWrite(shared);
  }
}
