// What the transactions of the simulator work on, and what each of their statements does: two small
// tables of hot rows, as SQL for the machine and as a model that knows no SQL, log or digest. What
// clients are told must be what the model says.
import type { RecordedStatement, ReservedSequence, Step } from '../../src/machine/command.ts';
import { DIGEST_BYTES } from '../../src/machine/command.ts';
import type { Prng } from '../../src/util/prng.ts';
import type { Language } from './open-transaction.ts';

export const KEYS = [0, 1, 2, 3];
const TABLES = ['cell_a', 'cell_b'] as const;
/** As the machine knows them: which entry changed a table last. */
const OIDS = [101, 102];
const UNTOLD = new Uint8Array(DIGEST_BYTES);

export const CELLS_SCHEMA = TABLES.map(
  (table) => `
    CREATE TABLE ${table} (k INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
    INSERT INTO ${table} VALUES ${KEYS.map((key) => `(${key}, 10)`).join(', ')};`,
).join('');

const SEQUENCE_OID = 103;

/** A sequence as the machine finds it, and where its values go. */
export const SEQUENCE_SCHEMA = `
  CREATE TABLE "pg_catalog.pg_class" (oid INTEGER PRIMARY KEY, relname TEXT, relkind TEXT) STRICT;
  CREATE TABLE "pg_catalog.pg_sequence" (seqrelid INTEGER PRIMARY KEY, seqincrement INTEGER,
    seqmin INTEGER, seqmax INTEGER, seqcycle INTEGER) STRICT;
  INSERT INTO "pg_catalog.pg_class" VALUES (${SEQUENCE_OID}, 's', 'S');
  INSERT INTO "pg_catalog.pg_sequence" VALUES (${SEQUENCE_OID}, 1, 1, 1000000, 0);
  INSERT INTO "balsa.sequence" VALUES (${SEQUENCE_OID}, 1, 0, 0);
  CREATE TABLE drawn (value INTEGER PRIMARY KEY) STRICT;`;
/** SQL's names of RequestContext.nextval(), and of the first of nextvals(). */
export const NEXTVAL = 'nextval';
export const NEXTVALS = 'nextvals';

/** Values by table and key; null: there is no such row. */
export type Cells = readonly (readonly (number | null)[])[];

export const FIRST_CELLS: Cells = TABLES.map(() => KEYS.map(() => 10));

interface Place {
  readonly table: number;
  readonly key: number;
}

export type CellStatement =
  | ({ readonly kind: 'read' } & Place)
  | { readonly kind: 'sum'; readonly table: number }
  /** Tells no value: it commutes with others of its kind. */
  | ({ readonly kind: 'add'; readonly by: number } & Place)
  | ({ readonly kind: 'add-returning'; readonly by: number } & Place)
  /** What a client computed from what it has read. */
  | ({ readonly kind: 'set'; readonly n: number } & Place)
  /** Writes to one table what it reads in the other. */
  | ({ readonly kind: 'copy' } & Place)
  /** Tells whether there was enough. */
  | ({ readonly kind: 'take'; readonly by: number } & Place)
  | ({ readonly kind: 'insert'; readonly n: number } & Place)
  | ({ readonly kind: 'delete' } & Place)
  /** A row under the next value of a sequence. */
  | { readonly kind: 'draw' }
  | { readonly kind: 'savepoint' }
  | { readonly kind: 'rollback-to' };

/** What a client is told: rows, a count or an error. */
export type Told = string;

// The model ---------------------------------------------------------------------------------------

/** The statements as one transaction on `cells`. */
export function runOnModel(
  statements: readonly CellStatement[],
  cells: Cells,
): { readonly told: readonly Told[]; readonly after: Cells } {
  const tables = cells.map((rows) => [...rows]);
  let saved: Cells = cells;
  const told = statements.map((statement) => {
    if (statement.kind === 'savepoint') saved = tables.map((rows) => [...rows]);
    if (statement.kind === 'rollback-to') {
      for (const [at, rows] of saved.entries()) tables[at] = [...rows];
    }
    return tell(statement, tables);
  });
  return { told, after: tables };
}

function tell(statement: CellStatement, tables: (number | null)[][]): Told {
  if (statement.kind === 'savepoint' || statement.kind === 'rollback-to') return 'count 0';
  // No two rows are the same, whoever draws.
  if (statement.kind === 'draw') return 'count 1';
  const rows = tables[statement.table] as (number | null)[];
  if (statement.kind === 'sum') {
    const there = rows.filter((n) => n !== null);
    return `rows ${there.length}|${there.reduce((total, n) => total + n, 0)}`;
  }
  const before = rows[statement.key] ?? null;
  if (statement.kind === 'read') return before === null ? 'rows ' : `rows ${before}`;
  if (statement.kind === 'insert') {
    if (before !== null) return 'error 23505';
    rows[statement.key] = statement.n;
    return 'count 1';
  }
  if (before === null) return statement.kind === 'add-returning' ? 'rows ' : 'count 0';
  switch (statement.kind) {
    case 'add':
      rows[statement.key] = before + statement.by;
      return 'count 1';
    case 'add-returning':
      rows[statement.key] = before + statement.by;
      return `rows ${before + statement.by}`;
    case 'set':
      rows[statement.key] = statement.n;
      return 'count 1';
    case 'copy':
      rows[statement.key] = tables[1 - statement.table]?.[statement.key] ?? 0;
      return 'count 1';
    case 'take':
      if (before < statement.by) return 'count 0';
      rows[statement.key] = before - statement.by;
      return 'count 1';
    case 'delete':
      rows[statement.key] = null;
      return 'count 1';
  }
}

// The machine -------------------------------------------------------------------------------------

/** As a gateway records it; `digest` is to be filled in. */
export function recordedOf(statement: CellStatement): RecordedStatement {
  const isRead = statement.kind === 'read' || statement.kind === 'sum';
  return {
    isRead,
    reads: readsOf(statement),
    changesSchema: false,
    settings: [],
    seed: 0,
    actions: [],
    digest: UNTOLD,
  };
}

function readsOf(statement: CellStatement): readonly number[] {
  if (!('table' in statement)) return [];
  return statement.kind === 'copy' ? OIDS : [OIDS[statement.table] as number];
}

export function writesOf(statements: readonly CellStatement[]): readonly number[] {
  const written = statements.filter((statement) => !recordedOf(statement).isRead);
  const tables = written.flatMap((statement) => ('table' in statement ? [statement.table] : []));
  return [...new Set(tables)].sort().map((table) => OIDS[table] as number);
}

export function stepOf(statement: CellStatement): Step {
  if (statement.kind === 'savepoint') return step('SAVEPOINT "mark 0"', [], false, false);
  if (statement.kind === 'rollback-to') return step('ROLLBACK TO "mark 0"', [], false, false);
  if (statement.kind === 'draw') {
    return step(`INSERT INTO drawn VALUES (${NEXTVAL}(${SEQUENCE_OID}))`, []);
  }
  const table = TABLES[statement.table] as string;
  if (statement.kind === 'sum') {
    return step(`SELECT count(*), coalesce(sum(n), 0) FROM ${table}`, [], true);
  }
  const { key } = statement;
  switch (statement.kind) {
    case 'read':
      return step(`SELECT n FROM ${table} WHERE k = ?`, [key], true);
    case 'add':
      return step(`UPDATE ${table} SET n = n + ? WHERE k = ?`, [statement.by, key]);
    case 'add-returning':
      return step(
        `UPDATE ${table} SET n = n + ? WHERE k = ? RETURNING n`,
        [statement.by, key],
        true,
      );
    case 'set':
      return step(`UPDATE ${table} SET n = ? WHERE k = ?`, [statement.n, key]);
    case 'copy': {
      const other = TABLES[1 - statement.table] as string;
      return step(
        `UPDATE ${table} SET n = coalesce((SELECT n FROM ${other} WHERE k = ?), 0) WHERE k = ?`,
        [key, key],
      );
    }
    case 'take':
      return step(`UPDATE ${table} SET n = n - ? WHERE k = ? AND n >= ?`, [
        statement.by,
        key,
        statement.by,
      ]);
    case 'insert':
      return step(`INSERT INTO ${table} VALUES (?, ?)`, [key, statement.n]);
    case 'delete':
      return step(`DELETE FROM ${table} WHERE k = ?`, [key]);
  }
}

/** Takes a run of values beforehand; gives the first, and how many they are. */
export function reserveStep(count: number): Step {
  return step(`SELECT ${NEXTVALS}(${SEQUENCE_OID}, ${count}), ${count}`, [], true);
}

export function reserved(first: bigint, count: number): ReservedSequence {
  return { oid: SEQUENCE_OID, isOwn: false, runs: [{ first, increment: 1n, count }] };
}

function step(sql: string, values: readonly number[], hasRows = false, isResult = true): Step {
  return { sql, values: values.map(BigInt), hasRows, isResult, rowsAtFault: null };
}

export const CELLS: Language<CellStatement> = {
  stepOf,
  recordedOf,
  writesOf,
  isOfTables: ({ kind }) => kind !== 'draw',
};

/** What the tables of a node hold. */
export function readCells(rowsOf: (sql: string) => readonly (readonly unknown[])[]): Cells {
  return TABLES.map((table) => {
    const rows = new Map(
      rowsOf(`SELECT k, n FROM ${table}`).map(([k, n]) => [Number(k), Number(n)] as const),
    );
    return KEYS.map((key) => rows.get(key) ?? null);
  });
}

// Programs ----------------------------------------------------------------------------------------

const READS = ['read', 'read', 'sum'] as const;
const WRITES = ['add', 'add', 'add-returning', 'set', 'copy', 'take', 'insert', 'delete'] as const;

export function drawRead(prng: Prng): CellStatement {
  const kind = prng.pick(READS);
  return { kind, table: prng.integer(TABLES.length), key: prng.pick(KEYS) };
}

/** `last`: the value that the client has seen last. */
export function drawWrite(prng: Prng, last: number): CellStatement {
  const place = { table: prng.integer(TABLES.length), key: prng.pick(KEYS) };
  const by = prng.between(1, 3);
  const kind = prng.pick(WRITES);
  switch (kind) {
    case 'add':
    case 'add-returning':
    case 'take':
      return { kind, by, ...place };
    case 'set':
    case 'insert':
      return { kind, n: last + by, ...place };
    case 'copy':
    case 'delete':
      return { kind, ...place };
  }
}

/** A statement that needs no transaction around it. */
export function drawAdd(prng: Prng): CellStatement {
  const place = { table: prng.integer(TABLES.length), key: prng.pick(KEYS) };
  return { kind: 'add', by: prng.between(1, 3), ...place };
}
