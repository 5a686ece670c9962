// What an open transaction reads before it asks the machine anything: in one snapshot, on a
// connection of its own, from its first read on.
import { randomInt } from 'node:crypto';
import type { Reader } from '../machine/reader.ts';
import type { Index } from '../raft/entry.ts';
import type { BoundPlan, RunOptions, TransactionResult } from '../session/backend.ts';
import { schemaChanged } from './serialization-failure.ts';
import type { Recompile } from './transaction-entry.ts';
import type { TransactionHost } from './transaction-host.ts';

/** Until the schema stays as it is for long enough to read in it. */
const ATTEMPTS_MAX = 20;

export interface SnapshotRead {
  /** As it was run. */
  readonly bound: BoundPlan;
  readonly seed: number;
  readonly result: TransactionResult;
  /** What the snapshot holds, if this read has opened it. */
  readonly opened: Index | null;
}

export class TransactionSnapshot {
  readonly #host: Pick<TransactionHost, 'catalog' | 'freshen' | 'reads' | 'snapshots'>;
  readonly #now: bigint;
  #reader: Reader | null = null;

  constructor(
    host: Pick<TransactionHost, 'catalog' | 'freshen' | 'reads' | 'snapshots'>,
    now: bigint,
  ) {
    this.#host = host;
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#reader !== null;
  }

  async read(bound: BoundPlan, options: RunOptions, recompile: Recompile): Promise<SnapshotRead> {
    let current = bound;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const isFirst = this.#reader === null;
      if (isFirst) await this.#host.freshen(options);
      this.#reader ??= this.#host.snapshots.acquire();
      const seed = randomInt(0, 0xffff_ffff);
      const result = this.#host.reads.runOn(this.#reader, [current], options, {
        now: this.#now,
        seed,
        index: isFirst ? Infinity : 0,
      });
      if (result !== null) {
        const opened = isFirst ? this.#reader.snapshot().appliedIndex : null;
        return { bound: current, seed, result, opened };
      }
      this.close();
      current = recompile(this.#host.catalog());
    }
    throw schemaChanged();
  }

  close(): void {
    if (this.#reader === null) return;
    this.#host.snapshots.release(this.#reader);
    this.#reader = null;
  }
}
