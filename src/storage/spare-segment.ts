// The next segment, filled with zeros a little at a time while the node runs, so that the log never
// waits for 16 MiB of zeros when a segment is full.
import type { Disk, DiskFile } from './disk.ts';
import { writeZeros } from './segment.ts';

const NAME = 'spare.log';
const STEP_BYTES = 256 * 1024;

export class SpareSegment {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #byteCount: number;
  #file: DiskFile | null = null;
  #filled = 0;
  #isSynced = false;
  #isSyncing = false;

  constructor(disk: Disk, directory: string, byteCount: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#byteCount = byteCount;
  }

  get #path(): string {
    return `${this.#directory}/${NAME}`;
  }

  /** One small step of filling, or the sync at its end. */
  advance(): void {
    if (this.#isSynced || this.#isSyncing) return;
    this.#file ??= this.#disk.open(this.#path);
    if (this.#filled < this.#byteCount) {
      this.#filled = writeZeros(this.#file, this.#filled, STEP_BYTES, this.#byteCount);
      return;
    }
    const file = this.#file;
    this.#isSyncing = true;
    file.sync((error) => {
      this.#isSyncing = false;
      // Not a byte of the log is in it: a failure will show when the segment is used.
      this.#isSynced = error === null && this.#file === file;
    });
  }

  /** Makes a segment of at least `byteCount` out of it, durable with its header and name. */
  take(byteCount: number, header: Buffer, path: string): DiskFile {
    const file = this.#file ?? this.#disk.open(this.#path);
    const end = Math.max(byteCount, this.#byteCount);
    if (this.#filled < end) writeZeros(file, this.#filled, end - this.#filled, end);
    file.write(0, header);
    file.syncNow();
    this.#disk.rename(this.#path, path);
    this.#disk.syncDirectory(this.#directory);
    this.#file = null;
    this.#filled = 0;
    this.#isSynced = false;
    return file;
  }
}
