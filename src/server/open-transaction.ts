// One interactive transaction on its gateway (docs/transactions.md). Until its first write it reads
// in a snapshot of its own (transaction-snapshot.ts); from then on its statements are speculated on
// this node's machine (transaction-speculation.ts), and COMMIT proposes them all, with digests of
// what the client was told, as one command (transaction-commit.ts).
import { randomInt } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { ErrorData, PerformedAction, StepResult } from '../machine/command.ts';
import type { SpeculationId } from '../machine/speculation.ts';
import { pgErrorData, pgErrorOf } from '../machine/statement-error.ts';
import { digestOf, isError } from '../machine/told.ts';
import type {
  BoundPlan,
  IsolationLevel,
  RunOptions,
  StatementResult,
  Transaction,
} from '../session/backend.ts';
import type { QueryPlan } from '../sql/plan.ts';
import { must } from '../util/assert.ts';
import { monotonicMs } from './clock.ts';
import { canceled } from './late.ts';
import { waitFor } from './held-row.ts';
import { performAction } from './perform-action.ts';
import { usesOf } from './plan-tables.ts';
import { isLocking } from './plan-steps.ts';
import { SequenceReservations } from './sequence-reservations.ts';
import { otherRowsEachTime, schemaChanged } from './serialization-failure.ts';
import { TouchedTables } from './standing-alone.ts';
import { TransactionCommit } from './transaction-commit.ts';
import type { CommitParts } from './transaction-commit.ts';
import { entryOf, savepointEntry } from './transaction-entry.ts';
import type { Entry, MarkChange, Recompile } from './transaction-entry.ts';
import type { TransactionHost } from './transaction-host.ts';
import { TransactionRecord } from './transaction-record.ts';
import { TransactionRequests } from './transaction-requests.ts';
import { TransactionSchema } from './transaction-schema.ts';
import { TransactionSnapshot } from './transaction-snapshot.ts';
import { TransactionSpeculation } from './transaction-speculation.ts';

const SCHEMA_RETRIES_MAX = 20;
/** Of one statement: rows that it is to lock may be others each time it looks. */
const ACTIONS_MAX = 10_000;
/** How long an end waits for its locks to be released. */
const RELEASE_MS = 2000;

/** What a statement failed with says something of the data, unless it is of these classes. */
const UNTELLING_CLASSES = ['08', '53', '54', '57', '58', 'XX'];

interface Savepoint {
  readonly name: string;
  /** See TransactionLocks.mark. */
  readonly locks: number;
}

export class OpenTransaction implements Transaction {
  readonly #host: TransactionHost;
  readonly #checksReads: boolean;
  readonly #id: SpeculationId;
  readonly #record: TransactionRecord;
  readonly #schema: TransactionSchema;
  readonly #sequences: SequenceReservations;
  readonly #requests: TransactionRequests;
  readonly #snapshot: TransactionSnapshot;
  readonly #speculation: TransactionSpeculation;
  /** By its speculated statements. */
  readonly #touched: TouchedTables;
  readonly #commitParts: CommitParts;
  readonly #savepoints: Savepoint[] = [];
  /** This node had all that was acknowledged before the transaction's first statement. */
  #isFresh = false;
  #hasWritten = false;

  constructor(host: TransactionHost, isolation: IsolationLevel) {
    const id = host.speculator.newId();
    const now = host.clock.now();
    const record = new TransactionRecord(host.files);
    const schema = new TransactionSchema(host, record);
    const sequences = new SequenceReservations(host, schema);
    const requests = new TransactionRequests(host, id, now, schema, sequences);
    const parts = { host, id, record, schema, sequences, requests };
    this.#host = host;
    this.#checksReads = isolation === 'serializable' || isolation === 'repeatable read';
    this.#id = id;
    this.#record = record;
    this.#schema = schema;
    this.#sequences = sequences;
    this.#requests = requests;
    this.#snapshot = new TransactionSnapshot(host, now);
    this.#speculation = new TransactionSpeculation(parts);
    this.#touched = new TouchedTables(host.mutations);
    this.#commitParts = { ...parts, speculation: this.#speculation };
  }

  catalog(): Catalog {
    // In the snapshot of a reader the schema stays as it was, too.
    return (this.#snapshot.isOpen ? this.#schema.base : null) ?? this.#schema.catalog();
  }

  /** See Transaction. Where reads are not checked, neither is what errors say of the schema. */
  pinSchema(): void {
    if (this.#checksReads) this.#schema.pin();
  }

  // Statements ------------------------------------------------------------------------------------

  async run(bound: BoundPlan, options: RunOptions, recompile: Recompile): Promise<StatementResult> {
    const isRead = bound.plan.access === 'read' && !isLocking(bound.plan);
    if (isRead && bound.plan.isOfSession === true && bound.plan.reads.length === 0) {
      // It has nothing to do with the data: not recorded, so that it is not done again.
      return this.#readFresh(bound, { ...options, consistency: 'stale' }, recompile);
    }
    if (isRead && !this.#speculation.wasAsked && bound.plan.isOfSession !== true) {
      return this.#checksReads
        ? this.#readInSnapshot(bound, options, recompile)
        : this.#readFresh(bound, options, recompile);
    }
    this.#snapshot.close();
    return this.#speculate(this.#schema.adopt(bound, recompile), options, recompile);
  }

  /** Each read of a transaction that is read committed sees what was committed before it. */
  async #readFresh(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile,
  ): Promise<StatementResult> {
    const { results, error } =
      this.#host.runImmediately([bound], options) ??
      (await this.#host.run([bound], options, null, (catalog) => [recompile(catalog)]));
    if (error !== null) throw error;
    return must(results[0], 'a read has a result');
  }

  async #readInSnapshot(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile,
  ): Promise<StatementResult> {
    const read = await this.#snapshot.read(bound, options, recompile);
    const { opened, seed, result } = read;
    if (opened !== null) {
      this.#schema.begin(read.bound.plan.catalog);
      this.#isFresh = true;
      this.#requests.holdsUpTo(opened);
    }
    const { error } = result;
    const told: StepResult | ErrorData =
      error === null ? must(result.results[0], 'a read has a result') : pgErrorData(error);
    if (error === null || isTelling(error)) {
      const entry = this.#entry(read.bound, options, recompile, seed, []);
      this.#record.addRead({ ...entry, digest: digestOf(told) });
    }
    if (error !== null) throw error;
    return told as StepResult;
  }

  async #speculate(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile,
  ): Promise<StatementResult> {
    if (options.cancellation.isCanceled) throw canceled();
    const since = monotonicMs();
    let current = bound;
    // Locks that were seen to end must not be met any more.
    if (!this.#isFresh || !this.#checksReads || hasRowLocks(bound.plan)) {
      await this.#host.freshen(options);
      this.#isFresh = true;
    }
    const actions: PerformedAction[] = [];
    // However often it runs: rows in random order are the same in each attempt to lock them.
    const seed = randomInt(0, 0xffff_ffff);
    for (let attempt = 0; attempt < SCHEMA_RETRIES_MAX;) {
      const { plan } = current;
      // Read to be changed: checked at the end also where other reads are not.
      const isKept = this.#checksReads || plan.access === 'write' || hasRowLocks(plan);
      const entry = this.#entry(current, options, recompile, seed, actions);
      const standsAlone = this.#standsAlone(plan, entry);
      const how = { isKept, standsAlone, uses: usesOf(plan) };
      const answer = await this.#speculation.run(entry, how, options);
      switch (answer.kind) {
        case 'told': {
          const { told, digest } = answer;
          if (isKept) this.#record.add({ ...entry, digest });
          this.#touched.note(plan, entry.writes);
          this.#hasWritten ||= plan.access === 'write';
          await this.#record.putAway((part) => this.#requests.part(part));
          if (isError(told)) throw pgErrorOf(told);
          if (plan.changesSchema === true) this.#schema.changedTo(plan.catalog);
          if (told.sequences !== undefined) options.noteSequences(told.sequences);
          return told;
        }
        case 'exhausted':
          await this.#sequences.take(answer.sequence, options);
          break;
        case 'held':
          await waitFor(answer.held, { host: this.#host, transaction: this.#id, options });
          break;
        case 'wanted':
          if (options.cancellation.isCanceled) throw canceled();
          if (actions.length === ACTIONS_MAX) throw otherRowsEachTime();
          actions.push({
            action: answer.action,
            result: await performAction(answer.action, {
              locks: this.#host.locks,
              transaction: this.#id,
              options,
              since,
            }),
          });
          break;
        default:
          attempt += 1;
          await this.#schema.follow(answer.schemaVersion);
          current = recompile(this.catalog());
      }
    }
    throw schemaChanged();
  }

  #entry(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile,
    seed: number,
    actions: readonly PerformedAction[],
  ): Entry {
    const { mutations } = this.#host;
    return entryOf(bound, { options, recompile, seed, actions, mutations });
  }

  /** Where reads are not checked, a statement sees what is committed by then. */
  #standsAlone(plan: QueryPlan, { recorded: { reads, actions }, writes }: Entry): boolean {
    if (this.#checksReads || actions.length > 0 || hasRowLocks(plan)) return false;
    return this.#touched.areNothingTo(plan, { reads, writes });
  }

  // Savepoints ------------------------------------------------------------------------------------

  async savepoint(name: string, options: RunOptions): Promise<void> {
    await this.#control({ kind: 'savepoint', depth: this.#savepoints.length }, options);
    this.#schema.savepoint();
    this.#savepoints.push({ name, locks: this.#host.locks.mark(this.#id) });
  }

  async rollbackTo(name: string, options: RunOptions): Promise<void> {
    const depth = this.#find(name);
    this.#savepoints.length = depth + 1;
    await this.#control({ kind: 'rollback to', depth }, options);
    await this.#host.locks.releaseSince(this.#id, this.#savepoints[depth]?.locks ?? 0);
  }

  async release(name: string, options: RunOptions): Promise<void> {
    const depth = this.#find(name);
    await this.#control({ kind: 'release', depth }, options);
    this.#schema.release(depth);
    this.#savepoints.length = depth;
  }

  #find(name: string): number {
    const depth = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (depth >= 0) return depth;
    throw new PgError('3B001', `savepoint "${name}" does not exist`);
  }

  /** Recorded, and run at once if there is something that it could undo. */
  async #control(mark: MarkChange, options: RunOptions): Promise<void> {
    const entry = savepointEntry(mark);
    for (let attempt = 0; attempt < SCHEMA_RETRIES_MAX; attempt++) {
      // As it is behind the statement, which counts the changes that are left.
      if (mark.kind === 'rollback to') this.#schema.rollbackTo(mark.depth);
      if (!this.#speculation.wasAsked) {
        this.#record.addRead(entry);
        return;
      }
      const how = { isKept: true, standsAlone: false, uses: [] };
      const answer = await this.#speculation.run(entry, how, options);
      if (answer.kind !== 'stale-schema') {
        this.#record.add(entry);
        return;
      }
      await this.#schema.follow(answer.schemaVersion);
    }
    throw schemaChanged();
  }

  // The end ---------------------------------------------------------------------------------------

  async commit(options: RunOptions): Promise<void> {
    const commit = new TransactionCommit(this.#commitParts);
    try {
      if (this.#hasWritten) await commit.run(options);
    } finally {
      await this.#end(commit.isReleased);
    }
  }

  async rollback(): Promise<void> {
    await this.#end(false);
  }

  /** `isReleased`: its commit has released its locks. */
  async #end(isReleased: boolean): Promise<void> {
    this.#snapshot.close();
    this.#record.clear(this.#speculation.forget());
    this.#hasWritten = false;
    const ended = this.#host.locks.endTransaction(this.#id, isReleased);
    // Not waited for longer than that: no majority may be there.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, RELEASE_MS);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
  }
}

function hasRowLocks({ locking = null }: QueryPlan): boolean {
  return locking !== null;
}

function isTelling({ code }: PgError): boolean {
  return !UNTELLING_CLASSES.some((prefix) => code.startsWith(prefix));
}
