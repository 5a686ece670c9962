// The replicated state machine: applies committed entries to SQLite, in order, each exactly once.
// The applied index changes in the same transaction as the effects (R51).
import { hash } from 'node:crypto';
import type { Entry, Index, NodeId, Term } from '../raft/entry.ts';
import type { Notification } from '../sql/functions/notify.ts';
import type { Oid } from '../types/pg-type.ts';
import { assert, InvariantViolation, must, unreachable } from '../util/assert.ts';
import { ByteReader, ByteWriter } from '../util/bytes.ts';
import { RequestContext } from './call-context.ts';
import { Checkpointer } from './checkpointer.ts';
import { decodeCommand, packOutcomes, RequestDecoder } from './command-codec.ts';
import type {
  CloseCommand,
  EncodedRequest,
  ExecuteCommand,
  FenceCommand,
  Outcome,
  RegisterCommand,
  Request,
} from './command.ts';
import { isNoRoom } from './database.ts';
import type { Database } from './database.ts';
import { Execution, MachineHalted, NO_KEY_CHECKS } from './execute.ts';
import type { ExplainConstraint, KeyChecks } from './execute.ts';
import { IdempotencyTable } from './idempotency.ts';
import type { ForeignKey } from './foreign-keys.ts';
import { keptOutcomes } from './kept-outcomes.ts';
import { KeyGuard } from './key-guard.ts';
import { openLocks, runLockActions } from './lock-table.ts';
import type { Grant, LockOwner, Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import { isRecorded } from './recorded-request.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { replay } from './replay.ts';
import { heldRowOf, RowGuard } from './row-guard.ts';
import { ReservedValues } from './reserved-values.ts';
import { NotificationTable } from './notification-table.ts';
import { SequenceTable } from './sequence-table.ts';
import { SessionTable } from './sessions.ts';
import type { GatewaySession } from './sessions.ts';
import { Speculations } from './speculation.ts';
import type { Speculate, Speculated, SpeculationId } from './speculation.ts';
import { StagedParts } from './staged-parts.ts';
import { TableChanges } from './table-changes.ts';

const ENTRIES_PER_TRANSACTION = 256;
/** The apply hash is compared with the other nodes' at multiples of this index (R55). */
export const HASH_INTERVAL = 256;

export interface MachineOptions {
  readonly database: Database;
  /** Reads the schema, uncommitted changes included: functions ask for it. */
  readonly catalog: () => unknown;
  readonly explain: ExplainConstraint;
  /** Absent: no schema has such keys. */
  readonly deferredKeys?: KeyChecks;
  /** See ExecutionOptions. */
  readonly lastRow?: (table: Oid) => number;
  /** Those of the schema, uncommitted changes included. Absent: there are none. */
  readonly foreignKeys?: () => readonly ForeignKey[];
  readonly mutations?: MachineMutations;
  /** Milliseconds of a clock, for Speculations.activeMs. */
  readonly clock?: () => number;
}

/** What became of the requests of one entry. */
export interface EntryOutcomes {
  readonly index: Index;
  readonly kind: 'executed' | 'fenced' | 'registered' | 'closed';
  readonly sessionId: number;
  /** Whose gateway the outcomes are for; 0: the session was closed before. */
  readonly nodeId: NodeId;
  readonly firstSequence: number;
  /** Encoded outcomes in order of the requests, see packOutcomes. */
  readonly outcomes: Uint8Array;
}

export interface ApplyResult {
  /** Entries applied, from the start of those given. */
  readonly count: number;
  readonly outcomes: readonly EntryOutcomes[];
  /** Of transactions that took effect, in the order of the log. */
  readonly notifications: readonly Notification[];
  /** Locks that their owners waited for. */
  readonly grants: readonly Grant[];
  readonly hashes: readonly { readonly index: Index; readonly hash: Uint8Array }[];
}

/** The session of a gateway that keeps something from others. */
export interface Holder {
  readonly sessionId: number;
  readonly nodeId: NodeId;
  /** Its newest entry. */
  readonly lastIndex: Index;
}

export class Machine {
  readonly #database: Database;
  readonly #mutations: MachineMutations;
  readonly #context: RequestContext;
  readonly #notifications: NotificationTable;
  /** Of the entries of the SQLite transaction that is open. */
  #notified: Notification[] = [];
  readonly #sessions: SessionTable;
  readonly #locks: Locks;
  readonly #rows: RowGuard;
  readonly #idempotency: IdempotencyTable;
  readonly #staged: StagedParts;
  readonly #execution: Execution;
  readonly #checkpointer: Checkpointer;
  readonly #decoder = new RequestDecoder();
  readonly #changes: TableChanges;
  readonly #speculations: Speculations;
  /** The first request of the entry to apply has run: as a speculation, whose writes are there. */
  #isRun = false;
  #appliedIndex: Index;
  #appliedTerm: Term;
  #schemaVersion: number;
  #hash: Uint8Array;
  #isHalted = false;

  /** `database` has the system tables (open-machine.ts). */
  constructor(options: MachineOptions) {
    const { database, mutations = {} } = options;
    this.#database = database;
    this.#mutations = mutations;
    this.#notifications = new NotificationTable(database);
    this.#locks = openLocks(database);
    this.#rows = new RowGuard(this.#locks);
    this.#context = new RequestContext(
      options.catalog,
      {
        sequences: new SequenceTable(database),
        notifications: this.#notifications,
        rows: this.#rows,
      },
      mutations,
    );
    database.onRollback(() => this.#context.rolledBack());
    this.#sessions = new SessionTable(database, mutations, (session) => this.#closed(session));
    this.#idempotency = new IdempotencyTable(database);
    this.#staged = new StagedParts(database, this.#decoder, mutations);
    this.#checkpointer = new Checkpointer(database);
    this.#execution = new Execution({
      database,
      context: this.#context,
      explain: options.explain,
      deferredKeys: options.deferredKeys ?? NO_KEY_CHECKS,
      lastRow: options.lastRow,
      keyGuard:
        options.foreignKeys === undefined
          ? undefined
          : new KeyGuard(database, this.#rows, options.foreignKeys, mutations),
      mutations,
    });
    const [row] = database.rows(
      'SELECT log_index, log_term, schema_version, hash FROM "balsa.applied"',
    );
    const [index, term, version, hash] = must(row, 'the database has its applied index');
    assert(hash instanceof Uint8Array, 'the apply hash is a blob');
    this.#appliedIndex = Number(index);
    this.#appliedTerm = Number(term);
    this.#schemaVersion = Number(version);
    this.#hash = hash;
    const isForgetful = mutations.changesForgottenOnRestart === true;
    this.#changes = new TableChanges(isForgetful ? 0 : this.#appliedIndex);
    this.#speculations = new Speculations({
      database,
      context: this.#context,
      execution: this.#execution,
      changes: this.#changes,
      locks: this.#locks,
      rows: this.#rows,
      mutations,
      ...(options.clock === undefined ? {} : { now: options.clock }),
    });
  }

  get appliedIndex(): Index {
    return this.#appliedIndex;
  }

  get appliedTerm(): Term {
    return this.#appliedTerm;
  }

  get schemaVersion(): number {
    return this.#schemaVersion;
  }

  get applyHash(): Uint8Array {
    return this.#hash;
  }

  /** The node whose gateway has the session; 0: it is closed. */
  nodeOf(sessionId: number): NodeId {
    return this.#sessions.nodeOf(sessionId);
  }

  /** Sessions that keep something from others: locks, places in a queue for them, staged parts. */
  holders(): readonly Holder[] {
    const ofLocks = this.#locks.sessions();
    return [...this.#sessions.open()]
      .filter(
        ({ sessionId, nodeId, incarnation }) =>
          ofLocks.has(sessionId) || this.#staged.existOf(nodeId, incarnation),
      )
      .map(({ sessionId, nodeId }) => {
        return { sessionId, nodeId, lastIndex: this.#sessions.lastIndexOf(sessionId) };
      });
  }

  /** As of the applied index. */
  get locks(): Locks {
    return this.#locks;
  }

  /** For registering functions on the writer's connection. */
  get context(): RequestContext {
    return this.#context;
  }

  /** The applied index that a power failure cannot take back: the log is needed from there on. */
  get durableIndex(): Index {
    return this.#checkpointer.durableIndex;
  }

  /**
   * Applies entries in one transaction until `isOverBudget` says so, at least one, at most 256.
   * Throws MachineHalted, and then nothing of the transaction took effect and the machine is of no
   * use any more.
   */
  apply(entries: readonly Entry[], isOverBudget: () => boolean = () => false): ApplyResult {
    assert(!this.#isHalted, 'a halted machine applies nothing');
    try {
      this.#isRun = this.#takeOpen(entries);
      if (!this.#isRun) this.#speculations.park();
      const result = this.#applyBatch(entries, isOverBudget);
      this.#checkpointer.committed(this.#appliedIndex);
      return result;
    } catch (error) {
      this.#isHalted = true;
      if (this.#database.isInTransaction) this.#database.run('ROLLBACK');
      if (error instanceof MachineHalted || error instanceof InvariantViolation) throw error;
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      throw new MachineHalted(`${name}: ${message}`, { cause: error });
    }
  }

  #applyBatch(entries: readonly Entry[], isOverBudget: () => boolean): ApplyResult {
    const outcomes: EntryOutcomes[] = [];
    const hashes: { index: Index; hash: Uint8Array }[] = [];
    let count = 0;
    if (!this.#isRun) this.#database.run('BEGIN IMMEDIATE');
    for (const entry of entries) {
      if (count > 0 && (count >= ENTRIES_PER_TRANSACTION || isOverBudget())) break;
      count += 1;
      // Handed over again after a restart (R51).
      if (entry.index <= this.#appliedIndex) continue;
      assert(
        entry.index === this.#appliedIndex + 1,
        `entry ${entry.index} after ${this.#appliedIndex}`,
      );
      this.#locks.beginEntry(entry.index);
      const outcome = this.#applyEntry(entry);
      if (this.#mutations.openCommittedUnseen !== true) {
        assert(!this.#isRun, 'what has run is what the entry executes');
      }
      if (outcome !== null) outcomes.push(outcome);
      this.#advance(entry, outcome?.outcomes ?? null);
      if (entry.index % HASH_INTERVAL === 0) hashes.push({ index: entry.index, hash: this.#hash });
    }
    if (this.#mutations.appliedIndexInAnotherTransaction !== true) this.#writeApplied();
    this.#database.run('COMMIT');
    const notifications = this.#notified;
    this.#notified = [];
    return { count, outcomes, notifications, grants: this.#locks.takeGrants(), hashes };
  }

  // Speculation -----------------------------------------------------------------------------------

  /**
   * Nothing was applied since the active speculation began. If it is what the first entry would
   * run, its SQLite transaction becomes the entry's. Otherwise nothing happens.
   */
  #takeOpen([entry]: readonly Entry[]): boolean {
    if (!this.#speculations.isProposed || this.#mutations.openNeverCommitted === true) return false;
    if (entry?.kind !== 'command' || entry.index !== this.#appliedIndex + 1) return false;
    const command = decodeCommand(entry.data);
    if (command.kind !== 'execute') return false;
    const [encoded] = command.requests;
    if (encoded === undefined || !this.#speculations.isOpen(encoded)) return false;
    const request = this.#decoder.decode(encoded);
    const isExpected =
      this.#mutations.openCommittedUnseen === true || this.#isToRun(command, request);
    // What it met of locked rows depends on whose locks are no hindrance.
    if (!this.#speculations.isOf(ownerOf(request, command.sessionId))) return false;
    if (!isExpected || this.#execution.endRecording(request, null).kind !== 'done') return false;
    this.#database.run('RELEASE request');
    this.#speculations.handOver();
    return true;
  }

  /** Its first request: what #execute and the functions below it look at before they run it. */
  #isToRun({ sessionId, firstSequence, requests }: ExecuteCommand, request: Request): boolean {
    const lastSequence = firstSequence + requests.length - 1;
    const { locks = null, staged = null } = request.recording ?? {};
    return (
      this.#sessions.isOpen(sessionId) &&
      !this.#sessions.isAcknowledged(sessionId, lastSequence) &&
      this.#sessions.executedBefore(sessionId, firstSequence) === null &&
      this.#sessions.mayExecute(sessionId, firstSequence) &&
      (locks === null ||
        this.#locks.hasTransaction({ sessionId, owner: locks.owner }, locks.transaction)) &&
      this.#idempotency.outcomeOf(request) === null &&
      request.schemaVersion === this.#schemaVersion &&
      (staged === null || this.#staged.isWhole(staged))
    );
  }

  /** Runs the next statement of an interactive transaction. Throws MachineHalted. */
  speculate(request: Speculate): Speculated {
    assert(!this.#isHalted, 'a halted machine speculates nothing');
    try {
      return this.#speculations.run(request, this);
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      this.#speculations.forget(request.id);
      return { kind: 'no-room' };
    }
  }

  /** The transaction was proposed as `request`, behind all that it was told here. */
  proposeSpeculation(id: SpeculationId, request: EncodedRequest): void {
    this.#speculations.propose(id, request);
  }

  /** The active speculation has nothing to run any more. */
  get isActiveProposed(): boolean {
    return this.#speculations.isProposed;
  }

  /** The transaction has ended. */
  forgetSpeculation(id: SpeculationId): void {
    this.#speculations.forget(id);
  }

  /** The transaction whose statements stand uncommitted in the database, or null. */
  get activeSpeculation(): SpeculationId | null {
    return this.#speculations.activeId;
  }

  /** What it would cost to run the active speculation again, ms. */
  get activeSpeculationMs(): number {
    return this.#speculations.activeMs;
  }

  // Checkpoints -----------------------------------------------------------------------------------

  /** Makes what was committed durable; false: a reader holds it up, try again later. */
  checkpoint(): boolean {
    this.#speculations.park();
    return this.#checkpointer.run(this.#appliedIndex);
  }

  /** Nothing waits to be applied: the time for a checkpoint, if one is worth it. */
  idle(): void {
    if (this.#speculations.activeId !== null) return;
    this.#checkpointer.idle(this.#appliedIndex);
  }

  /** Only for the mutation that writes the applied index in a transaction of its own. */
  writeAppliedSeparately(): void {
    this.#writeApplied();
  }

  #writeApplied(): void {
    this.#database.run(
      'UPDATE "balsa.applied" SET log_index = ?, log_term = ?, schema_version = ?, hash = ?',
      [
        BigInt(this.#appliedIndex),
        BigInt(this.#appliedTerm),
        BigInt(this.#schemaVersion),
        this.#hash,
      ],
    );
  }

  #advance(entry: Entry, outcomes: Uint8Array | null): void {
    this.#appliedIndex = entry.index;
    this.#appliedTerm = entry.term;
    // In one call: a Hash object is a stream, and costs as much again as the hashing.
    const parts = [
      this.#hash,
      Buffer.from(`${entry.index} ${entry.term} ${entry.kind}`),
      entry.data,
    ];
    if (outcomes !== null) parts.push(outcomes);
    this.#hash = hash('sha256', Buffer.concat(parts), 'buffer');
  }

  #applyEntry(entry: Entry): EntryOutcomes | null {
    switch (entry.kind) {
      case 'command':
        return this.#applyCommand(entry);
      case 'configuration':
        this.#database.run(
          'UPDATE "balsa.applied" SET configuration = ?, configuration_index = ?',
          [entry.data, BigInt(entry.index)],
        );
        return null;
      case 'term-start':
      case 'end-lease':
      case 'lease-extend':
        return null;
      default:
        return unreachable(entry.kind);
    }
  }

  #applyCommand(entry: Entry): EntryOutcomes | null {
    const command = decodeCommand(entry.data);
    switch (command.kind) {
      case 'register':
        return this.#register(entry, command);
      case 'execute':
        return this.#execute(entry, command);
      case 'fence':
        return this.#fence(entry, command);
      case 'close':
        return this.#close(entry, command);
      default:
        return unreachable(command);
    }
  }

  #register(entry: Entry, { nodeId, incarnation }: RegisterCommand): EntryOutcomes | null {
    const { index } = entry;
    const sessionId = this.#sessions.register(index, nodeId, incarnation);
    if (sessionId === null) return null;
    const outcomes = registration(nodeId, incarnation);
    return { index, kind: 'registered', sessionId, nodeId, firstSequence: 0, outcomes };
  }

  #close(entry: Entry, { sessionId, lastIndex }: CloseCommand): EntryOutcomes | null {
    if (!this.#sessions.isOpen(sessionId)) return null;
    const isAlive = this.#sessions.lastIndexOf(sessionId) > lastIndex;
    if (isAlive && this.#mutations.closeIgnoresNewerEntries !== true) return null;
    const nodeId = this.#sessions.nodeOf(sessionId);
    this.#sessions.close(sessionId);
    const { index } = entry;
    return { index, kind: 'closed', sessionId, nodeId, firstSequence: 0, outcomes: NO_OUTCOMES };
  }

  /** What ends with a session. */
  #closed({ sessionId, nodeId, incarnation }: GatewaySession): void {
    if (this.#mutations.locksOutliveSession !== true) this.#locks.closeSession(sessionId);
    if (this.#mutations.partsOutliveSession !== true) this.#staged.dropOf(nodeId, incarnation);
  }

  #execute(entry: Entry, command: ExecuteCommand): EntryOutcomes | null {
    const { sessionId, firstSequence, requests } = command;
    const lastSequence = firstSequence + requests.length - 1;
    const nodeId = this.#sessions.nodeOf(sessionId);
    const reply = (outcomes: Uint8Array): EntryOutcomes => ({
      index: entry.index,
      kind: 'executed',
      sessionId,
      nodeId,
      firstSequence,
      outcomes,
    });
    if (!this.#sessions.isOpen(sessionId)) {
      return reply(packOutcomes(requests.map(() => ({ kind: 'session-expired' }))));
    }
    this.#sessions.acknowledge(sessionId, command.ackLow);
    // A late copy: its outcomes came by at the gateway, which waits for nothing here.
    if (this.#sessions.isAcknowledged(sessionId, lastSequence)) return null;
    const kept = this.#sessions.executedBefore(sessionId, firstSequence);
    if (kept !== null) return reply(kept);
    const outcomes = requests.map((request, at) =>
      this.#sessions.mayExecute(sessionId, firstSequence + at)
        ? this.#executeRequest(request, sessionId, entry.index)
        : ({ kind: 'fenced' } as const),
    );
    const packed = packOutcomes(outcomes);
    const keep = keptOutcomes(outcomes, packed);
    this.#sessions.keep(sessionId, firstSequence, lastSequence, entry.index, keep);
    return reply(packed);
  }

  #executeRequest(encoded: EncodedRequest, sessionId: number, index: Index): Outcome {
    const request = this.#decoder.decode(encoded);
    if (request.locks !== null) {
      const { owner, actions } = request.locks;
      const results = [runLockActions(this.#locks, { sessionId, owner }, actions)];
      return { kind: 'done', results };
    }
    const locks = request.recording?.locks ?? null;
    const owner = ownerOf(request, sessionId);
    this.#rows.use(owner, this.#mutations.heldRowsWritten === true ? 'note' : 'refuse');
    if (locks === null || owner === null) return this.#runRequest(request, index);
    if (!this.#locks.hasTransaction(owner, locks.transaction)) return { kind: 'locks-lost' };
    const outcome = this.#runRequest(request, index);
    // The gateway proposes it again.
    if (outcome.kind === 'stale-schema' || heldRowOf(outcome) !== null) return outcome;
    if (this.#mutations.locksOutliveTransaction !== true) {
      this.#locks.releaseTransaction(owner, locks.transaction);
    }
    return outcome;
  }

  #runRequest(request: Request, index: Index): Outcome {
    const before = this.#idempotency.outcomeOf(request);
    if (before !== null) return before;
    if (request.schemaVersion !== this.#schemaVersion) {
      return { kind: 'stale-schema', schemaVersion: this.#schemaVersion };
    }
    const staged = request.recording?.staged ?? null;
    if (staged !== null && !this.#staged.isWhole(staged)) return PARTS_LOST;
    const isRun = this.#isRun;
    this.#isRun = false;
    if (isRun) return this.#ended(request, index, { kind: 'done', results: [] });
    if (isRecorded(request) && request.recording.isUntold === true) {
      const untold = this.#execution.runUntold(request, this.#parts(request));
      return this.#ended(request, index, untold);
    }
    const outcome = isRecorded(request)
      ? this.#execution.runRecording(request, () =>
          replay(
            this.#parts(request),
            request.recording.snapshot,
            new ReservedValues(request.recording.sequences),
            this.#execution,
            this.#changes,
            this.#mutations,
          ),
        )
      : this.#execution.run(request);
    return this.#ended(request, index, outcome);
  }

  #ended(request: Request, index: Index, outcome: Outcome): Outcome {
    if (outcome.kind === 'done' && !request.isDoomed) {
      this.#noteEffects(request, index);
      this.#idempotency.keep(request, outcome, index);
    }
    const staged = request.recording?.staged ?? null;
    // The gateway waits, and proposes it again.
    if (staged !== null && heldRowOf(outcome) === null) this.#staged.drop(staged);
    return outcome;
  }

  *#parts(request: RecordedRequest): Iterable<RecordedRequest> {
    const { staged } = request.recording;
    if (staged !== null) yield* this.#staged.requests(staged);
    yield request;
  }

  #noteEffects({ schemaChanges, writes, recording }: Request, index: Index): void {
    const { transactionsNotNoted, schemaChangesNotNoted } = this.#mutations;
    this.#schemaVersion += schemaChanges;
    if (recording !== null && transactionsNotNoted === true) return;
    if (schemaChanges > 0 && schemaChangesNotNoted !== true) this.#changes.noteAll(index);
    else this.#changes.note(writes, index);
    for (const each of this.#notifications.takeAll()) this.#notified.push(each);
  }

  /** After this the outcome is definite: executed before, or never (raft 3.5). */
  #fence(entry: Entry, { sessionId, sequence }: FenceCommand): EntryOutcomes | null {
    const { index } = entry;
    const nodeId = this.#sessions.nodeOf(sessionId);
    const fenced = (outcome: Outcome): EntryOutcomes => ({
      index,
      kind: 'fenced',
      sessionId,
      nodeId,
      firstSequence: sequence,
      outcomes: packOutcomes([outcome]),
    });
    // Closed, so nothing is executed from here on; what was executed before is not known here.
    if (!this.#sessions.isOpen(sessionId)) return fenced({ kind: 'session-expired' });
    if (this.#sessions.isAcknowledged(sessionId, sequence)) return null;
    const execution = this.#sessions.executionOf(sessionId, sequence);
    if (execution !== null) return { index, kind: 'executed', sessionId, nodeId, ...execution };
    this.#sessions.fence(sessionId, sequence);
    return fenced({ kind: 'fenced' });
  }
}

/** Who has the locks of the transaction; null: it has none. */
function ownerOf({ recording }: Request, sessionId: number): LockOwner | null {
  const locks = recording?.locks ?? null;
  return locks === null ? null : { sessionId, owner: locks.owner };
}

const NO_OUTCOMES = packOutcomes([]);

const PARTS_LOST: Outcome = {
  kind: 'failed',
  results: [],
  error: {
    code: '40001',
    message: 'could not serialize access: parts of the transaction were given up',
    fields: { hint: 'The transaction might succeed if retried.' },
  },
};

/** EntryOutcomes.outcomes of requests, one by one: see decodeOutcome. */
export function unpackOutcomes(packed: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(packed);
  const outcomes = Array.from({ length: reader.u32() }, () => reader.bytes());
  reader.end();
  return outcomes;
}

function registration(nodeId: number, incarnation: number): Uint8Array {
  return new ByteWriter(16).u32(nodeId).u53(incarnation).finish();
}

/** Whose registration it was. */
export function readRegistration(bytes: Uint8Array): {
  readonly nodeId: number;
  readonly incarnation: number;
} {
  const reader = new ByteReader(bytes);
  return { nodeId: reader.u32(), incarnation: reader.u53() };
}
