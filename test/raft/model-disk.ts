// The log of a scripted node: what is written can be read at once, what is synced survives a power
// failure. The script says when a sync returns.
import type { Entry, Index } from '../../src/raft/entry.ts';
import type { HardState, LogReader, PersistRequest } from '../../src/raft/log-store.ts';

interface Image {
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
}

interface Write {
  readonly ioSeq: number;
  readonly request: PersistRequest;
}

/** Entries from the first one on take the place of those that were there. */
function overlay(image: Image, { hardState, entries }: PersistRequest): Image {
  const [first] = entries;
  const kept = first === undefined ? image.entries : image.entries.slice(0, first.index - 1);
  return { entries: [...kept, ...entries], hardState: hardState ?? image.hardState };
}

export class ModelDisk implements LogReader {
  readonly baseIndex = 0;
  readonly baseTerm = 0;
  isSlow = false;
  #written: Image;
  #durable: Image;
  #unsynced: Write[] = [];

  constructor(entries: readonly Entry[], hardState: HardState) {
    this.#written = { entries, hardState };
    this.#durable = this.#written;
  }

  get hardState(): HardState {
    return this.#written.hardState;
  }

  get lastIndex(): Index {
    return this.#written.entries.length;
  }

  termAt(index: Index): number | null {
    return index === 0 ? 0 : (this.#written.entries[index - 1]?.term ?? null);
  }

  entries(first: Index, last: Index, bytesMax = Infinity): readonly Entry[] {
    const wanted = this.#written.entries.slice(first - 1, last);
    let bytes = 0;
    const end = wanted.findIndex(({ data }) => (bytes += data.length) > bytesMax);
    return end === -1 ? wanted : wanted.slice(0, Math.max(end, 1));
  }

  write(ioSeq: number, request: PersistRequest): void {
    this.#written = overlay(this.#written, request);
    this.#unsynced.push({ ioSeq, request });
  }

  /** The oldest `count` writes become durable; their numbers. */
  sync(count = Infinity): readonly number[] {
    const synced = this.#unsynced.splice(0, count);
    for (const { request } of synced) this.#durable = overlay(this.#durable, request);
    return synced.map(({ ioSeq }) => ioSeq);
  }

  /** What was not synced is lost. */
  failPower(): void {
    this.#written = this.#durable;
    this.#unsynced = [];
  }
}
