// One request at its place in the log: may it take effect, how does it run, and what does the
// machine remember of it. What a run of statements is stands in execute.ts and replay.ts.
import type { Index } from '../raft/entry.ts';
import { ACCESS_EXCLUSIVE, ROW_EXCLUSIVE } from '../sql/functions/lock-modes.ts';
import type { Notification } from '../sql/functions/notify.ts';
import type { AppliedState } from './applied-state.ts';
import type { RequestDecoder } from './request-codec.ts';
import type { EncodedRequest, Outcome, Request } from './command.ts';
import type { Execution } from './execute.ts';
import type { IdempotencyTable } from './idempotency.ts';
import { runLockActions } from './lock-table.ts';
import type { LockOwner, Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import type { NotificationTable } from './notification-table.ts';
import { isRecorded } from './recorded-request.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { replay } from './replay.ts';
import { ReservedValues } from './reserved-values.ts';
import { heldError, heldRowOf } from './row-guard.ts';
import type { HeldRow, RowGuard } from './row-guard.ts';
import type { StagedParts } from './staged-parts.ts';
import type { TableChanges } from './table-changes.ts';

export interface RequestExecutionOptions {
  readonly applied: AppliedState;
  readonly decoder: RequestDecoder;
  readonly execution: Execution;
  readonly locks: Locks;
  readonly rows: RowGuard;
  readonly idempotency: IdempotencyTable;
  readonly staged: StagedParts;
  readonly changes: TableChanges;
  readonly notifications: NotificationTable;
  readonly mutations: MachineMutations;
}

export class RequestExecution {
  readonly #options: RequestExecutionOptions;
  /** See expectRun(). */
  #hasRun = false;
  /** Of the entries of the SQLite transaction that is open. */
  #notified: Notification[] = [];

  constructor(options: RequestExecutionOptions) {
    this.#options = options;
  }

  /** `hasRun`: the next request has, as a speculation, whose writes are there. */
  expectRun(hasRun: boolean): void {
    this.#hasRun = hasRun;
  }

  /** The request that has run is still to come. */
  get isRunExpected(): boolean {
    return this.#hasRun;
  }

  /** What transactions notified since it was taken last, in the order of the log. */
  takeNotifications(): readonly Notification[] {
    const notified = this.#notified;
    this.#notified = [];
    return notified;
  }

  execute(encoded: EncodedRequest, sessionId: number, index: Index): Outcome {
    const { decoder, locks, rows, mutations } = this.#options;
    const request = decoder.decode(encoded);
    if (request.locks !== null) {
      const { owner, actions } = request.locks;
      const results = [runLockActions(locks, { sessionId, owner }, actions)];
      return { kind: 'done', results };
    }
    const held = request.recording?.locks ?? null;
    const owner = ownerOf(request, sessionId);
    rows.use(owner, mutations.heldRowsWritten === true ? 'note' : 'refuse');
    if (held === null || owner === null) return this.#run(request, index, owner);
    if (!locks.hasTransaction(owner, held.transaction)) return { kind: 'locks-lost' };
    const outcome = this.#run(request, index, owner);
    // The gateway proposes it again.
    if (outcome.kind === 'stale-schema' || heldRowOf(outcome) !== null) return outcome;
    if (mutations.locksOutliveTransaction !== true) {
      locks.releaseTransaction(owner, held.transaction);
    }
    return outcome;
  }

  /** It would run: what execute() and #run() look at before. */
  isToRun(request: Request, sessionId: number): boolean {
    const { applied, locks, idempotency, staged: parts, mutations } = this.#options;
    const { locks: held = null, staged = null } = request.recording ?? {};
    return (
      (held === null || locks.hasTransaction({ sessionId, owner: held.owner }, held.transaction)) &&
      idempotency.outcomeOf(request) === null &&
      request.schemaVersion === applied.schemaVersion &&
      (mutations.heldTablesNotSeen === true ||
        this.#heldTable(request, ownerOf(request, sessionId)) === null) &&
      (staged === null || parts.isWhole(staged))
    );
  }

  /** A table that it writes and others hold: it is not to have any effect. */
  #heldTable({ writes, schemaChanges }: Request, owner: LockOwner | null): HeldRow | null {
    const { rows, mutations } = this.#options;
    if (mutations.heldTablesWritten === true) return null;
    const mode = schemaChanges > 0 ? ACCESS_EXCLUSIVE : ROW_EXCLUSIVE;
    return rows.heldTable(
      owner,
      writes.map((table) => ({ table, mode })),
    );
  }

  #run(request: Request, index: Index, owner: LockOwner | null): Outcome {
    const { applied, idempotency, staged: parts } = this.#options;
    const before = idempotency.outcomeOf(request);
    if (before !== null) return before;
    const { schemaVersion } = applied;
    if (request.schemaVersion !== schemaVersion) return { kind: 'stale-schema', schemaVersion };
    const staged = request.recording?.staged ?? null;
    if (staged !== null && !parts.isWhole(staged)) return PARTS_LOST;
    const held = this.#heldTable(request, owner);
    if (held !== null) return { kind: 'failed', results: [], error: heldError(held) };
    const hasRun = this.#hasRun;
    this.#hasRun = false;
    const outcome = hasRun ? ({ kind: 'done', results: [] } as const) : this.#runNow(request);
    if (outcome.kind === 'done' && !request.isDoomed) {
      this.#noteEffects(request, index);
      idempotency.keep(request, outcome, index);
    }
    // The gateway waits, and proposes it again.
    if (staged !== null && heldRowOf(outcome) === null) parts.drop(staged);
    return outcome;
  }

  #runNow(request: Request): Outcome {
    const { execution, changes, mutations } = this.#options;
    if (!isRecorded(request)) return execution.run(request);
    const { recording } = request;
    if (recording.isUntold === true) return execution.runUntold(request, this.#parts(request));
    return execution.runRecording(request, () =>
      replay(
        this.#parts(request),
        recording.snapshot,
        new ReservedValues(recording.sequences),
        execution,
        changes,
        mutations,
      ),
    );
  }

  *#parts(request: RecordedRequest): Iterable<RecordedRequest> {
    const { staged } = request.recording;
    if (staged !== null) yield* this.#options.staged.requests(staged);
    yield request;
  }

  #noteEffects({ schemaChanges, writes, recording }: Request, index: Index): void {
    const { applied, changes, notifications, mutations } = this.#options;
    const { transactionsNotNoted, schemaChangesNotNoted } = mutations;
    applied.schemaChanged(schemaChanges);
    if (recording !== null && transactionsNotNoted === true) return;
    if (schemaChanges === 0) changes.note(writes, index);
    else if (schemaChangesNotNoted !== true) changes.noteAll(index);
    for (const each of notifications.takeAll()) this.#notified.push(each);
  }
}

/** Who has the locks of the transaction; null: it has none. */
export function ownerOf({ recording }: Request, sessionId: number): LockOwner | null {
  const locks = recording?.locks ?? null;
  return locks === null ? null : { sessionId, owner: locks.owner };
}

const PARTS_LOST: Outcome = {
  kind: 'failed',
  results: [],
  error: {
    code: '40001',
    message: 'could not serialize access: parts of the transaction were given up',
    fields: { hint: 'The transaction might succeed if retried.' },
  },
};
