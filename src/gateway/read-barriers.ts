// Read barriers: a barrier is released when this node has applied everything that was acknowledged
// before the barrier was asked for (raft 4.5). Barriers are numbered, and a request to the leader
// covers all that were asked for before it left, so a request is remembered by the highest one.
import type { Index, NodeId } from '../raft/entry.ts';
import type { ReadId } from '../raft/message.ts';

interface Asked {
  /** Covers the barriers up to this one. */
  readonly upTo: number;
  againAt: number;
}

interface Grant {
  readonly index: Index;
  readonly upTo: number;
}

export interface ReadBarrierOptions {
  readonly nodeId: NodeId;
  readonly incarnation: number;
  /** Mutation: asks again under the same id, so that an old answer is taken for a new one (R73). */
  readonly isIdReused: boolean;
}

/** Without an answer for so long, a request is taken for lost. */
const AGAIN_MS = 1000;
/** After a refusal: until there may be another leader. */
const BACKOFF_MS = 10;

export class ReadBarriers {
  readonly #options: ReadBarrierOptions;
  #newest = 0;
  /** Barriers up to this one are covered by some request. */
  #askedUpTo = 0;
  readonly #asked = new Map<number, Asked>();
  #counter = 0;
  /** In order of the barriers. Indexes do not fall: see readAnswered. */
  #grants: Grant[] = [];
  #grantedUpTo = 0;
  #releasedUpTo = 0;
  #released: number[] = [];

  constructor(options: ReadBarrierOptions) {
    this.#options = options;
  }

  request(): number {
    this.#newest += 1;
    return this.#newest;
  }

  /** One request at most for all barriers that need one. An id is never used twice (R73). */
  takeRequests(now: number): readonly ReadId[] {
    let isLost = false;
    for (const [counter, asked] of this.#asked) {
      if (now < asked.againAt) continue;
      this.#asked.delete(counter);
      isLost = true;
    }
    const isNew = this.#newest > this.#askedUpTo;
    const isWanted = this.#newest > this.#grantedUpTo;
    if (!isWanted || (!isNew && !isLost)) return [];
    if (!this.#options.isIdReused || this.#counter === 0) this.#counter += 1;
    this.#askedUpTo = this.#newest;
    this.#asked.set(this.#counter, { upTo: this.#newest, againAt: now + AGAIN_MS });
    const { nodeId: node, incarnation } = this.#options;
    return [{ node, incarnation, counter: this.#counter }];
  }

  /** index null: no leader could tell; asked again under a new id, a little later. */
  answered(ids: readonly ReadId[], index: Index | null, now: number): void {
    for (const { node, incarnation, counter } of ids) {
      if (node !== this.#options.nodeId || incarnation !== this.#options.incarnation) continue;
      const asked = this.#asked.get(counter);
      if (asked === undefined) continue;
      if (index === null) asked.againAt = Math.min(asked.againAt, now + BACKOFF_MS);
      else {
        this.#asked.delete(counter);
        this.#grant(asked.upTo, index);
      }
    }
  }

  #grant(upTo: number, index: Index): void {
    if (upTo <= this.#grantedUpTo) return;
    this.#grants.push({ index, upTo });
    this.#grantedUpTo = upTo;
    // What was asked for earlier is covered by this answer.
    for (const [counter, asked] of this.#asked) {
      if (asked.upTo <= upTo) this.#asked.delete(counter);
    }
  }

  leaderChanged(now: number): void {
    for (const asked of this.#asked.values()) asked.againAt = now;
  }

  /** The node has applied up to here. */
  applied(index: Index): void {
    let count = 0;
    for (const grant of this.#grants) {
      if (grant.index > index) break;
      count += 1;
      while (this.#releasedUpTo < grant.upTo) this.#released.push(++this.#releasedUpTo);
    }
    if (count > 0) this.#grants.splice(0, count);
  }

  /** What must be applied for the barrier to be released; null: nobody has told. */
  indexOf(barrier: number): Index | null {
    return this.#grants.find(({ upTo }) => barrier <= upTo)?.index ?? null;
  }

  take(): readonly number[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }
}
