// Runs plans for sessions: reads behind a barrier on the reader, writes through the gateway and the
// log (docs/architecture.md, "Life of a write", "Life of a read").
import { randomInt } from 'node:crypto';
import { dirname } from 'node:path';
import { withCascades } from '../catalog/cascades.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { SqlState } from '../errors/sqlstate.ts';
import type { Answer, Gateway, Ticket } from '../gateway/gateway.ts';
import { decodeOutcome, encodeRequest } from '../machine/command-codec.ts';
import type { ErrorData, Outcome, StagedTransaction, Step } from '../machine/command.ts';
import { isFatalCode, sqliteCode } from '../machine/database.ts';
import { statementErrorData } from '../machine/statement-error.ts';
import { heldRowOf } from '../machine/row-guard.ts';
import { stagePart, unstageParts } from '../machine/staged-parts.ts';
import type { Reader } from '../machine/reader.ts';
import type {
  Backend,
  BoundPlan,
  BulkLoad,
  NotificationSource,
  IsolationLevel,
  RowStream,
  RunOptions,
  StatementResult,
  Transaction,
  TransactionResult,
} from '../session/backend.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import { queryPlan } from '../sql/plan.ts';
import type { SequenceRun } from '../sql/functions/signature.ts';
import type { CompileSettings, Plan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { must } from '../util/assert.ts';
import { Cancellation } from '../util/cancellation.ts';
import { ByteBudget } from './byte-budget.ts';
import { monotonicMs, wallClockMicros } from './clock.ts';
import type { TransactionMutations } from './mutations.ts';
import { Freshness } from './freshness.ts';
import { canceled, deadlineOf, lateWrite, unknownWrite } from './late.ts';
import { LockClient, locksLost } from './lock-client.ts';
import { OpenTransaction } from './open-transaction.ts';
import { PlanCache } from './plan-cache.ts';
import { performAtOnce } from './perform-action.ts';
import { bind, isLocking, pinned, stepsOf } from './plan-steps.ts';
import type { SharedState } from './shared-state.ts';
import { openRowStream } from './row-stream.ts';
import { Punctuality } from './punctuality.ts';
import { Slots } from './slots.ts';
import { Snapshots } from './snapshots.ts';
import { Speculator } from './speculator.ts';
import { StagedLoad } from './staged-load.ts';
import { StatementFiles } from './statement-file.ts';
import { runAsTransaction } from './statement-transaction.ts';
import type { ReadInputs, TransactionHost } from './transaction-host.ts';

/** How long a definite answer is waited for after the time for the statement is over. */
const FENCE_GRACE_MS = 2000;
const READ_MS_MAX = 10_000;
const RECOMPILES_MAX = 50;
const RESERVE_SETTINGS: CompileSettings = { searchPath: [], user: 'postgres', timeZone: 'UTC' };
const REQUEST_BYTES_MAX = 7 * 1024 * 1024;
/** Of all clients of this node. */
const STAGED_BYTES_MAX = 8 * 1024 * 1024 * 1024;
/** Parts on their way through the log: other requests of the gateway are to have room beside them. */
const STAGED_AT_ONCE_MAX = 16;
/** For each part that may be ahead of another, beyond balsa.commit_timeout. */
const PART_MS = 1000;

/** Another transaction has locked a row that the statements write: they have to wait for it. */
const HELD = 'held';

export interface ExecutorOptions {
  readonly gateway: Gateway;
  readonly reader: Reader;
  readonly identity: TransactionHost['identity'];
  /** The database, for readers of transactions. */
  readonly file: string;
  readonly shared: SharedState;
  /** The gateway has something to send: collect it at the end of this turn. */
  readonly wake: () => void;
  readonly notifications: NotificationSource;
  readonly fact: (name: string) => string | null;
  readonly onFatal: (message: string) => void;
  readonly mutations?: TransactionMutations;
}

interface PendingWrite {
  readonly resolve: (answer: Answer) => void;
  readonly deadline: number;
  /** Set once the statement was given up and a definite answer is waited for. */
  fencedUntil: number | null;
}

export class Executor implements Backend, TransactionHost {
  readonly speculator: Speculator;
  readonly snapshots: Snapshots;
  readonly locks: LockClient;
  readonly mutations: TransactionMutations;
  /** Parts of large transactions, on all nodes, until they have ended. */
  readonly stagedBytes = new ByteBudget(STAGED_BYTES_MAX, 'staged transactions');
  readonly files: StatementFiles;
  readonly #staging = new Slots(STAGED_AT_ONCE_MAX);
  readonly #options: ExecutorOptions;
  readonly #plans = new PlanCache();
  readonly #writes = new Map<Ticket, PendingWrite>();
  readonly #freshness: Freshness;
  #roleListeners = new Set<() => void>();
  #catalog: Catalog;
  #isLeader = false;
  #isReleaseScheduled = false;
  readonly #punctuality = new Punctuality();
  #lastNow = 0n;
  /** Of the gateway, as last seen. */
  #sessionId: number | null = null;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.mutations = options.mutations ?? {};
    this.speculator = new Speculator(options.wake);
    this.locks = new LockClient(options.gateway, options.shared, options.wake);
    this.snapshots = new Snapshots(options.file);
    this.files = new StatementFiles(dirname(options.file));
    this.#freshness = new Freshness(options.shared, options.gateway, options.wake);
    this.#catalog = options.reader.loadCatalog();
  }

  // Schema ----------------------------------------------------------------------------------------

  catalog(): Catalog {
    if (this.#catalog.version !== this.#options.shared.schemaVersion()) {
      this.#catalog = this.#options.reader.loadCatalog();
    }
    return this.#catalog;
  }

  parse(sql: string): readonly ParsedStatement[] {
    return this.#plans.parse(sql);
  }

  compile(
    statement: ParsedStatement,
    parameterTypes: readonly Oid[] | null,
    catalog: Catalog,
    settings: CompileSettings,
  ): Plan {
    return this.#plans.compile(statement, parameterTypes, catalog, settings, this.#catalog);
  }

  get notifications(): NotificationSource {
    return this.#options.notifications;
  }

  fact(name: string): string | null {
    if (name === '@gateway_session') return String(this.#options.gateway.sessionId ?? 0);
    return this.#options.fact(name);
  }

  // Role ------------------------------------------------------------------------------------------

  isLeader(): boolean {
    return this.#isLeader;
  }

  onRoleChange(listener: () => void): () => void {
    this.#roleListeners.add(listener);
    return () => this.#roleListeners.delete(listener);
  }

  roleChanged(isLeader: boolean): void {
    if (isLeader === this.#isLeader) return;
    this.#isLeader = isLeader;
    for (const listener of this.#roleListeners) listener();
  }

  // Running ---------------------------------------------------------------------------------------

  async run(
    plans: readonly BoundPlan[],
    options: RunOptions,
    failure: PgError | null,
    recompile: (catalog: Catalog) => readonly BoundPlan[],
  ): Promise<TransactionResult> {
    if (plans.some(({ plan }) => isLocking(plan))) {
      return runAsTransaction(this, plans, options, failure, recompile);
    }
    let current = plans;
    for (let attempt = 0; attempt < RECOMPILES_MAX; attempt++) {
      const isRead = current.every(({ plan }) => plan.access === 'read');
      const result = isRead
        ? await this.#runReads(current, options)
        : await this.#runWrites(current, options, failure !== null);
      if (result === HELD) return runAsTransaction(this, current, options, failure, recompile);
      if (result !== null) return result;
      current = recompile(this.catalog());
    }
    throw changesTooFast();
  }

  beginTransaction(isolation: IsolationLevel): Transaction {
    return new OpenTransaction(this, isolation);
  }

  beginLoad(options: RunOptions): BulkLoad {
    return new StagedLoad(this, options);
  }

  // Reads -----------------------------------------------------------------------------------------

  runImmediately(plans: readonly BoundPlan[], options: RunOptions): TransactionResult | null {
    if (plans.some(({ plan }) => plan.access !== 'read' || isLocking(plan))) {
      return null;
    }
    if (options.consistency !== 'linearizable') {
      return this.#freshness.isFreshEnough(options) ? this.#read(plans, options) : null;
    }
    if (options.isFresh) return this.#read(plans, options);
    if (!this.#freshness.isLeaseFresh()) return null;
    // Before the read, so that the lease is extended while a long one goes on.
    this.#options.shared.noteLeaseRead();
    const result = this.#read(plans, options);
    const isGivenUp = result?.error?.code === '57014';
    // Looked at again: a pause during the read must not let an old answer out.
    return isGivenUp || this.#freshness.isLeaseFresh() ? result : null;
  }

  async #runReads(
    plans: readonly BoundPlan[],
    options: RunOptions,
  ): Promise<TransactionResult | null> {
    await this.freshen(options);
    return this.#read(plans, options);
  }

  /** See Backend. */
  freshen(options: RunOptions): Promise<void> {
    return this.#freshness.freshen(options);
  }

  #read(plans: readonly BoundPlan[], options: RunOptions): TransactionResult | null {
    const { reader, shared } = this.#options;
    const index = shared.appliedIndex();
    const inputs = { now: this.now(), seed: randomInt(0, 0xffff_ffff), index };
    const result = this.#readPlans(reader, plans, options, inputs);
    this.#releaseSoon();
    return result;
  }

  /** See TransactionHost. */
  readOn(
    reader: Reader,
    plan: BoundPlan,
    options: RunOptions,
    inputs: ReadInputs,
  ): TransactionResult | null {
    return this.#readPlans(reader, [plan], options, inputs);
  }

  /** See TransactionHost. */
  async readFresh(
    plan: BoundPlan,
    options: RunOptions,
    recompile: (catalog: Catalog) => BoundPlan,
  ): Promise<TransactionResult> {
    return (
      this.runImmediately([plan], options) ??
      (await this.run([plan], options, null, (catalog) => [recompile(catalog)]))
    );
  }

  /** See TransactionHost. */
  async reserve(oid: Oid, count: number, options: RunOptions): Promise<readonly SequenceRun[]> {
    const [statement] = this.parse(
      `SELECT first, increment, count FROM pg_catalog.balsa_reserved_values(${oid}::pg_catalog.oid, ${count})`,
    );
    const bind = (catalog: Catalog): readonly BoundPlan[] => {
      const plan = this.compile(must(statement, 'one statement'), [], catalog, RESERVE_SETTINGS);
      return [{ plan: queryPlan(plan), parameters: [] }];
    };
    const { results, error } = await this.run(
      bind(this.catalog()),
      { ...options, noteSequences: () => undefined, idempotencyKey: '' },
      null,
      bind,
    );
    if (error !== null) throw error;
    return (results[0]?.rows ?? []).map((row) => {
      const [first, increment, values] = row as readonly [bigint, bigint, bigint];
      return { first, increment, count: Number(values) };
    });
  }

  async stream(
    plan: BoundPlan,
    options: RunOptions,
    recompile: (catalog: Catalog) => BoundPlan,
  ): Promise<RowStream> {
    let current = plan;
    for (let attempt = 0; attempt < RECOMPILES_MAX; attempt++) {
      await this.freshen(options);
      const stream = this.#tryStream(current, options);
      if (stream !== null) return stream;
      current = recompile(this.catalog());
    }
    throw changesTooFast();
  }

  #tryStream({ plan, parameters }: BoundPlan, options: RunOptions): RowStream | null {
    const { catalog, steps } = plan;
    const { sql, bindings } = must(steps[0], 'a read has a step');
    const { setting, statementTimeoutMs } = options;
    return openRowStream({
      snapshots: this.snapshots,
      step: { sql, values: bind(bindings, parameters) },
      context: { now: this.now(), seed: randomInt(0, 0xffff_ffff), setting, catalog },
      index: this.#options.shared.appliedIndex(),
      statementTimeoutMs,
      errorOf: (error) => this.#readError(error),
    });
  }

  #readPlans(
    reader: Reader,
    plans: readonly BoundPlan[],
    options: RunOptions,
    { now, seed, index }: ReadInputs,
  ): TransactionResult | null {
    const [first] = plans;
    if (first === undefined) return { results: [], error: null };
    const { catalog } = first.plan;
    const steps = plans.flatMap(({ plan, parameters }) =>
      plan.steps.map(({ sql, bindings }) => ({ sql, values: bind(bindings, parameters) })),
    );
    const checkTime = timeLimit(options.statementTimeoutMs);
    const { setting } = options;
    const action = (text: string): SqliteValue => performAtOnce(text, options);
    const context = { now, seed, setting, catalog, checkTime, action };
    const read = reader.run(steps, context, index);
    if (read === null) return null;
    const results = read.rows.map((rows): StatementResult => ({ rows, count: rows.length }));
    return { results, error: read.error === null ? null : this.#readError(read.error) };
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

  #readError(error: unknown): PgError {
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
    return new PgError(data.code as SqlState, data.message, data.fields);
  }

  /** The clock, never before what was answered already. */
  now(): bigint {
    const now = wallClockMicros();
    this.#lastNow = now > this.#lastNow ? now : this.#lastNow;
    return this.#lastNow;
  }

  // Writes ----------------------------------------------------------------------------------------

  async #runWrites(
    plans: readonly BoundPlan[],
    options: RunOptions,
    isDoomed: boolean,
  ): Promise<TransactionResult | typeof HELD | null> {
    const outcome = await this.propose(this.#encode(plans, options, isDoomed), options);
    if (heldRowOf(outcome) !== null) return HELD;
    return outcome.kind === 'stale-schema'
      ? null
      : this.#transactionResult(outcome, plans, options);
  }

  #transactionResult(
    outcome: Exclude<Outcome, { kind: 'stale-schema' }>,
    plans: readonly BoundPlan[],
    options: RunOptions,
  ): TransactionResult {
    switch (outcome.kind) {
      case 'done':
        options.noteKeyUsed();
        for (const { sequences } of outcome.results) {
          if (sequences !== undefined) options.noteSequences(sequences);
        }
        return { results: outcome.results.slice(0, plans.length), error: null };
      case 'failed':
        return { results: outcome.results, error: errorOf(outcome.error) };
      case 'result-lost':
        throw new PgError(
          '08007',
          'the transaction took effect, but its result was too large to be kept over a change of leader',
        );
      default:
        throw unknownWrite(this.#options.shared);
    }
  }

  /** See TransactionHost. */
  async propose(request: Uint8Array, options: RunOptions): Promise<Outcome> {
    if (options.cancellation.isCanceled) throw canceled();
    const { shared } = this.#options;
    // What were proposed meanwhile could not be answered.
    if (shared.isMissingRoom()) await this.#freshness.room(options);
    if (shared.consensus().isDiskFull) {
      throw new PgError('53100', 'no majority of the nodes has disk space for writes', {
        hint: 'Make room on the disks: nothing else is to be done.',
      });
    }
    const isBound = this.locks.holdsLocks(Number(options.setting('@pid')));
    const boundTo = this.#options.gateway.sessionId;
    const ticket = this.#options.gateway.submit(request, isBound);
    if (ticket === null) throw new PgError('53000', 'too many statements are waiting on this node');
    this.#options.wake();
    const stopListening = options.cancellation.listen(() => this.#giveUp(ticket, monotonicMs()));
    const answer = await new Promise<Answer>((resolve) => {
      this.#writes.set(ticket, { resolve, deadline: deadlineOf(options), fencedUntil: null });
    });
    stopListening();
    if (answer.kind === 'not-executed') {
      // Not because of the client, but of its locks.
      if (isBound && this.#options.gateway.sessionId !== boundTo) throw locksLost();
      throw lateWrite(shared, options);
    }
    if (answer.kind === 'unknown') throw unknownWrite(shared);
    const outcome = decodeOutcome(answer.outcome);
    if (outcome.kind === 'fenced') throw lateWrite(shared, options);
    if (outcome.kind === 'session-expired') throw unknownWrite(shared);
    if (outcome.kind === 'stale-schema')
      await this.#freshness.applied(answer.index, outcome.schemaVersion);
    return outcome;
  }

  get identity(): TransactionHost['identity'] {
    return this.#options.identity;
  }

  /** See TransactionHost. */
  async stage(
    staged: StagedTransaction,
    part: number,
    bytes: Uint8Array,
    options: RunOptions,
  ): Promise<void> {
    const { commitTimeoutMs } = options;
    const patient = {
      ...options,
      commitTimeoutMs: commitTimeoutMs === 0 ? 0 : commitTimeoutMs + STAGED_AT_ONCE_MAX * PART_MS,
    };
    try {
      await this.#staging.during(() => this.#runStep(stagePart(staged, part, bytes), patient));
    } catch (error) {
      // Whatever becomes of a part: nothing takes effect without the last entry.
      const isUnknown = error instanceof PgError && error.code === '08007';
      throw isUnknown ? lateWrite(this.#options.shared, options) : error;
    }
  }

  /** See TransactionHost. What cannot be given up now goes when the gateway's session ends. */
  unstage(staged: StagedTransaction, options: RunOptions): void {
    const later = { ...options, cancellation: new Cancellation(), statementTimeoutMs: 0 };
    this.#runStep(unstageParts(staged), later).catch(() => undefined);
  }

  /** A step that is about no schema, in a request of its own. */
  async #runStep(step: Step, options: RunOptions): Promise<void> {
    for (;;) {
      const request = encodeRequest({
        schemaVersion: this.catalog().version,
        schemaChanges: 0,
        now: this.now(),
        seed: 0,
        settings: [],
        statements: [[step]],
        isDoomed: false,
        writes: [],
        recording: null,
        idempotencyKey: '',
        locks: null,
      });
      const outcome = await this.propose(request, options);
      if (outcome.kind === 'done') return;
      if (outcome.kind === 'failed') throw errorOf(outcome.error);
    }
  }

  #encode(plans: readonly BoundPlan[], options: RunOptions, isDoomed: boolean): Uint8Array {
    const [first] = plans as readonly [BoundPlan, ...BoundPlan[]];
    const schemaVersion = first.plan.kind === 'query' ? baseVersion(plans) : 0;
    const bytes = encodeRequest({
      schemaVersion,
      schemaChanges: (plans.at(-1)?.plan.catalog.version ?? schemaVersion) - schemaVersion,
      now: this.now(),
      seed: randomInt(0, 0xffff_ffff),
      settings: pinned(plans, options),
      statements: plans.map(stepsOf),
      isDoomed,
      writes: writtenTables(plans, this.mutations),
      recording: null,
      idempotencyKey: options.idempotencyKey,
      locks: null,
    });
    if (bytes.length > REQUEST_BYTES_MAX) {
      throw new PgError(
        '54000',
        `the transaction has ${bytes.length} bytes, more than ${REQUEST_BYTES_MAX}`,
        {
          hint: 'Write in several transactions.',
        },
      );
    }
    return bytes;
  }

  /** Nobody waits any more, or not for long: the gateway finds out what becomes of it. */
  #giveUp(ticket: Ticket, now: number): void {
    const pending = this.#writes.get(ticket);
    if (pending === undefined || pending.fencedUntil !== null) return;
    pending.fencedUntil = now + FENCE_GRACE_MS;
    this.#options.gateway.expire(ticket, now);
    this.#options.wake();
  }

  // What comes in ---------------------------------------------------------------------------------

  /** The gateway may have answers. */
  deliver(): void {
    const { gateway } = this.#options;
    for (const answer of gateway.takeAnswers()) {
      if (this.locks.answered(answer)) continue;
      const pending = this.#writes.get(answer.ticket);
      this.#writes.delete(answer.ticket);
      pending?.resolve(answer);
    }
    this.#freshness.deliver();
    if (gateway.sessionId !== this.#sessionId) {
      this.#sessionId = gateway.sessionId;
      this.locks.checkSession();
    }
  }

  /** See Backend. */
  breather(): Promise<void> | null {
    return this.#punctuality.wait();
  }

  /** Call every 50 ms: ends what has waited too long. */
  tick(now: number): void {
    this.#punctuality.ticked();
    this.locks.tick();
    this.#options.gateway.setHolding(this.locks.isHolding || this.stagedBytes.taken > 0);
    for (const [ticket, pending] of this.#writes) {
      if (pending.fencedUntil === null) {
        if (now >= pending.deadline) this.#giveUp(ticket, now);
      } else if (now >= pending.fencedUntil) this.#options.gateway.abandon(ticket);
    }
    this.#freshness.tick(now);
  }

  /** Statements without an answer. */
  get openCount(): number {
    const waiting = this.#writes.size + this.#freshness.openCount;
    return waiting + this.locks.openCount + this.files.workCount;
  }
}

function changesTooFast(): PgError {
  return new PgError(
    '40001',
    'the schema changes too fast: the statement was compiled in vain many times',
  );
}

/** A read keeps this node from serving its other clients: how long it may, at the most. */
function timeLimit(statementTimeoutMs: number): () => void {
  const startedAt = monotonicMs();
  return () => {
    const ms = monotonicMs() - startedAt;
    if (statementTimeoutMs > 0 && ms >= statementTimeoutMs) {
      throw new PgError('57014', 'canceling statement due to statement timeout');
    }
    if (ms < READ_MS_MAX) return;
    throw new PgError(
      '57014',
      `canceling statement: it kept this node from its other clients for ${READ_MS_MAX / 1000} s`,
      { hint: 'Read less at a time.' },
    );
  };
}

/** The schema version that the first of the plans was compiled for. */
function baseVersion(plans: readonly BoundPlan[]): number {
  const [first] = plans;
  const after = first?.plan.catalog.version ?? 0;
  return first !== undefined && changesSchema(first) ? after - 1 : after;
}

/** DDL leaves another schema than the one it was compiled for. */
function changesSchema({ plan }: BoundPlan): boolean {
  return plan.changesSchema === true;
}

function writtenTables(
  plans: readonly BoundPlan[],
  { cascadesNotNoted }: TransactionMutations,
): readonly Oid[] {
  const written = plans.flatMap(({ plan: { catalog, writes } }) =>
    cascadesNotNoted === true ? writes : withCascades(catalog, writes),
  );
  return [...new Set(written)].sort((a, b) => a - b);
}

function errorOf({ code, message, fields }: ErrorData): PgError {
  return new PgError(code as SqlState, message, fields);
}
