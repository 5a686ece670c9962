// An open transaction on this node's machine: what of it the machine has run already, so that only
// what is missing is sent, and how long its answer is waited for.
import { PgError } from '../errors/pg-error.ts';
import type { Speculated, SpeculationId } from '../machine/speculation.ts';
import type { RunOptions } from '../session/backend.ts';
import { Interrupt } from './interrupt.ts';
import { otherResult } from './serialization-failure.ts';
import type { SequenceReservations } from './sequence-reservations.ts';
import type { Statements } from './speculator.ts';
import type { Entry } from './transaction-entry.ts';
import type { TransactionHost } from './transaction-host.ts';
import type { TransactionRecord } from './transaction-record.ts';
import type { TransactionRequests } from './transaction-requests.ts';
import type { TransactionSchema } from './transaction-schema.ts';

export interface SpeculationParts {
  readonly host: Pick<TransactionHost, 'speculator' | 'catalog'>;
  readonly id: SpeculationId;
  readonly record: TransactionRecord;
  readonly schema: TransactionSchema;
  readonly sequences: SequenceReservations;
  readonly requests: TransactionRequests;
}

/** Where something recorded does not hold, nobody goes on. */
type Answer = Exclude<Speculated, { kind: 'conflict' | 'no-room' | 'forgotten' }>;

export class TransactionSpeculation {
  readonly #parts: SpeculationParts;
  /** The machine was asked something: from then on it is asked everything. */
  #wasAsked = false;
  /** The machine has run all that is recorded, in this version of the schema; null: it has not. */
  #versionRun: number | null = null;
  /** How many of the reserved sequences it knows of. */
  #sequencesSent = 0;
  /** See forget(). */
  #forgotten: Promise<void> = Promise.resolve();

  constructor(parts: SpeculationParts) {
    this.#parts = parts;
  }

  get wasAsked(): boolean {
    return this.#wasAsked;
  }

  get #hasRunAll(): boolean {
    return this.#versionRun !== null && this.#versionRun === this.#parts.schema.version;
  }

  /** `entry` behind all that is recorded. Throws 40001 if something recorded does not hold. */
  async run(
    entry: Entry,
    how: Pick<Statements, 'isKept' | 'standsAlone' | 'uses'>,
    options: RunOptions,
  ): Promise<Answer> {
    const { host, record, schema, sequences, requests } = this.#parts;
    record.refuseIfOverfull();
    const isWhole = !this.#hasRunAll;
    const request = requests.toSpeculate(
      isWhole ? record.entries : [],
      entry,
      isWhole ? 0 : this.#sequencesSent,
    );
    record.refuseTooMuch(request.length);
    // Until it has answered nobody knows what it has.
    this.#versionRun = null;
    const answer = await this.#ask({ ...how, isWhole, request }, options);
    if (answer.kind === 'conflict') {
      const { statement } = answer;
      throw otherResult(statement, record.entryAt(statement), host.catalog());
    }
    if (answer.kind === 'no-room') {
      throw new PgError('53100', 'no space left on the disk of this node');
    }
    if (answer.kind === 'forgotten') return this.run(entry, how, options);
    if (answer.kind !== 'stale-schema') this.#versionRun = schema.version;
    this.#sequencesSent = sequences.taken.length;
    if (answer.kind === 'told') requests.holdsUpTo(answer.snapshot);
    return answer;
  }

  async #ask(
    asked: Omit<Statements, 'id' | 'earlier' | 'sessionId'>,
    options: RunOptions,
  ): Promise<Speculated> {
    const { host, id, record } = this.#parts;
    this.#wasAsked = true;
    const { answer, giveUp } = host.speculator.run({
      id,
      earlier: record.earlier,
      sessionId: Number(options.setting('@gateway_session') ?? 0),
      ...asked,
    });
    const interrupt = new Interrupt(options);
    const ended = new Promise<never>((_resolve, reject) => interrupt.listen(reject));
    try {
      return await Promise.race([answer, ended]);
    } finally {
      interrupt.close();
      giveUp();
    }
  }

  /** If its commit comes next in the log it has run there; if not, nobody waits for what was speculated. */
  propose(request: Uint8Array): void {
    if (this.#hasRunAll) this.#parts.host.speculator.propose(this.#parts.id, request);
    else void this.forget();
    this.#versionRun = null;
  }

  /** The machine has applied its commit, and holds nothing of it any more. */
  committed(): void {
    this.#wasAsked = false;
  }

  /** Resolves when the machine looks at nothing of it any more. */
  forget(): Promise<void> {
    if (this.#wasAsked) this.#forgotten = this.#parts.host.speculator.forget(this.#parts.id);
    this.#wasAsked = false;
    this.#versionRun = null;
    return this.#forgotten;
  }
}
