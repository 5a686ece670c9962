// What an open transaction has run so far, with digests of what its client was told: the newest
// statements in memory, and where they are many, those before in a file (statement-file.ts).
import { PgError } from '../errors/pg-error.ts';
import type { Step } from '../machine/command.ts';
import type { Oid } from '../types/pg-type.ts';
import { assert } from '../util/assert.ts';
import { sortedOids } from './plan-tables.ts';
import { readParts } from './statement-file.ts';
import type { StatementFile, StatementFiles } from './statement-file.ts';
import type { EarlierInFile } from './thread-messages.ts';
import type { Entry } from './transaction-entry.ts';

/** Of all statements of a transaction. */
const RECORD_BYTES_MAX = 4 * 1024 * 1024 * 1024;
/** Of a transaction that has only read. */
const READ_BYTES_MAX = 16 * 1024 * 1024;
/** What is not larger is in memory, and one entry of the log. */
const MEMORY_BYTES = 4 * 1024 * 1024;
/** What is larger goes through the log in parts of about so many bytes. */
const PART_BYTES = 1024 * 1024;

export class TransactionRecord {
  readonly #files: StatementFiles;
  #entries: Entry[] = [];
  #entriesBytes = 0;
  #file: StatementFile | null = null;
  #fileCount = 0;
  #fileChangesSchema = false;
  readonly #fileWrites = new Set<Oid>();
  #bytes = 0;
  #isCleared = false;
  /** See addRead(). */
  #isOverfull = false;

  constructor(files: StatementFiles) {
    this.#files = files;
  }

  /** Those in memory. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Those before the ones in memory; null: there are none. */
  get earlier(): EarlierInFile | null {
    if (this.#file === null) return null;
    const { parts } = this.#file;
    return { count: this.#fileCount, changesSchema: this.#fileChangesSchema, parts };
  }

  /** By its number in the transaction; null: it is not in memory. */
  entryAt(statement: number): Entry | null {
    return this.#entries[statement - this.#fileCount] ?? null;
  }

  /** Tables that are written. */
  writes(): readonly Oid[] {
    return sortedOids([...this.#fileWrites, ...this.#entries.flatMap(({ writes }) => writes)]);
  }

  add(entry: Entry): void {
    const bytes = sizeOf(entry.steps);
    this.#entries.push(entry);
    this.#entriesBytes += bytes;
    this.#bytes += bytes;
  }

  /** The same statements, compiled for another schema. */
  replace(entries: readonly Entry[]): void {
    assert(this.#file === null && entries.length === this.#entries.length, 'all are in memory');
    this.#entries = [...entries];
  }

  /**
   * Of a transaction that has only read so far. It may go on for as long as it likes: with too many
   * to be checked they are dropped, and it cannot write any more.
   */
  addRead(entry: Entry): void {
    if (this.#isOverfull) return;
    this.add(entry);
    if (this.#bytes <= READ_BYTES_MAX) return;
    this.#isOverfull = true;
    this.#drop();
  }

  #drop(): void {
    this.#entries = [];
    this.#entriesBytes = 0;
  }

  /** Throws 54000, see addRead(). */
  refuseIfOverfull(): void {
    if (!this.#isOverfull) return;
    throw new PgError(
      '54000',
      `the transaction has read more than ${READ_BYTES_MAX} bytes of statements, and cannot write any more`,
      { hint: 'Write in several transactions.' },
    );
  }

  /** Throws 54000 if `more` bytes are too many. */
  refuseTooMuch(more: number): void {
    const bytes = this.#bytes + more;
    if (bytes <= RECORD_BYTES_MAX) return;
    throw new PgError(
      '54000',
      `the transaction has ${bytes} bytes of statements, more than ${RECORD_BYTES_MAX}`,
      { hint: 'Write in several transactions.' },
    );
  }

  /** Moves what is in memory to the file if it is much: encoded, in pieces. Throws PgError. */
  async putAway(encode: (part: readonly Entry[]) => Uint8Array): Promise<void> {
    if (this.#entriesBytes < MEMORY_BYTES) return;
    const file = this.#file ?? (await this.#files.open());
    // Its client may vanish meanwhile.
    if (this.#isCleared) return file.close();
    this.#file = file;
    for (const part of partsOf(this.#entries)) {
      await file.append(encode(part));
      if (this.#isCleared) return;
      this.#fileCount += part.length;
      for (const { recorded, writes } of part) {
        this.#fileChangesSchema ||= recorded.changesSchema;
        for (const oid of writes) this.#fileWrites.add(oid);
      }
      this.#entries = this.#entries.slice(part.length);
      this.#entriesBytes -= bytesOf(part);
    }
  }

  /** Encoded, one in memory at a time, and not the statements that are in memory already. */
  *partsInFile(): Generator<Uint8Array> {
    if (this.#file !== null) yield* readParts(this.#file.parts);
  }

  /** Nothing is needed any more; `isUnused` resolves when nobody else reads the file. */
  clear(isUnused: Promise<void>): void {
    this.#isCleared = true;
    this.#drop();
    const file = this.#file;
    this.#file = null;
    if (file !== null) void isUnused.then(() => file.close());
  }
}

/** In pieces for the log, one at least; `isWhole`: they are all of a transaction. */
export function partsOf(entries: readonly Entry[], isWhole = false): (readonly Entry[])[] {
  if (isWhole && bytesOf(entries) <= MEMORY_BYTES) return [entries];
  const parts: Entry[][] = [[]];
  let bytes = 0;
  for (const entry of entries) {
    const size = sizeOf(entry.steps);
    if (bytes > 0 && bytes + size > PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    bytes += size;
    parts.at(-1)?.push(entry);
  }
  return parts;
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { steps }) => sum + sizeOf(steps), 0);
}

/** About how many bytes the steps take in the log. */
function sizeOf(steps: readonly Step[]): number {
  let bytes = 64;
  for (const { sql, values } of steps) {
    bytes += sql.length + 16;
    for (const value of values) {
      bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length + 5 : 9;
    }
  }
  return bytes;
}
