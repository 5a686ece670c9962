// The replicated state machine: applies committed entries to SQLite, in order, each exactly once.
// The applied index changes in the same transaction as the effects (R51). What commands of gateways
// do is in gateway-commands.ts, what their requests do in request-execution.ts.
import type { Entry, Index, NodeId, Term } from '../raft/entry.ts';
import type { Notification } from '../sql/functions/notify.ts';
import type { Oid } from '../types/pg-type.ts';
import { assert, InvariantViolation, unreachable } from '../util/assert.ts';
import { AppliedState } from './applied-state.ts';
import { RequestContext } from './call-context.ts';
import { Checkpointer } from './checkpointer.ts';
import { decodeCommand } from './command-codec.ts';
import { RequestDecoder } from './request-codec.ts';
import type { EncodedRequest } from './command.ts';
import { isNoRoom } from './database.ts';
import type { Database } from './database.ts';
import type { EntryOutcomes } from './entry-outcomes.ts';
import { Execution, MachineHalted, NO_KEY_CHECKS } from './execute.ts';
import type { ExplainConstraint, KeyChecks } from './execute.ts';
import type { ForeignKey } from './foreign-keys.ts';
import { GatewayCommands } from './gateway-commands.ts';
import type { Holder } from './gateway-commands.ts';
import { IdempotencyTable } from './idempotency.ts';
import { KeyGuard } from './key-guard.ts';
import { openLocks } from './lock-table.ts';
import type { Grant, Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import { NotificationTable } from './notification-table.ts';
import { ownerOf, RequestExecution } from './request-execution.ts';
import { RowGuard } from './row-guard.ts';
import { SequenceTable } from './sequence-table.ts';
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

export class Machine {
  readonly #database: Database;
  readonly #mutations: MachineMutations;
  readonly #context: RequestContext;
  readonly #applied: AppliedState;
  readonly #locks: Locks;
  readonly #execution: Execution;
  readonly #checkpointer: Checkpointer;
  readonly #decoder = new RequestDecoder();
  readonly #speculations: Speculations;
  readonly #requests: RequestExecution;
  readonly #commands: GatewayCommands;
  #isHalted = false;

  /** `database` has the system tables (open-machine.ts). */
  constructor(options: MachineOptions) {
    const { database, mutations = {} } = options;
    this.#database = database;
    this.#mutations = mutations;
    this.#applied = new AppliedState(database);
    const notifications = new NotificationTable(database);
    const locks = openLocks(database);
    this.#locks = locks;
    const rows = new RowGuard(locks);
    this.#context = new RequestContext(
      options.catalog,
      {
        sequences: new SequenceTable(database),
        notifications,
        rows,
      },
      mutations,
    );
    database.onRollback(() => this.#context.rolledBack());
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
          : new KeyGuard(database, rows, options.foreignKeys, mutations),
      mutations,
    });
    const isForgetful = mutations.changesForgottenOnRestart === true;
    const changes = new TableChanges(isForgetful ? 0 : this.#applied.index);
    const staged = new StagedParts(database, this.#decoder, mutations);
    this.#requests = new RequestExecution({
      applied: this.#applied,
      decoder: this.#decoder,
      execution: this.#execution,
      locks,
      rows,
      idempotency: new IdempotencyTable(database),
      staged,
      changes,
      notifications,
      mutations,
    });
    this.#commands = new GatewayCommands({
      database,
      locks,
      staged,
      execute: (request, sessionId, index) => this.#requests.execute(request, sessionId, index),
      mutations,
    });
    this.#speculations = new Speculations({
      database,
      context: this.#context,
      execution: this.#execution,
      changes,
      locks,
      rows,
      mutations,
      ...(options.clock === undefined ? {} : { now: options.clock }),
    });
  }

  get appliedIndex(): Index {
    return this.#applied.index;
  }

  get appliedTerm(): Term {
    return this.#applied.term;
  }

  get schemaVersion(): number {
    return this.#applied.schemaVersion;
  }

  get applyHash(): Uint8Array {
    return this.#applied.hash;
  }

  /** The node whose gateway has the session; 0: it is closed. */
  nodeOf(sessionId: number): NodeId {
    return this.#commands.nodeOf(sessionId);
  }

  /** See GatewayCommands. */
  holders(): readonly Holder[] {
    return this.#commands.holders();
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
      const isOpen = this.#takeOpen(entries);
      this.#requests.expectRun(isOpen);
      if (!isOpen) this.#speculations.park();
      const result = this.#applyBatch(entries, isOverBudget);
      this.#checkpointer.committed(this.#applied.index);
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
    if (!this.#requests.isRunExpected) this.#database.run('BEGIN IMMEDIATE');
    for (const entry of entries) {
      if (count > 0 && (count >= ENTRIES_PER_TRANSACTION || isOverBudget())) break;
      count += 1;
      // Handed over again after a restart (R51).
      if (entry.index <= this.#applied.index) continue;
      const { index } = this.#applied;
      assert(entry.index === index + 1, `entry ${entry.index} after ${index}`);
      this.#locks.beginEntry(entry.index);
      const outcome = this.#applyEntry(entry);
      if (this.#mutations.openCommittedUnseen !== true) {
        assert(!this.#requests.isRunExpected, 'what has run is what the entry executes');
      }
      if (outcome !== null) outcomes.push(outcome);
      this.#applied.advance(entry, outcome?.outcomes ?? null);
      const { hash } = this.#applied;
      if (entry.index % HASH_INTERVAL === 0) hashes.push({ index: entry.index, hash });
    }
    if (this.#mutations.appliedIndexInAnotherTransaction !== true) this.#applied.write();
    this.#database.run('COMMIT');
    const notifications = this.#requests.takeNotifications();
    return { count, outcomes, notifications, grants: this.#locks.takeGrants(), hashes };
  }

  #applyEntry(entry: Entry): EntryOutcomes | null {
    switch (entry.kind) {
      case 'command':
        return this.#commands.apply(entry.index, decodeCommand(entry.data));
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

  // Speculation -----------------------------------------------------------------------------------

  /**
   * Nothing was applied since the active speculation began. If it is what the first entry would
   * run, its SQLite transaction becomes the entry's. Otherwise nothing happens.
   */
  #takeOpen([entry]: readonly Entry[]): boolean {
    if (!this.#speculations.isProposed || this.#mutations.openNeverCommitted === true) return false;
    if (entry?.kind !== 'command' || entry.index !== this.#applied.index + 1) return false;
    const command = decodeCommand(entry.data);
    if (command.kind !== 'execute') return false;
    const [encoded] = command.requests;
    if (encoded === undefined || !this.#speculations.isOpen(encoded)) return false;
    const request = this.#decoder.decode(encoded);
    const isExpected =
      this.#mutations.openCommittedUnseen === true ||
      (this.#commands.isToExecute(command) && this.#requests.isToRun(request, command.sessionId));
    // What it met of locked rows depends on whose locks are no hindrance.
    if (!this.#speculations.isOf(ownerOf(request, command.sessionId))) return false;
    if (!isExpected || this.#execution.endRecording(request, null).kind !== 'done') return false;
    this.#database.run('RELEASE request');
    this.#speculations.handOver();
    return true;
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
    return this.#checkpointer.run(this.#applied.index);
  }

  /** Nothing waits to be applied: the time for a checkpoint, if one is worth it. */
  idle(): void {
    if (this.#speculations.activeId !== null) return;
    this.#checkpointer.idle(this.#applied.index);
  }

  /** Only for the mutation that writes the applied index in a transaction of its own. */
  writeAppliedSeparately(): void {
    this.#applied.write();
  }
}
