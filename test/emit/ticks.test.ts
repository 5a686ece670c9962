// Statements that loop over rows without giving any: each loop calls a function that can end it,
// and this changes neither what the statement gives nor how SQLite goes about it.
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/sql/compile.ts';
import { parse } from '../../src/sql/parse/parse.ts';
import { must } from '../../src/util/assert.ts';
import { TEST_SETTINGS, TestDatabase } from '../catalog/support/test-catalog.ts';

const ROWS = 12;

let work = 0;
const database = new TestDatabase((spent) => (work += spent));
database.run(`
  create table a (id int primary key, x int, s text);
  create table b (id int primary key, x int, s text);
  create table c (id int primary key, x int, s text);
  create index on c (x);
  create sequence q`);
for (const [at, name] of ['a', 'b', 'c'].entries()) {
  const insert = database.sqlite.prepare(
    `INSERT INTO "public.${name}" (id, x, s) VALUES (?, ?, ?)`,
  );
  for (let id = 1; id <= ROWS; id++) insert.run(id + at * 3, id % 3 === 0 ? null : id % 5, `${id}`);
}

/** coalesce(balsa_tick(...), "t1"."ctid"), with what may be nested in it. */
const TICK = String.raw`coalesce\(balsa_tick\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\), "t\d+"\."?\w+"?\)`;

/** ("t1"."ctid" & 1023 OR balsa_tick(4096)) */
const SCAN_TICK = String.raw`\("\w+"\."ctid" & 1023 OR balsa_tick\(4096\)\)`;
const ANY_TICK = `(?:${TICK}|${SCAN_TICK})`;

/** The statement's SQLite text, with the calls and without. */
function emitted(sql: string): { readonly ticked: string; readonly plain: string } {
  const plan = compile(must(parse(sql)[0], sql), [], database.catalog, TEST_SETTINGS);
  if (plan.kind !== 'query') expect.unreachable();
  const ticked = must(plan.steps[0], 'a step').sql;
  const plain = ticked
    .replaceAll(new RegExp(`${ANY_TICK} AND `, 'g'), '')
    .replaceAll(new RegExp(` AND ${ANY_TICK}`, 'g'), '')
    .replaceAll(new RegExp(` (?:WHERE|ON) ${ANY_TICK}`, 'g'), '');
  expect(plain).not.toContain('balsa_tick');
  return { ticked, plain };
}

function workOf(sql: string): number {
  work = 0;
  const statement = database.sqlite.prepare(sql);
  if (statement.reader) statement.all();
  else statement.run();
  return work;
}

function howOf(sql: string): readonly unknown[] {
  return database.rows(`EXPLAIN QUERY PLAN ${sql}`).map((row) => row[3]);
}

/** A condition that is never true, and that no index helps with. */
const never = (left: string, right: string): string => `${left}.x + ${right}.x = -1`;

describe('as many calls as rows looked at', () => {
  it.each<[string, number]>([
    ['select count(*) from a, b, c', ROWS ** 3],
    [`select count(*) from a, b, c where ${never('a', 'b')}`, ROWS ** 2],
    [`select count(*) from a, b, c where ${never('a', 'c')}`, ROWS ** 3],
    [`select count(*) from a join b on ${never('a', 'b')} join c on true`, ROWS ** 2],
    [`select count(*) from a join b on a.x <> b.x where ${never('a', 'b')}`, ROWS ** 2],
    [`select count(*) from a left join b on ${never('a', 'b')}`, ROWS ** 2],
    [`select count(*) from a right join b on ${never('a', 'b')}`, ROWS ** 2],
    [`select count(*) from a full join b on ${never('a', 'b')}`, ROWS ** 2],
    [`select count(*) from a left join (b join c on ${never('b', 'c')}) on true`, ROWS ** 2],
    [`select count(*) from a where exists (select 1 from b where ${never('a', 'b')})`, ROWS ** 2],
    [
      `select count(*) from a where not exists (select 1 from b where ${never('a', 'b')})`,
      ROWS ** 2,
    ],
    [`select count(*) from a where a.x in (select b.x + a.x - 100 from b)`, ROWS ** 2],
    ['select (select max(b.x + a.x) from b) from a', ROWS ** 2],
    [
      'select count(*) from (select 1 from a) u, (select 2 from b) v, (select 3 from c) w',
      ROWS ** 3,
    ],
    ['select count(*) from (select x from a limit 9) u, (select distinct x from b) v', 9 * 5],
    ['with u as (select 1 from a), v as (select 1 from b) select count(*) from u, v', ROWS ** 2],
    ['with u as (select * from a, b) select count(*) from u', ROWS ** 2],
    [
      'with recursive r(n) as (select 1 union all select n + 1 from r where n < 500) select count(*) from r',
      500,
    ],
    [
      'with recursive r(n) as (select 1 union select (n + 1) % 500 from r) select max(n) from r',
      500,
    ],
    ['select count(*) from a, q, b', ROWS ** 2],
    [`select count(*) from generate_series(1, 30) n, a where n + a.x = -1`, 30 * ROWS],
    [`update a set x = 1 from b, c where ${never('b', 'c')} and ${never('a', 'b')}`, ROWS ** 2],
    [`delete from a using b, c where ${never('b', 'c')}`, ROWS ** 3],
    [`insert into a select b.id from b, c where ${never('b', 'c')}`, ROWS ** 2],
  ])('%s', (sql, loops) => {
    expect(workOf(emitted(sql).ticked)).toBeGreaterThanOrEqual(loops);
  });

  it('counts the bytes of what a recursion keeps', () => {
    const { ticked } = emitted(`with recursive r(n, s) as (select 1, repeat('x', 100000)
      union all select n + 1, s || '' from r where n < 10) select count(*) from r`);
    const values = ["'x'"];
    expect(workOf(ticked.replaceAll('?', () => values.pop() ?? "''"))).toBeGreaterThan(14_000);
  });
});

it('counts the bytes of what RETURNING gives', () => {
  const { ticked } = emitted('insert into a values (100, 1, null) returning x, s, id + 1');
  expect(ticked).toContain(
    'RETURNING balsa_keep("public.a"."x") AS c1, balsa_keep("public.a"."s") AS c2, ',
  );
});

describe('a loop over one table', () => {
  it.each([
    'select * from a where x = 1 order by s',
    'select count(*), max(s) from a where x > 1',
    'select sum(x) from a',
    'select distinct x from a',
    'select x from a order by s',
    'select id from a union select id from b',
    'select * from a where id in (select x from b)',
    'insert into a select id + 100 from b where x = 1',
    'update a set x = 2 where id = 1',
    'delete from a where x = 3',
  ])('has a call for many rows: %s', (sql) => {
    expect(emitted(sql).ticked).toMatch(new RegExp(SCAN_TICK));
  });

  it.each([
    "select max(s || 'x') from a",
    "select count(*) from a where repeat('x', 9) || id < s",
    'select x from a order by lower(s)',
    "select count(*) from a group by repeat('x', 9) || x",
  ])('has a call for each row if it makes texts: %s', (sql) => {
    expect(emitted(sql).ticked).toMatch(new RegExp(TICK));
  });

  it.each([
    'select count(*) from a',
    'select n from generate_series(1, 10) n',
    'insert into a values (1)',
    'update a set x = 2',
    'delete from a',
  ])('has none: %s', (sql) => {
    const { ticked, plain } = emitted(sql);
    expect(ticked).toBe(plain);
  });

  it('is counted in proportion to its rows, the same however SQLite reads them', () => {
    const many = new TestDatabase((spent) => (work += spent));
    many.run('create table a (id int primary key, x int, s text)');
    many.sqlite.exec(`INSERT INTO "public.a" (id, x, s)
      WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 50000)
      SELECT n, n % 7, '' FROM r`);
    const workThere = (sql: string): number => {
      work = 0;
      many.rows(emitted(sql).ticked);
      return work;
    };
    expect(workThere('select sum(id) from a')).toBe(48 * 129);
    expect(workThere(`select id from a where s <> s`)).toBe(48 * 129);
  });

  it('counts each row that is deleted, and those that keys look at', () => {
    expect(emitted('delete from a where x = 3').ticked).toContain('AND balsa_write_row(');
    const keyed = new TestDatabase((spent) => (work += spent));
    keyed.run(`create table p (id int primary key);
      create table c (p int references p on delete cascade)`);
    keyed.sqlite.exec(`INSERT INTO "public.p" (id) VALUES (1), (2);
      INSERT INTO "public.c" (p) VALUES (1), (1), (1), (2)`);
    work = 0;
    keyed.sqlite.exec('DELETE FROM "public.p" WHERE id = 1');
    expect(work).toBe(3);
    const plan = compile(must(parse('delete from p')[0], 'one'), [], keyed.catalog, TEST_SETTINGS);
    expect(plan.kind === 'query' ? plan.steps[0]?.sql : '').toContain('WHERE balsa_write_row(');
  });
});

describe('the same rows, found in the same way', () => {
  it.each([
    'select a.id, b.id from a join b on a.id = b.id order by 1',
    'select a.id, c.id from a join c on a.x = c.x order by 1, 2',
    'select a.id, c.s from a, c where c.x = a.x and a.id = 4 order by 1, 2',
    'select a.id, b.id from a left join b on a.id = b.id and b.x > 2 order by 1',
    'select a.id, b.id from a left join b on a.id = b.id where b.id is null order by 1',
    'select a.id, b.id, c.id from a left join b on a.id = b.id left join c on b.id = c.id order by 1',
    'select a.id, b.id, c.id from a left join (b join c on b.id = c.id) on a.id = b.id order by 1',
    'select a.id, b.id from a right join b on a.id = b.id order by 2',
    'select a.id, b.id from a full join b on a.id = b.id order by 1, 2',
    'select a.id, b.id, c.id from a full join b on a.id = b.id left join c on c.id = b.id order by 1, 2',
    'select a.id, b.id, c.id from a full join b using (id) full join c using (id) order by 1, 2, 3',
    'select a.id, c.id from a full join b on a.id = b.id join c on c.id = a.id order by 1, 2',
    'select a.id from a where exists (select 1 from b where b.id = a.id) order by 1',
    'select a.id from a where not exists (select 1 from c where c.x = a.x) order by 1',
    'select a.id, (select count(*) from c where c.x = a.x) from a order by 1',
    'select a.x, count(c.id) from a left join c on c.x = a.x group by a.x order by 1',
    'select u.x, v.n from (select x from a where x > 1) u left join (select x, count(*) as n from b group by x) v on u.x = v.x order by 1, 2',
    'select * from (select id from a union all select id from b) u join c on c.id = u.id order by 1, 2',
    'with u as (select x from a) select count(*) from u p join u q on p.x = q.x',
    'select c.x from a, c where a.id = 3 order by c.x limit 5',
    'select distinct a.x from a join c on a.x = c.x order by 1',
    'select a.id, c.id from a join c on a.x = c.x or a.id = c.id order by 1, 2',
    'select id from a where id = 3',
    'select id from a where id > 3 order by id desc limit 2',
    'select x, id from c where x = 2 order by id',
    'select x from c order by x limit 3',
    'select count(*) from c where x between 1 and 2',
    'select max(id) from a',
    'select min(x) from c',
    'select distinct x from c order by 1',
    'select x, count(*) from c group by x order by 1',
    'select id from a where id in (1, 2, 3) order by 1',
    'select id from a where s is null or id = 2 order by 1',
  ])('%s', (sql) => {
    const { ticked, plain } = emitted(sql);
    expect(ticked).not.toBe(plain);
    expect(database.rows(ticked)).toEqual(database.rows(plain));
    expect(howOf(ticked)).toEqual(howOf(plain));
  });
});
