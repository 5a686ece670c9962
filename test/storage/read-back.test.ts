// Entries that are not in memory any more are read from disk for peers, and checked again (R35, R43):
// of whatever was damaged since, nothing is ever given.
import { expect, it } from 'vitest';
import type { Entry } from '../../src/raft/entry.ts';
import { CorruptLogError } from '../../src/storage/errors.ts';
import { FileLogStore } from '../../src/storage/file-log-store.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

const SEGMENT = 'log/segment-000000000001.log';
const ENTRY_BYTES = 300;

function entry(index: number): Entry {
  return { index, term: 1, kind: 'command', data: Buffer.alloc(ENTRY_BYTES, index) };
}

it('gives no entry of a frame that was damaged, wherever it was', () => {
  const disk = new MemoryDisk({ scheduleSync: (done) => done(null) });
  const store = FileLogStore.open({
    disk,
    directory: 'log',
    segmentBytes: 16 * 1024,
    cacheBytes: 1,
    randomUint32: () => 7,
    onFailure(error) {
      throw error;
    },
  });
  store.persist({ hardState: { currentTerm: 1, votedFor: 0 }, entries: [] }, () => undefined);
  for (let index = 1; index <= 3; index++)
    store.persist({ hardState: null, entries: [entry(index)] }, () => undefined);
  expect(store.entries(2, 2, Infinity)).toEqual([entry(2)]);
  const intact = disk.bytesOf(SEGMENT) as Buffer;
  const data = intact.indexOf(entry(2).data);
  expect(data).toBeGreaterThan(0);
  for (let at = data - 40; at < data + ENTRY_BYTES; at += 7) {
    const damaged = Buffer.from(intact);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
    disk.replace(SEGMENT, damaged);
    expect(() => store.entries(2, 2, Infinity), `byte ${at - data}`).toThrow(CorruptLogError);
  }
  disk.replace(SEGMENT, intact);
  expect(store.entries(2, 2, Infinity)).toEqual([entry(2)]);
});
