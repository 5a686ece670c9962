import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Entry } from '../../src/raft/entry.ts';
import { EntryCache } from '../../src/storage/entry-cache.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const BYTES = 100_000;

function entry(index: number): Entry {
  return { index, term: 1, kind: 'command', data: new Uint8Array(BYTES) };
}

it('keeps the newest entries, and holds no memory of others', async () => {
  const cache = new EntryCache(3 * BYTES);
  const data = Array.from({ length: 10 }, (_none, at) => {
    const added = entry(at + 1);
    cache.add(added, at);
    return new WeakRef(added.data);
  });
  await new Promise((done) => setImmediate(done));
  collectGarbage();
  const kept = [8, 9, 10];
  expect(kept.map((index) => cache.get(index)?.index)).toEqual(kept);
  expect(cache.get(7)).toBeNull();
  expect(data.filter((reference) => reference.deref() !== undefined)).toHaveLength(kept.length);
});
