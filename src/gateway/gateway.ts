// Between the sessions of clients and consensus: gives requests their place in a gateway session,
// sends the same bytes again until their outcome comes by in this node's own apply stream, and asks
// for read barriers. Pure: no clock, no timers, no promises; the owner calls and collects.
//
// Why each request takes effect at most once, and exactly once while the gateway lives: a batch
// keeps its session, its sequence numbers and its bytes for ever, the machine executes a sequence
// number of a session once, and the batch is sent again until an outcome is seen (raft 3).
//
// A gateway that keeps something from others shows that it is alive: what ends with its session is
// taken from it when nothing of the session has been executed for long (server/silent-gateways.ts).
//
// When the session is closed under a living gateway (it was taken for gone), that entry comes by, or
// "session-expired". Entries come by in the order of the log, and a closed session executes nothing ever
// again. So a request of it either was executed before that point, or never is. If every entry
// since the request was first proposed has come by here, and none had its outcome, it was not:
// then, and only then, it is safe to submit it again under a new session. If entries were skipped
// meanwhile (the node took over another node's state), nobody here can know: it is "unknown".
import { decodeCommand, encodeCommand } from '../machine/command-codec.ts';
import { outcomeKind } from '../machine/outcome-codec.ts';
import { splitRequest } from '../machine/request-codec.ts';
import type { EncodedRequest } from '../machine/command.ts';
import type { Index, NodeId } from '../raft/entry.ts';
import type { ReadId } from '../raft/message.ts';
import { assert } from '../util/assert.ts';
import type { Prng } from '../util/prng.ts';
import { KeepAlive, NOTHING } from './keep-alive.ts';
import { Outstanding } from './outstanding.ts';
import type { Batch, Waiting } from './outstanding.ts';
import { ReadBarriers } from './read-barriers.ts';

/** Names a request at this gateway, until it is answered. */
export type Ticket = number;

/** Bugs that can be switched on, to prove that the tests would find them. */
export interface GatewayMutations {
  readonly resendUnderNewSequence?: boolean;
  /** After its session is closed, also what may have been executed is submitted again (R105). */
  readonly retryAfterExpiryUnderNewSession?: boolean;
  /** What belongs to a session that was closed is submitted again under the next. */
  readonly boundUnderNewSession?: boolean;
  readonly readIdReused?: boolean;
}

export interface GatewayLimits {
  /** Requests without an answer; beyond, submit() refuses (R112). */
  readonly requestsMax: number;
  readonly bytesMax: number;
  /** Proposed and without an outcome. */
  readonly batchesMax: number;
  readonly batchRequestsMax: number;
  readonly batchBytesMax: number;
  /** Given out at a time: what is to be sent again after a change of leader comes in portions. */
  readonly proposalBytesMax: number;
}

export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = {
  requestsMax: 20_000,
  bytesMax: 64 * 1024 * 1024,
  batchesMax: 256,
  batchRequestsMax: 1024,
  batchBytesMax: 256 * 1024,
  proposalBytesMax: 8 * 1024 * 1024,
};

export interface GatewayOptions {
  readonly nodeId: NodeId;
  readonly incarnation: number;
  readonly prng: Prng;
  readonly limits?: Partial<GatewayLimits>;
  readonly mutations?: GatewayMutations;
  readonly keepAliveMs?: number;
}

/** What the apply stream shows of one entry; outcomes are encoded, see decodeOutcome. */
export interface SeenEntry {
  readonly kind: 'executed' | 'fenced' | 'registered' | 'closed';
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
      readonly sessionId: number;
    }
  /** It did not take effect, and never will. */
  | { readonly kind: 'not-executed'; readonly ticket: Ticket }
  /** Nobody knows yet whether it takes effect. */
  | { readonly kind: 'unknown'; readonly ticket: Ticket };

/** A gateway that keeps something from others shows itself so often at least. */
const KEEP_ALIVE_MS = 4000;
const RESEND_MS = 1000;
const RESEND_MAX_MS = 5000;
const BACKOFF_MIN_MS = 10;
const BACKOFF_MAX_MS = 100;
/** Version, kind, session, ackLow; then the first sequence number (docs/formats.md). */
const SEQUENCE_OFFSET = 18;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #limits: GatewayLimits;
  #sessionId: number | null = null;
  #registerAt = 0;
  #nextTicket = 1;
  /** Not proposed yet, in order. */
  #queue = new Map<Ticket, EncodedRequest>();
  #queueBytes = 0;
  /** See submit(). */
  readonly #bound = new Set<Ticket>();
  readonly #outstanding = new Outstanding();
  #answers: Answer[] = [];
  readonly #barriers: ReadBarriers;
  readonly #keepAlive: KeepAlive;
  #appliedIndex: Index = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_GATEWAY_LIMITS, ...options.limits };
    const { nodeId, incarnation, mutations } = options;
    const isIdReused = mutations?.readIdReused === true;
    this.#barriers = new ReadBarriers({ nodeId, incarnation, isIdReused });
    this.#keepAlive = new KeepAlive(options.keepAliveMs ?? KEEP_ALIVE_MS);
  }

  // Requests --------------------------------------------------------------------------------------

  /** The session under which requests are proposed now; null: none is open. */
  get sessionId(): number | null {
    return this.#sessionId;
  }

  /**
   * `request`: see encodeRequest. null: too many are waiting already. `isBound`: it belongs to what
   * ends with the session that is open now, such as a lock, and is never executed under another.
   */
  submit(request: Uint8Array, isBound = false): Ticket | null {
    if (!this.#hasRoom(request.length)) return null;
    const ticket = this.#nextTicket++;
    if (isBound && this.#options.mutations?.boundUnderNewSession !== true) this.#bound.add(ticket);
    this.#queue.set(ticket, splitRequest(request));
    this.#queueBytes += request.length;
    return ticket;
  }

  /** Something ends with the session, and is kept from others until then. */
  setHolding(isHolding: boolean): void {
    this.#keepAlive.isNeeded = isHolding;
  }

  /** However large, one request finds room where there is no other. */
  #hasRoom(bytes: number): boolean {
    const held = this.#queueBytes + this.#outstanding.bytes;
    if (held === 0) return true;
    const { requestsMax, bytesMax } = this.#limits;
    return this.openCount < requestsMax && held + bytes <= bytesMax;
  }

  /** The client does not wait any more: makes the outcome definite, and answers with it. */
  expire(ticket: Ticket, now: number): void {
    const queued = this.#queue.get(ticket);
    if (queued === undefined) {
      this.#outstanding.fence(ticket, now);
      return;
    }
    this.#takeFromQueue(ticket, queued);
    this.#answers.push({ kind: 'not-executed', ticket });
  }

  /** Not even that can be waited for: the answer is "unknown". */
  abandon(ticket: Ticket): void {
    if (this.#outstanding.abandon(ticket)) this.#answers.push({ kind: 'unknown', ticket });
  }

  isOpen(ticket: Ticket): boolean {
    return this.#queue.has(ticket) || this.#outstanding.isWaiting(ticket);
  }

  /** Requests without an answer. */
  get openCount(): number {
    return this.#queue.size + this.#outstanding.waitingCount;
  }

  /** True if requests wait to be proposed: answers to others may have made room for them. */
  get hasQueued(): boolean {
    return this.#queue.size > 0 || this.#sessionId === null;
  }

  takeAnswers(): readonly Answer[] {
    const answers = this.#answers;
    for (const { ticket } of answers) this.#bound.delete(ticket);
    this.#answers = [];
    return answers.filter(({ ticket }) => !this.#keepAlive.answered(ticket));
  }

  // What goes to consensus ------------------------------------------------------------------------

  /**
   * Encoded commands to propose now: new batches, and old ones whose time has come again. Not all
   * of them if they are very many: call again soon. `commitIndex`: what this node knows to be
   * committed. A node that is behind has the outcomes of what it waits for there, and would only
   * make the others' way longer with copies.
   */
  takeProposals(now: number, commitIndex: Index = 0): readonly Uint8Array[] {
    if (this.#sessionId === null) return this.#takeRegistration(now);
    if (this.#keepAlive.isDue(now)) this.#keepAlive.submitted(this.submit(NOTHING, true), now);
    const proposals: Uint8Array[] = [];
    let bytes = 0;
    const hasRoom = (): boolean => bytes < this.#limits.proposalBytesMax;
    const propose = (proposal: Uint8Array): void => {
      bytes += proposal.length;
      proposals.push(proposal);
    };
    for (const batch of [...this.#outstanding.batches.values()]) {
      if (now < batch.resendAt || !hasRoom()) continue;
      batch.resendBehind ??= commitIndex;
      if (this.#appliedIndex >= batch.resendBehind) propose(this.#sendAgain(batch, now));
    }
    const { batches } = this.#outstanding;
    while (this.#queue.size > 0 && batches.size < this.#limits.batchesMax && hasRoom()) {
      propose(this.#send(this.#outstanding.add(this.#sessionId, this.#takeBatch(), now), now));
    }
    for (const [sequence, fence] of this.#outstanding.fences) {
      if (now < fence.resendAt) continue;
      fence.resendAt = now + RESEND_MS;
      propose(encodeCommand({ kind: 'fence', sessionId: this.#sessionId, sequence }));
    }
    return proposals;
  }

  #takeRegistration(now: number): readonly Uint8Array[] {
    if (now < this.#registerAt) return [];
    this.#registerAt = now + RESEND_MS;
    const { nodeId, incarnation } = this.#options;
    return [encodeCommand({ kind: 'register', nodeId, incarnation })];
  }

  #takeBatch(): readonly Waiting[] {
    const { batchRequestsMax, batchBytesMax } = this.#limits;
    const taken: Waiting[] = [];
    let bytes = 0;
    for (const [ticket, request] of this.#queue) {
      bytes += requestBytes(request);
      if (taken.length > 0 && (taken.length >= batchRequestsMax || bytes > batchBytesMax)) break;
      taken.push({ ticket, request });
      this.#takeFromQueue(ticket, request);
    }
    return taken;
  }

  #takeFromQueue(ticket: Ticket, request: EncodedRequest): void {
    this.#queue.delete(ticket);
    this.#queueBytes -= requestBytes(request);
  }

  #send(batch: Batch, now: number): Uint8Array {
    const wait = Math.min(RESEND_MS * 2 ** batch.attempts, RESEND_MAX_MS);
    batch.sentAt = now;
    batch.resendBehind = null;
    batch.resendAt = now + wait + this.#backoff();
    batch.attempts += 1;
    return batch.bytes;
  }

  #sendAgain(batch: Batch, now: number): Uint8Array {
    if (this.#options.mutations?.resendUnderNewSequence !== true) return this.#send(batch, now);
    return this.#send(this.#outstanding.renumber(batch, SEQUENCE_OFFSET), now);
  }

  #backoff(): number {
    return BACKOFF_MIN_MS + this.#options.prng.float() * (BACKOFF_MAX_MS - BACKOFF_MIN_MS);
  }

  /** Another leader: what the last one had not committed may be lost, so all of it is sent again. */
  leaderChanged(now: number): void {
    this.#registerAt = Math.min(this.#registerAt, now);
    for (const batch of this.#outstanding.batches.values()) {
      batch.attempts = 0;
      batch.resendAt = Math.max(now, batch.sentAt + BACKOFF_MIN_MS);
    }
    for (const fence of this.#outstanding.fences.values()) fence.resendAt = now;
    this.#barriers.leaderChanged(now);
  }

  /** Something was not taken: all that is open is sent again soon. */
  refused(now: number): void {
    const soon = now + this.#backoff();
    this.#registerAt = Math.min(this.#registerAt, soon);
    for (const batch of this.#outstanding.batches.values()) {
      batch.resendAt = Math.min(batch.resendAt, soon);
    }
    for (const fence of this.#outstanding.fences.values()) {
      fence.resendAt = Math.min(fence.resendAt, soon);
    }
  }

  // What comes by in the apply stream -------------------------------------------------------------

  /**
   * The node has applied up to `index`; `entries` are those with outcomes, of any gateway. Every
   * entry must come by, in order; see skipped().
   */
  applied(entries: readonly SeenEntry[], index: Index): void {
    for (const entry of entries) {
      if (entry.kind === 'registered') this.#handleRegistered(entry);
      else if (entry.sessionId === this.#sessionId && entry.kind === 'closed')
        this.#handleExpired();
      else if (entry.sessionId === this.#sessionId) this.#handleOutcomes(entry);
    }
    this.#appliedIndex = Math.max(this.#appliedIndex, index);
    this.#barriers.applied(this.#appliedIndex);
  }

  /** The node took over a state as of `index`: entries up to there did not come by. */
  skipped(index: Index, now: number): void {
    this.#outstanding.missedEntries(now);
    this.#registerAt = Math.min(this.#registerAt, now);
    this.applied([], index);
  }

  #handleRegistered({ registered, sessionId }: SeenEntry): void {
    const { nodeId, incarnation } = this.#options;
    if (registered?.nodeId !== nodeId || registered.incarnation !== incarnation) return;
    // Opened after another one of ours was closed, which nothing has told of yet.
    if (this.#sessionId !== null && sessionId > this.#sessionId) this.#handleExpired();
    this.#sessionId ??= sessionId;
  }

  #handleOutcomes(entry: SeenEntry): void {
    const [first] = entry.outcomes;
    if (first !== undefined && outcomeKind(first) === 'session-expired') {
      this.#handleExpired();
    } else if (entry.kind === 'fenced') {
      const fence = this.#outstanding.fences.get(entry.firstSequence);
      if (fence !== undefined && first !== undefined) {
        this.#settle(fence.place.batch, fence.place.position, first, entry);
      }
    } else {
      const batch = this.#outstanding.batches.get(entry.firstSequence);
      if (batch === undefined) return;
      this.#keepAlive.shown(batch.addedAt);
      assert(
        batch.tickets.length === entry.outcomes.length,
        `${entry.outcomes.length} outcomes for ${batch.tickets.length} requests`,
      );
      for (const [position, outcome] of entry.outcomes.entries()) {
        this.#settle(batch, position, outcome, entry);
      }
    }
  }

  #settle(batch: Batch, position: number, outcome: Uint8Array, entry: SeenEntry): void {
    const { index, sessionId } = entry;
    const ticket = this.#outstanding.settle(batch, position);
    if (ticket === null) return;
    const isFenced = outcomeKind(outcome) === 'fenced';
    this.#answers.push(
      isFenced
        ? { kind: 'not-executed', ticket }
        : { kind: 'outcome', ticket, outcome, index, sessionId },
    );
  }

  /** See the head of the file. The requests keep their places before those that waited. */
  #handleExpired(): void {
    const again = new Map<Ticket, EncodedRequest>();
    const isTriedAnyway = this.#options.mutations?.retryAfterExpiryUnderNewSession === true;
    for (const batch of this.#outstanding.batches.values()) {
      const requests = requestsOf(batch);
      for (const [position, ticket] of batch.tickets.entries()) {
        const request = requests[position];
        if (ticket === null || request === undefined) continue;
        if (!this.#outstanding.isWaiting(ticket)) continue;
        if (!batch.isStreamWhole && !isTriedAnyway) {
          this.#answers.push({ kind: 'unknown', ticket });
        } else if (this.#outstanding.isFenced(batch, position) || this.#bound.has(ticket)) {
          this.#answers.push({ kind: 'not-executed', ticket });
        } else {
          again.set(ticket, request);
          this.#queueBytes += requestBytes(request);
        }
      }
    }
    this.#outstanding.clear();
    for (const [ticket, request] of this.#queue) {
      if (!this.#bound.has(ticket)) continue;
      this.#takeFromQueue(ticket, request);
      this.#answers.push({ kind: 'not-executed', ticket });
    }
    this.#queue = new Map([...again, ...this.#queue]);
    this.#sessionId = null;
    this.#registerAt = 0;
  }

  // Reads -----------------------------------------------------------------------------------------

  /** A barrier: released when this node has applied all that was acknowledged before the call. */
  requestBarrier(): number {
    return this.#barriers.request();
  }

  /** Requests for consensus: all new barriers share one. */
  takeReadRequests(now: number): readonly ReadId[] {
    return this.#barriers.takeRequests(now);
  }

  /** index null: no leader could tell. */
  readAnswered(ids: readonly ReadId[], index: Index | null, now: number): void {
    this.#barriers.answered(ids, index, now);
    this.#barriers.applied(this.#appliedIndex);
  }

  /** What must be applied for the barrier to be released; null: nobody has told so far. */
  barrierIndex(barrier: number): Index | null {
    return this.#barriers.indexOf(barrier);
  }

  takeBarriers(): readonly number[] {
    return this.#barriers.take();
  }
}

/** As submit() counted them: the template stands behind its length. */
function requestBytes({ template, inputs }: EncodedRequest): number {
  return 4 + template.length + inputs.length;
}

function requestsOf(batch: Batch): readonly EncodedRequest[] {
  const command = decodeCommand(batch.bytes);
  assert(command.kind === 'execute', 'a batch is an execute command');
  return command.requests;
}
