// A bounded map that keeps what was used lately. Two generations: a hit among the young costs one
// lookup and no bookkeeping, and when the young are full, the old are dropped at once.

export class RecentMap<K, V> {
  readonly #generationMax: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** Keeps at least the `keptMin` values used last, and at most twice as many. */
  constructor(keptMin: number) {
    this.#generationMax = keptMin;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#generationMax && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
