// Reads on this node's database, as it is at the moment or in a snapshot: who calls has seen to it
// that it holds enough (freshness.ts).
import { randomInt } from 'node:crypto';
import { PgError } from '../errors/pg-error.ts';
import { isFatalCode, sqliteCode } from '../machine/database.ts';
import type { Reader, ReadStep } from '../machine/reader.ts';
import { pgErrorOf, statementErrorData } from '../machine/statement-error.ts';
import type { Index } from '../raft/entry.ts';
import type {
  BoundPlan,
  RowStream,
  RunOptions,
  StatementResult,
  TransactionResult,
} from '../session/backend.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { must } from '../util/assert.ts';
import { monotonicMs } from './clock.ts';
import type { RisingClock } from './clock.ts';
import { keptOthers, statementTimeout } from './late.ts';
import { performAtOnce } from './perform-action.ts';
import { bind } from './plan-steps.ts';
import { openRowStream } from './row-stream.ts';
import type { SharedState } from './shared-state.ts';
import type { Snapshots } from './snapshots.ts';

const READ_MS_MAX = 10_000;

export interface ReadInputs {
  readonly now: bigint;
  readonly seed: number;
  /** The snapshot must hold so much; one that is open and does is kept. */
  readonly index: Index;
}

export interface LocalReadsOptions {
  readonly reader: Reader;
  readonly snapshots: Snapshots;
  readonly shared: SharedState;
  readonly clock: RisingClock;
  readonly onFatal: (message: string) => void;
}

/** All give null if the schema is not the one that the plans were compiled for. */
export class LocalReads {
  readonly #options: LocalReadsOptions;
  #isReleaseScheduled = false;

  constructor(options: LocalReadsOptions) {
    this.#options = options;
  }

  /** Of all that is applied. */
  run(plans: readonly BoundPlan[], options: RunOptions): TransactionResult | null {
    const result = this.runOn(this.#options.reader, plans, options, this.#inputs());
    this.#releaseSoon();
    return result;
  }

  #inputs(): ReadInputs {
    const { shared, clock } = this.#options;
    return { now: clock.now(), seed: randomInt(0, 0xffff_ffff), index: shared.appliedIndex() };
  }

  /** Of what the reader has. */
  runOn(
    reader: Reader,
    plans: readonly BoundPlan[],
    options: RunOptions,
    { now, seed, index }: ReadInputs,
  ): TransactionResult | null {
    const [first] = plans;
    if (first === undefined) return { results: [], error: null };
    const { catalog } = first.plan;
    const checkTime = timeLimit(options.statementTimeoutMs);
    const { setting } = options;
    const action = (text: string): SqliteValue => performAtOnce(text, options);
    const context = { now, seed, setting, catalog, checkTime, action };
    const read = reader.run(plans.flatMap(readSteps), context, index);
    if (read === null) return null;
    const results = read.rows.map((rows): StatementResult => ({ rows, count: rows.length }));
    return { results, error: read.error === null ? null : this.#errorOf(read.error) };
  }

  /** Of all that is applied, row by row. */
  stream(bound: BoundPlan, { setting, statementTimeoutMs }: RunOptions): RowStream | null {
    const { index, ...inputs } = this.#inputs();
    return openRowStream({
      snapshots: this.#options.snapshots,
      step: must(readSteps(bound)[0], 'a read has a step'),
      context: { ...inputs, setting, catalog: bound.plan.catalog },
      index,
      statementTimeoutMs,
      errorOf: (error) => this.#errorOf(error),
    });
  }

  /** All reads of one turn share a snapshot, as long as nothing is applied meanwhile. */
  #releaseSoon(): void {
    if (this.#isReleaseScheduled) return;
    this.#isReleaseScheduled = true;
    setImmediate(() => {
      this.#isReleaseScheduled = false;
      this.#options.reader.release();
    });
  }

  #errorOf(error: unknown): PgError {
    if (error instanceof PgError) return error;
    const code = sqliteCode(error);
    const { message } = error as Error;
    // Of this statement alone: there was no room for what it sorts or joins.
    if (code?.startsWith('SQLITE_NOMEM')) return new PgError('53200', 'out of memory');
    if (code?.startsWith('SQLITE_FULL')) return new PgError('53100', `no space left: ${message}`);
    if (code !== null && isFatalCode(code)) {
      this.#options.onFatal(`the database cannot be read: ${code} ${message}`);
      return new PgError('58030', `the database cannot be read: ${message}`);
    }
    const data = statementErrorData(error);
    if (data === null) throw error;
    return pgErrorOf(data);
  }
}

function readSteps({ plan, parameters }: BoundPlan): readonly ReadStep[] {
  return plan.steps.map(({ sql, bindings }) => ({ sql, values: bind(bindings, parameters) }));
}

/** A read keeps this node from serving its other clients: how long it may, at the most. */
function timeLimit(statementTimeoutMs: number): () => void {
  const startedAt = monotonicMs();
  return () => {
    const ms = monotonicMs() - startedAt;
    if (statementTimeoutMs > 0 && ms >= statementTimeoutMs) throw statementTimeout();
    if (ms >= READ_MS_MAX) throw keptOthers(READ_MS_MAX);
  };
}
