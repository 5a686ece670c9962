// What a leader knows of one peer's log, and how it feeds it: probing with one message at a time
// until the logs meet, then a sliding window of optimistic messages (raft 2.4).
import { assert } from '../util/assert.ts';
import type { Index } from './entry.ts';

export interface WindowLimits {
  readonly messagesMax: number;
  readonly bytesMax: number;
}

export class Progress {
  /** Invariant: 0 <= matchIndex < nextIndex. */
  matchIndex: Index = 0;
  nextIndex: Index;
  state: 'probe' | 'replicate' = 'probe';
  /** In probe: a message is under way; the next heartbeat allows another. */
  isProbeSent = false;
  /** Answers to an earlier view of this peer carry an older number and are dropped (R30). */
  epoch: number;
  /** The newest commit index that this peer was told. */
  sentCommit: Index = 0;
  /** When it was told. */
  commitSentAt = -Infinity;
  /** It asked for something not long ago: it is told of commits at once. */
  eagerUntil = -Infinity;
  /** The newest heartbeat round that it answered, and when that round was sent (R10). */
  ackedRound = 0;
  ackedRoundSentAt: number;
  /** It has little space on its disk, as of its last answer (R47). */
  isDiskLow = false;
  /** It has refused entries for that reason, and gets none until it has space again. */
  isOutOfSpace = false;
  readonly #limits: WindowLimits;
  readonly #inflight: { readonly last: Index; readonly bytes: number }[] = [];
  #inflightBytes = 0;

  constructor(nextIndex: Index, epoch: number, now: number, limits: WindowLimits) {
    this.nextIndex = nextIndex;
    this.epoch = epoch;
    this.ackedRoundSentAt = now;
    this.#limits = limits;
  }

  canSend(): boolean {
    if (this.isOutOfSpace) return false;
    if (this.state === 'probe') return !this.isProbeSent;
    return (
      this.#inflight.length < this.#limits.messagesMax &&
      this.#inflightBytes < this.#limits.bytesMax
    );
  }

  /** Entries up to `last` were sent. */
  sent(last: Index, bytes: number): void {
    if (this.state === 'probe') {
      this.isProbeSent = true;
      return;
    }
    this.#inflight.push({ last, bytes });
    this.#inflightBytes += bytes;
    this.nextIndex = last + 1;
  }

  /** The peer holds everything up to `index` durably. True if that is news. */
  acknowledge(index: Index): boolean {
    while (this.#inflight.length > 0 && (this.#inflight[0]?.last ?? 0) <= index) {
      this.#inflightBytes -= this.#inflight.shift()?.bytes ?? 0;
    }
    const isNews = index > this.matchIndex;
    if (isNews) this.matchIndex = index;
    if (this.state === 'probe') this.#replicate();
    else this.nextIndex = Math.max(this.nextIndex, index + 1);
    assert(this.matchIndex < this.nextIndex, 'matchIndex < nextIndex');
    return isNews;
  }

  #replicate(): void {
    this.state = 'replicate';
    this.isProbeSent = false;
    this.nextIndex = this.matchIndex + 1;
    this.#clear();
  }

  /** Looks again from `nextIndex` on, one message at a time. */
  probe(nextIndex: Index): void {
    this.state = 'probe';
    this.isProbeSent = false;
    this.nextIndex = Math.max(nextIndex, this.matchIndex + 1);
    this.#clear();
  }

  noteDisk(isLow: boolean): void {
    this.isDiskLow = isLow;
    if (!isLow) this.isOutOfSpace = false;
  }

  /** It had no room for what comes after `index`. */
  refusedAfter(index: Index): void {
    this.isDiskLow = true;
    this.isOutOfSpace = true;
    this.probe(index + 1);
  }

  #clear(): void {
    this.#inflight.length = 0;
    this.#inflightBytes = 0;
  }
}
