// A disk in memory that tells what was synced from what was only written. A process that is killed
// loses nothing (the page cache survives it); a power failure keeps, drops or tears each unsynced
// write by itself, and may forget names that the directory was not synced for. It may be full: what
// grows, and new names, find no room then, and on a disk that copies on write nothing does.
import type { Disk, DiskFile } from '../../src/storage/disk.ts';
import type { Prng } from '../../src/util/prng.ts';

const SECTOR = 512;

interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}

class FileImage {
  current: Buffer = Buffer.alloc(0);
  synced: Buffer = Buffer.alloc(0);
  unsynced: Write[] = [];

  write(position: number, bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    this.current = overlay(this.current, position, copy);
    this.unsynced.push({ position, bytes: copy });
  }

  sync(): void {
    if (this.unsynced.length === 0) return;
    this.synced = Buffer.from(this.current);
    this.unsynced = [];
  }

  /** What the platter has after the power failed. */
  fail(prng: Prng): void {
    let image: Buffer = Buffer.from(this.synced);
    for (const { position, bytes } of this.unsynced) {
      const fate = prng.integer(3);
      if (fate === 0) continue;
      if (fate === 1) image = overlay(image, position, bytes);
      else image = tear(image, position, bytes, prng);
    }
    this.current = image;
    this.synced = Buffer.from(image);
    this.unsynced = [];
  }
}

function overlay(image: Buffer, position: number, bytes: Buffer): Buffer {
  const end = position + bytes.length;
  const target =
    end > image.length ? Buffer.concat([image, Buffer.alloc(end - image.length)]) : image;
  bytes.copy(target, position);
  return target;
}

/** Some sectors of the write arrive, others do not. */
function tear(before: Buffer, position: number, bytes: Buffer, prng: Prng): Buffer {
  let image = before;
  let start = 0;
  while (start < bytes.length) {
    const end = Math.min(start + SECTOR - ((position + start) % SECTOR), bytes.length);
    if (prng.chance(0.5)) image = overlay(image, position + start, bytes.subarray(start, end));
    start = end;
  }
  return image;
}

export interface MemoryDiskOptions {
  /** Calls back when an fsync is over; null error: it worked. */
  readonly scheduleSync: (done: (error: Error | null) => void) => void;
  /** What is written over needs as much room as what is new. */
  readonly isCopyOnWrite?: boolean;
  /** Runs before each operation that may need room: others fill the disk, or leave it. */
  readonly beforeOperation?: () => void;
}

export class MemoryDisk implements Disk {
  readonly #options: MemoryDiskOptions;
  #files = new Map<string, FileImage>();
  /** Names as the synced directories have them. */
  #durableNames = new Map<string, FileImage>();
  /** The number of the running process: callbacks of an earlier one never come. */
  #epoch = 0;
  writes = 0;
  /** How often there was no room for something. */
  refusals = 0;
  /** Of all files together; writes beyond fail, in the middle. */
  capacityBytes = Infinity;

  constructor(options: MemoryDiskOptions) {
    this.#options = options;
  }

  makeDirectory(): void {
    // Directories are only prefixes of names here.
  }

  list(directory: string): readonly string[] {
    const prefix = `${directory}/`;
    return [...this.#files.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
      .sort();
  }

  exists(path: string): boolean {
    return this.#files.has(path);
  }

  open(path: string): DiskFile {
    let image = this.#files.get(path);
    if (image === undefined) {
      this.#needName();
      image = new FileImage();
      this.#files.set(path, image);
    }
    return this.#handle(image);
  }

  #handle(image: FileImage): DiskFile {
    const epoch = this.#epoch;
    const check = (): void => {
      if (epoch !== this.#epoch) throw new Error('a file handle of a process that is gone');
    };
    return {
      byteCount: () => image.current.length,
      read: (position, byteCount) =>
        Buffer.from(image.current.subarray(position, position + byteCount)),
      write: (position, bytes) => {
        check();
        this.writes += 1;
        this.#options.beforeOperation?.();
        const growth = Math.max(0, position + bytes.length - image.current.length);
        const needed = this.#options.isCopyOnWrite === true ? bytes.length : growth;
        const missing = needed - this.freeBytes();
        if (missing <= 0) return image.write(position, bytes);
        if (missing < bytes.length) image.write(position, bytes.subarray(0, -missing));
        throw this.#full();
      },
      sync: (callback) => {
        check();
        const covered = image.unsynced.length;
        this.#options.scheduleSync((error) => {
          if (epoch !== this.#epoch) return;
          // Writes that came after the call are not covered by it.
          const later = image.unsynced.slice(covered);
          if (error === null) {
            image.unsynced = image.unsynced.slice(0, covered);
            const now = image.current;
            image.current = later.length === 0 ? now : rebuilt(image, covered);
            image.sync();
            image.current = now;
            image.unsynced = later;
          }
          callback(error);
        });
      },
      syncNow: () => {
        check();
        image.sync();
      },
      close: () => undefined,
    };
  }

  /** A directory may need another block for a name. */
  #needName(): void {
    this.#options.beforeOperation?.();
    if (this.freeBytes() === 0) throw this.#full();
  }

  #full(): Error {
    this.refusals += 1;
    return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }

  rename(source: string, target: string): void {
    this.#needName();
    const image = this.#files.get(source);
    if (image === undefined) throw new Error(`no file ${source}`);
    this.#files.delete(source);
    this.#files.set(target, image);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  syncDirectory(directory: string): void {
    const prefix = `${directory}/`;
    for (const path of this.#durableNames.keys()) {
      if (path.startsWith(prefix) && !this.#files.has(path)) this.#durableNames.delete(path);
    }
    for (const [path, image] of this.#files) {
      if (path.startsWith(prefix)) this.#durableNames.set(path, image);
    }
  }

  freeBytes(): number {
    if (this.capacityBytes === Infinity) return Infinity;
    return Math.max(0, this.capacityBytes - this.#usedBytes());
  }

  /** From now on there is room for so much more. */
  leaveFree(bytes: number): void {
    this.capacityBytes = this.#usedBytes() + bytes;
  }

  #usedBytes(): number {
    let used = 0;
    for (const { current } of this.#files.values()) used += current.length;
    return used;
  }

  /** The process is killed: what it wrote stays in the page cache. */
  killProcess(): void {
    this.#epoch += 1;
  }

  failPower(prng: Prng): void {
    this.#epoch += 1;
    const names = new Map(this.#durableNames);
    // A name that was not synced may have made it all the same.
    for (const [path, image] of this.#files) {
      if (!names.has(path) && prng.chance(0.5)) names.set(path, image);
    }
    for (const image of new Set(names.values())) image.fail(prng);
    this.#files = names;
    this.#durableNames = new Map(names);
  }

  /** The bytes of a file, for tests that damage them; null if there is none. */
  bytesOf(path: string): Buffer | null {
    return this.#files.get(path)?.current ?? null;
  }

  /** Puts bytes in place of a file's, as if they had been durable for long. */
  replace(path: string, bytes: Buffer): void {
    const image = this.#files.get(path) ?? new FileImage();
    image.current = Buffer.from(bytes);
    image.synced = Buffer.from(bytes);
    image.unsynced = [];
    this.#files.set(path, image);
    this.#durableNames.set(path, image);
  }
}

/** The file with only its first `covered` unsynced writes. */
function rebuilt(image: FileImage, covered: number): Buffer {
  let bytes: Buffer = Buffer.from(image.synced);
  for (const { position, bytes: written } of image.unsynced.slice(0, covered)) {
    bytes = overlay(bytes, position, written);
  }
  return bytes;
}
