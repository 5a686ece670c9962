// Between the sessions of clients and consensus: gives requests their place in a gateway session,
// sends the same bytes again until their outcome comes by in this node's own apply stream, and asks
// for read barriers. Pure: no clock, no timers, no promises; the owner calls and collects.
//
// Why each request takes effect at most once, and exactly once while the gateway lives: a batch
// keeps its session, its sequence numbers and its bytes for ever, the machine executes a sequence
// number of a session once, and the batch is sent again until an outcome is seen (raft 3).
import { encodeCommand } from '../machine/command-codec.ts';
import type { Index, NodeId } from '../raft/entry.ts';
import type { ReadId } from '../raft/message.ts';
import { assert } from '../util/assert.ts';
import type { Prng } from '../util/prng.ts';

/** Names a request at this gateway, until it is answered. */
export type Ticket = number;

export interface GatewayMutations {
  readonly resendUnderNewSequence?: boolean;
}

export interface GatewayOptions {
  readonly nodeId: NodeId;
  readonly incarnation: number;
  readonly prng: Prng;
  readonly mutations?: GatewayMutations;
}

/** What the apply stream shows of one entry; outcomes are encoded, see decodeOutcome. */
export interface SeenEntry {
  readonly kind: 'executed' | 'fenced' | 'registered';
  readonly index: Index;
  readonly sessionId: number;
  readonly firstSequence: number;
  readonly outcomes: readonly Uint8Array[];
  /** Of a registration: whose. */
  readonly registered: { readonly nodeId: NodeId; readonly incarnation: number } | null;
}

export type Answer =
  | {
      readonly kind: 'outcome';
      readonly ticket: Ticket;
      readonly outcome: Uint8Array;
      readonly index: Index;
    }
  /** It did not take effect, and never will. */
  | { readonly kind: 'not-executed'; readonly ticket: Ticket }
  /** Nobody knows yet whether it takes effect. */
  | { readonly kind: 'unknown'; readonly ticket: Ticket };

interface Batch {
  readonly firstSequence: number;
  readonly bytes: Uint8Array;
  /** null: answered. */
  readonly tickets: (Ticket | null)[];
  resendAt: number;
  attempts: number;
}

interface Waiting {
  readonly ticket: Ticket;
  readonly request: Uint8Array;
}

interface Fence {
  readonly ticket: Ticket | null;
  resendAt: number;
}

interface Grant {
  readonly index: Index;
  readonly barriers: readonly number[];
}

const BATCH_BYTES_MAX = 256 * 1024;
const BATCH_REQUESTS_MAX = 1024;
const BATCHES_MAX = 256;
const QUEUE_MAX = 20_000;
const RESEND_MS = 1000;
const RESEND_MAX_MS = 5000;
const BACKOFF_MIN_MS = 10;
const BACKOFF_MAX_MS = 100;
const READ_AGAIN_MS = 1000;

export class Gateway {
  readonly #options: GatewayOptions;
  #sessionId: number | null = null;
  #registerAt = 0;
  #nextTicket = 1;
  #nextSequence = 1;
  #queue: Waiting[] = [];
  readonly #batches = new Map<number, Batch>();
  /** Where each ticket is: its sequence number. */
  readonly #sequences = new Map<Ticket, number>();
  readonly #fences = new Map<number, Fence>();
  #answers: Answer[] = [];
  #appliedIndex: Index = 0;

  #readCounter = 0;
  #newBarriers: number[] = [];
  #nextBarrier = 1;
  readonly #asked = new Map<number, { readonly barriers: readonly number[]; againAt: number }>();
  #granted: Grant[] = [];
  #released: number[] = [];

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  // Requests --------------------------------------------------------------------------------------

  /** null: too many are waiting already. */
  submit(request: Uint8Array): Ticket | null {
    if (this.#queue.length >= QUEUE_MAX) return null;
    const ticket = this.#nextTicket++;
    this.#queue.push({ ticket, request });
    return ticket;
  }

  /** The client does not wait any more: makes the outcome definite, and answers with it. */
  expire(ticket: Ticket, now: number): void {
    const queued = this.#queue.findIndex((waiting) => waiting.ticket === ticket);
    if (queued >= 0) {
      this.#queue.splice(queued, 1);
      this.#answers.push({ kind: 'not-executed', ticket });
      return;
    }
    const sequence = this.#sequences.get(ticket);
    if (sequence !== undefined && !this.#fences.has(sequence)) {
      this.#fences.set(sequence, { ticket, resendAt: now });
    }
  }

  /** Not even that can be waited for: the answer is "unknown". */
  abandon(ticket: Ticket): void {
    const sequence = this.#sequences.get(ticket);
    if (sequence === undefined) return;
    this.#sequences.delete(ticket);
    this.#answers.push({ kind: 'unknown', ticket });
  }

  isOpen(ticket: Ticket): boolean {
    return this.#sequences.has(ticket) || this.#queue.some((waiting) => waiting.ticket === ticket);
  }

  /** Requests without an answer. */
  get openCount(): number {
    return this.#queue.length + this.#sequences.size;
  }

  takeAnswers(): readonly Answer[] {
    const answers = this.#answers;
    this.#answers = [];
    return answers;
  }

  // What goes to consensus ------------------------------------------------------------------------

  /** Encoded commands to propose now: new batches, and old ones whose time has come again. */
  takeProposals(now: number): readonly Uint8Array[] {
    const proposals: Uint8Array[] = [];
    if (this.#sessionId === null) {
      if (now < this.#registerAt) return proposals;
      this.#registerAt = now + RESEND_MS;
      const { nodeId, incarnation } = this.#options;
      return [encodeCommand({ kind: 'register', nodeId, incarnation })];
    }
    for (const batch of this.#batches.values()) {
      if (now < batch.resendAt) continue;
      proposals.push(this.#again(batch, now));
    }
    while (this.#queue.length > 0 && this.#batches.size < BATCHES_MAX) {
      proposals.push(this.#createBatch(this.#sessionId, now).bytes);
    }
    for (const [sequence, fence] of this.#fences) {
      if (now < fence.resendAt) continue;
      fence.resendAt = now + RESEND_MS;
      proposals.push(encodeCommand({ kind: 'fence', sessionId: this.#sessionId, sequence }));
    }
    return proposals;
  }

  #again(batch: Batch, now: number): Uint8Array {
    batch.attempts += 1;
    batch.resendAt = now + Math.min(RESEND_MS * 2 ** batch.attempts, RESEND_MAX_MS);
    if (this.#options.mutations?.resendUnderNewSequence !== true) return batch.bytes;
    const view = Buffer.from(batch.bytes);
    view.writeUInt32LE(this.#nextSequence, 18);
    this.#batches.delete(batch.firstSequence);
    this.#batches.set(this.#nextSequence, {
      ...batch,
      bytes: view,
      firstSequence: this.#nextSequence,
    });
    this.#nextSequence += batch.tickets.length;
    return view;
  }

  #createBatch(sessionId: number, now: number): Batch {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && count < BATCH_REQUESTS_MAX) {
      bytes += (this.#queue[count] as Waiting).request.length;
      if (count > 0 && bytes > BATCH_BYTES_MAX) break;
      count += 1;
    }
    const taken = this.#queue.splice(0, count);
    const ackLow = this.#ackLow();
    const firstSequence = this.#nextSequence;
    this.#nextSequence += count;
    const batch: Batch = {
      firstSequence,
      bytes: encodeCommand({
        kind: 'execute',
        sessionId,
        ackLow,
        firstSequence,
        requests: taken.map(({ request }) => request),
      }),
      tickets: taken.map(({ ticket }) => ticket),
      resendAt: now + RESEND_MS,
      attempts: 0,
    };
    this.#batches.set(firstSequence, batch);
    for (const [at, { ticket }] of taken.entries()) this.#sequences.set(ticket, firstSequence + at);
    return batch;
  }

  /** The lowest sequence number whose outcome has not come by here. */
  #ackLow(): number {
    let low = this.#nextSequence;
    for (const batch of this.#batches.values()) {
      const open = batch.tickets.findIndex((ticket) => ticket !== null);
      if (open >= 0) low = Math.min(low, batch.firstSequence + open);
    }
    return low;
  }

  /** Another leader: what the last one had not committed may be lost, so all of it is sent again. */
  leaderChanged(now: number): void {
    this.#registerAt = Math.min(this.#registerAt, now);
    for (const batch of this.#batches.values()) batch.resendAt = now;
    for (const fence of this.#fences.values()) fence.resendAt = now;
    for (const read of this.#asked.values()) read.againAt = now;
  }

  /** Something was not taken: all that is open is sent again soon. */
  refused(now: number): void {
    const soon =
      now + BACKOFF_MIN_MS + this.#options.prng.float() * (BACKOFF_MAX_MS - BACKOFF_MIN_MS);
    this.#registerAt = Math.min(this.#registerAt, soon);
    for (const batch of this.#batches.values()) batch.resendAt = Math.min(batch.resendAt, soon);
    for (const fence of this.#fences.values()) fence.resendAt = Math.min(fence.resendAt, soon);
  }

  // What comes by in the apply stream -------------------------------------------------------------

  /** The node has applied up to `index`; `entries` are those with outcomes, of any gateway. */
  applied(entries: readonly SeenEntry[], index: Index): void {
    for (const entry of entries) {
      if (entry.kind === 'registered') this.#handleRegistered(entry);
      else if (entry.sessionId === this.#sessionId) this.#handleOutcomes(entry);
    }
    this.#appliedIndex = Math.max(this.#appliedIndex, index);
    this.#releaseBarriers();
  }

  #handleRegistered({ registered, sessionId }: SeenEntry): void {
    const { nodeId, incarnation } = this.#options;
    if (registered?.nodeId !== nodeId || registered.incarnation !== incarnation) return;
    this.#sessionId ??= sessionId;
  }

  #handleOutcomes(entry: SeenEntry): void {
    if (entry.kind === 'fenced') {
      this.#settle(entry.firstSequence, null, entry.index);
      return;
    }
    const batch = this.#batches.get(entry.firstSequence);
    if (batch === undefined) return;
    assert(
      batch.tickets.length === entry.outcomes.length,
      `${entry.outcomes.length} outcomes for ${batch.tickets.length} requests`,
    );
    for (const [at, outcome] of entry.outcomes.entries()) {
      this.#settle(entry.firstSequence + at, outcome, entry.index);
    }
  }

  /** The outcome of a sequence number is known; null: it is never executed. */
  #settle(sequence: number, outcome: Uint8Array | null, index: Index): void {
    this.#fences.delete(sequence);
    for (const [first, batch] of this.#batches) {
      const at = sequence - first;
      if (at < 0 || at >= batch.tickets.length) continue;
      const ticket = batch.tickets[at] ?? null;
      batch.tickets[at] = null;
      // A ticket that was abandoned has had its answer.
      if (ticket !== null && this.#sequences.delete(ticket)) {
        if (outcome === null) this.#answers.push({ kind: 'not-executed', ticket });
        else this.#answers.push({ kind: 'outcome', ticket, outcome, index });
      }
      if (batch.tickets.every((open) => open === null)) this.#batches.delete(first);
      return;
    }
  }

  // Reads -----------------------------------------------------------------------------------------

  /** A barrier: released when this node has applied all that was acknowledged before the call. */
  requestBarrier(): number {
    const barrier = this.#nextBarrier++;
    this.#newBarriers.push(barrier);
    return barrier;
  }

  /** Requests for consensus: all new barriers share one. An id is never used twice (R73). */
  takeReadRequests(now: number): readonly ReadId[] {
    const again: number[] = [];
    for (const [counter, read] of this.#asked) {
      if (now < read.againAt) continue;
      again.push(...read.barriers);
      this.#asked.delete(counter);
    }
    const barriers = [...again, ...this.#newBarriers];
    if (barriers.length === 0) return [];
    this.#newBarriers = [];
    const counter = ++this.#readCounter;
    this.#asked.set(counter, { barriers, againAt: now + READ_AGAIN_MS });
    const { nodeId, incarnation } = this.#options;
    return [{ node: nodeId, incarnation, counter }];
  }

  /** index null: ask again under a new id, a little later. */
  readAnswered(ids: readonly ReadId[], index: Index | null, now: number): void {
    for (const { counter } of ids) {
      const read = this.#asked.get(counter);
      if (read === undefined) continue;
      if (index === null) {
        read.againAt = Math.min(read.againAt, now + BACKOFF_MIN_MS);
        continue;
      }
      this.#asked.delete(counter);
      this.#granted.push({ index, barriers: read.barriers });
    }
    this.#releaseBarriers();
  }

  #releaseBarriers(): void {
    if (this.#granted.length === 0) return;
    const waiting: Grant[] = [];
    for (const grant of this.#granted) {
      if (grant.index <= this.#appliedIndex) this.#released.push(...grant.barriers);
      else waiting.push(grant);
    }
    this.#granted = waiting;
  }

  takeBarriers(): readonly number[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }
}
