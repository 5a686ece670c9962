// Rows of a COPY in one statement: all or none, the row at fault is named, foreign keys are
// checked where the statement ends.
import { describe, expect, it } from 'vitest';
import type { Outcome, Step } from '../../src/machine/command.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import { ValueRowsWriter } from '../../src/types/value-rows.ts';
import { SqlWorld } from './support/sql-world.ts';

/** Copies rows into columns of public.t; `defaults` are SQLite expressions for further columns. */
function copy(
  columns: readonly string[],
  rows: readonly (readonly SqliteValue[])[],
  tableOid: number,
  defaults: Readonly<Record<string, string>> = {},
): Step {
  const writer = new ValueRowsWriter(columns.length);
  for (const row of rows) for (const value of row) writer.value(value);
  const { bytes } = writer.take();
  const names = [...columns, ...Object.keys(defaults)].map((name) => `"${name}"`).join();
  const values = [...columns.map((_name, at) => `c${at + 1}`), ...Object.values(defaults)].join();
  const select = `SELECT ${values} FROM "balsa_rows_4"(?)`;
  return {
    sql: `INSERT INTO "public.t" (${names}) ${select}`,
    values: [bytes],
    hasRows: false,
    isResult: true,
    rowsAtFault: { tableOid, sql: select, values: [bytes] },
  };
}

class CopyWorld extends SqlWorld {
  readonly oid: number;

  constructor(definition: string) {
    super();
    expect(this.error(definition)).toEqual([]);
    const [row] = this.rows(`SELECT oid FROM "pg_catalog.pg_class" WHERE relname = 't'`);
    this.oid = Number(row?.[0]);
  }

  copy(
    columns: readonly string[],
    rows: readonly (readonly SqliteValue[])[],
    defaults?: Readonly<Record<string, string>>,
  ): Outcome {
    return this.steps([copy(columns, rows, this.oid, defaults)]);
  }

  get table(): readonly (readonly unknown[])[] {
    return this.rows('SELECT a, b FROM "public.t" ORDER BY ctid');
  }
}

const PLAIN = 'CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL CHECK (b <> $$no$$))';

describe('rows of values in one statement', () => {
  it('are written and counted', () => {
    const world = new CopyWorld(PLAIN);
    const rows = Array.from({ length: 3000 }, (_none, at) => [BigInt(at), `text ${at}`]);
    const outcome = world.copy(['a', 'b'], rows);
    expect(outcome).toEqual({ kind: 'done', results: [{ rows: null, count: 3000 }] });
    expect(world.table).toEqual(rows);
  });

  it('can be none', () => {
    const outcome = new CopyWorld(PLAIN).copy(['a', 'b'], []);
    expect(outcome).toEqual({ kind: 'done', results: [{ rows: null, count: 0 }] });
  });

  const failures: readonly (readonly [string, SqliteValue[], string, string])[] = [
    ['a key twice', [7n, 'x'], '23505', 'Key (a)=(7) already exists.'],
    ['a NULL', [100n, null], '23502', 'Failing row contains (100, null).'],
    ['a check', [100n, 'no'], '23514', 'Failing row contains (100, no).'],
  ];

  it.each(failures)('name the row at fault: %s', (_what, bad, code, detail) => {
    const world = new CopyWorld(PLAIN);
    const rows: SqliteValue[][] = Array.from({ length: 20 }, (_none, at) => [BigInt(at), 'x']);
    rows.splice(12, 0, bad);
    const error = { code, fields: { table: 't', detail, row: 13 } };
    expect(world.copy(['a', 'b'], rows)).toMatchObject({ kind: 'failed', error });
    expect(world.table).toEqual([]);
  });

  it('name the row that a default failed with, and draw the same for its detail', () => {
    const world = new CopyWorld('CREATE TABLE t (a int, b text CHECK (a <> 3))');
    const drawn: number[] = [];
    world.database.driver.function('draw', () => {
      const number = world.machine.context.randomUint32();
      drawn.push(number);
      return String(number);
    });
    const outcome = world.copy(['a'], [[1n], [2n], [3n], [4n]], { b: 'draw()' });
    const detail = `Failing row contains (3, ${drawn[2]}).`;
    expect(outcome).toMatchObject({ kind: 'failed', error: { fields: { row: 3, detail } } });
  });

  it('may point at rows behind them', () => {
    const world = new CopyWorld('CREATE TABLE t (a int PRIMARY KEY, b int REFERENCES t)');
    expect(world.copy(['a', 'b'], [[1n, 3n], [2n, 1n], [3n, null]])).toMatchObject({ kind: 'done' }); // prettier-ignore
    const detail = 'Key (b)=(9) is not present in table "t".';
    const outcome = world.copy(['a', 'b'], [[4n, 5n], [5n, 9n], [6n, 4n]]); // prettier-ignore
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: '23503', fields: { detail } } });
    expect(outcome).not.toHaveProperty('error.fields.row');
    expect(world.table).toHaveLength(3);
  });

  it('do not outlive what follows them in the request', () => {
    const world = new CopyWorld(PLAIN);
    const fails = { ...copy(['a', 'b'], [[1n, 'x'], [1n, 'y']], world.oid) }; // prettier-ignore
    const outcome = world.steps([copy(['a', 'b'], [[5n, 'x']], world.oid), fails]);
    expect(outcome).toMatchObject({ kind: 'failed', results: [{ count: 1 }] });
    expect(world.table).toEqual([]);
  });
});
