// Entries, outcomes and byte strings packed into one buffer for a MessagePort: posting one packed
// buffer costs a tenth of posting an array of small ones, and a view would drag its whole backing
// store along (64 KiB where it comes from the pool of Buffer). Within one process and version, so
// nothing here needs checking.
import type { EntryOutcomes } from '../machine/entry-outcomes.ts';
import type { Entry, EntryKind } from '../raft/entry.ts';

const KINDS: readonly EntryKind[] = [
  'term-start',
  'command',
  'configuration',
  'end-lease',
  'lease-extend',
];
const ENTRY_HEADER_BYTES = 8 + 8 + 4 + 4;

export function packEntries(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  let total = 4;
  for (const entry of entries) total += ENTRY_HEADER_BYTES + entry.data.length;
  const packed = new Uint8Array(total);
  const view = new DataView(packed.buffer);
  view.setUint32(0, entries.length);
  let offset = 4;
  for (const entry of entries) {
    view.setFloat64(offset, entry.index);
    view.setFloat64(offset + 8, entry.term);
    view.setUint32(offset + 16, KINDS.indexOf(entry.kind));
    view.setUint32(offset + 20, entry.data.length);
    packed.set(entry.data, offset + ENTRY_HEADER_BYTES);
    offset += ENTRY_HEADER_BYTES + entry.data.length;
  }
  return packed;
}

/** The entries' data are views of `packed`. */
export function unpackEntries(packed: Uint8Array<ArrayBuffer>): Entry[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const entries = new Array<Entry>(view.getUint32(0));
  let offset = 4;
  for (let position = 0; position < entries.length; position++) {
    const start = offset + ENTRY_HEADER_BYTES;
    const bytes = view.getUint32(offset + 20);
    entries[position] = {
      index: view.getFloat64(offset),
      term: view.getFloat64(offset + 8),
      kind: KINDS[view.getUint32(offset + 16)] as EntryKind,
      data: packed.subarray(start, start + bytes),
    };
    offset = start + bytes;
  }
  return entries;
}

const OUTCOME_KINDS: readonly EntryOutcomes['kind'][] = [
  'executed',
  'fenced',
  'registered',
  'closed',
];
const OUTCOMES_HEADER_BYTES = 8 + 8 + 8 + 4 + 4 + 4;

export function packEntryOutcomes(entries: readonly EntryOutcomes[]): Uint8Array<ArrayBuffer> {
  let total = 4;
  for (const { outcomes } of entries) total += OUTCOMES_HEADER_BYTES + outcomes.length;
  const packed = new Uint8Array(total);
  const view = new DataView(packed.buffer);
  view.setUint32(0, entries.length);
  let offset = 4;
  for (const { index, sessionId, firstSequence, kind, nodeId, outcomes } of entries) {
    view.setFloat64(offset, index);
    view.setFloat64(offset + 8, sessionId);
    view.setFloat64(offset + 16, firstSequence);
    view.setUint32(offset + 24, OUTCOME_KINDS.indexOf(kind));
    view.setUint32(offset + 28, nodeId);
    view.setUint32(offset + 32, outcomes.length);
    packed.set(outcomes, offset + OUTCOMES_HEADER_BYTES);
    offset += OUTCOMES_HEADER_BYTES + outcomes.length;
  }
  return packed;
}

/** The outcomes are views of `packed`. */
export function unpackEntryOutcomes(packed: Uint8Array<ArrayBuffer>): EntryOutcomes[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const entries = new Array<EntryOutcomes>(view.getUint32(0));
  let offset = 4;
  for (let position = 0; position < entries.length; position++) {
    const start = offset + OUTCOMES_HEADER_BYTES;
    const bytes = view.getUint32(offset + 32);
    entries[position] = {
      index: view.getFloat64(offset),
      sessionId: view.getFloat64(offset + 8),
      firstSequence: view.getFloat64(offset + 16),
      kind: OUTCOME_KINDS[view.getUint32(offset + 24)] as EntryOutcomes['kind'],
      nodeId: view.getUint32(offset + 28),
      outcomes: packed.subarray(start, start + bytes),
    };
    offset = start + bytes;
  }
  return entries;
}

export function packByteStrings(strings: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let total = 4;
  for (const bytes of strings) total += 4 + bytes.length;
  const packed = new Uint8Array(total);
  const view = new DataView(packed.buffer);
  view.setUint32(0, strings.length);
  let offset = 4;
  for (const bytes of strings) {
    view.setUint32(offset, bytes.length);
    packed.set(bytes, offset + 4);
    offset += 4 + bytes.length;
  }
  return packed;
}

/** The strings are views of `packed`. */
export function unpackByteStrings(packed: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const strings = new Array<Uint8Array>(view.getUint32(0));
  let offset = 4;
  for (let position = 0; position < strings.length; position++) {
    const bytes = view.getUint32(offset);
    strings[position] = packed.subarray(offset + 4, offset + 4 + bytes);
    offset += 4 + bytes;
  }
  return strings;
}
