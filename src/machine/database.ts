// The only importer of the SQLite driver. Connections of ours have integers as bigint, foreign keys
// on, statements cached by text, and rows as arrays.
import Sqlite from 'better-sqlite3';
import type { SqliteValue } from '../types/sqlite-value.ts';

export type Row = readonly SqliteValue[];

export interface DatabaseOptions {
  /** A file, `:memory:`, or the bytes of a database. */
  readonly source: string | Buffer;
  readonly isReader: boolean;
}

export interface StatementRun {
  /** null if the statement gives no rows. */
  readonly rows: readonly Row[] | null;
  /** Rows given, or changed. */
  readonly count: number;
}

const CACHED_STATEMENTS_MAX = 2000;

/** Errors after which the state in memory and on disk may differ from other nodes' (R54). */
const FATAL_CODES = [
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_NOMEM',
  'SQLITE_CORRUPT',
  'SQLITE_CANTOPEN',
  'SQLITE_PROTOCOL',
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_READONLY',
  'SQLITE_NOTADB',
  'SQLITE_PERM',
  'SQLITE_INTERNAL',
  'SQLITE_MISUSE',
  'SQLITE_ABORT',
  'SQLITE_INTERRUPT',
];

/** A failure of SQLite by its extended code, or null if the error is of another kind. */
export function sqliteCode(error: unknown): string | null {
  return error instanceof Sqlite.SqliteError ? error.code : null;
}

export function isFatalCode(code: string): boolean {
  return FATAL_CODES.some((fatal) => code === fatal || code.startsWith(`${fatal}_`));
}

export class Database {
  readonly #connection: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement<SqliteValue[]>>();

  constructor(options: DatabaseOptions) {
    const { source, isReader } = options;
    this.#connection = new Sqlite(source, { readonly: isReader && typeof source === 'string' });
    this.#connection.defaultSafeIntegers(true);
    if (!isReader) {
      // ALTER TABLE rewrites the text of a table where SQLite has no statement for the change.
      this.#connection.unsafeMode(true);
      this.#connection.pragma('journal_mode = WAL');
      this.#connection.pragma('synchronous = NORMAL');
      // Checkpoints are the owner's, at a quiet moment.
      this.#connection.pragma('wal_autocheckpoint = 4000');
    }
    this.#connection.pragma('foreign_keys = ON');
  }

  /** The driver's connection, for registering functions on it. */
  get driver(): Sqlite.Database {
    return this.#connection;
  }

  /** Runs one statement, prepared once for its text. */
  run(sql: string, values: readonly SqliteValue[] = []): StatementRun {
    const statement = this.#prepare(sql);
    if (statement.reader) {
      const rows = statement.all(...values) as unknown as Row[];
      return { rows, count: rows.length };
    }
    return { rows: null, count: statement.run(...values).changes };
  }

  /** The rows of a query. */
  rows(sql: string, values: readonly SqliteValue[] = []): readonly Row[] {
    return this.run(sql, values).rows ?? [];
  }

  /** Several statements without values. */
  script(sql: string): void {
    this.#connection.exec(sql);
  }

  #prepare(sql: string): Sqlite.Statement<SqliteValue[]> {
    const cached = this.#statements.get(sql);
    if (cached !== undefined) return cached;
    const statement = this.#connection.prepare<SqliteValue[]>(sql);
    if (statement.reader) statement.raw(true);
    if (this.#statements.size >= CACHED_STATEMENTS_MAX) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  /** The whole database as bytes. */
  serialize(): Buffer {
    return this.#connection.serialize();
  }

  /** Moves the write-ahead log into the database file; true if all of it was moved. */
  checkpoint(): boolean {
    const [result] = this.#connection.pragma('wal_checkpoint(PASSIVE)') as {
      readonly log: bigint;
      readonly checkpointed: bigint;
    }[];
    return result !== undefined && result.log === result.checkpointed;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }
}
