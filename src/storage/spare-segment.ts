// The next segment, filled with zeros a little at a time while the node runs, so that the log never
// waits for 16 MiB of zeros when a segment is full.
import { must } from '../util/assert.ts';
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

  /** One small step of filling, or the sync at its end. Throws if there is no space. */
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
      if (this.#file !== file) return file.close();
      this.#isSyncing = false;
      // Not a byte of the log is in it: it is filled once more, or fails when it is used.
      this.#isSynced = error === null;
      if (error !== null) this.#filled = 0;
    });
  }

  /** Makes it at least `byteCount` long, durably: then a segment can be had without more space. */
  prepare(byteCount: number): void {
    const end = Math.max(byteCount, this.#byteCount);
    if (this.#isSynced && end <= this.#filled) return;
    if (this.#isSyncing) this.#beginAnew();
    this.#file ??= this.#disk.open(this.#path);
    this.#filled = writeZeros(this.#file, this.#filled, end - this.#filled, end);
    this.#file.syncNow();
    this.#isSynced = true;
  }

  /** Of two syncs of a file at a time one may take the failure of the other (R33). */
  #beginAnew(): void {
    this.#disk.remove(this.#path);
    this.#file = null;
    this.#filled = 0;
    this.#isSyncing = false;
  }

  /** Leaves its space to others. */
  giveWay(): void {
    if (this.#disk.exists(this.#path)) this.#disk.remove(this.#path);
    this.#disk.syncDirectory(this.#directory);
  }

  /** Makes a segment out of it, durable with its header and name. Call after prepare(). */
  take(header: Buffer, path: string): void {
    const file = must(this.#file, 'a prepared segment');
    file.write(0, header);
    file.syncNow();
    this.#disk.rename(this.#path, path);
    this.#disk.syncDirectory(this.#directory);
    this.#file = null;
    this.#filled = 0;
    this.#isSynced = false;
    file.close();
  }
}
