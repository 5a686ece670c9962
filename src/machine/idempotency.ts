// Transactions that clients named: one with the same name never takes effect again, whatever became
// of the connection, the gateway and its session (docs/transactions.md).
import type { Index } from '../raft/entry.ts';
import { decodeOutcome, encodeOutcome } from './outcome-codec.ts';
import type { Outcome, Request } from './command.ts';
import type { Database } from './database.ts';

/** How long an outcome is kept, by the clocks of the gateways: 7 days, in microseconds. */
export const IDEMPOTENCY_RETENTION = 7n * 24n * 3_600_000_000n;
/** Larger results are not kept, only that they were there. */
const OUTCOME_BYTES_MAX = 64 * 1024;

export class IdempotencyTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The outcome of the transaction of that name which took effect before, or null. */
  outcomeOf({ idempotencyKey, statements, recording }: Request): Outcome | null {
    if (idempotencyKey === '') return null;
    const [row] = this.#database.rows('SELECT outcome FROM "balsa.idempotency" WHERE key = ?', [
      idempotencyKey,
    ]);
    if (row === undefined) return null;
    const outcome = decodeOutcome(row[0] as Uint8Array);
    const isOther =
      outcome.kind === 'done' && recording === null && outcome.results.length !== statements.length;
    return isOther ? usedForAnother(idempotencyKey) : outcome;
  }

  /** The request took effect. Forgets what is too old. */
  keep({ idempotencyKey, now }: Request, outcome: Outcome, index: Index): void {
    if (idempotencyKey === '') return;
    const bytes = encodeOutcome(outcome);
    const kept = bytes.length > OUTCOME_BYTES_MAX ? encodeOutcome({ kind: 'result-lost' }) : bytes;
    this.#database.run('INSERT INTO "balsa.idempotency" VALUES (?, ?, ?, ?)', [
      idempotencyKey,
      BigInt(index),
      now,
      kept,
    ]);
    this.#database.run('DELETE FROM "balsa.idempotency" WHERE at < ?', [
      now - IDEMPOTENCY_RETENTION,
    ]);
  }
}

function usedForAnother(key: string): Outcome {
  const error = {
    code: '22023',
    message: `idempotency key "${key}" belongs to another transaction, which took effect`,
    fields: {},
  };
  return { kind: 'failed', results: [], error };
}
