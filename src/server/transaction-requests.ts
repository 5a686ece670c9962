// What an open transaction asks of machines: to speculate its next statement, to keep a part of it,
// to commit it. All are requests with recorded statements (docs/formats.md).
import { encodeRequest } from '../machine/request-codec.ts';
import type { NewRequest } from '../machine/request-codec.ts';
import type { ReservedSequence, StagedTransaction } from '../machine/command.ts';
import type { SpeculationId } from '../machine/speculation.ts';
import type { Index } from '../raft/entry.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SequenceReservations } from './sequence-reservations.ts';
import { writesOf } from './transaction-entry.ts';
import type { Entry } from './transaction-entry.ts';
import type { TransactionHost } from './transaction-host.ts';
import type { TransactionSchema } from './transaction-schema.ts';

/** What a commit says beside its entries. */
export interface CommitInputs {
  /** By all statements, those in parts too. */
  readonly writes: readonly Oid[];
  readonly staged: StagedTransaction | null;
  readonly idempotencyKey: string;
}

export class TransactionRequests {
  readonly #host: Pick<TransactionHost, 'mutations' | 'locks'>;
  readonly #id: SpeculationId;
  readonly #now: bigint;
  readonly #schema: TransactionSchema;
  readonly #sequences: SequenceReservations;
  /** What was told holds up to here. */
  #snapshot: Index = 0;

  /** `now`: the time of the transaction. */
  constructor(
    host: Pick<TransactionHost, 'mutations' | 'locks'>,
    id: SpeculationId,
    now: bigint,
    schema: TransactionSchema,
    sequences: SequenceReservations,
  ) {
    this.#host = host;
    this.#id = id;
    this.#now = now;
    this.#schema = schema;
    this.#sequences = sequences;
  }

  /** All that the client was told so far holds up to there. */
  holdsUpTo(snapshot: Index): void {
    this.#snapshot = snapshot;
  }

  /** `next` behind `earlier`, with the sequences that were taken from the number `firstSequence` on. */
  toSpeculate(earlier: readonly Entry[], next: Entry, firstSequence: number): Uint8Array {
    const changes = next.recorded.changesSchema && next.mark === null ? 1 : 0;
    const sequences = this.#sequences.taken.slice(firstSequence);
    const schemaChanges = this.#schema.changeCount() + changes;
    return encodeRequest(this.#request([...earlier, next], schemaChanges, sequences));
  }

  /** Statements that are put away, to run later. */
  part(entries: readonly Entry[]): Uint8Array {
    return encodeRequest(this.#request(this.proposed(entries), 0, []));
  }

  /** What is left of entries where they are proposed. */
  proposed(entries: readonly Entry[]): readonly Entry[] {
    if (this.#host.mutations.readsNotProposed !== true) return entries;
    return entries.filter(({ recorded }) => !recorded.isRead);
  }

  /** `last`: behind the parts. */
  commit(last: readonly Entry[], { writes, staged, idempotencyKey }: CommitInputs): Uint8Array {
    const request = this.#request(last, this.#schema.changeCount(), this.#sequences.taken, staged);
    return encodeRequest({ ...request, writes, idempotencyKey });
  }

  #request(
    entries: readonly Entry[],
    schemaChanges: number,
    sequences: readonly ReservedSequence[],
    staged: StagedTransaction | null = null,
  ): NewRequest {
    const isTooFar = this.#host.mutations.snapshotOfCommit === true;
    const owner = this.#host.locks.ownerOf(this.#id);
    return {
      schemaVersion: this.#schema.version,
      schemaChanges,
      now: this.#now,
      statements: entries.map(({ steps }) => steps),
      writes: writesOf(entries),
      recording: {
        snapshot: isTooFar ? Number.MAX_SAFE_INTEGER : this.#snapshot,
        statements: entries.map(({ recorded, digest }) => ({ ...recorded, digest })),
        sequences,
        locks: owner === null ? null : { owner, transaction: this.#id },
        staged,
      },
    };
  }
}
