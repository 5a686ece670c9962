// The leader's lease: the log is the lease (LeaseGuard with local timers; raft 4). It runs from the
// moment the newest committed entry of the own term was created.
import type { Index } from './entry.ts';

export class Lease {
  /** Creation times of entries not committed yet, by the first index of each batch. */
  readonly #created: { readonly firstIndex: Index; readonly at: number }[] = [];
  #startedAt = -Infinity;
  /** Entries up to here cannot carry a lease any more: an end-lease voided them (R98). */
  #voidUpTo: Index = 0;

  /** Entries from `firstIndex` on were put in the log now, before they were sent anywhere (R69). */
  appended(firstIndex: Index, now: number): void {
    this.#created.push({ firstIndex, at: now });
  }

  committed(commitIndex: Index): void {
    let newest: { readonly firstIndex: Index; readonly at: number } | undefined;
    while ((this.#created[0]?.firstIndex ?? Infinity) <= commitIndex)
      newest = this.#created.shift();
    if (newest !== undefined && newest.firstIndex > this.#voidUpTo) this.#startedAt = newest.at;
  }

  /** An end-lease entry at `index`: whatever was leased before it is void from now on. */
  end(index: Index): void {
    this.#voidUpTo = index;
    this.#startedAt = -Infinity;
  }

  /** Monotonic ms; -Infinity without a lease. */
  get startedAt(): number {
    return this.#startedAt;
  }
}
