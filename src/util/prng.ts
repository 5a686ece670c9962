// A small seeded pseudo-random generator (xorshift128, Marsaglia 2003), so that everything random
// in the core is an input: the same seed gives the same run on every machine.

export class Prng {
  #x: number;
  #y: number;
  #z: number;
  #w: number;

  /** `seed` is any integer; different seeds give unrelated streams. */
  constructor(seed: number) {
    // SplitMix32 spreads neighbouring seeds over the whole state.
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    };
    this.#x = next();
    this.#y = next();
    this.#z = next();
    this.#w = next() | 1;
  }

  /** Uniform over the 32-bit unsigned integers. */
  uint32(): number {
    const t = this.#x ^ (this.#x << 11);
    this.#x = this.#y;
    this.#y = this.#z;
    this.#z = this.#w;
    this.#w = (this.#w ^ (this.#w >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return this.#w;
  }

  /** Uniform in [0, 1), with 53 bits. */
  float(): number {
    return ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
  }

  /** A uniform integer in [0, end). */
  integer(end: number): number {
    return Math.floor(this.float() * end);
  }

  /** A uniform integer in [first, last], both included. */
  between(first: number, last: number): number {
    return first + this.integer(last - first + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)] as T;
  }

  /** An independent stream: drawing from it does not shift this one again. */
  fork(): Prng {
    return new Prng(this.uint32());
  }
}
