// What this node has to have applied before a statement may go on: all that was acknowledged before a
// linearizable read, a schema, or anything at all where its database has no room (docs/architecture.md,
// "Life of a read").
import type { PgError } from '../errors/pg-error.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Index } from '../raft/entry.ts';
import type { RunOptions } from '../session/backend.ts';
import { monotonicMs } from './clock.ts';
import { canceled, deadlineOf, lateRead, lateWrite } from './late.ts';
import type { SharedState } from './shared-state.ts';

interface Waiter {
  readonly isMet: () => boolean;
  readonly deadline: number;
  readonly whyLate: () => PgError;
  readonly resolve: () => void;
  readonly reject: (error: PgError) => void;
}

export class Freshness {
  readonly #shared: SharedState;
  readonly #gateway: Gateway;
  readonly #wake: () => void;
  #waiters: Waiter[] = [];
  /** Barriers that were released just now. */
  readonly #released = new Set<number>();
  /** This node has everything acknowledged before this time, monotonic ms. */
  #freshAt = -Infinity;

  constructor(shared: SharedState, gateway: Gateway, wake: () => void) {
    this.#shared = shared;
    this.#gateway = gateway;
    this.#wake = wake;
  }

  get openCount(): number {
    return this.#waiters.length;
  }

  /** True if this leader's lease covers all writes acknowledged before now, and they are applied. */
  isLeaseFresh(): boolean {
    const now = monotonicMs();
    const { leaseValidUntil, commitIndex } = this.#shared.consensus();
    return now < leaseValidUntil && this.#shared.appliedIndex() >= commitIndex;
  }

  /**
   * True if this node has all that was acknowledged `maxStalenessMs` ago: known from the last
   * barrier, so that one of them serves the stale reads of that time.
   */
  isFreshEnough({ consistency, maxStalenessMs }: RunOptions): boolean {
    if (consistency !== 'stale' || maxStalenessMs === 0) return true;
    return monotonicMs() - this.#freshAt <= maxStalenessMs;
  }

  /** See Backend. */
  async freshen(options: RunOptions): Promise<void> {
    if (options.isFresh) return;
    if (options.consistency !== 'linearizable' && this.isFreshEnough(options)) return;
    if (options.consistency === 'linearizable' && this.isLeaseFresh()) {
      this.#shared.noteLeaseRead();
      return;
    }
    const startedAt = monotonicMs();
    await this.#barrier(options, deadlineOf(options));
    this.#freshAt = Math.max(this.#freshAt, startedAt);
  }

  /** Waits until this node holds everything acknowledged before the call. */
  async #barrier(options: RunOptions, deadline: number): Promise<void> {
    const now = monotonicMs();
    const { leaseValidUntil, commitIndex } = this.#shared.consensus();
    // Also without a lease: the next reads are to find one.
    this.#shared.noteLeaseRead();
    if (now < leaseValidUntil) {
      const isApplied = (): boolean => this.#shared.appliedIndex() >= commitIndex;
      const whyLate = (): PgError => lateRead(this.#shared, commitIndex, options);
      await this.#until(isApplied, options, deadline, whyLate);
      if (monotonicMs() < this.#shared.consensus().leaseValidUntil) return;
    }
    const barrier = this.#gateway.requestBarrier();
    const isReleased = (): boolean => this.#released.has(barrier);
    const whyLate = (): PgError =>
      lateRead(this.#shared, this.#gateway.barrierIndex(barrier), options);
    await this.#until(isReleased, options, deadline, whyLate);
  }

  /** Waits for an entry that the cluster has committed, and for what it made of the schema. */
  applied(index: Index, schemaVersion: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const isMet = (): boolean =>
        this.#shared.appliedIndex() >= index && this.#shared.schemaVersion() >= schemaVersion;
      const whyLate = canceled;
      this.#wait({ isMet, deadline: Infinity, whyLate, resolve, reject });
    });
  }

  /** Waits until there is room for the database. */
  async room(options: RunOptions): Promise<void> {
    const isMet = (): boolean => !this.#shared.isMissingRoom();
    const whyLate = (): PgError => lateWrite(this.#shared, options);
    await this.#until(isMet, options, deadlineOf(options), whyLate);
  }

  async #until(
    isMet: () => boolean,
    { cancellation }: RunOptions,
    deadline: number,
    whyLate: () => PgError,
  ): Promise<void> {
    let stopListening: () => void = () => undefined;
    await new Promise<void>((resolve, reject) => {
      const waiter = { isMet, deadline, whyLate, resolve, reject };
      stopListening = cancellation.listen(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(canceled());
      });
      this.#wait(waiter);
    }).finally(stopListening);
  }

  #wait(waiter: Waiter): void {
    if (waiter.isMet()) return waiter.resolve();
    this.#waiters.push(waiter);
    this.#wake();
  }

  /** The gateway has released barriers, or entries were applied. */
  deliver(): void {
    for (const barrier of this.#gateway.takeBarriers()) this.#released.add(barrier);
    if (this.#waiters.length > 0) {
      this.#waiters = this.#waiters.filter((waiter) => {
        const isMet = waiter.isMet();
        if (isMet) waiter.resolve();
        return !isMet;
      });
    }
    this.#released.clear();
  }

  /** Call now and then: ends what has waited too long. */
  tick(now: number): void {
    this.deliver();
    const late = this.#waiters.filter(({ deadline }) => now >= deadline);
    if (late.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !late.includes(waiter));
    for (const { reject, whyLate } of late) reject(whyLate());
  }
}
