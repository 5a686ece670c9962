// A frame: the unit of writing to a log segment. Its number follows the one before it without a
// gap, and it is written only when the one before it is durable: that is how recovery tells a torn
// tail from corruption (R36). Layout: docs/formats.md.
import { crc32 } from 'node:zlib';
import { assert } from '../util/assert.ts';
import type { Entry, EntryKind, Index } from '../raft/entry.ts';

export const FRAME_HEADER_BYTES = 56;
const MAGIC = 0x48435442; // BTCH
const ENTRY_HEADER_BYTES = 16;

export type FrameKind = 'entries' | 'mark' | 'seal' | 'clean';
const FRAME_KINDS: readonly FrameKind[] = ['entries', 'mark', 'seal', 'clean'];
const ENTRY_KINDS: readonly EntryKind[] = [
  'term-start',
  'command',
  'configuration',
  'end-lease',
  'lease-extend',
];

export interface FrameHeader {
  readonly kind: FrameKind;
  readonly sequence: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  readonly entryCount: number;
  readonly firstIndex: Index;
  /** The term of the node when it was written. */
  readonly currentTerm: number;
  readonly previousCrc: number;
  readonly headerCrc: number;
}

export interface FrameParts {
  readonly kind: FrameKind;
  readonly sequence: number;
  readonly entries: readonly Entry[];
  readonly currentTerm: number;
  /** headerCrc of the frame before: chains the frames of a segment. */
  readonly previousCrc: number;
  /** Random number of the segment, so that bytes of an earlier use never validate (R35). */
  readonly salt: number;
}

export interface EncodedFrame {
  readonly bytes: Buffer;
  readonly headerCrc: number;
  /** Where each entry's header starts, from the start of the frame. */
  readonly entryOffsets: readonly number[];
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

export function frameBytes(payloadBytes: number): number {
  return padded(FRAME_HEADER_BYTES + payloadBytes);
}

export function entryBytes(entry: Entry): number {
  return ENTRY_HEADER_BYTES + entry.data.length;
}

function payloadSeed(salt: number, sequence: number): number {
  return (salt ^ (sequence >>> 0)) >>> 0;
}

function writeU53(buffer: Buffer, value: number, offset: number): void {
  buffer.writeUInt32LE(value >>> 0, offset);
  buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), offset + 4);
}

function readU53(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + 4) * 0x1_0000_0000 + buffer.readUInt32LE(offset);
}

export function encodeFrame(parts: FrameParts): EncodedFrame {
  const payloadBytes = parts.entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  const bytes = Buffer.allocUnsafe(frameBytes(payloadBytes));
  const entryOffsets = new Array<number>(parts.entries.length);
  let offset = FRAME_HEADER_BYTES;
  for (let at = 0; at < parts.entries.length; at++) {
    const entry = parts.entries[at] as Entry;
    entryOffsets[at] = offset;
    bytes.writeUInt32LE(entry.data.length, offset);
    bytes.writeUInt32LE(ENTRY_KINDS.indexOf(entry.kind), offset + 4);
    writeU53(bytes, entry.term, offset + 8);
    bytes.set(entry.data, offset + ENTRY_HEADER_BYTES);
    offset += ENTRY_HEADER_BYTES + entry.data.length;
  }
  bytes.fill(0, offset);
  const payload = bytes.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + payloadBytes);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(crc32(payload, payloadSeed(parts.salt, parts.sequence)), 8);
  bytes.writeUInt32LE(payloadBytes, 12);
  writeU53(bytes, parts.sequence, 16);
  bytes.writeUInt32LE(FRAME_KINDS.indexOf(parts.kind), 24);
  bytes.writeUInt32LE(parts.entries.length, 28);
  writeU53(bytes, parts.entries[0]?.index ?? 0, 32);
  writeU53(bytes, parts.currentTerm, 40);
  bytes.writeUInt32LE(parts.previousCrc, 48);
  bytes.writeUInt32LE(0, 52);
  const headerCrc = headerCrcOf(bytes, parts.salt);
  bytes.writeUInt32LE(headerCrc, 4);
  return { bytes, headerCrc, entryOffsets };
}

/** Over everything of the header behind its own field. */
function headerCrcOf(bytes: Buffer, salt: number): number {
  return crc32(bytes.subarray(8, FRAME_HEADER_BYTES), salt);
}

/** null if the bytes at `offset` are no intact header of this segment. */
export function tryReadHeader(bytes: Buffer, offset: number, salt: number): FrameHeader | null {
  if (offset + FRAME_HEADER_BYTES > bytes.length) return null;
  if (bytes.readUInt32LE(offset) !== MAGIC) return null;
  const header = bytes.subarray(offset, offset + FRAME_HEADER_BYTES);
  const headerCrc = header.readUInt32LE(4);
  if (headerCrcOf(header, salt) !== headerCrc) return null;
  const kind = FRAME_KINDS[header.readUInt32LE(24)];
  if (kind === undefined) return null;
  return {
    kind,
    sequence: readU53(header, 16),
    payloadBytes: header.readUInt32LE(12),
    payloadCrc: header.readUInt32LE(8),
    entryCount: header.readUInt32LE(28),
    firstIndex: readU53(header, 32),
    currentTerm: readU53(header, 40),
    previousCrc: header.readUInt32LE(48),
    headerCrc,
  };
}

/** The payload behind an intact header, or null if it is not what was written. */
export function tryReadPayload(
  bytes: Buffer,
  offset: number,
  header: FrameHeader,
  salt: number,
): Buffer | null {
  const start = offset + FRAME_HEADER_BYTES;
  if (start + header.payloadBytes > bytes.length) return null;
  const payload = bytes.subarray(start, start + header.payloadBytes);
  const crc = crc32(payload, payloadSeed(salt, header.sequence));
  return crc === header.payloadCrc ? payload : null;
}

export interface DecodedEntry {
  readonly entry: Entry;
  /** From the start of the frame. */
  readonly offset: number;
}

/** Entries of a payload whose checksum has been verified; their data are views of it. */
export function decodeEntries(payload: Buffer, header: FrameHeader): DecodedEntry[] {
  const decoded: DecodedEntry[] = [];
  let offset = 0;
  for (let at = 0; at < header.entryCount; at++) {
    const bytes = payload.readUInt32LE(offset);
    const kind = ENTRY_KINDS[payload.readUInt32LE(offset + 4)];
    assert(kind !== undefined, `entry kind in frame ${header.sequence}`);
    const start = offset + ENTRY_HEADER_BYTES;
    const data = payload.subarray(start, start + bytes);
    const index = header.firstIndex + at;
    decoded.push({
      entry: { index, term: readU53(payload, offset + 8), kind, data },
      offset: FRAME_HEADER_BYTES + offset,
    });
    offset = start + bytes;
  }
  assert(offset === payload.length, `entries of frame ${header.sequence} fill it`);
  return decoded;
}
