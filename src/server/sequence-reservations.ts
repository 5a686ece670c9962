// Values of sequences that an open transaction has taken through the log, for nextval() to give
// (docs/transactions.md, 5).
import type { ReservedSequence } from '../machine/command.ts';
import type { RunOptions } from '../session/backend.ts';
import type { Oid } from '../types/pg-type.ts';
import type { TransactionHost } from './transaction-host.ts';
import type { TransactionSchema } from './transaction-schema.ts';

/** In one go: what a transaction does not use of them is lost. */
const VALUES_MAX = 4 * 1024 * 1024;

export class SequenceReservations {
  readonly #host: Pick<TransactionHost, 'reserve'>;
  readonly #schema: TransactionSchema;
  readonly #taken: ReservedSequence[] = [];

  constructor(host: Pick<TransactionHost, 'reserve'>, schema: TransactionSchema) {
    this.#host = host;
    this.#schema = schema;
  }

  /** In the order in which they were taken. */
  get taken(): readonly ReservedSequence[] {
    return this.#taken;
  }

  /**
   * Twice as many each time: nobody knows how many there will be, and all that is recorded runs again
   * behind the entry that takes them.
   */
  async take(oid: Oid, options: RunOptions): Promise<void> {
    const isOwn = !this.#schema.existedBefore(oid);
    const times = this.#taken.filter((sequence) => sequence.oid === oid).length;
    const count = Math.min(VALUES_MAX, 2 ** times);
    const runs = isOwn ? [] : await this.#host.reserve(oid, count, options);
    this.#taken.push({ oid, isOwn, runs });
  }
}
