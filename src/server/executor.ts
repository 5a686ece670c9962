// Runs plans for sessions: reads behind a barrier on this node (local-reads.ts), writes through the
// gateway and the log (whole-transaction.ts, proposals.ts), interactive transactions
// (open-transaction.ts). Which way a statement takes is decided here.
import { dirname } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Reader } from '../machine/reader.ts';
import { heldRowOf } from '../machine/row-guard.ts';
import type {
  Backend,
  BoundPlan,
  BulkLoad,
  IsolationLevel,
  NotificationSource,
  RowStream,
  RunOptions,
  Transaction,
  TransactionResult,
} from '../session/backend.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import type { CompileSettings, Plan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import { RisingClock } from './clock.ts';
import { Freshness } from './freshness.ts';
import { LocalReads } from './local-reads.ts';
import { LockClient } from './lock-client.ts';
import type { TransactionMutations } from './mutations.ts';
import { OpenTransaction } from './open-transaction.ts';
import { PartProposals } from './part-proposals.ts';
import type { PartProposalsOptions } from './part-proposals.ts';
import { PlanCache } from './plan-cache.ts';
import { isLocking } from './plan-steps.ts';
import { Proposals } from './proposals.ts';
import { Punctuality } from './punctuality.ts';
import type { SharedState } from './shared-state.ts';
import { Snapshots } from './snapshots.ts';
import { Speculator } from './speculator.ts';
import { StagedLoad } from './staged-load.ts';
import { StatementFiles } from './statement-file.ts';
import { runAsTransaction } from './statement-transaction.ts';
import type { TransactionHost } from './transaction-host.ts';
import { encodeTransaction, resultOf } from './whole-transaction.ts';

const RECOMPILES_MAX = 50;

/** Another transaction has locked a row that the statements write: they have to wait for it. */
const HELD = 'held';

export interface ExecutorOptions {
  readonly gateway: Gateway;
  readonly reader: Reader;
  readonly identity: PartProposalsOptions['identity'];
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

export class Executor implements Backend, TransactionHost {
  readonly mutations: TransactionMutations;
  readonly clock = new RisingClock();
  readonly speculator: Speculator;
  readonly snapshots: Snapshots;
  readonly reads: LocalReads;
  readonly locks: LockClient;
  readonly files: StatementFiles;
  readonly proposals: Proposals;
  readonly parts: PartProposals;
  readonly #options: ExecutorOptions;
  readonly #plans = new PlanCache();
  readonly #freshness: Freshness;
  readonly #punctuality = new Punctuality();
  readonly #roleListeners = new Set<() => void>();
  #catalog: Catalog;
  #isLeader = false;
  /** Of the gateway, as last seen. */
  #sessionId: number | null = null;

  constructor(options: ExecutorOptions) {
    const { gateway, reader, shared, file, identity, wake, onFatal } = options;
    const { clock } = this;
    const freshness = new Freshness(shared, gateway, wake);
    this.#options = options;
    this.mutations = options.mutations ?? {};
    this.speculator = new Speculator(wake);
    this.locks = new LockClient(gateway, shared, wake);
    this.snapshots = new Snapshots(file);
    this.reads = new LocalReads({ reader, snapshots: this.snapshots, shared, clock, onFatal });
    this.files = new StatementFiles(dirname(file));
    this.proposals = new Proposals({ gateway, shared, freshness, locks: this.locks, wake });
    this.parts = new PartProposals({ proposals: this.proposals, shared, clock, identity });
    this.#freshness = freshness;
    this.#catalog = reader.loadCatalog();
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
        ? await this.#runFreshReads(current, options)
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
      return this.#freshness.isFreshEnough(options) ? this.reads.run(plans, options) : null;
    }
    if (options.isFresh) return this.reads.run(plans, options);
    if (!this.#freshness.isLeaseFresh()) return null;
    // Before the read, so that the lease is extended while a long one goes on.
    this.#options.shared.noteLeaseRead();
    const result = this.reads.run(plans, options);
    const isGivenUp = result?.error?.code === '57014';
    // Looked at again: a pause during the read must not let an old answer out.
    return isGivenUp || this.#freshness.isLeaseFresh() ? result : null;
  }

  async #runFreshReads(
    plans: readonly BoundPlan[],
    options: RunOptions,
  ): Promise<TransactionResult | null> {
    await this.freshen(options);
    return this.reads.run(plans, options);
  }

  /** See Backend. */
  freshen(options: RunOptions): Promise<void> {
    return this.#freshness.freshen(options);
  }

  async stream(
    plan: BoundPlan,
    options: RunOptions,
    recompile: (catalog: Catalog) => BoundPlan,
  ): Promise<RowStream> {
    let current = plan;
    for (let attempt = 0; attempt < RECOMPILES_MAX; attempt++) {
      await this.freshen(options);
      const stream = this.reads.stream(current, options);
      if (stream !== null) return stream;
      current = recompile(this.catalog());
    }
    throw changesTooFast();
  }

  // Writes ----------------------------------------------------------------------------------------

  async #runWrites(
    plans: readonly BoundPlan[],
    options: RunOptions,
    isDoomed: boolean,
  ): Promise<TransactionResult | typeof HELD | null> {
    const { mutations } = this;
    const now = this.clock.now();
    const request = encodeTransaction({ plans, now, options, isDoomed, mutations });
    const outcome = await this.proposals.propose(request, options);
    if (heldRowOf(outcome) !== null) return HELD;
    if (outcome.kind === 'stale-schema') return null;
    return resultOf(outcome, plans, options, this.#options.shared);
  }

  // What comes in ---------------------------------------------------------------------------------

  /** The gateway may have answers. */
  deliver(): void {
    const { gateway } = this.#options;
    for (const answer of gateway.takeAnswers()) {
      if (!this.locks.answered(answer)) this.proposals.answered(answer);
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
    this.#options.gateway.setHolding(this.locks.isHolding || this.parts.bytes.taken > 0);
    this.proposals.tick(now);
    this.#freshness.tick(now);
  }

  /** Statements without an answer. */
  get openCount(): number {
    const waiting = this.proposals.openCount + this.#freshness.openCount;
    return waiting + this.locks.openCount + this.files.workCount;
  }
}

function changesTooFast(): PgError {
  return new PgError(
    '40001',
    'the schema changes too fast: the statement was compiled in vain many times',
  );
}
