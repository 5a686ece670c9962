// The bytes of rows are counted where SQLite writes them, however they come to be written.
import { beforeEach, expect, it } from 'vitest';
import { TestDatabase } from '../catalog/support/test-catalog.ts';

const LONG = 100_000;

let written = 0;
let database = new TestDatabase();

beforeEach(() => {
  database = new TestDatabase(undefined, (bytes) => (written += bytes));
  database.run(`
    create table p (k text primary key, n int);
    create table c (id int primary key, k text references p on update cascade on delete set null, n int, f float8, b bytea);
    create table short (n int, m bigint)`);
  database.sqlite.exec(`
    insert into "public.p" (k, n) values ('a', 1);
    insert into "public.c" (id, k, n, b) values (1, 'a', 1, zeroblob(${LONG})), (2, 'a', 2, null)`);
  written = 0;
});

/** What a statement of SQLite's writes. */
function bytesOf(sql: string): number {
  written = 0;
  database.sqlite.exec(sql);
  return written;
}

function bytesOfDdl(sql: string): number {
  written = 0;
  database.run(sql);
  return written;
}

it('counts each row of an INSERT, also where its value is a constant', () => {
  const rows = 'WITH RECURSIVE r(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM r WHERE n < 12)';
  const insert = `INSERT INTO "public.c" (id, b) ${rows} SELECT n, zeroblob(${LONG}) FROM r`;
  expect(bytesOf(insert)).toBe(10 * (LONG + 6 * 8));
});

it('counts rows without long values', () => {
  expect(bytesOf('INSERT INTO "public.short" (n, m) VALUES (1, 2), (3, 4)')).toBe(2 * 3 * 8);
});

it('counts the whole row that an UPDATE writes again', () => {
  expect(bytesOf('UPDATE "public.c" SET n = n + 1000 WHERE id = 1')).toBeGreaterThan(LONG);
  expect(bytesOf('UPDATE "public.c" SET n = n + 1000 WHERE id = 2')).toBeLessThan(100);
});

it('counts texts in a column of floats', () => {
  expect(bytesOf(`UPDATE "public.c" SET f = 'NaN' WHERE id = 2`)).toBe(6 * 8 + 1 + 3);
});

it('counts rows that foreign keys write', () => {
  const key = `'${'k'.repeat(LONG)}'`;
  expect(bytesOf(`UPDATE "public.p" SET k = ${key}`)).toBeGreaterThan(4 * LONG);
  expect(bytesOf('DELETE FROM "public.p"')).toBeGreaterThan(LONG);
});

it.each([
  ['alter table c add column d text default repeat($$x$$, 1000)', LONG + 2000],
  ['alter table c add column d int default 1', LONG],
  ['alter table c drop column n', LONG],
  ['alter table c alter n type text using repeat($$x$$, 1000)', LONG + 2000],
])('counts rows that %s writes again', (sql, bytes) => {
  expect(bytesOfDdl(sql)).toBeGreaterThan(bytes);
  expect(bytesOf(`UPDATE "public.c" SET k = NULL`)).toBeGreaterThan(LONG);
});

it.each([
  ['create index on c (b)', LONG],
  ['create index on c (n)', 0],
  ['create index on c (b) where n = 2', LONG],
  ['create index on c (n) where b is null', 0],
  ['create index on c ((k || repeat($$x$$, 1000)))', 2000],
  ['create index on c (b, k); alter index c_b_k_idx rename to other', 2 * LONG],
  ['alter table c add unique (b)', LONG],
  ['alter table c alter n type bigint', LONG],
])('counts the keys that %s sorts', (sql, bytes) => {
  database.sqlite.exec(`UPDATE "public.c" SET n = 2 WHERE id = 1`);
  const done = bytesOfDdl(sql);
  expect(done).toBeGreaterThanOrEqual(bytes);
  expect(done).toBeLessThan(bytes + 1000);
});

it('counts the keys of a foreign key that is added to rows', () => {
  database.sqlite.exec(`UPDATE "public.p" SET k = '${'k'.repeat(LONG)}'`);
  const done = bytesOfDdl(
    'alter table c drop constraint c_k_fkey, add foreign key (k) references p',
  );
  expect(done).toBeGreaterThan(2 * LONG);
});

it('counts the work of an index by its rows', () => {
  let work = 0;
  database = new TestDatabase((spent) => (work += spent));
  database.run('create table many (a int)');
  database.sqlite.exec(
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10000) INSERT INTO "public.many" (a) SELECT n FROM r',
  );
  work = 0;
  database.run('create index on many (a)');
  expect(work).toBeGreaterThan(5000);
  expect(work).toBeLessThan(7000);
});

it('counts the rows of a table with as many columns as there may be', () => {
  const columns = Array.from({ length: 1600 }, (_, at) => `c${at} text`);
  database.run(`create table wide (${columns.join(', ')})`);
  expect(bytesOf(`INSERT INTO "public.wide" (c0, c1599) VALUES ('ab', 'cde')`)).toBe(1601 * 8 + 5);
});
