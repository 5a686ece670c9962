// What sessions keep for later: rows of portals that were not executed to their end, and of cursors, and
// prepared statements. Together it is bounded, or clients could fill the memory of the node.
import { PgError } from '../errors/pg-error.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';

type Rows = readonly (readonly SqliteValue[])[];

const BYTES_MAX = 512 * 1024 * 1024;
const ROW_BYTES = 64;
const VALUE_BYTES = 16;

/** Of all sessions of the node. */
export class KeptPool {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Throws 53200. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) {
      throw new PgError('53200', 'out of memory', {
        detail: 'Too much is kept for prepared statements, portals and cursors.',
      });
    }
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Of one session. */
export class Kept {
  readonly #pool: KeptPool;
  /** By who needs them. */
  readonly #bytes = new Map<object, number>();

  constructor(pool: KeptPool) {
    this.#pool = pool;
  }

  /** Throws 53200. */
  keepRows(owner: object, rows: Rows): void {
    if (!this.#bytes.has(owner)) this.keep(owner, bytesOf(rows));
  }

  /** Throws 53200. */
  keep(owner: object, bytes: number): void {
    if (this.#bytes.has(owner)) return;
    this.#pool.take(bytes);
    this.#bytes.set(owner, bytes);
  }

  drop(owner: object): void {
    this.#pool.give(this.#bytes.get(owner) ?? 0);
    this.#bytes.delete(owner);
  }

  dropAll(): void {
    for (const owner of [...this.#bytes.keys()]) this.drop(owner);
  }
}

function bytesOf(rows: Rows): number {
  let bytes = 0;
  for (const row of rows) {
    bytes += ROW_BYTES + row.length * VALUE_BYTES;
    for (const value of row) {
      if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
    }
  }
  return bytes;
}
