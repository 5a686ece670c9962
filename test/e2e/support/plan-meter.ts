// Plans of a workload that are counted as clients take them, and end when a test says so: faults
// are driven by progress and not by time, on slow machines and fast ones.
import { pause } from './cluster.ts';

const LOOK_MS = 20;
const WAIT_MS_MAX = 60_000;

export class PlanMeter<Plan = unknown> implements Iterable<Plan> {
  readonly #plans: Iterator<Plan>;
  #taken = 0;
  #isEnded = false;

  constructor(plans: Iterable<Plan>) {
    this.#plans = plans[Symbol.iterator]();
  }

  [Symbol.iterator](): Iterator<Plan> {
    return {
      next: () => {
        if (this.#isEnded) return { done: true, value: undefined };
        this.#taken += 1;
        return this.#plans.next();
      },
    };
  }

  /** Resolves when so many more plans were taken. */
  async more(count: number): Promise<void> {
    const enough = this.#taken + count;
    const deadline = Date.now() + WAIT_MS_MAX;
    while (this.#taken < enough) {
      if (Date.now() > deadline) {
        throw new Error(`clients took ${this.#taken} plans, ${enough} were waited for`);
      }
      await pause(LOOK_MS);
    }
  }

  /** Clients get no more plans. */
  end(): void {
    this.#isEnded = true;
  }
}
