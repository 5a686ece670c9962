// Statements that change several tables, among other sessions: they are speculated, parked, and run
// again at their place in the log.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalCluster } from '../support/local-cluster.ts';
import type { Answer, SqlClient } from '../support/wire/sql-client.ts';

let cluster: LocalCluster;
let clients: readonly SqlClient[];
/** Runs a statement on the node of that number. */
let on: (node: number, sql: string) => Promise<Answer>;

const TAKE = `with next as (
    select id from jobs where state = 'new' order by id limit 1 for update skip locked
  ), taken as (update jobs set state = 'run' from next where jobs.id = next.id returning jobs.id)
  insert into taken_jobs select id from taken returning id`;
const GET_OR_CREATE = `with made as (
    insert into tags (name) values ('x') on conflict (name) do nothing returning id, name
  ) select id, 'made' from made union all select id, 'there' from tags where name = 'x'`;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}, { machine: { exactCheckOnly: true } }]);
  clients = await Promise.all([1, 2, 3].map((node) => cluster.connect(node)));
  on = (node, sql) => clients[node - 1]!.query(sql);
  await on(1, "create table jobs (id int primary key, state text default 'new')");
  await on(1, 'create table taken_jobs (id int); insert into jobs values (1), (2), (3)');
  await on(1, 'create table tags (id serial, name text unique)');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

it('workers that move jobs get different ones, and none is lost', async () => {
  await on(1, 'begin');
  expect(await on(1, TAKE)).toBe('(1)');
  await on(2, 'begin');
  expect(await on(2, TAKE)).toBe('(2)');
  expect(await on(3, TAKE)).toBe('(3)');
  expect(await on(1, 'commit')).toBe('COMMIT');
  expect(await on(2, 'commit')).toBe('COMMIT');
  expect(await on(3, 'select id from taken_jobs order by id')).toBe('(1) (2) (3)');
  expect(await on(3, TAKE)).toBe('');
});

it('a part that gives back something else by then is told', async () => {
  await on(1, 'begin');
  const move = 'with d as (delete from jobs returning id) select count(*) from d';
  expect(await on(1, move)).toBe('(3)');
  await on(2, 'delete from jobs where id = 2');
  expect(await on(1, 'commit')).toBe('ERROR 40001');
  expect(await on(1, move)).toBe('(2)');
});

it('what was found out by doing it and undoing it keeps its values of sequences', async () => {
  await on(1, 'begin');
  expect(await on(1, GET_OR_CREATE)).toBe('(1,made)');
  expect(await on(1, GET_OR_CREATE)).toBe('(1,there)');
  await on(2, "insert into tags (name) values ('y')");
  expect(await on(1, "insert into tags (name) values ('z') returning id > 1")).toBe('(t)');
  expect(await on(1, 'commit')).toBe('COMMIT');
  expect(await on(3, GET_OR_CREATE)).toBe('(1,there)');
  expect(await on(3, 'select count(*), count(distinct id) from tags')).toBe('(3,3)');
});

it('of two that create the same one is told', async () => {
  await on(1, 'begin');
  expect(await on(1, GET_OR_CREATE)).toBe('(1,made)');
  expect(await on(2, GET_OR_CREATE)).toContain('made');
  expect(await on(1, 'commit')).toBe('ERROR 40001');
});

it('parameters, by the extended protocol and in one pipeline', async () => {
  const move = `with d as (delete from jobs where id <= $1 returning id)
    insert into taken_jobs select id from d where id > $2 returning id`;
  expect(await clients[0]!.described(move, ['2', '1'])).toBe('(2)');
  expect(await clients[1]!.prepared(move, ['3', '0'])).toBe('(3)');
  expect(await on(3, 'select count(*) from jobs')).toBe('(0)');
});

it('a query string is one transaction with it', async () => {
  const answer = await on(
    1,
    'with d as (delete from jobs returning id) select count(*) from d; select 1 / 0; set lock_timeout = 1',
  );
  expect(answer).toContain('ERROR 22012');
  expect(await on(1, 'select count(*) from jobs')).toBe('(3)');
});

it('nothing that a step kept is seen by the next statement', async () => {
  const two =
    'with d as (delete from jobs where id = 1 returning id) select * from d; ' +
    'with d as (delete from jobs where id = 2 returning id) select * from d';
  expect(await on(1, two)).toBe('(1); (2)');
});

it('what the parts keep in memory is bounded', async () => {
  await on(1, 'create table big (v text)');
  const add = (count: number): string =>
    `with b as (insert into big select repeat('x', 1000000) from generate_series(1, ${count}) returning v)
     select count(*) from b`;
  expect(await on(1, add(100))).toBe('ERROR 54000');
  expect(await on(1, add(10))).toBe('(10)');
  expect(await on(1, 'select count(*) from big')).toBe('(10)');
});
