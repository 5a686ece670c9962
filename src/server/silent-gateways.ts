// Whom the leader takes for gone: gateways that keep locks or staged parts from others and of which
// nothing was executed for a while. For each it proposes to close the session; the entry says what
// the newest entry of the session was here, and closes nothing if there is a newer one by then. So a
// wrong guess costs nothing, and neither does a leader that dies in between: the next one looks anew.
//
// Time counts only while this node leads and looks, step by step: a change of leader begins anew, and
// of a pause of the leader itself, in which it could not see anything, next to nothing counts.
import type { CloseCommand } from '../machine/command.ts';
import type { Holder } from '../machine/gateway-commands.ts';
import type { Term } from '../raft/entry.ts';

export interface SilenceLimits {
  /** After so much silence a gateway is taken for gone. */
  readonly silentMs: number;
  /** So much of the time between two looks counts, at most. */
  readonly stepMsMax: number;
  /** Until it is proposed again. */
  readonly againMs: number;
}

export const DEFAULT_SILENCE: SilenceLimits = {
  silentMs: 15_000,
  stepMsMax: 2000,
  againMs: 3000,
};

/** How often to look, in ms. */
export const LOOK_EVERY_MS = 1000;

interface Seen {
  readonly lastIndex: number;
  /** By the count of this class. */
  readonly since: number;
  proposeAt: number;
}

export class SilentGateways {
  readonly #limits: SilenceLimits;
  #seen = new Map<number, Seen>();
  #term: Term | null = null;
  #lookedAt = -Infinity;
  /** Time that counts. */
  #count = 0;

  constructor(limits: SilenceLimits = DEFAULT_SILENCE) {
    this.#limits = limits;
  }

  /**
   * Call now and then, with what this node has applied; what is to be proposed. `term`: in which
   * this node leads and takes commands, else null.
   */
  look(now: number, term: Term | null, holders: readonly Holder[]): readonly CloseCommand[] {
    const { silentMs, stepMsMax, againMs } = this.#limits;
    if (term === null || term !== this.#term) this.#seen.clear();
    else this.#count += Math.min(now - this.#lookedAt, stepMsMax);
    this.#term = term;
    this.#lookedAt = now;
    if (term === null) return [];
    const before = this.#seen;
    this.#seen = new Map();
    const closes: CloseCommand[] = [];
    for (const { sessionId, lastIndex } of holders) {
      const known = before.get(sessionId);
      const since = known?.lastIndex === lastIndex ? known.since : this.#count;
      const seen = { lastIndex, since, proposeAt: known?.proposeAt ?? 0 };
      this.#seen.set(sessionId, seen);
      if (this.#count < since + silentMs || this.#count < seen.proposeAt) continue;
      seen.proposeAt = this.#count + againMs;
      closes.push({ kind: 'close', sessionId, lastIndex });
    }
    return closes;
  }
}
