// When a gateway that keeps something from others (locks, staged parts) must show itself in the log:
// when none of its requests was executed for a while. An idle gateway that keeps nothing writes
// nothing. What counts is when a request was proposed: executed it cannot be before that.
import { encodeRequest } from '../machine/command-codec.ts';
import type { Ticket } from './gateway.ts';

/** A request that does nothing, in any schema. */
export const NOTHING = encodeRequest({
  schemaVersion: 0,
  schemaChanges: 0,
  now: 0n,
  seed: 0,
  settings: [],
  statements: [],
  isDoomed: false,
  writes: [],
  recording: null,
  idempotencyKey: '',
  locks: { owner: 0, actions: [] },
});

export class KeepAlive {
  readonly #everyMs: number;
  /** Something ends with the session. */
  isNeeded = false;
  /** At this time a request was proposed that was executed. */
  #shownAt = -Infinity;
  /** Of the request that shows the gateway, until it is answered. */
  #ticket: Ticket | null = null;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** A request that was proposed at that time was executed. */
  shown(proposedAt: number): void {
    this.#shownAt = Math.max(this.#shownAt, proposedAt);
  }

  isDue(now: number): boolean {
    return this.isNeeded && this.#ticket === null && now - this.#shownAt >= this.#everyMs;
  }

  /** null: there is no room for it, so others are on their way. */
  submitted(ticket: Ticket | null): void {
    this.#ticket = ticket;
  }

  /** False: the answer is to another request. */
  answered(ticket: Ticket): boolean {
    if (ticket !== this.#ticket) return false;
    this.#ticket = null;
    return true;
  }
}
