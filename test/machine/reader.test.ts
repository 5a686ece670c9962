// Reads beside the writer: one snapshot for all steps, and which entries it holds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PgError } from '../../src/errors/pg-error.ts';
import { Reader } from '../../src/machine/reader.ts';
import type { ReadContext } from '../../src/machine/reader.ts';
import { otherEntry, query, request } from './support/entries.ts';
import { MachineWorld } from './support/machine-world.ts';

let directory: string;
let world: MachineWorld;
let reader: Reader;
let context: ReadContext;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'balsa-reader-'));
  const file = join(directory, 'state.sqlite');
  world = new MachineWorld({}, file);
  reader = new Reader(file);
  context = { now: 5n, seed: 1, setting: () => null, catalog: reader.loadCatalog() };
});

afterEach(() => {
  reader.close();
  world.database.close();
  rmSync(directory, { recursive: true });
});

it('shows what is committed, and up to which entry', () => {
  world.apply(otherEntry(1));
  const sql = 'SELECT log_index FROM "balsa.applied"';
  const first = reader.run([{ sql, values: [] }], context);
  expect(first).toEqual({ appliedIndex: 1, rows: [[[1n]]], error: null });
  world.apply(otherEntry(2));
  expect(reader.run([{ sql, values: [] }], context)?.appliedIndex).toBe(2);
});

it('gives the rows before the step that fails', () => {
  const steps = [
    { sql: 'SELECT ?', values: ['a'] },
    { sql: 'SELECT missing', values: [] },
  ];
  const result = reader.run(steps, context);
  expect(result?.rows).toEqual([[['a']]]);
  expect(result?.error?.message).toContain('no such column');
  expect(reader.run(steps.slice(0, 1), context)?.error).toBeNull();
});

it('does not run what was compiled for another schema', () => {
  const session = world.register();
  const create = request([query('SELECT 1')], { schemaChanges: 1 });
  world.execute(session, 1, [create]);
  expect(reader.run([{ sql: 'SELECT 1', values: [] }], context)).toBeNull();
  expect(reader.loadCatalog().version).toBe(2);
});

it('writes nothing', () => {
  const result = reader.run([{ sql: 'CREATE TABLE x (a)', values: [] }], context);
  expect(result?.error?.message).toContain('readonly');
});

it('keeps a snapshot for reads that need no newer one, until it is released', () => {
  const steps = [{ sql: 'SELECT log_index FROM "balsa.applied"', values: [] }];
  world.apply(otherEntry(1));
  expect(reader.run(steps, context, 1)?.appliedIndex).toBe(1);
  world.apply(otherEntry(2));
  expect(reader.run(steps, context, 1)?.appliedIndex).toBe(1);
  expect(reader.run(steps, context, 2)?.appliedIndex).toBe(2);
  world.apply(otherEntry(3));
  reader.release();
  expect(reader.run(steps, context, 1)?.appliedIndex).toBe(3);
});

it('ends a read that takes too long, while it gives rows, while a function does, and while it loops', () => {
  const checkTime = (): void => {
    throw new PgError('57014', 'too long');
  };
  const all = 'SELECT c1 FROM pg_series(1, 1000000000000)';
  const loop =
    'WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE balsa_tick())';
  for (const sql of [all, `SELECT count(*) FROM (${all})`, `${loop} SELECT count(*) FROM r`]) {
    const result = reader.run([{ sql, values: [] }], { ...context, checkTime });
    expect(result?.error).toMatchObject({ code: '57014' });
  }
  expect(reader.run([{ sql: 'SELECT 1', values: [] }], context)?.rows).toEqual([[[1n]]]);
});

it('ends a read that gives more than fits in memory', () => {
  const text = 'x'.repeat(16_000_000);
  const sql = 'SELECT ? FROM pg_series(1, 1000)';
  const result = reader.run([{ sql, values: [text] }], context);
  expect(result?.error).toMatchObject({ code: '54000' });
  expect(reader.run([{ sql: 'SELECT 1', values: [] }], context)?.error).toBeNull();
});

it('has functions neither take nor give values that are too long', () => {
  const text = 'x'.repeat(17_000_000);
  for (const sql of [
    'SELECT pg_repeat_25_23(substr(?, 1, 1), 17000000)',
    'SELECT pg_reverse_25(?)',
  ]) {
    const result = reader.run([{ sql, values: [text] }], context);
    expect(result?.error).toMatchObject({ code: '54000' });
  }
});
