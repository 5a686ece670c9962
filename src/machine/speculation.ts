// Interactive transactions before their place in the log: statements run on the writer's connection
// inside a SQLite transaction that is never committed by speculation itself. One of them is active;
// the others are parked as recorded statements, and taken up again by replay.
import type { Index } from '../raft/entry.ts';
import type { Oid } from '../types/pg-type.ts';
import { assert, must } from '../util/assert.ts';
import { NO_COST } from './call-context.ts';
import type { RequestContext, StatementCost } from './call-context.ts';
import type {
  EncodedRequest,
  ErrorData,
  RecordedStatement,
  Request,
  ReservedSequence,
  Step,
  StepResult,
} from './command.ts';
import type { Database } from './database.ts';
import { NOTHING_EARLIER } from './earlier-statements.ts';
import type { EarlierStatements } from './earlier-statements.ts';
import { isWanting } from './execute.ts';
import type { Execution } from './execute.ts';
import type { LockOwner, Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import { LastRowWanted } from './own-rows.ts';
import type { RecordedRequest } from './recorded-request.ts';
import { replay } from './replay.ts';
import type { HeldRow, RowGuard, TableUse } from './row-guard.ts';
import { ReservedValues } from './reserved-values.ts';
import { SequenceExhausted } from './sequence-values.ts';
import type { TableChanges } from './table-changes.ts';
import { digestOf } from './told.ts';

/** Names an open transaction of this node's gateway. */
export type SpeculationId = number;

export interface SpeculationOptions {
  readonly database: Database;
  readonly context: RequestContext;
  readonly execution: Execution;
  readonly changes: TableChanges;
  readonly locks: Pick<Locks, 'isFree'>;
  readonly rows: RowGuard;
  readonly mutations: MachineMutations;
  /** Milliseconds of a clock: only for the owner, who decides how long others wait. */
  readonly now?: () => number;
}

/** The next statement of a transaction: the last of `request`. */
export interface Speculate {
  readonly id: SpeculationId;
  /**
   * `request` has all statements of the transaction, with digests of what the client was told: they
   * ran on a reader, or the last answer from here was not waited for. Else it has only the next one.
   */
  readonly isWhole: boolean;
  /** Statements before all of these: from now on they need not be held here. Absent: there are none. */
  readonly earlier?: EarlierStatements | undefined;
  /** False for a read that is not checked at the end (read committed): run, and not recorded. */
  readonly isKept: boolean;
  /**
   * What the statements before have done cannot matter to this one: where the transaction is not
   * the active one it runs alone, and they do not run again for it. Absent: it may.
   */
  readonly standsAlone?: boolean;
  /** What the statement does to tables as a whole. Absent: nothing that matters. */
  readonly uses?: readonly TableUse[];
  /** Of the gateway: whose `recording.locks` are. Absent: nobody's. */
  readonly sessionId?: number;
  readonly request: Request;
}

export type Speculated =
  | {
      readonly kind: 'told';
      readonly told: StepResult | ErrorData;
      readonly digest: Uint8Array;
      /** All statements of the transaction hold up to here. */
      readonly snapshot: Index;
    }
  /** Nothing happened: values of the sequence are to be reserved, or the action to be done. */
  | { readonly kind: 'exhausted'; readonly sequence: Oid }
  | { readonly kind: 'wanted'; readonly action: string }
  /** Nothing happened: another transaction has locked the table, which is to be waited for. */
  | { readonly kind: 'held'; readonly held: HeldRow }
  /** A statement before would tell something else by now. The transaction is forgotten. */
  | { readonly kind: 'conflict'; readonly statement: number }
  | { readonly kind: 'stale-schema'; readonly schemaVersion: number }
  /** Not on this disk, at the moment. The transaction is forgotten. */
  | { readonly kind: 'no-room' }
  /** The machine was opened again since it ran the statements before: it wants all of them. */
  | { readonly kind: 'forgotten' };

interface Speculation {
  now: bigint;
  schemaChanges: number;
  snapshot: Index;
  /** Of its locks; null: it has none. */
  owner: LockOwner | null;
  /** Tables whose last row matters to it, see OwnRows. */
  readonly watched: Set<Oid>;
  earlier: EarlierStatements;
  /** Behind them. */
  readonly statements: (readonly Step[])[];
  readonly recorded: RecordedStatement[];
  readonly sequences: ReservedSequence[];
  /** Of the active one: `sequences`, and how far they were used. */
  reserved: ReservedValues;
  /** Of all statements. */
  cost: StatementCost;
}

export class Speculations {
  readonly #options: SpeculationOptions;
  readonly #open = new Map<SpeculationId, Speculation>();
  #active: SpeculationId | null = null;
  /** How long the statements of the active one have run, ms: what parking it would cost again. */
  #activeMs = 0;
  /** The active one has ended, and this is what was proposed of it; null: it goes on. */
  #proposed: EncodedRequest | null = null;
  /** The active one has written rows that others had locked when it was taken up. */
  #hasMetHeldRows = false;

  constructor(options: SpeculationOptions) {
    this.#options = options;
  }

  get activeId(): SpeculationId | null {
    return this.#active;
  }

  get activeMs(): number {
    return this.#active === null ? 0 : this.#activeMs;
  }

  /** The active one waits for its place in the log. */
  get isProposed(): boolean {
    return this.#proposed !== null;
  }

  /** Throws MachineHalted. */
  run(
    {
      id,
      isWhole,
      earlier = NOTHING_EARLIER,
      isKept,
      standsAlone = false,
      uses = [],
      sessionId = 0,
      request,
    }: Speculate,
    machine: { readonly appliedIndex: Index; readonly schemaVersion: number },
  ): Speculated {
    const recording = must(request.recording, 'a speculated request has a recording');
    if (this.#active !== id) this.park();
    if (isWhole && this.#options.mutations.givenUpStatementsStay !== true) this.forget(id);
    if (!isWhole && !this.#open.has(id)) return { kind: 'forgotten' };
    const speculation = this.#speculation(id, request, recording.snapshot);
    forgetEarlier(speculation, earlier);
    speculation.schemaChanges = request.schemaChanges;
    const { locks } = recording;
    speculation.owner = locks === null ? null : { sessionId, owner: locks.owner };
    speculation.sequences.push(...recording.sequences);
    if (this.#active !== null) speculation.reserved.addAll(recording.sequences);
    if (request.schemaVersion !== machine.schemaVersion) {
      this.park();
      return { kind: 'stale-schema', schemaVersion: machine.schemaVersion };
    }
    const startedAt = this.#now();
    const last = request.statements.length - 1;
    assert(isWhole || last === 0, 'one statement at a time');
    for (let at = 0; at < last; at++) add(speculation, request, at);
    const held = this.#options.rows.heldTable(speculation.owner, uses);
    if (held !== null) return { kind: 'held', held };
    const isAlone = standsAlone && !isWhole && this.#active === null;
    if (isAlone) this.#begin(id, speculation, speculation.cost);
    const runNext = (): Speculated => {
      if (this.#active === null) {
        const { schemaVersion } = request;
        const differing = this.#resume(id, speculation, schemaVersion, machine.appliedIndex);
        if (differing !== null) {
          this.forget(id);
          return { kind: 'conflict', statement: differing };
        }
      }
      add(speculation, request, last);
      return this.#runLast(speculation, request.schemaVersion, isKept);
    };
    const answer = this.#watching(speculation, runNext);
    this.#activeMs += this.#now() - startedAt;
    // The statements before it are missing.
    if (isAlone) this.park();
    return answer;
  }

  /** Again from the start of the transaction, where the last row of one more table matters. */
  #watching(speculation: Speculation, run: () => Speculated): Speculated {
    for (;;) {
      try {
        return run();
      } catch (error) {
        if (!(error instanceof LastRowWanted)) throw error;
        speculation.watched.add(error.table);
        this.park();
      }
    }
  }

  #runLast(speculation: Speculation, schemaVersion: number, isKept: boolean): Speculated {
    const { context, execution, locks, rows, mutations } = this.#options;
    const before = context.transactionCost;
    rows.use(speculation.owner, 'ask');
    const { statements, recorded, reserved, snapshot } = speculation;
    const at = statements.length - 1;
    try {
      const request = requestOf(speculation, schemaVersion);
      const told = execution.runStatement(request, at, reserved, locks);
      const digest = digestOf(told, mutations);
      if (isKept) recorded[at] = { ...must(recorded[at], 'it was added'), digest };
      else {
        context.uncountStatement(before);
        dropLast(speculation);
      }
      speculation.cost = context.transactionCost;
      return { kind: 'told', told, digest, snapshot };
    } catch (error) {
      if (error instanceof LastRowWanted) dropLast(speculation);
      if (!isWanting(error)) throw error;
      this.park();
      dropLast(speculation);
      return error instanceof SequenceExhausted
        ? { kind: 'exhausted', sequence: error.oid }
        : { kind: 'wanted', action: error.action };
    }
  }

  #now(): number {
    return this.#options.now?.() ?? 0;
  }

  #speculation(id: SpeculationId, { now, schemaChanges }: Request, snapshot: Index): Speculation {
    const found = this.#open.get(id);
    if (found !== undefined) return found;
    const reserved = new ReservedValues([]);
    const lists = { statements: [], recorded: [], sequences: [] };
    const earlier = NOTHING_EARLIER;
    const cost = NO_COST;
    const owner = null;
    const watched = new Set<Oid>();
    const costs = { reserved, cost, watched };
    const created = { now, schemaChanges, snapshot, owner, earlier, ...costs, ...lists };
    this.#open.set(id, created);
    return created;
  }

  /** Runs what was told so far again. Returns the statement that would tell something else. */
  #resume(
    id: SpeculationId,
    speculation: Speculation,
    schemaVersion: number,
    appliedIndex: Index,
  ): number | null {
    const { execution, changes, rows, mutations } = this.#options;
    this.#begin(id, speculation, NO_COST);
    rows.use(speculation.owner, 'note');
    const differing = replay(
      requestsOf(speculation, schemaVersion),
      speculation.snapshot,
      speculation.reserved,
      execution,
      changes,
      mutations.resumeWithoutCheck === true ? { ...mutations, digestsNotChecked: true } : mutations,
    );
    this.#hasMetHeldRows = rows.hasMet && mutations.heldRowsNotNoted !== true;
    const isMoved = differing === null && mutations.snapshotNotMoved !== true;
    if (isMoved) speculation.snapshot = appliedIndex + (mutations.snapshotTooFar === true ? 1 : 0);
    return differing;
  }

  #begin(id: SpeculationId, speculation: Speculation, cost: StatementCost): void {
    const { database, execution } = this.#options;
    this.#active = id;
    this.#activeMs = 0;
    database.run('BEGIN IMMEDIATE');
    database.run('SAVEPOINT request');
    const watched = [...speculation.watched];
    const lastRows = new Map(watched.map((table) => [table, execution.lastRow(table)]));
    execution.beginTransaction(cost, lastRows);
    speculation.reserved = new ReservedValues(speculation.sequences);
  }

  /** Rolls the active one back, to be taken up again by its next statement. */
  park(): void {
    const active = this.#active;
    if (active === null) return;
    const speculation = this.#open.get(active);
    this.#active = null;
    // It runs again at its place in the log, and never here.
    if (this.#proposed !== null) this.#open.delete(active);
    this.#proposed = null;
    const { database, context, mutations } = this.#options;
    const end = mutations.parkedWritesStay === true ? 'COMMIT' : 'ROLLBACK';
    if (database.isInTransaction) database.run(end);
    else context.rolledBack();
    if (speculation !== undefined && !changesSchema(speculation)) return;
    database.resetPragmas();
    context.forgetCatalog();
  }

  /**
   * The transaction was proposed as `request`: all of its statements as they ran here. While it is
   * active it stays so: if it is the next entry, it has run already.
   */
  propose(id: SpeculationId, request: EncodedRequest): void {
    const isCheap = this.#options.context.isFarFromTooMuch;
    if (this.#active === id && isCheap) this.#proposed = request;
    else this.forget(id);
  }

  /** The active one is what `request` would run, in the state that it would run in. */
  isOpen(request: EncodedRequest): boolean {
    if (this.#proposed === null || this.#hasMetHeldRows) return false;
    if (this.#options.mutations.openNotCompared === true) return true;
    const { template, inputs } = this.#proposed;
    return isEqual(request.inputs, inputs) && isEqual(request.template, template);
  }

  /** The active one has run as that owner's. */
  isOf(owner: LockOwner | null): boolean {
    const own = this.#open.get(must(this.#active, 'one is active'))?.owner ?? null;
    return own?.owner === owner?.owner && own?.sessionId === owner?.sessionId;
  }

  /** The active one ends here; its SQLite transaction stays open, and is the caller's. */
  handOver(): void {
    this.#open.delete(must(this.#active, 'one is active'));
    this.#active = null;
    this.#proposed = null;
  }

  /** The transaction has ended. */
  forget(id: SpeculationId): void {
    if (this.#active === id) this.park();
    this.#open.delete(id);
  }

  /** How many transactions are held. */
  get size(): number {
    return this.#open.size;
  }
}

/** What is kept elsewhere by now. A new speculation begins behind it. */
function forgetEarlier(speculation: Speculation, earlier: EarlierStatements): void {
  const count = earlier.count - speculation.earlier.count;
  speculation.statements.splice(0, count);
  speculation.recorded.splice(0, count);
  speculation.earlier = earlier;
}

function changesSchema({ earlier, recorded }: Speculation): boolean {
  return earlier.changesSchema || recorded.some((statement) => statement.changesSchema);
}

function* requestsOf(speculation: Speculation, schemaVersion: number): Iterable<RecordedRequest> {
  yield* speculation.earlier.requests();
  yield requestOf(speculation, schemaVersion);
}

function add({ statements, recorded }: Speculation, request: Request, at: number): void {
  statements.push(must(request.statements[at], `statement ${at}`));
  recorded.push(must(request.recording?.statements[at], `recorded statement ${at}`));
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function dropLast({ statements, recorded }: Speculation): void {
  statements.pop();
  recorded.pop();
}

function requestOf(
  { now, schemaChanges, snapshot, statements, recorded, sequences }: Speculation,
  schemaVersion: number,
): RecordedRequest {
  return {
    schemaVersion,
    schemaChanges,
    now,
    seed: 0,
    settings: [],
    statements,
    isDoomed: false,
    writes: [],
    recording: { snapshot, statements: recorded, sequences, locks: null, staged: null },
    idempotencyKey: '',
    locks: null,
  };
}
