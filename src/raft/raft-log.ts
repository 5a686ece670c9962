// The log as the core sees it: what the store holds, and above it the entries of this turn that
// the store has not been given yet.
import { assert } from '../util/assert.ts';
import type { Entry, Index, Term } from './entry.ts';
import type { LogReader } from './log-store.ts';

export class RaftLog {
  readonly #stored: LogReader;
  /** Contiguous; replaces whatever the store holds from its first index on. */
  #unstable: Entry[] = [];

  constructor(stored: LogReader) {
    this.#stored = stored;
  }

  get lastIndex(): Index {
    const last = this.#unstable.at(-1);
    return last === undefined ? this.#stored.lastIndex : last.index;
  }

  get lastTerm(): Term {
    return this.termAt(this.lastIndex) ?? 0;
  }

  get baseIndex(): Index {
    return this.#stored.baseIndex;
  }

  /** null outside [baseIndex, lastIndex]. */
  termAt(index: Index): Term | null {
    const first = this.#unstable[0];
    if (first === undefined || index < first.index) return this.#stored.termAt(index);
    return this.#unstable[index - first.index]?.term ?? null;
  }

  /** True if a log that ends in (index, term) is at least as up to date as this one (§5.4.1, R3). */
  isUpToDate(index: Index, term: Term): boolean {
    return term > this.lastTerm || (term === this.lastTerm && index >= this.lastIndex);
  }

  /** Replaces what is at or after the first entry. The caller has checked what may go. */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    assert(first.index <= this.lastIndex + 1, `gap before ${first.index}, last ${this.lastIndex}`);
    const start = this.#unstable[0]?.index ?? first.index;
    if (first.index <= start) this.#unstable = [...entries];
    else {
      this.#unstable.length = first.index - start;
      for (const entry of entries) this.#unstable.push(entry);
    }
  }

  /** Entries first to last (both included), at least one, then as many as fit in `bytesMax`. */
  entries(first: Index, last: Index, bytesMax: number): readonly Entry[] {
    const unstableFirst = this.#unstable[0]?.index ?? Number.MAX_SAFE_INTEGER;
    if (first < unstableFirst) {
      return this.#stored.entries(first, Math.min(last, unstableFirst - 1), bytesMax);
    }
    let end = first - unstableFirst;
    let bytes = 0;
    while (end <= last - unstableFirst) {
      bytes += (this.#unstable[end] as Entry).data.length;
      if (bytes > bytesMax && end > first - unstableFirst) break;
      end += 1;
    }
    return this.#unstable.slice(first - unstableFirst, end);
  }

  hasUnstable(): boolean {
    return this.#unstable.length > 0;
  }

  /** The entries for the store; call once the request goes to the store, which then holds them. */
  takeUnstable(): readonly Entry[] {
    const taken = this.#unstable;
    this.#unstable = [];
    return taken;
  }
}
