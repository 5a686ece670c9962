// A read-only connection: runs the steps of reads in one snapshot, beside the writer.
import { loadCatalog } from '../catalog/bootstrap.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Index } from '../raft/entry.ts';
import { PgError } from '../errors/pg-error.ts';
import { registerFunctions } from '../sql/functions/register.ts';
import type { FunctionHost } from '../sql/functions/register.ts';
import type { CallContext } from '../sql/functions/signature.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { Prng } from '../util/prng.ts';
import { Database } from './database.ts';
import type { Row } from './database.ts';

/** Results are held in memory as a whole. */
const KEPT_BYTES_MAX = 256 * 1024 * 1024;
/** Between two looks at the clock, see CallContext.spend(). */
const WORK_BETWEEN_CHECKS = 8;

export interface ReadStep {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

export interface ReadContext {
  readonly now: bigint;
  readonly seed: number;
  setting(name: string): string | null;
  readonly catalog: Catalog;
  /** See CallContext: only what can be done at once. */
  action?(action: string): SqliteValue;
  /** Asked while a read goes on; throws PgError if it must end. */
  checkTime?(): void;
}

export interface ReadResult {
  /** The rows hold what the log holds up to here. */
  readonly appliedIndex: Index;
  readonly rows: readonly (readonly Row[])[];
  /** What the step after `rows` threw: a PgError of a function, or an error of SQLite. */
  readonly error: Error | null;
}

export interface Snapshot {
  readonly appliedIndex: Index;
  readonly schemaVersion: number;
}

export class Reader {
  readonly #database: Database;
  #context: ReadContext | null = null;
  #snapshot: Snapshot | null = null;
  #prng = new Prng(0);
  #spent = 0;
  #kept = 0;

  constructor(file: string) {
    this.#database = new Database({ source: file, isReader: true });
    const callContext: CallContext = {
      now: 0n,
      randomUint32: () => this.#prng.uint32(),
      setting: (name) => this.#context?.setting(name) ?? null,
      catalog: () => this.#context?.catalog,
      spend: (work) => this.#spend(work),
      keep: (bytes) => this.#keep(bytes),
      write: () => refuse('an INSERT'),
      nextval: () => refuse('nextval'),
      nextvals: () => refuse('nextval'),
      setval: () => refuse('setval'),
      notify: () => refuse('pg_notify'),
      action: (action) => (this.#context?.action ?? refuse)(action),
      keepRow: () => refuse('WITH that changes tables'),
      keptRows: () => [],
      claimRow: () => refuse('FOR UPDATE'),
      isRowFree: () => refuse('FOR UPDATE'),
      upserted: () => refuse('an INSERT'),
      hasLockedRows: () => refuse('an UPDATE'),
      writeRow: () => refuse('an UPDATE'),
    };
    Object.defineProperty(callContext, 'now', { get: () => this.#context?.now ?? 0n });
    registerFunctions(this.#database.driver as unknown as FunctionHost, callContext);
  }

  /** What the database holds at this moment, or in the open snapshot. */
  snapshot(): Snapshot {
    const [row] = this.#database.rows('SELECT log_index, schema_version FROM "balsa.applied"');
    return { appliedIndex: Number(row?.[0] ?? 0), schemaVersion: Number(row?.[1] ?? 0) };
  }

  loadCatalog(): Catalog {
    this.release();
    const { schemaVersion } = this.#openSnapshot(Infinity);
    try {
      return loadCatalog(schemaVersion, (sql) => this.#database.rows(sql));
    } finally {
      this.release();
    }
  }

  /**
   * The rows of each step, all of one snapshot that holds at least `index`, up to the first step
   * that fails; null: the schema is not the one that the steps were compiled for. The snapshot
   * stays open for the next reads: call release() soon, it holds up checkpoints.
   */
  run(
    steps: readonly ReadStep[],
    context: ReadContext,
    index: Index = Infinity,
  ): ReadResult | null {
    const { appliedIndex, schemaVersion } = this.#openSnapshot(index);
    if (schemaVersion !== context.catalog.version) return null;
    this.#context = context;
    this.#prng = new Prng(context.seed);
    this.#kept = 0;
    const rows: (readonly Row[])[] = [];
    try {
      for (const { sql, values } of steps) {
        rows.push(this.#rows(sql, values));
      }
      return { appliedIndex, rows, error: null };
    } catch (error) {
      // Some failures of SQLite end the transaction.
      if (!this.#database.isInTransaction) this.#snapshot = null;
      return { appliedIndex, rows, error: error as Error };
    }
  }

  #rows(sql: string, values: readonly SqliteValue[]): readonly Row[] {
    const { rows } = this.#database.runChecked(sql, values, (bytes) => this.#gave(bytes));
    return rows ?? [];
  }

  /**
   * The rows of a step of such a snapshot, computed as they are asked for; null as with run(). Until
   * the last one, or return(), nothing else may run on this connection.
   */
  stream(step: ReadStep, context: ReadContext, index: Index): IterableIterator<Row> | null {
    const { schemaVersion } = this.#openSnapshot(index);
    if (schemaVersion !== context.catalog.version) return null;
    this.#context = context;
    this.#prng = new Prng(context.seed);
    this.#kept = 0;
    return this.#database.iterate(step.sql, step.values);
  }

  #spend(work: number): void {
    this.#spent += work;
    if (this.#spent < WORK_BETWEEN_CHECKS) return;
    this.#spent = 0;
    this.#context?.checkTime?.();
  }

  #gave(bytes: number): void {
    this.#context?.checkTime?.();
    this.#keep(bytes);
  }

  #keep(bytes: number): void {
    this.#kept += bytes;
    if (this.#kept <= KEPT_BYTES_MAX) return;
    throw new PgError('54000', 'a result may have 256 MB at most', {
      hint: 'Read it in parts, with ORDER BY a key, WHERE key > the last one seen, and LIMIT.',
    });
  }

  /** The open snapshot if it holds `index`, or else a new one of this moment. */
  #openSnapshot(index: Index): Snapshot {
    if (this.#snapshot !== null && this.#snapshot.appliedIndex >= index) return this.#snapshot;
    this.release();
    this.#database.run('BEGIN');
    this.#snapshot = this.snapshot();
    return this.#snapshot;
  }

  /** Ends the open snapshot, if there is one. */
  release(): void {
    this.#snapshot = null;
    if (this.#database.isInTransaction) this.#database.run('COMMIT');
  }

  close(): void {
    this.#database.close();
  }
}

/** Plans that call it are writes and never come here. */
function refuse(name: string): never {
  throw new PgError('25006', `cannot execute ${name}() in a read-only transaction`);
}
