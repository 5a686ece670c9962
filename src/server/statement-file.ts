// What a large open transaction has run so far, in a file of this node: its gateway and the machine
// thread hold only the newest statements in memory. The file has no name, so that it goes with the
// process. It is a list of parts, each an encoded request behind its length; the machine reads them
// through the same descriptor, and says when it does not need it any more.
import { readSync, unlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PgError } from '../errors/pg-error.ts';
import { assert } from '../util/assert.ts';
import { ByteBudget } from './byte-budget.ts';

const LENGTH_BYTES = 4;
/** Of all open transactions of a node. */
const FILE_BYTES_MAX = 16 * 1024 * 1024 * 1024;

/** The parts that a file has at some moment; it only grows. */
export interface FileParts {
  readonly descriptor: number;
  readonly bytes: number;
}

/** Those of a node. */
export class StatementFiles {
  readonly #directory: string;
  readonly budget = new ByteBudget(FILE_BYTES_MAX, 'open transactions');
  #workCount = 0;
  #nextName = 1;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads and writes under way. */
  get workCount(): number {
    return this.#workCount;
  }

  /** Throws PgError. */
  open(): Promise<StatementFile> {
    const path = join(this.#directory, `transaction-${this.#nextName++}.tmp`);
    return this.attempt(async () => {
      const handle = await open(path, 'w+');
      unlinkSync(path);
      return new StatementFile(handle, this);
    });
  }

  /** Throws PgError. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    this.#workCount += 1;
    try {
      return await work();
    } catch (error) {
      throw cannotKeep(error as NodeJS.ErrnoException);
    } finally {
      this.#workCount -= 1;
    }
  }
}

export class StatementFile {
  readonly #handle: FileHandle;
  readonly #files: StatementFiles;
  #bytes = 0;
  #isClosed = false;

  constructor(handle: FileHandle, files: StatementFiles) {
    this.#handle = handle;
    this.#files = files;
  }

  get parts(): FileParts {
    return { descriptor: this.#handle.fd, bytes: this.#bytes };
  }

  /** Throws PgError: then nothing was added. */
  async append(part: Uint8Array): Promise<void> {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(part.length);
    const bytes = LENGTH_BYTES + part.length;
    const { budget } = this.#files;
    budget.take(bytes);
    try {
      await this.#files.attempt(() => this.#write([length, part], bytes));
    } catch (error) {
      budget.give(bytes);
      throw error;
    }
    if (this.#isClosed) budget.give(bytes);
    else this.#bytes += bytes;
  }

  async #write(pieces: readonly Uint8Array[], bytes: number): Promise<void> {
    const { bytesWritten } = await this.#handle.writev(pieces, this.#bytes);
    // The disk is full where it ends in the middle.
    if (bytesWritten < bytes) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
  }

  close(): void {
    this.#isClosed = true;
    this.#files.budget.give(this.#bytes);
    this.#handle.close().catch(() => undefined);
  }
}

/** One at a time. */
export function* readParts({ descriptor, bytes }: FileParts): Generator<Uint8Array> {
  for (let at = 0; at < bytes;) {
    const length = readBytes(descriptor, at, LENGTH_BYTES).readUInt32LE();
    yield readBytes(descriptor, at + LENGTH_BYTES, length);
    at += LENGTH_BYTES + length;
  }
}

function readBytes(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, buffer, done, length - done, position + done);
    assert(read > 0, 'the file of a transaction has all its parts');
    done += read;
  }
  return buffer;
}

function cannotKeep({ code, message }: NodeJS.ErrnoException): PgError {
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new PgError('53100', `no space left for the statements of the transaction: ${message}`)
    : new PgError('58030', `the statements of the transaction cannot be kept: ${message}`);
}
