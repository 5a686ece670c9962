// The newest entries in memory: what followers and the machine ask for is nearly always there.
import type { Entry, Index } from '../raft/entry.ts';

const DROPPED: Entry = { index: 0, term: 0, kind: 'command', data: new Uint8Array(0) };

export class EntryCache {
  readonly #bytesMax: number;
  #entries: Entry[] = [];
  /** Entries before this place in #entries have been dropped. */
  #dropped = 0;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Appends; whatever is at or after the entry is replaced. Entries above `writtenIndex` are
   * nowhere else yet, so they stay.
   */
  add(entry: Entry, writtenIndex: Index): void {
    const first = this.#entries[this.#dropped]?.index;
    if (first !== undefined && entry.index < first) this.clear();
    while (
      (this.#entries.at(-1)?.index ?? -1) >= entry.index &&
      this.#entries.length > this.#dropped
    ) {
      this.#bytes -= this.#entries.pop()?.data.length ?? 0;
    }
    if ((this.#entries.at(-1)?.index ?? entry.index - 1) !== entry.index - 1) this.clear();
    this.#entries.push(entry);
    this.#bytes += entry.data.length;
    this.#evict(writtenIndex);
  }

  #evict(writtenIndex: Index): void {
    while (this.#bytes > this.#bytesMax && this.#dropped < this.#entries.length - 1) {
      const oldest = this.#entries[this.#dropped] as Entry;
      if (oldest.index > writtenIndex) break;
      this.#bytes -= oldest.data.length;
      // The place is used again later, but nothing large is to be held there.
      this.#entries[this.#dropped] = DROPPED;
      this.#dropped += 1;
    }
    if (this.#dropped > 1024 && this.#dropped * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  clear(): void {
    this.#entries = [];
    this.#dropped = 0;
    this.#bytes = 0;
  }

  get(index: Index): Entry | null {
    const first = this.#entries[this.#dropped];
    if (first === undefined || index < first.index) return null;
    return this.#entries[this.#dropped + index - first.index] ?? null;
  }
}
