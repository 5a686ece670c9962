// The log on disk. Frames are appended to segments and synced one at a time: what arrives during a
// sync goes into the next frame together (group commit). Truncation is logical: a frame that starts
// at an index replaces everything from there on. The first failure of the disk is final (R33).
import { assert, must } from '../util/assert.ts';
import type { Entry, Index, Term } from '../raft/entry.ts';
import type { HardState, LogStore, PersistRequest } from '../raft/log-store.ts';
import type { DiskSpaceLevel } from '../raft/state.ts';
import type { Disk, DiskFile } from './disk.ts';
import { DEFAULT_RESERVE, DiskSpace } from './disk-space.ts';
import type { Reserve } from './disk-space.ts';
import { EntryCache } from './entry-cache.ts';
import { CorruptLogError, isOutOfSpace } from './errors.ts';
import { decodeEntries, encodeFrame, entryBytes, frameBytes } from './frame.ts';
import type { FrameKind } from './frame.ts';
import { FRAME_HEADER_BYTES, tryReadHeader, tryReadPayload } from './frame.ts';
import { HardStateFile } from './hard-state-file.ts';
import type { StorageMutations } from './mutations.ts';
import { recoverSegments } from './recovery.ts';
import type { RecoveredLog } from './recovery.ts';
import { SEGMENT_HEADER_BYTES, encodeSegmentHeader, segmentName } from './segment.ts';
import { SpareSegment } from './spare-segment.ts';

const FRAME_BYTES_MAX = 1024 * 1024;
const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
const DEFAULT_CACHE_BYTES = 32 * 1024 * 1024;
const MARK_AFTER_IDLE_MS = 50;
/** After a spare segment found no space. */
const SPARE_AGAIN_MS = 1000;

export interface LogStoreOptions {
  readonly disk: Disk;
  /** For large files that nobody waits for; `disk` if not given. */
  readonly backgroundDisk?: Disk;
  readonly directory: string;
  readonly segmentBytes?: number;
  readonly cacheBytes?: number;
  readonly reserve?: Reserve;
  /** Random numbers for the segments' salts. */
  readonly randomUint32: () => number;
  /** The disk failed: the process must stop, nothing is durable any more from here on. */
  readonly onFailure: (error: Error) => void;
  /** Runs the write a little later, so that messages leave before it; at once if not given. */
  readonly defer?: (write: () => void) => void;
  readonly mutations?: StorageMutations;
}

/** A segment file that is open; the last one is written to. */
export interface OpenSegment {
  readonly sequence: number;
  readonly path: string;
  readonly file: DiskFile;
  readonly salt: number;
  readonly byteCount: number;
  /** Where the next frame goes. */
  end: number;
}

/** Where an entry is. */
interface Location {
  readonly term: Term;
  readonly segment: OpenSegment;
  readonly frameOffset: number;
}

interface Waiting {
  readonly request: PersistRequest;
  readonly onDurable: () => void;
}

export class FileLogStore implements LogStore {
  readonly baseIndex: Index = 0;
  readonly baseTerm: Term = 0;
  readonly #options: LogStoreOptions;
  readonly #hardStateFile: HardStateFile;
  readonly #segments: OpenSegment[];
  readonly #spare: SpareSegment;
  readonly #space: DiskSpace;
  #spareAgainAt = -Infinity;
  /** A batch that found no room; the next tick tries again. */
  #roomWaiter: (() => void) | null = null;
  readonly #cache: EntryCache;
  /** Of entry baseIndex + 1 + position: where it is on disk; null while it is not written yet. */
  readonly #locations: (Location | null)[] = [];
  readonly #terms: Term[] = [];
  /** Entries up to here have been written to a segment. */
  #writtenIndex: Index = 0;
  #hardState: HardState;
  #writtenTerm: Term;
  #nextFrame: number;
  #previousCrc: number;
  #queue: Waiting[] = [];
  /** Of entries that are not durable yet. */
  #queuedBytes = 0;
  #isWriting = false;
  #syncStartedAt: number | null = null;
  #isSyncing = false;
  #lastActivityAt = 0;
  #isMarked = true;
  #hasFailed = false;

  /** Recovers the log. Throws CorruptLogError if durable bytes are damaged. */
  static open(options: LogStoreOptions): FileLogStore {
    options.disk.makeDirectory(options.directory);
    const hardStateFile = HardStateFile.open(options.disk, options.directory, options.mutations);
    return new FileLogStore(options, hardStateFile);
  }

  private constructor(options: LogStoreOptions, hardStateFile: HardStateFile) {
    this.#options = options;
    this.#hardStateFile = hardStateFile;
    this.#hardState = hardStateFile.hardState;
    if (options.mutations?.voteForgottenOnRestart === true) {
      this.#hardState = { ...this.#hardState, votedFor: 0 };
    }
    this.#cache = new EntryCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    const segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    const { disk, directory, reserve } = options;
    const background = options.backgroundDisk ?? disk;
    this.#space = new DiskSpace(
      background,
      directory,
      reserve ?? DEFAULT_RESERVE,
      options.mutations,
    );
    this.#spare = new SpareSegment(background, directory, segmentBytes);
    const recovered = this.#withRoom(() => recoverSegments(options, segmentBytes));
    this.#segments = [...recovered.segments];
    for (const { entry, segment, frameOffset } of recovered.entries) {
      this.#place(entry, { term: entry.term, segment, frameOffset });
    }
    this.#nextFrame = recovered.nextFrame;
    this.#previousCrc = recovered.previousCrc;
    this.#writtenTerm = this.#hardState.currentTerm;
    if (recovered.termMax > this.#hardState.currentTerm) {
      const { path } = must(this.#segments.at(-1), 'segment');
      throw new CorruptLogError(
        path,
        0,
        `entries of term ${recovered.termMax}, but the vote file says term ${this.#hardState.currentTerm}`,
      );
    }
  }

  /** Recovery writes a segment: on a full disk there is room for it where no log is (R47). */
  #withRoom(recover: () => RecoveredLog): RecoveredLog {
    try {
      return recover();
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      this.#space.giveWay();
      this.#spare.giveWay();
      return recover();
    }
  }

  get incarnation(): number {
    return this.#hardStateFile.incarnation;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  get lastIndex(): Index {
    return this.baseIndex + this.#terms.length;
  }

  /** Bytes of all segments. */
  get byteCount(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.byteCount, 0);
  }

  /** Of entries that were handed over and are not durable yet. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get diskSpace(): DiskSpaceLevel {
    return this.#space.level;
  }

  /** Others who write to this disk find no room: what the log keeps for them is theirs (R47). */
  giveWay(): void {
    if (!this.#hasFailed) this.#guard(() => void this.#space.giveWay());
  }

  /** How long a write has waited for its sync, or for room, ms; 0 if there is none (R40). */
  stalledMs(now: number): number {
    if (!this.#isSyncing && this.#roomWaiter === null) return 0;
    this.#syncStartedAt ??= now;
    return now - this.#syncStartedAt;
  }

  termAt(index: Index): Term | null {
    if (index === this.baseIndex) return this.baseTerm;
    return this.#terms[index - this.baseIndex - 1] ?? null;
  }

  entries(first: Index, last: Index, bytesMax: number): readonly Entry[] {
    assert(first > this.baseIndex && last <= this.lastIndex, `entries ${first} to ${last}`);
    const found: Entry[] = [];
    let bytes = 0;
    while (first + found.length <= last) {
      const index = first + found.length;
      const entry = this.#cache.get(index) ?? this.#readEntry(index);
      bytes += entry.data.length;
      if (bytes > bytesMax && found.length > 0) break;
      found.push(entry);
    }
    return found;
  }

  /** Reads the frame of an entry back and checks it again (R43). */
  #readEntry(index: Index): Entry {
    const location = must(this.#locations[index - this.baseIndex - 1], `entry ${index} on disk`);
    const { segment, frameOffset } = location;
    const headerBytes = segment.file.read(frameOffset, FRAME_HEADER_BYTES);
    const header = tryReadHeader(headerBytes, 0, segment.salt);
    if (header === null) throw new CorruptLogError(segment.path, frameOffset, 'frame header');
    const frame = segment.file.read(frameOffset, FRAME_HEADER_BYTES + header.payloadBytes);
    const payload = tryReadPayload(frame, 0, header, segment.salt);
    if (payload === null) throw new CorruptLogError(segment.path, frameOffset, 'entries');
    const decoded = decodeEntries(payload, header)[index - header.firstIndex];
    return must(decoded, `entry ${index} in its frame`).entry;
  }

  /** Puts an entry at the end, or in place of what was at its index and behind. */
  #place(entry: Entry, location: Location | null): void {
    const position = entry.index - this.baseIndex - 1;
    assert(position <= this.#terms.length, `gap before entry ${entry.index}`);
    this.#terms.length = position;
    this.#locations.length = position;
    this.#terms.push(entry.term);
    this.#locations.push(location);
    this.#writtenIndex =
      location === null ? Math.min(this.#writtenIndex, entry.index - 1) : entry.index;
    this.#cache.add(entry, this.#writtenIndex);
  }

  persist(request: PersistRequest, onDurable: () => void): void {
    if (request.hardState !== null) this.#hardState = request.hardState;
    for (const entry of request.entries) {
      this.#place(entry, null);
      this.#queuedBytes += entryBytes(entry);
    }
    this.#queue.push({ request, onDurable });
    if (this.#isWriting || this.#hasFailed) return;
    this.#isWriting = true;
    const { defer } = this.#options;
    if (defer === undefined) this.#writeNext();
    else defer(() => this.#writeNext());
  }

  /** Call now and then: prepares the next segment and marks the log while it is idle. */
  tick(now: number): void {
    if (this.#hasFailed) return;
    this.#guard(() => {
      this.#space.tick(now, !this.#isWriting);
      this.#advanceSpare(now);
      this.#tryAgain();
      if (this.#isWriting) this.#lastActivityAt = now;
      else if (!this.#isMarked && now - this.#lastActivityAt >= MARK_AFTER_IDLE_MS)
        this.#markIdle();
    });
  }

  #advanceSpare(now: number): void {
    if (now < this.#spareAgainAt) return;
    try {
      this.#spare.advance();
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      this.#spareAgainAt = now + SPARE_AGAIN_MS;
      this.#space.giveWay();
    }
  }

  #tryAgain(): void {
    if (this.#options.mutations?.waitsForRoomForEver === true) return;
    const waiter = this.#roomWaiter;
    this.#roomWaiter = null;
    waiter?.();
  }

  /** Ends the log in good order; nothing may be under way. */
  close(): void {
    if (!this.#hasFailed && !this.#isWriting) {
      this.#mark('clean');
      must(this.#segments.at(-1), 'segment').file.syncNow();
    }
    for (const segment of this.#segments) segment.file.close();
    this.#hardStateFile.close();
  }

  isIdle(): boolean {
    return !this.#isWriting;
  }

  // Writing ---------------------------------------------------------------------------------------

  /** Runs what touches the disk; its first failure is the last thing that happens here. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFailure(error);
  }

  #writeNext(): void {
    const group = this.#takeGroup();
    if (group.length === 0) {
      this.#isWriting = false;
      return;
    }
    this.#isWriting = true;
    this.#isMarked = false;
    const hardState = group[0]?.request.hardState ?? null;
    const entries = mergeEntries(group);
    const done = (): void => {
      for (const { request, onDurable } of group) {
        for (const entry of request.entries) this.#queuedBytes -= entryBytes(entry);
        onDurable();
      }
      this.#writeNext();
    };
    if (this.#options.mutations?.hardStateAfterEntries === true) {
      this.#writeEntries(entries, () => this.#writeHardState(hardState, done));
    } else this.#writeHardState(hardState, () => this.#writeEntries(entries, done));
  }

  /** Requests that go to disk together: until the next hard state, or until the frame is full. */
  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { request } of this.#queue) {
      if (count > 0 && request.hardState !== null) break;
      bytes += request.entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
      if (count > 0 && bytes > FRAME_BYTES_MAX) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #writeHardState(hardState: HardState | null, next: () => void): void {
    if (hardState === null) return next();
    this.#writtenTerm = hardState.currentTerm;
    this.#isSyncing = true;
    this.#hardStateFile.write(hardState, (error) => this.#synced(error, next));
  }

  #writeEntries(entries: readonly Entry[], next: () => void): void {
    if (entries.length === 0) return next();
    this.#guard(() => {
      const segment = this.#tryWriteFrame(entries);
      if (segment === null) {
        if (this.#options.mutations?.noRoomTakenForSuccess === true) return next();
        this.#roomWaiter = () => this.#writeEntries(entries, next);
        return;
      }
      if (this.#options.mutations?.durableBeforeFsync === true) return next();
      this.#sync(segment.file, next);
    });
  }

  #sync(file: DiskFile, next: () => void): void {
    this.#isSyncing = true;
    this.#syncStartedAt = null;
    file.sync((error) => this.#synced(error, next));
  }

  #synced(error: Error | null, next: () => void): void {
    this.#isSyncing = false;
    this.#syncStartedAt = null;
    if (this.#hasFailed) return;
    if (error !== null && this.#options.mutations?.fsyncErrorIgnored !== true) this.#fail(error);
    else next();
  }

  /** null: there is no room, and nothing was written. */
  #tryWriteFrame(entries: readonly Entry[]): OpenSegment | null {
    const payloadBytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
    const firstIndex = entries[0]?.index ?? this.lastIndex + 1;
    const segment = this.#trySegmentFor(frameBytes(payloadBytes), firstIndex);
    if (segment === null) return null;
    const frame = this.#append(segment, 'entries', entries);
    for (const entry of entries) {
      const position = entry.index - this.baseIndex - 1;
      // It may have been replaced by a request that is still in the queue.
      if (this.#terms[position] !== entry.term) continue;
      this.#locations[position] = { term: entry.term, segment, frameOffset: frame };
      this.#writtenIndex = entry.index;
    }
    return segment;
  }

  /** Writes a frame at the end of a segment; returns where it starts. */
  #append(segment: OpenSegment, kind: FrameKind, entries: readonly Entry[]): number {
    const frame = encodeFrame({
      kind,
      sequence: this.#nextFrame,
      entries,
      currentTerm: this.#writtenTerm,
      previousCrc: this.#previousCrc,
      salt: segment.salt,
    });
    const offset = segment.end;
    segment.file.write(offset, frame.bytes);
    segment.end += frame.bytes.length;
    this.#nextFrame += 1;
    this.#previousCrc = frame.headerCrc;
    return offset;
  }

  /**
   * Says durably that all before it is durable. Synced like every frame: the next one may be
   * written only then, or a power failure could keep it and lose this one.
   */
  #markIdle(): void {
    this.#mark('mark');
    this.#isWriting = true;
    this.#sync(must(this.#segments.at(-1), 'segment').file, () => this.#writeNext());
  }

  #mark(kind: 'mark' | 'clean'): void {
    const segment = must(this.#segments.at(-1), 'segment');
    this.#isMarked = true;
    if (segment.end + frameBytes(0) * 2 <= segment.byteCount) this.#append(segment, kind, []);
  }

  /**
   * The segment that takes a frame of that size: a new one if the last is full. Space is asked for
   * before anything is written, so that a full disk leaves the log as it is; null then.
   */
  #trySegmentFor(byteCount: number, firstIndex: Index): OpenSegment | null {
    const last = must(this.#segments.at(-1), 'segment');
    // A seal must always fit behind the last frame.
    if (last.end + byteCount + frameBytes(0) <= last.byteCount) return last;
    if (!this.#tryPrepareSpare(SEGMENT_HEADER_BYTES + byteCount + 2 * frameBytes(0))) return null;
    this.#append(last, 'seal', []);
    last.file.syncNow();
    const sequence = last.sequence + 1;
    const salt = this.#options.randomUint32();
    const header = {
      sequence,
      baseIndex: firstIndex - 1,
      baseTerm: this.termAt(firstIndex - 1) ?? 0,
      firstFrame: this.#nextFrame,
      salt,
    };
    const path = `${this.#options.directory}/${segmentName(sequence)}`;
    this.#spare.take(encodeSegmentHeader(header), path);
    const file = this.#options.disk.open(path);
    const segment = {
      sequence,
      path,
      file,
      salt,
      byteCount: file.byteCount(),
      end: SEGMENT_HEADER_BYTES,
    };
    this.#segments.push(segment);
    return segment;
  }

  #tryPrepareSpare(byteCount: number): boolean {
    for (;;) {
      try {
        this.#spare.prepare(byteCount);
        return true;
      } catch (error) {
        if (!isOutOfSpace(error)) throw error;
        if (!this.#space.giveWay()) return false;
      }
    }
  }
}

/** The entries of several requests as one run: a later request replaces from its first entry on. */
function mergeEntries(group: readonly Waiting[]): readonly Entry[] {
  if (group.length === 1) return group[0]?.request.entries ?? [];
  const merged: Entry[] = [];
  for (const { request } of group) {
    const [head] = request.entries;
    if (head === undefined) continue;
    const [first] = merged;
    if (first !== undefined)
      merged.length = Math.max(0, Math.min(merged.length, head.index - first.index));
    for (const entry of request.entries) merged.push(entry);
  }
  return merged;
}
