// Read-only connections for transactions: each holds one snapshot from its first read on. Opening a
// connection takes about a millisecond, so a few are kept.
import { PgError } from '../errors/pg-error.ts';
import { Reader } from '../machine/reader.ts';

const IDLE_MAX = 8;
/** Each has a file handle and memory for pages. */
const OPEN_MAX = 500;

export class Snapshots {
  readonly #file: string;
  readonly #idle: Reader[] = [];
  #openCount = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** A connection without a snapshot yet. Throws 53300. */
  acquire(): Reader {
    if (this.#openCount >= OPEN_MAX) {
      throw new PgError('53300', `too many transactions are reading: ${OPEN_MAX} at most`);
    }
    const reader = this.#idle.pop() ?? new Reader(this.#file);
    this.#openCount += 1;
    return reader;
  }

  release(reader: Reader): void {
    this.#openCount -= 1;
    reader.release();
    if (this.#idle.length < IDLE_MAX) this.#idle.push(reader);
    else reader.close();
  }

  /** Closes what is not in use. */
  close(): void {
    for (const reader of this.#idle.splice(0)) reader.close();
  }
}
