// How long to wait before connecting again: doubling from the first pause to the longest one, with
// the upper half of each pause drawn by lot, so that nodes that lost each other do not meet in step.
import type { Prng } from '../util/prng.ts';

const DOUBLINGS_MAX = 16;

export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #prng: Prng;
  #failures = 0;

  constructor(firstMs: number, maxMs: number, prng: Prng) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#prng = prng;
  }

  /** The pause after one more failure, ms. */
  nextMs(): number {
    const limit = Math.min(this.#firstMs * 2 ** this.#failures, this.#maxMs);
    this.#failures = Math.min(this.#failures + 1, DOUBLINGS_MAX);
    return limit / 2 + (this.#prng.float() * limit) / 2;
  }

  /** The connection has proved to be good. */
  reset(): void {
    this.#failures = 0;
  }
}
