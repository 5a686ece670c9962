// Reading the log after a stop, orderly or not (raft 2.7). A frame that does not validate at the
// end of the last segment was never acknowledged: the tail is torn, and dropped. Anywhere else, or
// with a later intact frame behind it, it had been durable: that is corruption, and an error.
import { assert } from '../util/assert.ts';
import type { Entry, Term } from '../raft/entry.ts';
import type { Disk } from './disk.ts';
import { CorruptLogError, isOutOfSpace } from './errors.ts';
import type { LogStoreOptions, OpenSegment } from './file-log-store.ts';
import { decodeEntries, encodeFrame, frameBytes, tryReadHeader, tryReadPayload } from './frame.ts';
import type { FrameHeader } from './frame.ts';
import {
  SEGMENT_HEADER_BYTES,
  encodeSegmentHeader,
  segmentName,
  segmentSequence,
  tryDecodeSegmentHeader,
  writeZeros,
} from './segment.ts';
import type { SegmentHeader } from './segment.ts';

const TEMPORARY = 'rewrite.tmp';

export interface RecoveredEntry {
  readonly entry: Entry;
  readonly segment: OpenSegment;
  readonly frameOffset: number;
}

export interface RecoveredLog {
  readonly segments: readonly OpenSegment[];
  /** In the order of writing: a later one replaces an earlier one from its index on. */
  readonly entries: readonly RecoveredEntry[];
  readonly nextFrame: number;
  readonly previousCrc: number;
  /** The highest term that any frame was written in, or any entry has. */
  readonly termMax: Term;
}

interface ScannedFrame {
  readonly header: FrameHeader;
  readonly offset: number;
  readonly payload: Buffer;
}

interface ScannedSegment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly frames: readonly ScannedFrame[];
  readonly byteCount: number;
}

export function recoverSegments(options: LogStoreOptions, segmentBytes: number): RecoveredLog {
  const { disk, directory } = options;
  const sequences = disk
    .list(directory)
    .map(segmentSequence)
    .filter((sequence) => sequence !== null)
    .sort((a, b) => a - b);
  if (sequences.length === 0) return createFirst(options, segmentBytes);
  const scanned = sequences.map((sequence, at) =>
    scanSegment(options, sequence, at === sequences.length - 1),
  );
  checkChain(scanned);
  const last = rewriteLast(options, scanned.pop() as ScannedSegment);
  const segments: OpenSegment[] = [];
  const entries: RecoveredEntry[] = [];
  for (const part of [...scanned, last]) {
    const segment = openSegment(disk, part);
    segments.push(segment);
    for (const { header, payload, offset } of part.frames) {
      for (const { entry } of decodeEntries(payload, header)) {
        entries.push({ entry, segment, frameOffset: offset });
      }
    }
  }
  const frames = [...scanned, last].flatMap((part) => part.frames);
  return {
    segments,
    entries,
    nextFrame: last.header.firstFrame + last.frames.length,
    previousCrc: last.frames.at(-1)?.header.headerCrc ?? 0,
    termMax: Math.max(
      frames.reduce((term, frame) => Math.max(term, frame.header.currentTerm), 0),
      entries.reduce((term, { entry }) => Math.max(term, entry.term), 0),
    ),
  };
}

function createFirst(options: LogStoreOptions, segmentBytes: number): RecoveredLog {
  const { disk, directory, randomUint32 } = options;
  const header = { sequence: 1, baseIndex: 0, baseTerm: 0, firstFrame: 1, salt: randomUint32() };
  const path = `${directory}/${segmentName(1)}`;
  const part = { path, header, frames: [], byteCount: segmentBytes };
  writeSegment(disk, directory, part);
  return {
    segments: [openSegment(disk, part)],
    entries: [],
    nextFrame: 1,
    previousCrc: 0,
    termMax: 0,
  };
}

function openSegment(disk: Disk, part: ScannedSegment): OpenSegment {
  const { path, header, frames, byteCount } = part;
  const last = frames.at(-1);
  const end =
    last === undefined ? SEGMENT_HEADER_BYTES : last.offset + frameBytes(last.header.payloadBytes);
  const { sequence, salt } = header;
  return { sequence, path, file: disk.open(path), salt, byteCount, end };
}

function scanSegment(options: LogStoreOptions, sequence: number, isLast: boolean): ScannedSegment {
  const path = `${options.directory}/${segmentName(sequence)}`;
  const file = options.disk.open(path);
  const bytes = file.read(0, file.byteCount());
  file.close();
  const header = tryDecodeSegmentHeader(bytes);
  if (header === null || header.sequence !== sequence) {
    throw new CorruptLogError(path, 0, 'segment header');
  }
  const frames: ScannedFrame[] = [];
  let offset = SEGMENT_HEADER_BYTES;
  let previousCrc = 0;
  for (;;) {
    const expected = header.firstFrame + frames.length;
    const frame = tryReadFrame(bytes, offset, header, expected);
    if (frame === null || (frames.length > 0 && frame.header.previousCrc !== previousCrc)) break;
    frames.push(frame);
    previousCrc = frame.header.headerCrc;
    offset += frameBytes(frame.header.payloadBytes);
  }
  const isSealed = frames.at(-1)?.header.kind === 'seal';
  if (!isLast && !isSealed) throw new CorruptLogError(path, offset, 'the segment has no end');
  if (!isSealed && options.mutations?.tornTailRuleForCorruptMiddle !== true) {
    refuseLaterFrames(bytes, offset, header, header.firstFrame + frames.length, path);
  }
  return { path, header, frames, byteCount: bytes.length };
}

function tryReadFrame(
  bytes: Buffer,
  offset: number,
  segment: SegmentHeader,
  expected: number,
): ScannedFrame | null {
  const header = tryReadHeader(bytes, offset, segment.salt);
  if (header === null || header.sequence !== expected) return null;
  const payload = tryReadPayload(bytes, offset, header, segment.salt);
  return payload === null ? null : { header, offset, payload };
}

/**
 * A frame is written only when the one before it is durable. So an intact frame with a higher
 * number behind a bad one proves that the bad one had been durable, and was damaged since.
 */
function refuseLaterFrames(
  bytes: Buffer,
  start: number,
  segment: SegmentHeader,
  missing: number,
  path: string,
): void {
  for (let offset = start; offset + 56 <= bytes.length; offset += 8) {
    const header = tryReadHeader(bytes, offset, segment.salt);
    if (header !== null && header.sequence > missing) {
      throw new CorruptLogError(
        path,
        start,
        `frame ${missing} is damaged, but frame ${header.sequence} behind it is intact`,
      );
    }
  }
}

function checkChain(segments: readonly ScannedSegment[]): void {
  for (const [at, segment] of segments.entries()) {
    const before = segments[at - 1];
    if (before === undefined) continue;
    const isNext = segment.header.sequence === before.header.sequence + 1;
    const isContinued =
      segment.header.firstFrame === before.header.firstFrame + before.frames.length;
    if (!isNext || !isContinued) {
      throw new CorruptLogError(segment.path, 0, 'a segment before it is missing or incomplete');
    }
  }
}

/**
 * Writes the last segment anew: what was read may exist in the page cache only, if the process
 * stopped because an fsync failed (D6). The new file replaces the old one in one step.
 */
function rewriteLast(options: LogStoreOptions, part: ScannedSegment): ScannedSegment {
  const { disk, directory, randomUint32 } = options;
  const salt = randomUint32();
  const header = { ...part.header, salt };
  const frames: ScannedFrame[] = [];
  let offset = SEGMENT_HEADER_BYTES;
  let previousCrc = part.frames[0]?.header.previousCrc ?? 0;
  const images: Buffer[] = [];
  for (const { header: old, payload } of part.frames) {
    // A seal ends a segment for good: the log goes on in this one unless there is a next.
    if (old.kind === 'seal' || old.kind === 'clean') continue;
    const image = encodeFrame({
      kind: old.kind,
      sequence: header.firstFrame + frames.length,
      entries: decodeEntries(payload, old).map(({ entry }) => entry),
      currentTerm: old.currentTerm,
      previousCrc,
      salt,
    });
    const written = tryReadFrame(image.bytes, 0, header, header.firstFrame + frames.length);
    assert(written !== null, 'a frame reads back');
    frames.push({ ...written, offset });
    images.push(image.bytes);
    previousCrc = image.headerCrc;
    offset += image.bytes.length;
  }
  const rewritten = { ...part, header, frames, byteCount: Math.max(part.byteCount, offset + 128) };
  try {
    writeSegment(disk, directory, rewritten, images);
  } catch (error) {
    if (!isOutOfSpace(error) || options.mutations?.halfSegmentTaken !== true) throw error;
    disk.rename(`${directory}/${TEMPORARY}`, part.path);
  }
  return rewritten;
}

function writeSegment(
  disk: Disk,
  directory: string,
  part: ScannedSegment,
  images: readonly Buffer[] = [],
): void {
  const temporary = `${directory}/${TEMPORARY}`;
  if (disk.exists(temporary)) disk.remove(temporary);
  const file = disk.open(temporary);
  try {
    file.write(0, encodeSegmentHeader(part.header));
    let position = SEGMENT_HEADER_BYTES;
    for (const image of images) {
      file.write(position, image);
      position += image.length;
    }
    writeZeros(file, position, part.byteCount, part.byteCount);
    file.syncNow();
  } finally {
    file.close();
  }
  disk.rename(temporary, part.path);
  disk.syncDirectory(directory);
}
