// Reads that wait for proof of leadership: each is answered by a quorum of answers to a heartbeat
// round that was sent after the read was queued (thesis 6.4, R68).
import type { Index, NodeId } from './entry.ts';
import type { ReadId } from './message.ts';

export interface PendingRead {
  readonly ids: readonly ReadId[];
  readonly from: NodeId;
  readonly index: Index;
  /** The first round that may confirm it. */
  readonly minRound: number;
}

export class ReadQueue {
  readonly #pending: PendingRead[] = [];
  /** Reads that came before the first commit of this term (R67). */
  #early: { readonly ids: readonly ReadId[]; readonly from: NodeId }[] = [];

  addEarly(ids: readonly ReadId[], from: NodeId): void {
    this.#early.push({ ids, from });
  }

  takeEarly(): readonly { readonly ids: readonly ReadId[]; readonly from: NodeId }[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  add(read: PendingRead): void {
    this.#pending.push(read);
  }

  /** The newest round that a read waits for, 0 for none. */
  get newestRound(): number {
    return this.#pending.at(-1)?.minRound ?? 0;
  }

  /** Reads that a quorum of answers to `round` confirms. */
  confirm(round: number): readonly PendingRead[] {
    let count = 0;
    while (count < this.#pending.length && (this.#pending[count]?.minRound ?? 0) <= round) count++;
    return this.#pending.splice(0, count);
  }

  /** Everything, for the leader that steps down. */
  drain(): readonly { readonly ids: readonly ReadId[]; readonly from: NodeId }[] {
    return [...this.#pending.splice(0), ...this.takeEarly()];
  }
}
