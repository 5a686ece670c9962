// Requests that were proposed and have no outcome yet, in the batches in which they travel. A batch
// keeps its session, its sequence numbers and its bytes for ever.
import { encodeCommand } from '../machine/command-codec.ts';
import type { EncodedRequest } from '../machine/command.ts';
import type { Index } from '../raft/entry.ts';
import { assert } from '../util/assert.ts';
import type { Ticket } from './gateway.ts';

export interface Waiting {
  readonly ticket: Ticket;
  readonly request: EncodedRequest;
}

export interface Batch {
  readonly firstSequence: number;
  readonly bytes: Uint8Array;
  /** By position; null: the outcome is known. */
  readonly tickets: (Ticket | null)[];
  openCount: number;
  readonly addedAt: number;
  sentAt: number;
  resendAt: number;
  /** Its outcome may be among the entries up to here, which are to be applied first; null: see resendAt. */
  resendBehind: Index | null;
  attempts: number;
  /** All entries since the batch was first proposed have come by here. */
  isStreamWhole: boolean;
}

/** Where a request is. */
interface Place {
  readonly batch: Batch;
  readonly position: number;
}

interface Fence {
  readonly place: Place;
  resendAt: number;
}

export class Outstanding {
  /** By first sequence number, in ascending order; each has an open request. */
  readonly batches = new Map<number, Batch>();
  /** Requests whose clients wait for their outcome. */
  readonly #places = new Map<Ticket, Place>();
  /** Requests that are to be made definite, by sequence number. */
  readonly fences = new Map<number, Fence>();
  #nextSequence = 1;
  #bytes = 0;

  /** Requests whose clients wait. */
  get waitingCount(): number {
    return this.#places.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  isWaiting(ticket: Ticket): boolean {
    return this.#places.has(ticket);
  }

  add(sessionId: number, requests: readonly Waiting[], now: number): Batch {
    const firstSequence = this.#nextSequence;
    this.#nextSequence += requests.length;
    const batch: Batch = {
      firstSequence,
      bytes: encodeCommand({
        kind: 'execute',
        sessionId,
        ackLow: this.#ackLow(firstSequence),
        firstSequence,
        requests: requests.map(({ request }) => request),
      }),
      tickets: requests.map(({ ticket }) => ticket),
      openCount: requests.length,
      addedAt: now,
      sentAt: now,
      resendAt: now,
      resendBehind: null,
      attempts: 0,
      isStreamWhole: true,
    };
    this.#insert(batch);
    return batch;
  }

  #insert(batch: Batch): void {
    this.batches.set(batch.firstSequence, batch);
    this.#bytes += batch.bytes.length;
    for (const [position, ticket] of batch.tickets.entries()) {
      if (ticket !== null) this.#places.set(ticket, { batch, position });
    }
  }

  /** The lowest sequence number whose outcome has not come by here. */
  #ackLow(nextSequence: number): number {
    for (const { firstSequence, tickets } of this.batches.values()) {
      return firstSequence + tickets.findIndex((ticket) => ticket !== null);
    }
    return nextSequence;
  }

  /** The client's request is to be made definite; false if there is no such request. */
  fence(ticket: Ticket, now: number): boolean {
    const place = this.#places.get(ticket);
    if (place === undefined) return false;
    const sequence = place.batch.firstSequence + place.position;
    if (!this.fences.has(sequence)) this.fences.set(sequence, { place, resendAt: now });
    return true;
  }

  isFenced(batch: Batch, position: number): boolean {
    return this.fences.has(batch.firstSequence + position);
  }

  /** The client does not wait any more; the request goes on. False if there is no such request. */
  abandon(ticket: Ticket): boolean {
    return this.#places.delete(ticket);
  }

  /** The outcome is known. Returns the ticket to be answered; null if nobody waits. */
  settle(batch: Batch, position: number): Ticket | null {
    const ticket = batch.tickets[position] ?? null;
    this.fences.delete(batch.firstSequence + position);
    if (ticket === null) return null;
    batch.tickets[position] = null;
    batch.openCount -= 1;
    assert(batch.openCount >= 0, 'a request is settled once');
    if (batch.openCount === 0) this.#remove(batch);
    return this.#places.delete(ticket) ? ticket : null;
  }

  #remove(batch: Batch): void {
    this.batches.delete(batch.firstSequence);
    this.#bytes -= batch.bytes.length;
  }

  /** Some entries did not come by: outcomes may have been among them. */
  missedEntries(now: number): void {
    for (const batch of this.batches.values()) {
      batch.isStreamWhole = false;
      batch.resendAt = now;
    }
  }

  /** Only for the mutation: the batch gets other numbers, so it is another batch to the machine. */
  renumber(batch: Batch, sequenceOffset: number): Batch {
    const bytes = Buffer.from(batch.bytes);
    const firstSequence = this.#nextSequence;
    bytes.writeUInt32LE(firstSequence, sequenceOffset);
    this.#nextSequence += batch.tickets.length;
    this.#remove(batch);
    const renumbered = { ...batch, bytes, firstSequence };
    this.#insert(renumbered);
    return renumbered;
  }

  clear(): void {
    this.batches.clear();
    this.#places.clear();
    this.fences.clear();
    this.#bytes = 0;
  }
}
