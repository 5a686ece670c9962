// Whether the main thread gets to its timers in time. Reads run on it, for seconds at worst, and where
// several of them have arrived they would follow each other without a break: the node would neither
// end what has waited too long nor show that its gateway is alive. So between two messages of clients
// overdue timers, and the messages of other threads, have their turn.
import { monotonicMs } from './clock.ts';

/** The timer comes about every 50 ms. */
const LATE_MS = 250;

export class Punctuality {
  readonly #now: () => number;
  /** No timer has run so far, and none is waited for. */
  #tickedAt = Infinity;

  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  /** A timer that comes all the time has run. */
  ticked(): void {
    this.#tickedAt = this.#now();
  }

  /** null: there is time for another message. Else resolves when there is. */
  wait(): Promise<void> | null {
    return this.#isLate ? this.#whenInTime() : null;
  }

  get #isLate(): boolean {
    return this.#now() - this.#tickedAt > LATE_MS;
  }

  async #whenInTime(): Promise<void> {
    // Others that waited may have taken the time meanwhile. Immediates come behind the timers and
    // the messages of other threads; timers would follow timers.
    while (this.#isLate) await new Promise((resolve) => setImmediate(resolve));
  }
}
