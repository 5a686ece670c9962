// A disk that syncs in the calling thread as long as its syncs are quick. Handing a sync to libuv's
// pool wakes two threads, which costs as much as a quick sync itself; but while the calling thread
// syncs it does nothing else, and heartbeats must not wait for a slow disk. So the first slow sync
// moves the disk's syncs to the pool, until enough of them there have been quick again.
import type { Disk, DiskFile } from './disk.ts';

/** A sync of at most so many ms is quick. */
const QUICK_MS = 2;
/** Beyond this it is slow at once; in between, the mean of the last few decides. */
const SLOW_MS = 10;
/** So many quick syncs in the pool before the calling thread syncs again. */
const TRIAL_SYNCS_MIN = 64;
/** After each slow sync twice as many, up to this: of a disk with relapses few are noticed. */
const TRIAL_SYNCS_MAX = 8192;

export class SyncPace {
  #mean = 0;
  #isQuick = false;
  #quickSyncs = 0;
  #trialSyncs = TRIAL_SYNCS_MIN;

  /** True if the next sync may keep the calling thread. */
  get isQuick(): boolean {
    return this.#isQuick;
  }

  /** A sync has taken so long. */
  took(ms: number): void {
    this.#mean += (ms - this.#mean) / 8;
    const isSlow = ms > SLOW_MS || this.#mean > QUICK_MS;
    if (isSlow && this.#isQuick) this.#trialSyncs = Math.min(this.#trialSyncs * 2, TRIAL_SYNCS_MAX);
    this.#quickSyncs = isSlow ? 0 : this.#quickSyncs + 1;
    this.#isQuick = !isSlow && (this.#isQuick || this.#quickSyncs >= this.#trialSyncs);
  }
}

/** All files of the disk share one pace. `now`: monotonic ms with a fraction. */
export function pacedDisk(disk: Disk, now: () => number): Disk {
  const pace = new SyncPace();
  return {
    makeDirectory: (path) => disk.makeDirectory(path),
    list: (directory) => disk.list(directory),
    exists: (path) => disk.exists(path),
    open: (path) => new PacedFile(disk.open(path), pace, now),
    rename: (source, target) => disk.rename(source, target),
    remove: (path) => disk.remove(path),
    syncDirectory: (directory) => disk.syncDirectory(directory),
    freeBytes: (directory) => disk.freeBytes(directory),
  };
}

class PacedFile implements DiskFile {
  readonly #file: DiskFile;
  readonly #pace: SyncPace;
  readonly #now: () => number;

  constructor(file: DiskFile, pace: SyncPace, now: () => number) {
    this.#file = file;
    this.#pace = pace;
    this.#now = now;
  }

  byteCount(): number {
    return this.#file.byteCount();
  }

  read(position: number, byteCount: number): Buffer {
    return this.#file.read(position, byteCount);
  }

  write(position: number, bytes: Uint8Array): void {
    this.#file.write(position, bytes);
  }

  /** Calls back before it returns if the disk is quick. */
  sync(callback: (error: Error | null) => void): void {
    const startedAt = this.#now();
    if (!this.#pace.isQuick) {
      this.#file.sync((error) => {
        this.#pace.took(this.#now() - startedAt);
        callback(error);
      });
      return;
    }
    let failure: Error | null = null;
    try {
      this.#file.syncNow();
    } catch (error) {
      failure = error as Error;
    }
    this.#pace.took(this.#now() - startedAt);
    callback(failure);
  }

  syncNow(): void {
    this.#file.syncNow();
  }

  close(): void {
    this.#file.close();
  }
}
