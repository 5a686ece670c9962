// Interactive transactions before their place in the log: statements run on the writer's connection
// inside a SQLite transaction that is never committed by speculation itself. One of them is active;
// the others are parked as recorded statements, and taken up again by replay.
import type { Index } from '../raft/entry.ts';
import { assert, must } from '../util/assert.ts';
import type { RequestContext } from './call-context.ts';
import type { ErrorData, RecordedStatement, Request, Step, StepResult } from './command.ts';
import type { Database } from './database.ts';
import type { Execution } from './execute.ts';
import type { MachineMutations } from './mutations.ts';
import { replay } from './replay.ts';
import type { TableChanges } from './table-changes.ts';
import { digestOf } from './told.ts';

/** Names an open transaction of this node's gateway. */
export type SpeculationId = number;

export interface SpeculationOptions {
  readonly database: Database;
  readonly context: RequestContext;
  readonly execution: Execution;
  readonly changes: TableChanges;
  readonly mutations: MachineMutations;
  /** Milliseconds of a clock: only for the owner, who decides how long others wait. */
  readonly now?: () => number;
}

/**
 * The next statement of a transaction: the last of `request`. The ones before it, if any, were not
 * run here yet, but on a reader, with the digests that they carry.
 */
export interface Speculate {
  readonly id: SpeculationId;
  /**
   * Statements told before this request, as far as the gateway knows: those behind were given up,
   * the client never heard of them.
   */
  readonly known: number;
  /** False for a read that is not checked at the end (read committed): run, and not recorded. */
  readonly isKept: boolean;
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
  /** A statement before would tell something else by now. The transaction is forgotten. */
  | { readonly kind: 'conflict'; readonly statement: number }
  | { readonly kind: 'stale-schema'; readonly schemaVersion: number };

interface Speculation {
  now: bigint;
  schemaChanges: number;
  snapshot: Index;
  readonly statements: (readonly Step[])[];
  readonly recorded: RecordedStatement[];
}

export class Speculations {
  readonly #options: SpeculationOptions;
  readonly #open = new Map<SpeculationId, Speculation>();
  #active: SpeculationId | null = null;
  /** How long the statements of the active one have run, ms: what parking it would cost again. */
  #activeMs = 0;

  constructor(options: SpeculationOptions) {
    this.#options = options;
  }

  get activeId(): SpeculationId | null {
    return this.#active;
  }

  get activeMs(): number {
    return this.#active === null ? 0 : this.#activeMs;
  }

  /** Throws MachineHalted. */
  run(
    { id, known, isKept, request }: Speculate,
    machine: { readonly appliedIndex: Index; readonly schemaVersion: number },
  ): Speculated {
    const recording = must(request.recording, 'a speculated request has a recording');
    if (this.#active !== id) this.park();
    if (known === 0) this.forget(id);
    const speculation = this.#speculation(id, request, recording.snapshot);
    if (speculation.statements.length > known) {
      this.park();
      speculation.statements.length = known;
      speculation.recorded.length = known;
    }
    assert(
      speculation.statements.length === known,
      `${speculation.statements.length} statements where the gateway knows ${known}`,
    );
    speculation.schemaChanges = request.schemaChanges;
    if (request.schemaVersion !== machine.schemaVersion) {
      this.park();
      return { kind: 'stale-schema', schemaVersion: machine.schemaVersion };
    }
    const startedAt = this.#now();
    const last = request.statements.length - 1;
    for (let at = 0; at < last; at++) add(speculation, request, at);
    if (this.#active === null) {
      const differing = this.#resume(id, speculation, request.schemaVersion, machine.appliedIndex);
      if (differing !== null) {
        this.forget(id);
        return { kind: 'conflict', statement: differing };
      }
    } else assert(last === 0, 'only a transaction that begins has statements of a reader');
    add(speculation, request, last);
    const at = speculation.statements.length - 1;
    const told = this.#options.execution.runStatement(
      requestOf(speculation, request.schemaVersion),
      at,
    );
    const digest = digestOf(told);
    if (isKept) {
      speculation.recorded[at] = { ...must(speculation.recorded[at], 'it was added'), digest };
    } else {
      speculation.statements.pop();
      speculation.recorded.pop();
    }
    this.#activeMs += this.#now() - startedAt;
    return { kind: 'told', told, digest, snapshot: speculation.snapshot };
  }

  #now(): number {
    return this.#options.now?.() ?? 0;
  }

  #speculation(id: SpeculationId, { now, schemaChanges }: Request, snapshot: Index): Speculation {
    const found = this.#open.get(id);
    if (found !== undefined) return found;
    const created = { now, schemaChanges, snapshot, statements: [], recorded: [] };
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
    const { database, execution, changes, mutations } = this.#options;
    this.#active = id;
    this.#activeMs = 0;
    database.run('BEGIN IMMEDIATE');
    database.run('SAVEPOINT request');
    const differing = replay(
      requestOf(speculation, schemaVersion),
      execution,
      changes,
      mutations.resumeWithoutCheck === true ? { ...mutations, digestsNotChecked: true } : mutations,
    );
    if (differing === null) speculation.snapshot = appliedIndex;
    return differing;
  }

  /** Rolls the active one back, to be taken up again by its next statement. */
  park(): void {
    if (this.#active === null) return;
    this.#active = null;
    const { database, context } = this.#options;
    if (database.isInTransaction) database.run('ROLLBACK');
    database.resetPragmas();
    context.forgetCatalog();
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

function add({ statements, recorded }: Speculation, request: Request, at: number): void {
  statements.push(must(request.statements[at], `statement ${at}`));
  recorded.push(must(request.recording?.statements[at], `recorded statement ${at}`));
}

function requestOf(
  { now, schemaChanges, snapshot, statements, recorded }: Speculation,
  schemaVersion: number,
): Request & { readonly recording: NonNullable<Request['recording']> } {
  return {
    schemaVersion,
    schemaChanges,
    now,
    seed: 0,
    settings: [],
    statements,
    isDoomed: false,
    writes: [],
    recording: { snapshot, statements: recorded },
  };
}
