// A full disk (R47): noticed before it is full, room kept in a ballast and given up in time, and a
// log that waits for space where it finds none, instead of failing.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry, Index } from '../../src/raft/entry.ts';
import { isOutOfSpace } from '../../src/storage/errors.ts';
import { FileLogStore } from '../../src/storage/file-log-store.ts';
import { Prng } from '../../src/util/prng.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const SEGMENT_BYTES = 16 * 1024;
const RESERVE = { ballastBytes: 300_000, lowBytes: 50_000 };
const BALLAST = 'log/ballast';
const SPARE = 'log/spare.log';
const TICK_MS = 20;

let disk: MemoryDisk;
let store: FileLogStore;
let now: number;
let durable: Index;
let failures: string[];

function open(): FileLogStore {
  disk.killProcess();
  return FileLogStore.open({
    disk,
    directory: 'log',
    segmentBytes: SEGMENT_BYTES,
    reserve: RESERVE,
    randomUint32: () => 7,
    onFailure: (error) => void failures.push(error.message),
  });
}

beforeEach(() => {
  disk = new MemoryDisk({ scheduleSync: (done) => done(null) });
  now = 0;
  durable = 0;
  failures = [];
  store = open();
  store.persist({ hardState: { currentTerm: 9, votedFor: 0 }, entries: [] }, () => undefined);
});

function pass(ms: number): void {
  for (const end = now + ms; now < end; now += TICK_MS) store.tick(now);
}

function entry(index: Index, byteCount: number): Entry {
  return { index, term: 1, kind: 'command', data: Buffer.alloc(byteCount, index) };
}

/** Appends one entry. */
function append(byteCount: number): void {
  const index = store.lastIndex + 1;
  store.persist({ hardState: null, entries: [entry(index, byteCount)] }, () => (durable = index));
}

/** Nothing that the log has asked for is more than it has: the next segment needs space. */
function fillSegment(): void {
  for (let at = 0; at < 3; at++) append(4000);
}

describe('a node with room', () => {
  it('makes a ballast when it has been up for a while', () => {
    pass(9000);
    expect(disk.exists(BALLAST)).toBe(false);
    pass(5000);
    expect(disk.bytesOf(BALLAST)).toHaveLength(RESERVE.ballastBytes);
    expect(store.diskSpace).toBe('good');
  });

  it('makes none that would leave less than it needs', () => {
    disk.leaveFree(RESERVE.ballastBytes + SEGMENT_BYTES + RESERVE.lowBytes);
    pass(20_000);
    expect(disk.exists(BALLAST)).toBe(false);
    expect(store.diskSpace).toBe('good');
  });

  it('goes on with the ballast of the process before', () => {
    pass(10_060);
    const byteCount = disk.bytesOf(BALLAST)?.length ?? 0;
    expect(byteCount).toBeGreaterThan(0);
    expect(byteCount).toBeLessThan(RESERVE.ballastBytes);
    store = open();
    pass(15_000);
    expect(disk.bytesOf(BALLAST)).toHaveLength(RESERVE.ballastBytes);
  });
});

describe('a disk that is nearly full', () => {
  beforeEach(() => {
    pass(15_000);
    disk.leaveFree(RESERVE.lowBytes - 1);
    pass(1000);
  });

  it('is noticed, and the ballast gives way', () => {
    expect(store.diskSpace).not.toBe('good');
    expect(disk.exists(BALLAST)).toBe(false);
    expect(disk.freeBytes()).toBeGreaterThan(RESERVE.ballastBytes);
  });

  it('is full when that is used up, too', () => {
    expect(store.diskSpace).toBe('low');
    disk.leaveFree(RESERVE.lowBytes / 2);
    pass(200);
    expect(store.diskSpace).toBe('low');
    disk.leaveFree(RESERVE.lowBytes / 2 - 1);
    pass(200);
    expect(store.diskSpace).toBe('full');
  });

  it('takes what is handed over all the same', () => {
    for (let count = 1; count <= 20; count++) {
      append(4000);
      expect(durable).toBe(count);
    }
    expect(failures).toEqual([]);
  });

  it('is as good as before when there is room for a new ballast', () => {
    disk.capacityBytes += 2 * RESERVE.lowBytes;
    expect(store.diskSpace).toBe('low');
    pass(1000);
    expect(disk.bytesOf(BALLAST)).toHaveLength(RESERVE.ballastBytes);
    expect(store.diskSpace).toBe('good');
  });

  it('stays low while there is only the room that the ballast had', () => {
    pass(10_000);
    expect(store.diskSpace).not.toBe('good');
    expect(disk.exists(BALLAST)).toBe(false);
  });
});

describe('a disk that is full', () => {
  it('gives the ballast for the next segment', () => {
    pass(15_000);
    disk.remove(SPARE);
    store = open();
    append(4000);
    disk.leaveFree(0);
    append(12_000);
    expect(durable).toBe(2);
    expect(store.diskSpace).not.toBe('good');
    expect(disk.exists(BALLAST)).toBe(false);
  });

  it('makes a batch wait, which counts as a disk that stands still, and fails nothing', () => {
    fillSegment();
    disk.leaveFree(100);
    append(8000);
    append(1);
    expect(durable).toBe(3);
    expect(store.isIdle()).toBe(false);
    store.stalledMs(now);
    pass(3000);
    expect(store.stalledMs(now)).toBeGreaterThanOrEqual(3000);
    expect(store.diskSpace).not.toBe('good');
    expect(durable).toBe(3);

    disk.capacityBytes = Infinity;
    pass(TICK_MS);
    expect(durable).toBe(5);
    expect(store.stalledMs(now)).toBe(0);
    expect(failures).toEqual([]);
    expect(open().entries(1, 5, Infinity)).toHaveLength(5);
  });

  it('leaves the log as it was, for a process that is killed while it waits', () => {
    fillSegment();
    disk.leaveFree(100);
    append(8000);
    pass(100);
    disk.capacityBytes = Infinity;
    store = open();
    expect(store.lastIndex).toBe(3);
    append(8000);
    expect(durable).toBe(4);
    expect(open().lastIndex).toBe(4);
  });

  it('takes votes', () => {
    fillSegment();
    disk.leaveFree(0);
    let isDone = false;
    const hardState = { currentTerm: 10, votedFor: 3 };
    store.persist({ hardState, entries: [] }, () => (isDone = true));
    expect(isDone).toBe(true);
    expect(failures).toEqual([]);
  });

  it('lets a node start that can give something up', () => {
    fillSegment();
    pass(15_000);
    disk.leaveFree(0);
    store = open();
    expect(store.lastIndex).toBe(3);
    expect(store.diskSpace).not.toBe('good');
    expect(disk.exists(BALLAST)).toBe(false);
  });

  it('keeps a node from starting that cannot, and nothing is lost', () => {
    fillSegment();
    disk.leaveFree(0);
    const full = catchError(open);
    expect(isOutOfSpace(full)).toBe(true);
    disk.capacityBytes = Infinity;
    expect(open().lastIndex).toBe(3);
  });
});

function catchError(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}

it('never fails and never forgets, however often the disk fills up', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const prng = new Prng(seed);
    for (let step = 0; step < 50; step++) {
      if (prng.chance(0.2)) disk.leaveFree(prng.integer(60_000));
      if (prng.chance(0.2)) disk.capacityBytes = Infinity;
      if (prng.chance(0.6) && store.isIdle()) append(prng.integer(6000));
      pass(prng.pick([TICK_MS, 200, 3000]));
      if (!prng.chance(0.1)) continue;
      disk.capacityBytes = Infinity;
      store = open();
      expect(store.lastIndex, `seed ${seed}`).toBeGreaterThanOrEqual(durable);
    }
    disk.capacityBytes = Infinity;
    pass(15_000);
    expect(failures, `seed ${seed}`).toEqual([]);
    expect(store.diskSpace, `seed ${seed}`).toBe('good');
    expect(durable, `seed ${seed}`).toBe(store.lastIndex);
  }
});
