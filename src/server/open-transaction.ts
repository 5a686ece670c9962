// One interactive transaction on its gateway (docs/transactions.md). Until its first write it reads
// in a snapshot of its own; from then on its statements are speculated on this node's machine, and
// COMMIT proposes them all, with digests of what the client was told, as one command.
import { randomInt } from 'node:crypto';
import { withCascades } from '../catalog/cascades.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { SqlState } from '../errors/sqlstate.ts';
import { encodeRequest } from '../machine/command-codec.ts';
import { DIGEST_BYTES } from '../machine/command.ts';
import type {
  ErrorData,
  Outcome,
  PerformedAction,
  Request,
  ReservedSequence,
  StagedTransaction,
  Step,
  StepResult,
} from '../machine/command.ts';
import type { Reader } from '../machine/reader.ts';
import { heldRowOf } from '../machine/row-guard.ts';
import type { HeldRow } from '../machine/row-guard.ts';
import type { Speculated, SpeculationId } from '../machine/speculation.ts';
import { pgErrorData } from '../machine/statement-error.ts';
import { DIGEST_OF_NOTHING, digestOf, isError } from '../machine/told.ts';
import type { Index } from '../raft/entry.ts';
import type {
  BoundPlan,
  IsolationLevel,
  RunOptions,
  StatementResult,
  Transaction,
} from '../session/backend.ts';
import { writeAction } from '../sql/functions/lock-actions.ts';
import type { QueryPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import { monotonicMs } from './clock.ts';
import { locksLost } from './lock-client.ts';
import type { TransactionMutations } from './mutations.ts';
import { performAction } from './perform-action.ts';
import { isLocking, isSameStep, pinned, stepsOf } from './plan-steps.ts';
import type { Statements } from './speculator.ts';
import { Staging } from './staging.ts';
import { isOfTables, standsAlone } from './standing-alone.ts';
import type { TransactionHost } from './transaction-host.ts';
import { partsOf, TransactionRecord, writesOf } from './transaction-record.ts';
import type { Entry, MarkChange, Recompile } from './transaction-record.ts';

/** Of what is read before the first write, see #isReadOverfull. */
const READ_BYTES_MAX = 16 * 1024 * 1024;
/** For running a large transaction, beyond balsa.commit_timeout: ms for each part. */
const PART_MS = 1000;
const SCHEMA_RETRIES_MAX = 20;
/** Of one statement: rows that it is to lock may be others each time it looks. */
const ACTIONS_MAX = 10_000;
/** Values of a sequence in one go: what a transaction does not use of them is lost. */
const SEQUENCE_VALUES_MAX = 4 * 1024 * 1024;
/** Of one commit, one after the other: rows that others have locked. */
const WAITS_MAX = 1000;
/** How long an end waits for its locks to be released. */
const RELEASE_MS = 2000;
/** Outcomes of a commit with which the locks of its transaction have ended. */
const RELEASING: readonly Outcome['kind'][] = ['done', 'failed', 'conflict', 'locks-lost'];
const RETRY_HINT = 'The transaction might succeed if retried.';

/** What a statement failed with says something of the data, unless it is of these classes. */
const UNTELLING_CLASSES = ['08', '53', '54', '57', '58', 'XX'];

interface Mark {
  readonly name: string;
  catalog: Catalog | null;
  /** See TransactionLocks.mark. */
  readonly locks: number;
}

export class OpenTransaction implements Transaction {
  readonly #host: TransactionHost;
  readonly #checksReads: boolean;
  readonly #now: bigint;
  readonly #id: SpeculationId;
  readonly #record: TransactionRecord;
  #marks: Mark[] = [];
  /** The schema that the statements so far were compiled for; null: no statement yet. */
  #base: Catalog | null = null;
  /** What the client was told rests on this schema in ways that are not recorded. */
  #isSchemaPinned = false;
  /** After the transaction's own changes; null: it has made none. */
  #changed: Catalog | null = null;
  #reader: Reader | null = null;
  /** What was told holds up to here. */
  #snapshot: Index = 0;
  /** The machine has run all that is recorded; else it is to be told all of them. */
  #isSpeculated = false;
  /** Values of sequences, in the order they were taken from the log. */
  #sequences: ReservedSequence[] = [];
  /** How many of them the machine knows of. */
  #sequencesSent = 0;
  /** The machine was asked something: from then on it is asked everything. */
  #wasAsked = false;
  /** See #forget(). */
  #forgotten: Promise<void> = Promise.resolve();
  /** This node had all that was acknowledged before the transaction's first statement. */
  #isFresh = false;
  #hasWritten = false;
  /** Its commit has released its locks. */
  #isReleased = false;
  /** Tables that its statements wrote. */
  readonly #written = new Set<Oid>();
  /** All of its statements are of tables, in the schema that it began with. */
  #isOfTables = true;
  /** What was read is more than can be checked, so that nothing can be written any more. */
  #isReadOverfull = false;

  constructor(host: TransactionHost, isolation: IsolationLevel) {
    this.#host = host;
    this.#checksReads = isolation === 'serializable' || isolation === 'repeatable read';
    this.#now = host.now();
    this.#id = host.speculator.newId();
    this.#record = new TransactionRecord(host.files, (entries) =>
      encodeRequest(this.#request(this.#proposed(entries), 0, [])),
    );
  }

  catalog(): Catalog {
    // In the snapshot of a reader the schema stays as it was, too.
    if (this.#reader !== null && this.#base !== null) return this.#base;
    return this.#changed ?? this.#host.catalog();
  }

  /** See Transaction. Where reads are not checked, neither is what errors say of the schema. */
  pinSchema(): void {
    if (!this.#checksReads) return;
    this.#base ??= this.#host.catalog();
    this.#isSchemaPinned = true;
  }

  // Statements ------------------------------------------------------------------------------------

  async run(bound: BoundPlan, options: RunOptions, recompile: Recompile): Promise<StatementResult> {
    const isRead = bound.plan.access === 'read' && !isLocking(bound.plan);
    if (isRead && bound.plan.isOfSession === true && bound.plan.reads.length === 0) {
      // It has nothing to do with the data: not recorded, so that it is not done again.
      return this.#readFresh(bound, { ...options, consistency: 'stale' }, recompile);
    }
    if (isRead && !this.#wasAsked && bound.plan.isOfSession !== true) {
      return this.#checksReads
        ? this.#readInSnapshot(bound, options, recompile)
        : this.#readFresh(bound, options, recompile);
    }
    const current = await this.#adoptSchema(bound, recompile);
    return this.#speculate(current, options, recompile);
  }

  /** Each read of a transaction that is read committed sees what was committed before it. */
  async #readFresh(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile,
  ): Promise<StatementResult> {
    const { results, error } = await this.#host.readFresh(bound, options, recompile);
    if (error !== null) throw error;
    return must(results[0], 'a read has a result');
  }

  async #readInSnapshot(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile,
  ): Promise<StatementResult> {
    let current = bound;
    for (let attempt = 0; attempt < SCHEMA_RETRIES_MAX; attempt++) {
      const isFirst = this.#reader === null;
      if (isFirst) await this.#host.freshen(options);
      this.#reader ??= this.#host.snapshots.acquire();
      const seed = randomInt(0, 0xffff_ffff);
      const result = this.#host.readOn(this.#reader, current, options, {
        now: this.#now,
        seed,
        index: isFirst ? Infinity : 0,
      });
      if (result !== null) {
        if (isFirst) {
          if (this.#isSchemaPinned) this.#refuseOtherSchema(current.plan.catalog);
          this.#isFresh = true;
          this.#base = current.plan.catalog;
          this.#snapshot = this.#reader.snapshot().appliedIndex;
        }
        return this.#toldByReader(current, options, recompile, seed, result);
      }
      this.#releaseReader();
      current = recompile(this.#host.catalog());
    }
    throw schemaChanged();
  }

  #toldByReader(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile,
    seed: number,
    { results, error }: { results: readonly StatementResult[]; error: PgError | null },
  ): StatementResult {
    const told: StepResult | ErrorData =
      error === null ? must(results[0], 'a read has a result') : pgErrorData(error);
    if (error === null || isTelling(error)) {
      this.#keep({ ...this.#entry(bound, options, recompile, seed, []), digest: digestOf(told) });
    }
    if (error !== null) throw error;
    return told as StepResult;
  }

  #releaseReader(): void {
    if (this.#reader === null) return;
    this.#host.snapshots.release(this.#reader);
    this.#reader = null;
  }

  // Speculation -----------------------------------------------------------------------------------

  /** What was compiled before must mean the same in the schema as it is by now. */
  async #adoptSchema(bound: BoundPlan, recompile: Recompile): Promise<BoundPlan> {
    this.#releaseReader();
    const current = this.#host.catalog();
    if (this.#base !== null && this.#base.version !== current.version) {
      this.#rebase(current);
      return recompile(this.catalog());
    }
    this.#base ??= current;
    return bound;
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
      const isAlone = this.#standsAlone(current, entry);
      const answer = await this.#ask(entry, { isKept, standsAlone: isAlone }, options);
      switch (answer.kind) {
        case 'told': {
          const { told, digest } = answer;
          if (isKept) this.#keep({ ...entry, digest });
          this.#isOfTables &&= isOfTables(plan);
          for (const oid of entry.writes) this.#written.add(oid);
          this.#hasWritten ||= entry.isWrite;
          await this.#record.putAway();
          if (isError(told)) throw errorOf(told);
          if (current.plan.changesSchema === true) this.#changed = current.plan.catalog;
          if (told.sequences !== undefined) options.noteSequences(told.sequences);
          return told;
        }
        case 'exhausted':
          await this.#reserve(answer.sequence, options);
          break;
        case 'wanted':
          if (options.cancellation.isCanceled) throw canceled();
          if (actions.length === ACTIONS_MAX) throw tooManyActions();
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
          await this.#moveTo(answer.schemaVersion);
          current = recompile(this.catalog());
      }
    }
    throw schemaChanged();
  }

  /**
   * Twice as many each time: nobody knows how many there will be, and all that is recorded runs again
   * behind the entry that takes them.
   */
  async #reserve(oid: Oid, options: RunOptions): Promise<void> {
    const isOwn = must(this.#base, 'statements have a schema').relationByOid(oid) === null;
    const so = this.#sequences.filter((sequence) => sequence.oid === oid);
    const count = Math.min(SEQUENCE_VALUES_MAX, 2 ** so.length);
    const runs = isOwn ? [] : await this.#host.reserve(oid, count, options);
    this.#sequences.push({ oid, isOwn, runs });
  }

  /** Where reads are not checked, a statement sees what is committed by then. */
  #standsAlone(bound: BoundPlan, { recorded: { reads, actions }, writes }: Entry): boolean {
    const { plan } = bound;
    if (this.#checksReads || !this.#isOfTables || actions.length > 0 || hasRowLocks(plan)) {
      return false;
    }
    const isBlind = this.#host.mutations.othersNotLookedAt === true;
    return standsAlone(plan, { reads, writes }, isBlind ? new Set() : this.#written);
  }

  /** `entry` behind all that is recorded. Throws 40001 if something recorded does not hold. */
  async #ask(
    entry: Entry,
    how: Pick<Statements, 'isKept' | 'standsAlone'>,
    options: RunOptions,
  ): Promise<Exclude<Speculated, { kind: 'conflict' | 'no-room' | 'forgotten' }>> {
    const isWhole = !this.#isSpeculated;
    if (this.#isReadOverfull) throw readTooMuch();
    const sent = isWhole ? [...this.#record.entries, entry] : [entry];
    const sequences = isWhole ? this.#sequences : this.#sequences.slice(this.#sequencesSent);
    const schemaChanges = withSchemaOf(entry, this.#schemaChanges());
    const bytes = encodeRequest(this.#request(sent, schemaChanges, sequences));
    this.#record.refuseTooMuch(bytes.length);
    // Until it has answered nobody knows what it has.
    this.#isSpeculated = false;
    const answer = await this.#wait({ ...how, isWhole, request: bytes }, options);
    if (answer.kind === 'conflict') throw this.#conflict(answer.statement);
    if (answer.kind === 'no-room')
      throw new PgError('53100', 'no space left on the disk of this node');
    if (answer.kind === 'forgotten') return this.#ask(entry, how, options);
    this.#isSpeculated = answer.kind !== 'stale-schema';
    this.#sequencesSent = this.#sequences.length;
    if (answer.kind === 'told') this.#snapshot = answer.snapshot;
    return answer;
  }

  async #wait(
    asked: Omit<Statements, 'id' | 'earlier' | 'sessionId'>,
    options: RunOptions,
  ): Promise<Speculated> {
    this.#wasAsked = true;
    const { answer, giveUp } = this.#host.speculator.run({
      id: this.#id,
      earlier: this.#record.earlier,
      sessionId: Number(options.setting('@gateway_session') ?? 0),
      ...asked,
    });
    const { statementTimeoutMs, cancellation } = options;
    let stop: () => void = () => undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      const stopListening = cancellation.listen(() => reject(canceled()));
      const timer =
        statementTimeoutMs > 0
          ? setTimeout(() => reject(statementTimeout()), statementTimeoutMs)
          : null;
      stop = () => {
        stopListening();
        if (timer !== null) clearTimeout(timer);
      };
    });
    try {
      return await Promise.race([answer, ended]);
    } finally {
      stop();
      giveUp();
    }
  }

  #schemaChanges(): number {
    return this.#changed === null ? 0 : this.#changed.version - must(this.#base, 'a base').version;
  }

  #request(
    entries: readonly Entry[],
    schemaChanges: number,
    sequences: readonly ReservedSequence[],
  ): Request {
    const isTooFar = this.#host.mutations.snapshotOfCommit === true;
    const owner = this.#host.locks.ownerOf(this.#id);
    return {
      schemaVersion: must(this.#base, 'statements have a schema').version,
      schemaChanges,
      now: this.#now,
      seed: 0,
      settings: [],
      statements: entries.map(({ steps }) => steps),
      isDoomed: false,
      writes: writesOf(entries),
      recording: {
        snapshot: isTooFar ? Number.MAX_SAFE_INTEGER : this.#snapshot,
        statements: entries.map(({ recorded, digest }) => ({ ...recorded, digest })),
        sequences,
        locks: owner === null ? null : { owner, transaction: this.#id },
        staged: null,
      },
      idempotencyKey: '',
      locks: null,
    };
  }

  #entry(
    bound: BoundPlan,
    options: RunOptions,
    recompile: Recompile | null,
    seed: number,
    actions: readonly PerformedAction[],
  ): Entry {
    const { plan } = bound;
    const isWrite = plan.access === 'write';
    const { reads, writes } = tablesOf(plan, this.#host.mutations);
    const recorded = {
      // What is volatile may look at more than its tables.
      isRead: !isWrite && !plan.isVolatile,
      reads,
      changesSchema: plan.changesSchema === true,
      settings: pinned([bound], options),
      seed,
      actions: [...actions],
    };
    const name = plan.tag.name.replace(/ 0$/, '');
    const steps = stepsOf(bound);
    return { steps, recorded, name, isWrite, writes, recompile, mark: null, digest: UNTOLD };
  }

  #keep(entry: Entry): void {
    if (this.#isReadOverfull) return;
    this.#record.add(entry);
    // A transaction that only reads may go on for as long as it likes.
    if (this.#wasAsked || this.#record.bytes <= READ_BYTES_MAX) return;
    this.#isReadOverfull = true;
    this.#record.forget();
  }

  // The schema moves on ---------------------------------------------------------------------------

  async #moveTo(schemaVersion: number): Promise<void> {
    for (let attempt = 0; attempt < SCHEMA_RETRIES_MAX; attempt++) {
      const current = this.#host.catalog();
      if (current.version >= schemaVersion) {
        this.#rebase(current);
        return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw schemaChanged();
  }

  /** Throws 40001 if a statement would be compiled to something else. */
  #rebase(base: Catalog): void {
    const { mutations } = this.#host;
    if (this.#isSchemaPinned) this.#refuseOtherSchema(base);
    // What is in the file cannot be compiled again.
    if (this.#record.earlier !== null) throw schemaChanged();
    let catalog = base;
    const marks: Mark[] = [];
    const entries = [...this.#record.entries];
    for (const [at, entry] of this.#record.entries.entries()) {
      const { steps, recompile, mark } = entry;
      if (mark !== null) {
        if (mark.kind === 'savepoint') marks.push({ name: '', catalog, locks: 0 });
        else {
          const isBack = mark.kind === 'rollback to';
          if (isBack) catalog = marks[mark.depth]?.catalog ?? base;
          marks.length = isBack ? mark.depth + 1 : mark.depth;
        }
        continue;
      }
      if (recompile === null) continue;
      const again = compiledAgain(recompile, catalog, mutations);
      const isSame = again !== null && hasSameSteps(again.steps, steps);
      if (again === null || (!isSame && mutations.schemaNotComparedAgain !== true)) {
        throw schemaChanged();
      }
      ({ catalog } = again);
      // The same text may be about other tables by now, and change others through new keys.
      const { reads, writes } = again.tables;
      entries[at] = { ...entry, recorded: { ...entry.recorded, reads }, writes };
    }
    this.#record.replace(entries);
    this.#isSpeculated = false;
    for (const [at, mark] of this.#marks.entries()) {
      const { catalog: then } = must(marks[at], 'savepoints are recorded');
      mark.catalog = then === base ? null : then;
    }
    this.#base = base;
    this.#changed = catalog === base ? null : catalog;
  }

  #refuseOtherSchema({ version }: Catalog): void {
    if (this.#base?.version !== version) throw schemaChanged();
  }

  // Savepoints ------------------------------------------------------------------------------------

  async savepoint(name: string, options: RunOptions): Promise<void> {
    const depth = this.#marks.length;
    await this.#control({ kind: 'savepoint', depth }, `SAVEPOINT ${markName(depth)}`, options);
    const locks = this.#host.locks.mark(this.#id);
    this.#marks.push({ name, catalog: this.#changed, locks });
  }

  async rollbackTo(name: string, options: RunOptions): Promise<void> {
    const depth = this.#find(name);
    this.#marks.length = depth + 1;
    this.#changed = this.#marks[depth]?.catalog ?? null;
    await this.#control({ kind: 'rollback to', depth }, `ROLLBACK TO ${markName(depth)}`, options);
    await this.#host.locks.releaseSince(this.#id, this.#marks[depth]?.locks ?? 0);
  }

  async release(name: string, options: RunOptions): Promise<void> {
    const depth = this.#find(name);
    await this.#control({ kind: 'release', depth }, `RELEASE ${markName(depth)}`, options);
    this.#marks.length = depth;
  }

  #find(name: string): number {
    const depth = this.#marks.findLastIndex((mark) => mark.name === name);
    if (depth >= 0) return depth;
    throw new PgError('3B001', `savepoint "${name}" does not exist`);
  }

  /** Recorded, and run at once if there is something that it could undo. */
  async #control(mark: MarkChange, sql: string, options: RunOptions): Promise<void> {
    const step = { sql, values: [], hasRows: false, isResult: false, rowsAtFault: null };
    const entry: Entry = {
      steps: [step],
      recorded: {
        isRead: false,
        reads: [],
        changesSchema: mark.kind === 'rollback to',
        settings: [],
        seed: 0,
        actions: [],
      },
      name: mark.kind.toUpperCase(),
      isWrite: false,
      writes: [],
      recompile: null,
      mark,
      digest: DIGEST_OF_NOTHING,
    };
    if (!this.#wasAsked) {
      this.#keep(entry);
      return;
    }
    for (let attempt = 0; attempt < SCHEMA_RETRIES_MAX; attempt++) {
      const answer = await this.#ask(entry, { isKept: true, standsAlone: false }, options);
      if (answer.kind !== 'stale-schema') {
        this.#keep(entry);
        return;
      }
      await this.#moveTo(answer.schemaVersion);
    }
    throw schemaChanged();
  }

  // The end ---------------------------------------------------------------------------------------

  async commit(options: RunOptions): Promise<void> {
    try {
      if (this.#hasWritten) await this.#propose(options);
    } finally {
      await this.rollback();
    }
  }

  #proposed(entries: readonly Entry[]): readonly Entry[] {
    if (this.#host.mutations.readsNotProposed !== true) return entries;
    return entries.filter(({ recorded }) => !recorded.isRead);
  }

  async #propose(options: RunOptions): Promise<void> {
    const staging = new Staging(this.#host, this.#id, options);
    try {
      const isWhole = this.#record.earlier === null;
      const parts = partsOf(this.#proposed(this.#record.entries), isWhole);
      const last = must(parts.pop(), 'one part at least');
      // Where entries come before its own, nobody has to wait for what was speculated.
      if (parts.length > 0 || this.#record.earlier !== null) void this.#forget();
      for (const part of this.#record.partsInFile()) await staging.add(part);
      for (const part of parts) await staging.add(encodeRequest(this.#request(part, 0, [])));
      const staged = await staging.end();
      await this.#proposeLast(last, staged, {
        ...options,
        commitTimeoutMs:
          options.commitTimeoutMs === 0
            ? 0
            : options.commitTimeoutMs + (staged?.parts ?? 0) * PART_MS,
      });
    } catch (error) {
      await staging.undo();
      throw error;
    } finally {
      staging.close();
    }
  }

  async #proposeLast(
    last: readonly Entry[],
    staged: StagedTransaction | null,
    options: RunOptions,
  ): Promise<void> {
    let waits = 0;
    for (let attempt = 0; attempt < SCHEMA_RETRIES_MAX;) {
      const request = this.#request(last, this.#schemaChanges(), this.#sequences);
      const { recording } = request;
      const bytes = encodeRequest({
        ...request,
        writes: this.#record.writes(),
        recording: recording === null ? null : { ...recording, staged },
        idempotencyKey: options.idempotencyKey,
      });
      // If it comes next in the log it has run there; if not, nobody waits for what was speculated.
      if (this.#isSpeculated) this.#host.speculator.propose(this.#id, bytes);
      else void this.#forget();
      this.#isSpeculated = false;
      const outcome = await this.#host.propose(bytes, options);
      // The machine has applied it, and holds nothing of it any more.
      if (outcome.kind === 'done') this.#wasAsked = false;
      const held = heldRowOf(outcome);
      if (held !== null) {
        // Its parts are gone by now.
        if (staged !== null || waits === WAITS_MAX) throw rowHeld();
        waits += 1;
        await this.#waitFor(held, options);
        continue;
      }
      this.#isReleased = RELEASING.includes(outcome.kind);
      switch (outcome.kind) {
        case 'done':
        // Under its name it took effect before, with a result that was not kept.
        case 'result-lost':
          options.noteKeyUsed();
          return;
        case 'failed':
          throw errorOf(outcome.error);
        case 'conflict':
          throw this.#conflict(outcome.statement);
        case 'locks-lost':
          throw locksLost();
        case 'stale-schema':
          // What its parts say of tables cannot be said again.
          if (staged !== null) throw schemaChanged();
          attempt += 1;
          await this.#moveTo(outcome.schemaVersion);
          break;
        default:
          throw new PgError(
            '08007',
            `it is not known whether the transaction took effect (${outcome.kind})`,
          );
      }
    }
    throw schemaChanged();
  }

  /** Rows that others have locked since the statement which writes them: they are before it. */
  async #waitFor(held: HeldRow, options: RunOptions): Promise<void> {
    if (options.cancellation.isCanceled) throw canceled();
    const acquired = [{ ...held, policy: 'wait' as const, name: '' }];
    const action = writeAction({ kind: 'rows', policy: 'wait', acquired, released: [] });
    await this.#host.locks.perform(action, this.#id, options);
  }

  async rollback(): Promise<void> {
    this.#releaseReader();
    this.#record.clear(this.#forget());
    this.#hasWritten = false;
    await this.#endLocks();
  }

  /** Resolves when the machine looks at nothing of it any more. */
  #forget(): Promise<void> {
    if (this.#wasAsked) this.#forgotten = this.#host.speculator.forget(this.#id);
    this.#wasAsked = false;
    this.#isSpeculated = false;
    return this.#forgotten;
  }

  /** Not waited for longer than that: no majority may be there. */
  async #endLocks(): Promise<void> {
    const ended = this.#host.locks.endTransaction(this.#id, this.#isReleased);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, RELEASE_MS);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
  }

  /** Postgres' words, and what changed. */
  #conflict(statement: number): PgError {
    const entry = this.#record.entryAt(statement);
    const tables = (entry?.recorded.reads ?? [])
      .map((oid) => this.#host.catalog().relationByOid(oid)?.name)
      .filter((name) => name !== undefined)
      .map((name) => `"${name}"`);
    const where = tables.length === 0 ? '' : ` on ${tables.join(', ')}`;
    return new PgError('40001', 'could not serialize access due to concurrent update', {
      detail:
        entry === null
          ? `Statement ${statement + 1} of the transaction would give another result by now: another transaction has changed what it saw.`
          : `Statement ${statement + 1} of the transaction, ${entry.name}${where}, would give another result by now: another transaction has changed what it saw.`,
      hint: RETRY_HINT,
    });
  }
}

function hasRowLocks({ locking = null }: QueryPlan): boolean {
  return locking !== null;
}

const UNTOLD = new Uint8Array(DIGEST_BYTES);

function withSchemaOf(entry: Entry, schemaChanges: number): number {
  return schemaChanges + (entry.recorded.changesSchema && entry.mark === null ? 1 : 0);
}

interface Tables {
  /** Of a write those that it may change as well. */
  readonly reads: readonly Oid[];
  /** By cascades too. */
  readonly writes: readonly Oid[];
}

function tablesOf(
  { access, catalog, reads, writes }: QueryPlan,
  { cascadesNotNoted }: TransactionMutations,
): Tables {
  const changed = cascadesNotNoted === true ? writes : withCascades(catalog, writes);
  return {
    reads: access === 'write' ? [...new Set([...reads, ...changed])] : reads,
    writes: changed,
  };
}

function compiledAgain(
  recompile: Recompile,
  catalog: Catalog,
  mutations: TransactionMutations,
): { readonly steps: readonly Step[]; readonly catalog: Catalog; readonly tables: Tables } | null {
  try {
    const bound = recompile(catalog);
    return {
      steps: stepsOf(bound),
      catalog: bound.plan.catalog,
      tables: tablesOf(bound.plan, mutations),
    };
  } catch (error) {
    if (error instanceof PgError) return null;
    throw error;
  }
}

function hasSameSteps(steps: readonly Step[], others: readonly Step[]): boolean {
  return (
    steps.length === others.length &&
    steps.every((step, at) => isSameStep(step, must(others[at], 'a step')))
  );
}

/** Savepoints of a transaction by their depth: names of clients may be any, and repeat. */
function markName(depth: number): string {
  return `"mark ${depth}"`;
}

function isTelling({ code }: PgError): boolean {
  return !UNTELLING_CLASSES.some((prefix) => code.startsWith(prefix));
}

function errorOf({ code, message, fields }: ErrorData): PgError {
  return new PgError(code as SqlState, message, fields);
}

function readTooMuch(): PgError {
  return new PgError(
    '54000',
    `the transaction has read more than ${READ_BYTES_MAX} bytes of statements, and cannot write any more`,
    { hint: 'Write in several transactions.' },
  );
}

function schemaChanged(): PgError {
  return new PgError('40001', 'could not serialize access due to a concurrent schema change', {
    hint: RETRY_HINT,
  });
}

function rowHeld(): PgError {
  return new PgError('40001', 'could not serialize access due to concurrent update', {
    detail: 'Another transaction has locked a row since this one has changed it.',
    hint: RETRY_HINT,
  });
}

function tooManyActions(): PgError {
  return new PgError('40001', 'could not serialize access due to concurrent update', {
    detail: 'The statement met other rows to lock each time.',
    hint: RETRY_HINT,
  });
}

function canceled(): PgError {
  return new PgError('57014', 'canceling statement due to user request');
}

function statementTimeout(): PgError {
  return new PgError('57014', 'canceling statement due to statement timeout');
}
