// The only clocks of the program. Everything below takes the time as an argument.

/**
 * Milliseconds of CLOCK_MONOTONIC with a fraction: one clock for all threads of the process
 * (performance.now() starts at another zero in every worker).
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

/** The wall clock as timestamptz is stored: microseconds since 2000-01-01 UTC. */
export function wallClockMicros(): bigint {
  const ms = performance.timeOrigin + performance.now();
  return BigInt(Math.floor((ms - POSTGRES_EPOCH_MS) * 1000));
}

/** Milliseconds since 1970, for comparing how far the wall clock went with the monotonic one. */
export function wallClockMs(): number {
  return Date.now();
}

/** The wall clock, never before what it said already: statements are in the order of their times. */
export class RisingClock {
  #last = 0n;

  now(): bigint {
    const now = wallClockMicros();
    this.#last = now > this.#last ? now : this.#last;
    return this.#last;
  }
}
