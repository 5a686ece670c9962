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

  it('what is not there in any schema is still an error', async () => {
    expect(await far.query('select * from nowhere')).toBe('ERROR 42P01');
    expect(await far.query('selec')).toBe('ERROR 42601');
  });
});
