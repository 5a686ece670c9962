// A change of the schema that one node has acknowledged is there for statements of every other node
// that come after it, also where that node has not heard of it yet.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlClient } from '../support/wire/sql-client.ts';
import { LocalCluster } from '../support/local-cluster.ts';

let cluster: LocalCluster;
let near: SqlClient;
let far: SqlClient;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}]);
  near = await cluster.connect(1);
  far = await cluster.connect(2);
  await far.query('select 1');
  await near.query('create table t (k int primary key, n int); insert into t values (1, 10)');
});

afterEach(() => cluster.close());

describe('on a node that is behind', () => {
  it.each([
    ['select n from t', '(10)'],
    ['insert into t values (2, 20)', 'INSERT 0 1'],
    ['drop table t', 'DROP TABLE'],
    ['select 1; select n from t', '(1); (10)'],
    ['begin; select n from t; commit', 'BEGIN; (10); COMMIT'],
    ['copy t to stdout', 'COPY 1'],
  ])('%s finds the table', async (sql, answer) => {
    expect(await far.query(sql)).toBe(answer);
  });

  it('a prepared statement finds it', async () => {
    expect(await far.prepared('select n from t where k = $1', ['1'])).toBe('(10)');
  });

  it('a statement finds it in a transaction that has begun', async () => {
    await far.query('begin');
    expect(await far.query('select n from t')).toBe('(10)');
  });

  it('a table that is gone may be created again', async () => {
    await far.query('select n from t');
    await near.query('drop table t');
    expect(await far.query('create table t (other text)')).toBe('CREATE TABLE');
  });

  it('a statement may have as many values as the table has columns by now', async () => {
    expect(await far.query('select n from t')).toBe('(10)');
    await near.query('alter table t add column more int');
    expect(await far.query('insert into t values (2, 20, 200)')).toBe('INSERT 0 1');
  });

  it('what is not there in any schema is still an error', async () => {
    expect(await far.query('select * from nowhere')).toBe('ERROR 42P01');
    expect(await far.query('selec')).toBe('ERROR 42601');
  });

  describe.each(['prepared', 'described'] as const)('a statement that is %s', (how) => {
    beforeEach(async () => {
      expect(await far.query('select n from t')).toBe('(10)');
    });

    it('has the columns of the newest schema', async () => {
      await near.query("alter table t add column c text default 'new'");
      expect(await far[how]('select * from t where k = $1', ['1'])).toBe('(1,10,new)');
      expect(await far[how]('insert into t values (2) returning *')).toBe('(2,,new)');
    });

    it('has the parameters of the newest schema', async () => {
      await near.query('alter table t alter column n type text');
      expect(await far[how]('insert into t values (3, $1)', ['x'])).toBe('INSERT 0 1');
      expect(await far[how]('update t set n = $1 where k = 1', ['007'])).toBe('UPDATE 1');
      expect(await far.query('select n from t order by k')).toBe('(007) (x)');
    });

    it('has them in a transaction that has begun', async () => {
      await far.query('begin');
      await near.query('alter table t add column c int; alter table t alter column n type text');
      expect(await far[how]('insert into t values ($1, $2)', ['4', '04'])).toBe('INSERT 0 1');
      expect(await far[how]('select * from t where n = $1', ['04'])).toBe('(4,04,)');
      expect(await far.query('commit')).toBe('COMMIT');
    });
  });

  it('a transaction is to be tried again where the schema moves on under a statement', async () => {
    await far.query('begin');
    await far.query('insert into t values (5)');
    await near.query('alter table t add column c int');
    expect(await far.described('select * from t')).toBe('ERROR 40001');
    await far.query('rollback');
    expect(await far.described('select * from t')).toBe('(1,10,)');
  });
});
