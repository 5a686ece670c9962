// Notices that the disk is nearly full while there is still room to do something about it (R47). A
// write of the database that finds no space ends the node; so the node stops taking commands
// earlier, and then gives up its ballast: a file that does nothing but keep room for finishing what
// was taken. With space again it makes a new ballast first, and takes commands when it has one.
import type { DiskSpaceLevel } from '../raft/state.ts';
import { Prng } from '../util/prng.ts';
import type { Disk, DiskFile } from './disk.ts';
import { isOutOfSpace } from './errors.ts';
import type { StorageMutations } from './mutations.ts';

const NAME = 'ballast';
const CHECK_MS = 1000;
const CHECK_WHILE_LOW_MS = 200;
/** A node that has just started has other things to do. */
const GROW_AFTER_MS = 10_000;
const STEP_BYTES = 64 * 1024;
/** In one tick while nobody is served anyway. */
const STEPS_WHILE_LOW = 16;
/** So many bytes are synced at a time, or the log's next sync would wait for all of them. */
const SYNC_BYTES = 4 * 1024 * 1024;

export interface Reserve {
  readonly ballastBytes: number;
  /**
   * With less than that the disk counts as low, with half of it as full; with twice as much, beside
   * the ballast, as good again.
   */
  readonly lowBytes: number;
}

export const DEFAULT_RESERVE: Reserve = {
  ballastBytes: 64 * 1024 * 1024,
  lowBytes: 32 * 1024 * 1024,
};

export class DiskSpace {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #reserve: Reserve;
  readonly #mutations: StorageMutations;
  #level: DiskSpaceLevel = 'good';
  #file: DiskFile | null = null;
  #filled = 0;
  #synced = 0;
  #isSyncing = false;
  #startedAt: number | null = null;
  #checkedAt = -Infinity;
  #mayGrow = false;

  constructor(disk: Disk, directory: string, reserve: Reserve, mutations: StorageMutations = {}) {
    this.#mutations = mutations;
    this.#disk = disk;
    this.#directory = directory;
    this.#reserve = reserve;
    if (!disk.exists(this.#path)) return;
    this.#file = disk.open(this.#path);
    this.#filled = Math.min(this.#file.byteCount(), reserve.ballastBytes);
    this.#synced = this.#filled;
  }

  get #path(): string {
    return `${this.#directory}/${NAME}`;
  }

  get level(): DiskSpaceLevel {
    return this.#level;
  }

  get #isLow(): boolean {
    return this.#level !== 'good';
  }

  /** Call now and then. `isIdle`: the log has nothing to write. */
  tick(now: number, isIdle: boolean): void {
    this.#startedAt ??= now;
    if (now - this.#checkedAt >= (this.#isLow ? CHECK_WHILE_LOW_MS : CHECK_MS)) {
      this.#checkedAt = now;
      this.#check(now - this.#startedAt >= GROW_AFTER_MS);
    }
    if (this.#mayGrow && (isIdle || this.#isLow)) this.#grow();
  }

  #check(isGrown: boolean): void {
    const { ballastBytes, lowBytes } = this.#reserve;
    let free = this.#disk.freeBytes(this.#directory);
    if (free < lowBytes && this.giveWay()) free = this.#disk.freeBytes(this.#directory);
    if (this.#isLow) this.#level = free < lowBytes / 2 ? 'full' : 'low';
    // Never so large that it makes the disk low by itself.
    const isRoomy = free >= 2 * lowBytes + ballastBytes - this.#filled;
    this.#mayGrow = isRoomy && (isGrown || this.#isLow);
    const isBallastThere =
      this.#synced >= ballastBytes || this.#mutations.ballastNotTakenBack === true;
    if (this.#isLow && isRoomy && isBallastThere) this.#level = 'good';
  }

  /** A write found no space, or will not find any: true if there is more of it now. */
  giveWay(): boolean {
    if (!this.#isLow) this.#level = 'low';
    this.#mayGrow = false;
    if (this.#file === null) return false;
    // Never under a sync, which might then be one of another file.
    if (!this.#isSyncing) this.#file.close();
    this.#file = null;
    this.#filled = 0;
    this.#synced = 0;
    this.#disk.remove(this.#path);
    this.#disk.syncDirectory(this.#directory);
    return true;
  }

  #grow(): void {
    const { ballastBytes } = this.#reserve;
    for (let step = 0; step < (this.#isLow ? STEPS_WHILE_LOW : 1); step++) {
      if (this.#filled >= ballastBytes || this.#filled - this.#synced >= SYNC_BYTES) break;
      try {
        this.#file ??= this.#disk.open(this.#path);
        this.#file.write(this.#filled, noise(ballastBytes - this.#filled));
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
        this.giveWay();
        return;
      }
      this.#filled = Math.min(this.#filled + STEP_BYTES, ballastBytes);
    }
    if (this.#filled >= ballastBytes || this.#filled - this.#synced >= SYNC_BYTES) this.#sync();
  }

  #sync(): void {
    const file = this.#file;
    const filled = this.#filled;
    if (this.#isSyncing || file === null || this.#synced === filled) return;
    this.#isSyncing = true;
    file.sync((error) => {
      this.#isSyncing = false;
      if (this.#file !== file) file.close();
      else if (error === null) this.#synced = filled;
      else this.giveWay();
    });
  }
}

const NOISE = Buffer.alloc(STEP_BYTES);

/** Not zeros: a file system that compresses would keep no room for them. */
function noise(bytesMax: number): Buffer {
  if (NOISE.readUInt32LE(0) === 0) {
    const prng = new Prng(1);
    for (let at = 0; at < NOISE.length; at += 4) NOISE.writeUInt32LE(prng.uint32(), at);
  }
  return NOISE.subarray(0, Math.min(STEP_BYTES, bytesMax));
}
