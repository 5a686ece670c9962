// The only importer of the SQLite driver. Connections of ours have integers as bigint, foreign keys
// on, statements cached by text, and rows as arrays.
import Sqlite from 'better-sqlite3';
import { bytesOfRow } from '../sql/functions/bounds.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { RecentMap } from '../util/recent-map.ts';

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

const CACHED_STATEMENTS_MIN = 1000;
/** Statements of many rows: the text of each is another as a rule, and prepared they are large. */
const LONG_TEXT = 16 * 1024;
const CACHED_LONG_STATEMENTS_MIN = 4;
/** Of rows, between two checks of what a query gives. */
const BYTES_BETWEEN_CHECKS = 128 * 1024;
const PRAGMA = 'PRAGMA ';
const ROLLBACK = 'ROLLBACK';
/** Of the write-ahead log, when it starts again. */
const WAL_BYTES_KEPT = 64 * 1024 * 1024;
/** Memory of a connection for pages, KiB. */
const CACHE_KIB = 32 * 1024;

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

/** SQLite found no room, or its temporary files did: nothing is broken, and it may be tried again. */
const NO_ROOM_CODES = ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'];

/** Of SQLite, or of the machine because of it. */
export function isNoRoom(error: unknown): boolean {
  const code = sqliteCode(error);
  if (code !== null) return NO_ROOM_CODES.includes(code);
  return error instanceof Error && error.cause !== undefined && isNoRoom(error.cause);
}

export function isFatalCode(code: string): boolean {
  return FATAL_CODES.some((fatal) => code === fatal || code.startsWith(`${fatal}_`));
}

export class Database {
  readonly #connection: Sqlite.Database;
  readonly #statements = new RecentMap<string, Sqlite.Statement<SqliteValue[]>>(
    CACHED_STATEMENTS_MIN,
  );

  readonly #longStatements = new RecentMap<string, Sqlite.Statement<SqliteValue[]>>(
    CACHED_LONG_STATEMENTS_MIN,
  );

  #onRollback: () => void = () => undefined;

  /** Throws an error of SQLite, or TypeError if the directory does not exist. */
  constructor(options: DatabaseOptions) {
    const { source, isReader } = options;
    this.#connection = new Sqlite(source, { readonly: isReader && typeof source === 'string' });
    this.#connection.defaultSafeIntegers(true);
    if (!isReader) {
      this.#connection.pragma('journal_mode = WAL');
      this.#connection.pragma('synchronous = NORMAL');
      // Checkpoints are ours (Checkpointer): only then is it known what is durable.
      this.#connection.pragma('wal_autocheckpoint = 0');
      // What a large statement needed, or one that found no room, is given back.
      this.#connection.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`);
      // ALTER TABLE rewrites the text of a table where SQLite has no statement for the change.
      this.#connection.unsafeMode(true);
    }
    this.#connection.pragma(`cache_size = -${CACHE_KIB}`);
    this.#connection.pragma('foreign_keys = ON');
  }

  /** The driver's connection, for registering functions on it. */
  get driver(): Sqlite.Database {
    return this.#connection;
  }

  get isInTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  /** `listener` is called whenever run() rolls back, to a savepoint too. */
  onRollback(listener: () => void): void {
    this.#onRollback = listener;
  }

  /** Runs one statement, prepared once for its text. */
  run(sql: string, values: readonly SqliteValue[] = []): StatementRun {
    if (sql.startsWith(ROLLBACK)) this.#onRollback();
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

  /**
   * As run(). While a query gives rows `gave` is told now and then how many bytes they have, and may
   * throw. Rows of a statement that writes are not told of: SQLite has written all of them before.
   */
  runChecked(
    sql: string,
    values: readonly SqliteValue[],
    gave: (bytes: number) => void,
  ): StatementRun {
    const statement = this.#prepare(sql);
    if (!statement.reader || !statement.readonly) return this.run(sql, values);
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of statement.iterate(...values)) {
      rows.push(row as Row);
      bytes += bytesOfRow(row as Row);
      if (bytes < BYTES_BETWEEN_CHECKS) continue;
      gave(bytes);
      bytes = 0;
    }
    gave(bytes);
    return { rows, count: rows.length };
  }

  /** The rows of a query, computed as they are asked for. Nothing else may run meanwhile. */
  iterate(sql: string, values: readonly SqliteValue[]): IterableIterator<Row> {
    return this.#prepare(sql).iterate(...values) as IterableIterator<Row>;
  }

  /**
   * The first rows of a query, up to an error that ends them; the others are not even computed.
   * Throws other errors.
   */
  firstRows(
    sql: string,
    values: readonly SqliteValue[],
    countMax: number,
    isEnd: (error: unknown) => boolean = () => false,
  ): readonly Row[] {
    const rows: Row[] = [];
    try {
      for (const row of this.#prepare(sql).iterate(...values)) {
        rows.push(row as Row);
        if (rows.length >= countMax) break;
      }
    } catch (error) {
      if (!isEnd(error)) throw error;
    }
    return rows;
  }

  /** Several statements without values. */
  script(sql: string): void {
    this.#connection.exec(sql);
  }

  #prepare(sql: string): Sqlite.Statement<SqliteValue[]> {
    const cache = sql.length > LONG_TEXT ? this.#longStatements : this.#statements;
    const cached = cache.get(sql);
    if (cached !== undefined) return cached;
    const statement = this.#connection.prepare<SqliteValue[]>(sql);
    if (statement.reader) statement.raw(true);
    // SQLite carries out many pragmas while it prepares them: each time anew.
    if (!sql.startsWith(PRAGMA)) cache.set(sql, statement);
    return statement;
  }

  /** Switches off what statements may have switched on and, failing, not off again. */
  resetPragmas(): void {
    const isOn = (name: string): boolean => this.#connection.pragma(name, { simple: true }) === 1n;
    // Only then: setting a pragma has all statements prepared again.
    if (isOn('defer_foreign_keys')) this.script('PRAGMA defer_foreign_keys = OFF');
    if (isOn('writable_schema')) this.script('PRAGMA writable_schema = RESET');
  }

  /** The whole database as bytes. */
  serialize(): Buffer {
    return this.#connection.serialize();
  }

  /** Pages (4 KiB as a rule) in the write-ahead log that are not in the database file; 0 in memory. */
  walPages(): number {
    const [row] = this.rows('PRAGMA wal_checkpoint(NOOP)');
    const [, inLog = 0n, moved = 0n] = row ?? [];
    return Math.max(0, Number(inLog) - Number(moved));
  }

  /**
   * Moves the write-ahead log into the database file, both synced: what was committed before is
   * durable then. True if all of it was moved: a reader may hold it up. `restart` waits for
   * readers, so that the log file starts at its beginning again.
   */
  checkpoint(mode: 'passive' | 'restart' = 'passive'): boolean {
    const [row] = this.rows(`PRAGMA wal_checkpoint(${mode === 'restart' ? 'RESTART' : 'PASSIVE'})`);
    const [isBusy, inLog, moved] = row ?? [];
    return isBusy === 0n && inLog === moved;
  }

  close(): void {
    this.#statements.clear();
    this.#longStatements.clear();
    this.#connection.close();
  }
}
