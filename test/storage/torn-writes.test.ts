// What recovery makes of a write that reached the disk in part (R35, R36): whole frames that were
// acknowledged are all there, a frame that was not is there as a whole or not at all, and damage
// to what was acknowledged is never taken for a torn end.
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/raft/entry.ts';
import { CorruptLogError } from '../../src/storage/errors.ts';
import { FileLogStore } from '../../src/storage/file-log-store.ts';
import { Prng } from '../../src/util/prng.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const DIRECTORY = 'log';
const SEGMENT_BYTES = 16 * 1024;

function newDisk(): MemoryDisk {
  return new MemoryDisk({ scheduleSync: (done) => done(null) });
}

function openLog(disk: MemoryDisk): FileLogStore {
  return FileLogStore.open({
    disk,
    directory: DIRECTORY,
    segmentBytes: SEGMENT_BYTES,
    randomUint32: () => 0x1234_5678,
    onFailure(error) {
      throw error;
    },
  });
}

function entry(index: number, text: string): Entry {
  return { index, term: 1, kind: 'command', data: Buffer.from(text) };
}

const ACKNOWLEDGED = [entry(1, 'one'), entry(2, 'two'), entry(3, 'three')];
const LAST = [entry(4, 'four'), entry(5, ''), entry(6, 'six six six')];

function textsOf(store: FileLogStore): readonly string[] {
  if (store.lastIndex === 0) return [];
  return store
    .entries(1, store.lastIndex, Infinity)
    .map(({ data }) => Buffer.from(data).toString());
}

const BEFORE = ACKNOWLEDGED.map(({ data }) => Buffer.from(data).toString());
const AFTER = [...BEFORE, ...LAST.map(({ data }) => Buffer.from(data).toString())];

interface Recording {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly segment: string;
  /** Of the segment, before and after the last write, and where that differs. */
  readonly before: Buffer;
  readonly after: Buffer;
  readonly start: number;
  readonly end: number;
}

function filesOf(disk: MemoryDisk): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const name of disk.list(DIRECTORY)) {
    const bytes = disk.bytesOf(`${DIRECTORY}/${name}`);
    if (bytes !== null) files.set(name, Buffer.from(bytes));
  }
  return files;
}

/** A log with one acknowledged frame, and the bytes that the next one changes. */
function record(): Recording {
  const disk = newDisk();
  const store = openLog(disk);
  store.persist({ hardState: { currentTerm: 1, votedFor: 1 }, entries: [] }, () => undefined);
  store.persist({ hardState: null, entries: ACKNOWLEDGED }, () => undefined);
  const earlier = filesOf(disk);
  store.persist({ hardState: null, entries: LAST }, () => undefined);
  const files = filesOf(disk);
  for (const [name, after] of files) {
    const before = earlier.get(name);
    if (before === undefined || before.equals(after)) continue;
    const differing = [...after.keys()].filter((at) => after[at] !== before[at]);
    const [start = 0] = differing;
    const end = (differing.at(-1) ?? 0) + 1;
    return { files, segment: name, before, after, start, end };
  }
  throw new Error('the write changed no file');
}

/** The log as recovered when the segment holds these bytes. */
function recovered(recording: Recording, segment: Buffer): FileLogStore {
  const disk = newDisk();
  for (const [name, bytes] of recording.files) {
    disk.replace(`${DIRECTORY}/${name}`, name === recording.segment ? segment : bytes);
  }
  return openLog(disk);
}

describe('a write that was torn', () => {
  const recording = record();
  const { before, after, start, end } = recording;
  const prng = new Prng(7);

  const rests: readonly (readonly [string, (size: number, from: number) => Buffer])[] = [
    ['as it was before', (size, from) => before.subarray(from, from + size)],
    ['zeros', (size) => Buffer.alloc(size)],
    ['garbage', (size) => Buffer.from(Array.from({ length: size }, () => prng.integer(256)))],
  ];

  it.each(rests)('at any byte, the rest %s, leaves whole frames', (_name, rest) => {
    for (let cut = start; cut < end; cut++) {
      const segment = Buffer.from(after);
      rest(end - cut, cut).copy(segment, cut);
      const texts = textsOf(recovered(recording, segment));
      expect(texts, `cut at ${cut}`).toEqual(segment.equals(after) ? AFTER : BEFORE);
    }
  });

  it('leaves a log that goes on and is whole after another stop', () => {
    for (let cut = start; cut < end; cut += 7) {
      const disk = newDisk();
      for (const [name, bytes] of recording.files) {
        disk.replace(`${DIRECTORY}/${name}`, bytes);
      }
      const segment = Buffer.from(after);
      segment.fill(0, cut, end);
      disk.replace(`${DIRECTORY}/${recording.segment}`, segment);
      const store = openLog(disk);
      const next = [entry(store.lastIndex + 1, 'next')];
      store.persist({ hardState: null, entries: next }, () => undefined);
      disk.killProcess();
      expect(textsOf(openLog(disk)).at(-1), `cut at ${cut}`).toBe('next');
    }
  });

  it('is whole when all of it arrived', () => {
    expect(textsOf(recovered(recording, after))).toEqual(AFTER);
  });
});

describe('damage to what was acknowledged', () => {
  it('at any byte of a frame with another behind it, is corruption', () => {
    const recording = record();
    const { before, after } = recording;
    for (let at = before.indexOf('one'); at < before.indexOf('three') + 5; at++) {
      const segment = Buffer.from(after);
      segment[at] = (segment[at] ?? 0) ^ 0x10;
      expect(() => recovered(recording, segment), `byte ${at}`).toThrow(CorruptLogError);
    }
  });
});

describe('a power failure', () => {
  it('keeps what was acknowledged, and of the rest whole frames', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const prng = new Prng(seed);
      let due: ((error: Error | null) => void)[] = [];
      const disk = new MemoryDisk({ scheduleSync: (done) => void due.push(done) });
      const settle = (): void => {
        while (due.length > 0) {
          const now = due;
          due = [];
          for (const done of now) done(null);
        }
      };
      const store = openLog(disk);
      let acknowledged = 0;
      store.persist({ hardState: { currentTerm: 1, votedFor: 1 }, entries: [] }, () => undefined);
      settle();
      const count = 1 + prng.integer(40);
      for (let index = 1; index <= count; index++) {
        const entries = [entry(index, `entry ${index} ${'x'.repeat(prng.integer(900))}`)];
        store.persist({ hardState: null, entries }, () => (acknowledged = index));
        if (prng.chance(0.6)) settle();
      }
      disk.failPower(prng);
      const again = openLog(disk);
      expect(again.lastIndex, `seed ${seed}`).toBeGreaterThanOrEqual(acknowledged);
      expect(again.lastIndex).toBeLessThanOrEqual(count);
      for (const [at, text] of textsOf(again).entries()) {
        expect(text.startsWith(`entry ${at + 1} `)).toBe(true);
      }
    }
  });
});
