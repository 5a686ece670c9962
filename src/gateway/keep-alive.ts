// When a gateway that keeps something from others (locks, staged parts) must show itself in the log:
// when none of its requests was executed for a while. An idle gateway that keeps nothing writes
// nothing. What counts is when a request was proposed: executed it cannot be before that.
import { encodeLockRequest } from '../machine/request-codec.ts';
import type { Ticket } from './gateway.ts';

/** A request that does nothing, in any schema. */
export const NOTHING = encodeLockRequest({ owner: 0, actions: [] });

/** The answer may wait to be looked at while clients keep the thread busy: it must not be waited for. */
const UNANSWERED_MAX = 4;

export class KeepAlive {
  readonly #everyMs: number;
  /** Something ends with the session. */
  isNeeded = false;
  /** At this time a request was proposed that was executed. */
  #shownAt = -Infinity;
  /** When one was submitted last to show the gateway. */
  #submittedAt = -Infinity;
  /** Of those requests, until they are answered. */
  readonly #tickets = new Set<Ticket>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** A request that was proposed at that time was executed. */
  shown(proposedAt: number): void {
    this.#shownAt = Math.max(this.#shownAt, proposedAt);
  }

  isDue(now: number): boolean {
    const lastAt = Math.max(this.#shownAt, this.#submittedAt);
    return this.isNeeded && this.#tickets.size < UNANSWERED_MAX && now - lastAt >= this.#everyMs;
  }

  /** null: there is no room for it, so others are on their way. */
  submitted(ticket: Ticket | null, now: number): void {
    if (ticket === null) return;
    this.#submittedAt = now;
    this.#tickets.add(ticket);
  }

  /** False: the answer is to another request. */
  answered(ticket: Ticket): boolean {
    return this.#tickets.delete(ticket);
  }
}
