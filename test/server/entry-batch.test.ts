// What threads post to each other: comes back as it was, in a buffer of its own.
import { expect, test } from 'vitest';
import type { EntryOutcomes } from '../../src/machine/entry-outcomes.ts';
import {
  packByteStrings,
  packEntries,
  packEntryOutcomes,
  unpackByteStrings,
  unpackEntries,
  unpackEntryOutcomes,
} from '../../src/server/entry-batch.ts';

/** As Buffer makes them: views of a pool that is far larger. */
function pooled(text: string): Uint8Array {
  return Buffer.from(text);
}

test('outcomes of entries', () => {
  const entries: EntryOutcomes[] = [
    {
      index: 2 ** 40,
      kind: 'executed',
      sessionId: 2 ** 33 + 1,
      nodeId: 3,
      firstSequence: 2 ** 35,
      outcomes: pooled('abc'),
    },
    { index: 1, kind: 'fenced', sessionId: 0, nodeId: 0, firstSequence: 0, outcomes: pooled('') },
    {
      index: 5,
      kind: 'registered',
      sessionId: 5,
      nodeId: 2,
      firstSequence: 1,
      outcomes: pooled('z'.repeat(3000)),
    },
  ];
  const packed = packEntryOutcomes(entries);
  // Nothing but the message travels, whatever the outcomes were cut from.
  expect(packed.buffer.byteLength).toBeLessThan(3200);
  const plain = (list: readonly EntryOutcomes[]): unknown =>
    list.map((entry) => ({ ...entry, outcomes: Buffer.from(entry.outcomes).toString() }));
  expect(plain(unpackEntryOutcomes(packed))).toEqual(plain(entries));
  expect(unpackEntryOutcomes(packEntryOutcomes([]))).toEqual([]);
});

test('entries and byte strings', () => {
  const entries = [
    { index: 7, term: 2 ** 34, kind: 'command', data: pooled('x') },
    { index: 8, term: 2 ** 34, kind: 'end-lease', data: pooled('') },
  ] as const;
  const found = unpackEntries(packEntries(entries));
  expect(
    found.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data).toString() })),
  ).toEqual([
    { index: 7, term: 2 ** 34, kind: 'command', data: 'x' },
    { index: 8, term: 2 ** 34, kind: 'end-lease', data: '' },
  ]);
  const strings = unpackByteStrings(packByteStrings([pooled('one'), pooled(''), pooled('three')]));
  expect(strings.map((bytes) => Buffer.from(bytes).toString())).toEqual(['one', '', 'three']);
});
