// A read-only connection: runs the steps of reads in one snapshot, beside the writer.
import { loadCatalog } from '../catalog/bootstrap.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Index } from '../raft/entry.ts';
import { registerFunctions } from '../sql/functions/register.ts';
import type { FunctionHost } from '../sql/functions/register.ts';
import type { CallContext } from '../sql/functions/signature.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { Prng } from '../util/prng.ts';
import { Database } from './database.ts';
import type { Row } from './database.ts';

export interface ReadStep {
  readonly sql: string;
  readonly values: readonly SqliteValue[];
}

export interface ReadContext {
  readonly now: bigint;
  readonly seed: number;
  setting(name: string): string | null;
  readonly catalog: Catalog;
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
  #prng = new Prng(0);

  constructor(file: string) {
    this.#database = new Database({ source: file, isReader: true });
    const callContext: CallContext = {
      now: 0n,
      randomUint32: () => this.#prng.uint32(),
      setting: (name) => this.#context?.setting(name) ?? null,
      catalog: () => this.#context?.catalog,
    };
    Object.defineProperty(callContext, 'now', { get: () => this.#context?.now ?? 0n });
    registerFunctions(this.#database.driver as unknown as FunctionHost, callContext);
  }

  /** What the database holds at this moment. */
  snapshot(): Snapshot {
    const [row] = this.#database.rows('SELECT log_index, schema_version FROM "balsa.applied"');
    return { appliedIndex: Number(row?.[0] ?? 0), schemaVersion: Number(row?.[1] ?? 0) };
  }

  loadCatalog(): Catalog {
    return this.#inTransaction(() => {
      const { schemaVersion } = this.snapshot();
      return loadCatalog(schemaVersion, (sql) => this.#database.rows(sql));
    });
  }

  /**
   * The rows of each step, all of one snapshot, up to the first that fails; null: the schema is not
   * the one that the steps were compiled for.
   */
  run(steps: readonly ReadStep[], context: ReadContext): ReadResult | null {
    this.#context = context;
    this.#prng = new Prng(context.seed);
    return this.#inTransaction(() => {
      const { appliedIndex, schemaVersion } = this.snapshot();
      if (schemaVersion !== context.catalog.version) return null;
      const rows: (readonly Row[])[] = [];
      try {
        for (const { sql, values } of steps) rows.push(this.#database.rows(sql, values));
        return { appliedIndex, rows, error: null };
      } catch (error) {
        return { appliedIndex, rows, error: error as Error };
      }
    });
  }

  #inTransaction<T>(act: () => T): T {
    this.#database.run('BEGIN');
    try {
      return act();
    } finally {
      this.#database.run('COMMIT');
    }
  }

  close(): void {
    this.#database.close();
  }
}
