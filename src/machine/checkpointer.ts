// Moves the write-ahead log of SQLite into the database file from time to time, and knows which
// applied index is durable: the log may be compacted up to there and no further (R56, R60).
import type { Index } from '../raft/entry.ts';
import { isNoRoom } from './database.ts';
import type { Database } from './database.ts';

/** Looking at the length of the log costs 10 us: not after each transaction. */
const COMMITS_BETWEEN_LOOKS = 16;
/** Between entries that wait: the longer the log, the longer the stop, and the rarer. */
const BUSY_PAGES_MAX = 4000;
/** With nothing else to do. */
const IDLE_PAGES_MAX = 500;
/** Readers come and go without a gap, so that the log never starts again: wait for them. */
const RESTART_PAGES = 64 * 1024;

export class Checkpointer {
  readonly #database: Database;
  #commits = 0;
  #durableIndex: Index = 0;
  /** Pages of the log that readers held up: look again when it has grown by as many. */
  #pagesLeft = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The applied index that a power failure cannot take back. */
  get durableIndex(): Index {
    return this.#durableIndex;
  }

  /** After a transaction that left the database at `appliedIndex`. */
  committed(appliedIndex: Index): void {
    this.#commits += 1;
    if (this.#commits < COMMITS_BETWEEN_LOOKS) return;
    this.#commits = 0;
    this.#runIfLonger(BUSY_PAGES_MAX, appliedIndex);
  }

  /** When nothing waits to be applied. */
  idle(appliedIndex: Index): void {
    if (this.#durableIndex < appliedIndex) this.#runIfLonger(IDLE_PAGES_MAX, appliedIndex);
  }

  #runIfLonger(pagesMax: number, appliedIndex: Index): void {
    const pages = this.#database.walPages();
    if (pages >= pagesMax + this.#pagesLeft) this.run(appliedIndex, pages);
  }

  /** True if all is durable. */
  run(appliedIndex: Index, pages = 0): boolean {
    const isComplete = this.#tryCheckpoint(pages > RESTART_PAGES ? 'restart' : 'passive');
    if (isComplete) this.#durableIndex = appliedIndex;
    this.#pagesLeft = isComplete ? 0 : this.#database.walPages();
    return isComplete;
  }

  /** Without room all stays in the log, as if a reader held it up. */
  #tryCheckpoint(mode: 'restart' | 'passive'): boolean {
    try {
      return this.#database.checkpoint(mode);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      return false;
    }
  }
}
