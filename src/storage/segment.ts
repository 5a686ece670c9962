// One file of the log: a header, then frames, then zeros. Segments are filled with zeros before
// use, because a write into allocated and written blocks syncs faster than one that grows the file
// (R48). Layout: docs/formats.md.
import { crc32 } from 'node:zlib';
import type { Index, Term } from '../raft/entry.ts';
import type { DiskFile } from './disk.ts';

export const SEGMENT_HEADER_BYTES = 4096;
const MAGIC = 0x4c415752; // RWAL
const VERSION = 1;
const ZEROS = Buffer.alloc(256 * 1024);

export interface SegmentHeader {
  readonly sequence: number;
  /** The entry before the first one of the segment. */
  readonly baseIndex: Index;
  readonly baseTerm: Term;
  readonly firstFrame: number;
  readonly salt: number;
}

export function segmentName(sequence: number): string {
  return `segment-${sequence.toString().padStart(12, '0')}.log`;
}

/** null if it is not the name of a segment. */
export function segmentSequence(name: string): number | null {
  const match = /^segment-(\d{12})\.log$/.exec(name);
  return match === null ? null : Number(match[1]);
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeDoubleLE(header.sequence, 8);
  bytes.writeDoubleLE(header.baseIndex, 16);
  bytes.writeDoubleLE(header.baseTerm, 24);
  bytes.writeDoubleLE(header.firstFrame, 32);
  bytes.writeUInt32LE(header.salt, 40);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)), SEGMENT_HEADER_BYTES - 4);
  return bytes;
}

export function tryDecodeSegmentHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC) return null;
  if (bytes.readUInt32LE(4) !== VERSION) return null;
  const crc = crc32(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4));
  if (crc !== bytes.readUInt32LE(SEGMENT_HEADER_BYTES - 4)) return null;
  return {
    sequence: bytes.readDoubleLE(8),
    baseIndex: bytes.readDoubleLE(16),
    baseTerm: bytes.readDoubleLE(24),
    firstFrame: bytes.readDoubleLE(32),
    salt: bytes.readUInt32LE(40),
  };
}

/** Writes zeros from `start` on, at most `byteCount` of them and not beyond `end`; returns where it stopped. */
export function writeZeros(file: DiskFile, start: number, byteCount: number, end: number): number {
  let position = start;
  const stop = Math.min(start + byteCount, end);
  while (position < stop) {
    const step = Math.min(ZEROS.length, stop - position);
    file.write(position, ZEROS.subarray(0, step));
    position += step;
  }
  return position;
}
