// COMMIT of an open transaction: its statements go to the log, a large one in parts, with the last
// entry behind them that runs all (docs/transactions.md, 3 and 7).
import { PgError } from '../errors/pg-error.ts';
import type { Outcome, StagedTransaction } from '../machine/command.ts';
import type { SpeculationId } from '../machine/speculation.ts';
import { pgErrorOf } from '../machine/statement-error.ts';
import type { RunOptions } from '../session/backend.ts';
import { must } from '../util/assert.ts';
import { proposeBehindLocks } from './held-row.ts';
import { locksLost } from './lock-client.ts';
import { otherResult, schemaChanged } from './serialization-failure.ts';
import { Staging } from './staging.ts';
import type { Entry } from './transaction-entry.ts';
import type { TransactionHost } from './transaction-host.ts';
import { partsOf } from './transaction-record.ts';
import type { TransactionRecord } from './transaction-record.ts';
import type { TransactionRequests } from './transaction-requests.ts';
import type { TransactionSchema } from './transaction-schema.ts';
import type { TransactionSpeculation } from './transaction-speculation.ts';

/** For running a large transaction, beyond balsa.commit_timeout: ms for each part. */
const PART_MS = 1000;
const SCHEMA_RETRIES_MAX = 20;
/** Outcomes with which the locks of the transaction have ended. */
export const RELEASING: readonly Outcome['kind'][] = ['done', 'failed', 'conflict', 'locks-lost'];

export interface CommitParts {
  readonly host: TransactionHost;
  readonly id: SpeculationId;
  readonly record: TransactionRecord;
  readonly schema: TransactionSchema;
  readonly requests: TransactionRequests;
  readonly speculation: TransactionSpeculation;
}

export class TransactionCommit {
  readonly #parts: CommitParts;
  #isReleased = false;

  constructor(parts: CommitParts) {
    this.#parts = parts;
  }

  /** The commit, however it ended, has released the locks of the transaction. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** Resolves when it has taken effect. Rejects with PgError. */
  async run(options: RunOptions): Promise<void> {
    const { host, id, record, requests, speculation } = this.#parts;
    const staging = new Staging(host.parts, id, options);
    try {
      const isWhole = record.earlier === null;
      const parts = partsOf(requests.proposed(record.entries), isWhole);
      const last = must(parts.pop(), 'one part at least');
      // Where entries come before its own, nobody has to wait for what was speculated.
      if (parts.length > 0 || !isWhole) void speculation.forget();
      for (const part of record.partsInFile()) await staging.add(part);
      for (const part of parts) await staging.add(requests.part(part));
      const staged = await staging.end();
      await this.#proposeLast(last, staged, patient(options, staged));
    } catch (error) {
      await staging.undo();
      throw error;
    } finally {
      staging.close();
    }
  }

  async #proposeLast(
    last: readonly Entry[],
    staged: StagedTransaction | null,
    options: RunOptions,
  ): Promise<void> {
    const { host, id, record, schema, requests, speculation } = this.#parts;
    const { idempotencyKey } = options;
    const waiter = { host, transaction: id, options };
    const propose = async (): Promise<Outcome> => {
      const request = requests.commit(last, { writes: record.writes(), staged, idempotencyKey });
      speculation.propose(request);
      return host.proposals.propose(request, options);
    };
    for (let attempt = 0; attempt < SCHEMA_RETRIES_MAX; attempt++) {
      const outcome = await proposeBehindLocks(waiter, propose);
      if (outcome.kind === 'done') speculation.committed();
      this.#isReleased = RELEASING.includes(outcome.kind);
      if (outcome.kind !== 'stale-schema') {
        this.#told(outcome, options);
        return;
      }
      // What its parts say of tables cannot be said again.
      if (staged !== null) throw schemaChanged();
      await schema.follow(outcome.schemaVersion);
    }
    throw schemaChanged();
  }

  #told(outcome: Exclude<Outcome, { kind: 'stale-schema' }>, options: RunOptions): void {
    const { host, record } = this.#parts;
    switch (outcome.kind) {
      case 'done':
      // Under its name it took effect before, with a result that was not kept.
      case 'result-lost':
        options.noteKeyUsed();
        return;
      case 'failed':
        throw pgErrorOf(outcome.error);
      case 'conflict': {
        const { statement } = outcome;
        throw otherResult(statement, record.entryAt(statement), host.catalog());
      }
      case 'locks-lost':
        throw locksLost();
      default:
        throw new PgError(
          '08007',
          `it is not known whether the transaction took effect (${outcome.kind})`,
        );
    }
  }
}

function patient(options: RunOptions, staged: StagedTransaction | null): RunOptions {
  const { commitTimeoutMs } = options;
  if (commitTimeoutMs === 0) return options;
  return { ...options, commitTimeoutMs: commitTimeoutMs + (staged?.parts ?? 0) * PART_MS };
}
