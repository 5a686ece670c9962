// Statements of open transactions that wait for the machine, and how long others wait for one that
// would be expensive to run again: about as long as that would take, but never more than a second.
import type { SpeculationId } from '../machine/speculation.ts';
import type { SpeculationRequest } from './thread-messages.ts';

/** Below this, running again is cheaper than waiting. */
const CHEAP_MS = 5;
const PATIENCE_MAX_MS = 1000;
const RECHECK_MS = 5;

/** What is looked at of the machine. */
export interface ActiveSpeculation {
  readonly activeSpeculation: SpeculationId | null;
  readonly activeSpeculationMs: number;
}

export class SpeculationQueue {
  #requests: SpeculationRequest[] = [];
  /** When something else than the active transaction began to wait; null: nothing does. */
  #waitingSince: number | null = null;

  get size(): number {
    return this.#requests.length;
  }

  push(request: SpeculationRequest): void {
    this.#requests.push(request);
  }

  /** How long from `now` (ms) the active transaction has the machine for itself; 0: not at all. */
  patience(
    { activeSpeculation: active, activeSpeculationMs }: ActiveSpeculation,
    hasEntries: boolean,
    now: number,
  ): number {
    const isOtherWaiting =
      hasEntries || this.#requests.some(({ kind, id }) => kind === 'run' && id !== active);
    if (active === null || !isOtherWaiting || activeSpeculationMs < CHEAP_MS) {
      this.#waitingSince = null;
      return 0;
    }
    this.#waitingSince ??= now;
    const left = this.#waitingSince + Math.min(activeSpeculationMs, PATIENCE_MAX_MS) - now;
    if (left > 0) return Math.min(left, RECHECK_MS);
    this.#waitingSince = null;
    return 0;
  }

  /** The next one: of the active transaction if there is one; of `only` alone if that is given. */
  take(active: SpeculationId | null, only: SpeculationId | null): SpeculationRequest | null {
    const of = only ?? active;
    const at = of === null ? -1 : this.#requests.findIndex(({ id }) => id === of);
    if (at >= 0) return this.#requests.splice(at, 1)[0] ?? null;
    return only === null ? (this.#requests.shift() ?? null) : null;
  }
}
