// Whether this node is known to have all that was acknowledged before the message that is handled
// was sent. A read barrier covers everything received before it was asked for: a pipeline that came
// in one piece needs one barrier, however many of its messages want one.

export class Arrivals {
  #pieces = 0;
  #coveredUpTo = 0;

  /** Bytes of the client came. */
  received(): void {
    this.#pieces += 1;
  }

  /** Take it before a barrier is asked for, and cover() it once the barrier is released. */
  mark(): number {
    return this.#pieces;
  }

  cover(mark: number): void {
    this.#coveredUpTo = Math.max(this.#coveredUpTo, mark);
  }

  /** True also for messages that are not handled yet, as long as nothing more was received. */
  get isCovered(): boolean {
    return this.#coveredUpTo === this.#pieces;
  }
}
