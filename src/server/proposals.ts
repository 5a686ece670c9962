// Requests of clients on their way through the gateway and the log: how long each is waited for, and
// what its client is told where no outcome comes (docs/architecture.md, "Life of a write").
import { PgError } from '../errors/pg-error.ts';
import type { Answer, Gateway, Ticket } from '../gateway/gateway.ts';
import type { Outcome } from '../machine/command.ts';
import { decodeOutcome } from '../machine/outcome-codec.ts';
import type { RunOptions } from '../session/backend.ts';
import { monotonicMs } from './clock.ts';
import type { Freshness } from './freshness.ts';
import { canceled, deadlineOf, lateWrite, unknownWrite } from './late.ts';
import { locksLost } from './lock-client.ts';
import type { LockClient } from './lock-client.ts';
import type { SharedState } from './shared-state.ts';

/** How long a definite answer is waited for after the time for the statement is over. */
const FENCE_GRACE_MS = 2000;

export interface ProposalsOptions {
  readonly gateway: Gateway;
  readonly shared: SharedState;
  readonly freshness: Freshness;
  readonly locks: LockClient;
  /** The gateway has something to send: collect it at the end of this turn. */
  readonly wake: () => void;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly deadline: number;
  /** Set once the statement was given up and a definite answer is waited for. */
  fencedUntil: number | null;
}

export class Proposals {
  readonly #options: ProposalsOptions;
  readonly #waiting = new Map<Ticket, Waiting>();

  constructor(options: ProposalsOptions) {
    this.#options = options;
  }

  /** Those without an answer. */
  get openCount(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when this node's schema is at least what the outcome names. Rejects with PgError where
   * it is not known, or will never be executed.
   */
  async propose(request: Uint8Array, options: RunOptions): Promise<Outcome> {
    if (options.cancellation.isCanceled) throw canceled();
    const { gateway, shared, freshness, locks } = this.#options;
    // What were proposed meanwhile could not be answered.
    if (shared.isMissingRoom()) await freshness.room(options);
    if (shared.consensus().isDiskFull) {
      throw new PgError('53100', 'no majority of the nodes has disk space for writes', {
        hint: 'Make room on the disks: nothing else is to be done.',
      });
    }
    const isBound = locks.holdsLocks(Number(options.setting('@pid')));
    const boundTo = gateway.sessionId;
    const answer = await this.#submit(request, isBound, options);
    if (answer.kind === 'not-executed') {
      // Not because of the client, but of its locks.
      if (isBound && gateway.sessionId !== boundTo) throw locksLost();
      throw lateWrite(shared, options);
    }
    if (answer.kind === 'unknown') throw unknownWrite(shared);
    const outcome = decodeOutcome(answer.outcome);
    if (outcome.kind === 'fenced') throw lateWrite(shared, options);
    if (outcome.kind === 'session-expired') throw unknownWrite(shared);
    if (outcome.kind === 'stale-schema') {
      await freshness.applied(answer.index, outcome.schemaVersion);
    }
    return outcome;
  }

  async #submit(request: Uint8Array, isBound: boolean, options: RunOptions): Promise<Answer> {
    const ticket = this.#options.gateway.submit(request, isBound);
    if (ticket === null) throw new PgError('53000', 'too many statements are waiting on this node');
    this.#options.wake();
    const stopListening = options.cancellation.listen(() => this.#giveUp(ticket, monotonicMs()));
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(ticket, { resolve, deadline: deadlineOf(options), fencedUntil: null });
    });
    stopListening();
    return answer;
  }

  /** Nobody waits any more, or not for long: the gateway finds out what becomes of it. */
  #giveUp(ticket: Ticket, now: number): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined || waiting.fencedUntil !== null) return;
    waiting.fencedUntil = now + FENCE_GRACE_MS;
    this.#options.gateway.expire(ticket, now);
    this.#options.wake();
  }

  answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.ticket);
    this.#waiting.delete(answer.ticket);
    waiting?.resolve(answer);
  }

  /** Call now and then: ends what has waited too long. */
  tick(now: number): void {
    for (const [ticket, { deadline, fencedUntil }] of this.#waiting) {
      if (fencedUntil === null) {
        if (now >= deadline) this.#giveUp(ticket, now);
      } else if (now >= fencedUntil) this.#options.gateway.abandon(ticket);
    }
  }
}
