// Prepared statements and what other sessions do to the schema meanwhile.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalCluster } from '../support/local-cluster.ts';
import type { Answer, SqlClient } from '../support/wire/sql-client.ts';

let cluster: LocalCluster;
let clients: readonly SqlClient[];
/** Runs a statement on the node of that number. */
let on: (node: number, sql: string) => Promise<Answer>;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}]);
  clients = await Promise.all([1, 2].map((node) => cluster.connect(node)));
  on = (node, sql) => clients[node - 1]!.query(sql);
  await on(1, 'create table t (k int primary key, n int); insert into t values (1, 10)');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

it('PREPARE knows of a table that another node has just made', async () => {
  await on(1, 'create table fresh (a int)');
  expect(await on(2, 'prepare p as select a from fresh')).toBe('PREPARE');
});

it('a plan for a change that was undone is not taken for the next one', async () => {
  await on(1, 'prepare p as update t set n = n + 1 where k = $1');
  await on(1, 'begin');
  await on(1, 'alter table t rename k to kk');
  expect(await on(1, 'execute p(1)')).toBe('ERROR 42703');
  await on(1, 'rollback');
  await on(1, 'prepare q as select * from u');
  await on(1, 'begin');
  await on(1, 'create table u (a int); insert into u values (1); prepare r as select a from u');
  expect(await on(1, 'execute r')).toBe('(1)');
  await on(1, 'rollback');
  await on(2, 'create table other (a int)');
  expect(await on(1, 'execute r')).toBe('ERROR 42P01');
  expect(await on(1, 'execute p(1)')).toBe('UPDATE 1');
});

it('a transaction commits what it executed, whatever the name stands for by then', async () => {
  await on(1, 'prepare p(int) as update t set n = n + $1');
  await on(1, 'begin');
  expect(await on(1, 'execute p(1)')).toBe('UPDATE 1');
  expect(await on(1, 'execute p(length($$x$$) + 1)')).toBe('UPDATE 1');
  await on(1, 'deallocate p');
  await on(1, 'prepare p(int) as update t set n = -$1');
  await on(2, 'alter table t add m int');
  expect(await on(1, 'commit')).toBe('COMMIT');
  expect(await on(1, 'select n from t')).toBe('(13)');
});

it('the same by the extended protocol, in one pipeline with its end', async () => {
  await on(1, 'prepare p(int) as update t set n = n + $1');
  await on(1, 'begin');
  expect(await clients[0]!.prepared('execute p(1)')).toBe('UPDATE 1');
  await on(1, 'deallocate p');
  await on(2, 'alter table t add m int');
  expect(await on(1, 'commit')).toBe('COMMIT');
  expect(await on(1, 'select n from t')).toBe('(11)');
});

it('computed arguments are of the same transaction as the statement', async () => {
  await on(
    1,
    'create sequence s; prepare p(bigint) as insert into t values ($1, 1 / ($1 - 3)::int)',
  );
  expect(await on(1, "execute p(nextval('s') + 1)")).toBe('INSERT 0 1');
  expect(await on(1, "execute p(nextval('s') + 1)")).toBe('ERROR 22012');
  expect(await on(1, 'select k from t order by k')).toBe('(1) (2)');
});
