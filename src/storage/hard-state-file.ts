// currentTerm and votedFor on disk, twice: both slots are written and synced in turn before a vote
// leaves the node, so that damage to either of them cannot bring an older vote back (R2, D7).
import { crc32 } from 'node:zlib';
import type { HardState } from '../raft/log-store.ts';
import type { Disk, DiskFile } from './disk.ts';
import { CorruptLogError, isOutOfSpace } from './errors.ts';
import type { StorageMutations } from './mutations.ts';

const SLOT_BYTES = 4096;
const MAGIC = 0x53485242; // BRHS
const VERSION = 1;
const NAMES = ['hard-state.a', 'hard-state.b'] as const;

interface Slot extends HardState {
  readonly sequence: number;
  readonly incarnation: number;
}

export class HardStateFile {
  readonly #files: readonly DiskFile[];
  readonly #mutations: StorageMutations;
  #slot: Slot;

  private constructor(files: readonly DiskFile[], slot: Slot, mutations: StorageMutations) {
    this.#files = files;
    this.#slot = slot;
    this.#mutations = mutations;
  }

  /** Reads the newest intact slot and writes both again: what was read may be in memory only (R37). */
  static open(disk: Disk, directory: string, mutations: StorageMutations = {}): HardStateFile {
    const isNew = !NAMES.some((name) => disk.exists(`${directory}/${name}`));
    const files = NAMES.map((name) => disk.open(`${directory}/${name}`));
    const slots = files.map((file) => tryDecode(file.read(0, SLOT_BYTES)));
    const intact = slots.filter((slot) => slot !== null);
    // A blank slot is a first start that was cut short: nothing was ever promised.
    const isBlank = files.some((file) => file.read(0, SLOT_BYTES).every((byte) => byte === 0));
    if (intact.length === 0 && !isNew && !isBlank) {
      throw new CorruptLogError(
        `${directory}/${NAMES[0]}`,
        0,
        'neither copy of the vote is intact',
      );
    }
    intact.sort((a, b) => b.sequence - a.sequence);
    const newest = intact[0] ?? { currentTerm: 0, votedFor: 0, sequence: 0, incarnation: 0 };
    const slot = {
      ...newest,
      sequence: newest.sequence + 1,
      incarnation: newest.incarnation + 1,
    };
    // The newest last: as long as it is the only intact one nothing may be written over it.
    const order = files.map((file, at) => ({ file, sequence: slots[at]?.sequence ?? -1 }));
    if (mutations.onlyVoteWrittenOver !== true) order.sort((a, b) => a.sequence - b.sequence);
    for (const { file } of order) {
      file.write(0, encode(slot));
      file.syncNow();
    }
    disk.syncDirectory(directory);
    return new HardStateFile(files, slot, mutations);
  }

  get hardState(): HardState {
    return { currentTerm: this.#slot.currentTerm, votedFor: this.#slot.votedFor };
  }

  /** How often this directory has been opened. */
  get incarnation(): number {
    return this.#slot.incarnation;
  }

  /** Writes and syncs one slot, then the other, then calls back. */
  write(hardState: HardState, callback: (error: Error | null) => void): void {
    this.#slot = { ...this.#slot, ...hardState, sequence: this.#slot.sequence + 1 };
    const bytes = encode(this.#slot);
    const writeSlot = (at: number): void => {
      const file = this.#files[at];
      if (file === undefined) return callback(null);
      try {
        file.write(0, bytes);
      } catch (error) {
        if (isOutOfSpace(error) && this.#mutations.voteWithoutRoom === true) return callback(null);
        return callback(error as Error);
      }
      file.sync((error) => (error === null ? writeSlot(at + 1) : callback(error)));
    };
    writeSlot(0);
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

function encode(slot: Slot): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeDoubleLE(slot.sequence, 8);
  bytes.writeDoubleLE(slot.currentTerm, 16);
  bytes.writeDoubleLE(slot.votedFor, 24);
  bytes.writeDoubleLE(slot.incarnation, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SLOT_BYTES - 4)), SLOT_BYTES - 4);
  return bytes;
}

function tryDecode(bytes: Buffer): Slot | null {
  if (bytes.length < SLOT_BYTES || bytes.readUInt32LE(0) !== MAGIC) return null;
  if (bytes.readUInt32LE(4) !== VERSION) return null;
  const crc = crc32(bytes.subarray(0, SLOT_BYTES - 4));
  if (crc !== bytes.readUInt32LE(SLOT_BYTES - 4)) return null;
  return {
    sequence: bytes.readDoubleLE(8),
    currentTerm: bytes.readDoubleLE(16),
    votedFor: bytes.readDoubleLE(24),
    incarnation: bytes.readDoubleLE(32),
  };
}
