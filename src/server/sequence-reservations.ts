// Values of sequences that an open transaction has taken through the log, for nextval() to give
// (docs/transactions.md, 5).
import type { Catalog } from '../catalog/catalog.ts';
import type { ReservedSequence } from '../machine/command.ts';
import type { BoundPlan, RunOptions } from '../session/backend.ts';
import type { SequenceRun } from '../sql/functions/signature.ts';
import { queryPlan } from '../sql/plan.ts';
import type { CompileSettings } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import type { TransactionHost } from './transaction-host.ts';
import type { TransactionSchema } from './transaction-schema.ts';

/** In one go: what a transaction does not use of them is lost. */
const VALUES_MAX = 4 * 1024 * 1024;
const SETTINGS: CompileSettings = { searchPath: [], user: 'postgres', timeZone: 'UTC' };

export class SequenceReservations {
  readonly #host: Pick<TransactionHost, 'catalog' | 'parse' | 'compile' | 'run'>;
  readonly #schema: TransactionSchema;
  readonly #taken: ReservedSequence[] = [];

  constructor(
    host: Pick<TransactionHost, 'catalog' | 'parse' | 'compile' | 'run'>,
    schema: TransactionSchema,
  ) {
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
    const runs = isOwn ? [] : await this.#reserve(oid, count, options);
    this.#taken.push({ oid, isOwn, runs });
  }

  /** In an entry of their own. */
  async #reserve(oid: Oid, count: number, options: RunOptions): Promise<readonly SequenceRun[]> {
    const [statement] = this.#host.parse(
      `SELECT first, increment, count FROM pg_catalog.balsa_reserved_values(${oid}::pg_catalog.oid, ${count})`,
    );
    const bind = (catalog: Catalog): readonly BoundPlan[] => {
      const plan = this.#host.compile(must(statement, 'one statement'), [], catalog, SETTINGS);
      return [{ plan: queryPlan(plan), parameters: [] }];
    };
    const { results, error } = await this.#host.run(
      bind(this.#host.catalog()),
      { ...options, noteSequences: () => undefined, idempotencyKey: '' },
      null,
      bind,
    );
    if (error !== null) throw error;
    return (results[0]?.rows ?? []).map((row) => {
      const [first, increment, values] = row as readonly [bigint, bigint, bigint];
      return { first, increment, count: Number(values) };
    });
  }
}
