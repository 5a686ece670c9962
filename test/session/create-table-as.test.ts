// CREATE TABLE AS among other sessions: it is checked like what it reads and writes.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalCluster } from '../support/local-cluster.ts';
import type { Answer, SqlClient } from '../support/wire/sql-client.ts';

let cluster: LocalCluster;
let clients: readonly SqlClient[];
/** Runs a statement on the node of that number. */
let on: (node: number, sql: string) => Promise<Answer>;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}, { machine: { exactCheckOnly: true } }]);
  clients = await Promise.all([1, 2, 3].map((node) => cluster.connect(node)));
  on = (node, sql) => clients[node - 1]!.query(sql);
  await on(1, 'create table t (k int primary key, n int); insert into t values (1, 10)');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

it('what a transaction read of its own new table is wrong where its source has changed', async () => {
  await on(1, 'begin');
  expect(await on(1, 'create table copied as select * from t')).toBe('SELECT 1');
  expect(await on(1, 'select n from copied')).toBe('(10)');
  await on(2, 'update t set n = 11');
  expect(await on(1, 'commit')).toBe('ERROR 40001');
});

it('a number of rows that is another one by then is told', async () => {
  await on(1, 'begin');
  expect(await on(1, 'select * into copied from t')).toBe('SELECT 1');
  await on(2, 'insert into t values (2, 20)');
  expect(await on(1, 'commit')).toBe('ERROR 40001');
});

it('nothing else of the source matters', async () => {
  await on(1, 'begin');
  expect(await on(1, 'create table copied as select * from t')).toBe('SELECT 1');
  await on(2, 'update t set n = 11');
  expect(await on(1, 'commit')).toBe('COMMIT');
  expect(await on(3, 'select n from copied')).toBe('(11)');
});

it('parameters, in one pipeline and described before', async () => {
  expect(await clients[0]!.prepared('create table a as select $1::int as n', ['5'])).toBe(
    'SELECT 1',
  );
  expect(
    await clients[1]!.described('create table b as select $1::text as n from t where k = $2', [
      'x',
      '1',
    ]),
  ).toBe('SELECT 1');
  expect(await on(3, 'select * from a, b')).toBe('(5,x)');
});
