// Rows that foreign keys change, and rows that are referred to, while another transaction has locked
// them. What PostgreSQL says to the simple cases stands in test/isolation/scripts/foreign-key-waits.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlClient } from '../support/wire/sql-client.ts';
import { LocalCluster } from '../support/local-cluster.ts';

let cluster: LocalCluster;
let a: SqlClient;
let b: SqlClient;
let c: SqlClient;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}, { machine: { exactCheckOnly: true } }]);
  [a, b, c] = await Promise.all([cluster.connect(1), cluster.connect(2), cluster.connect(3)]);
  await a.query('create table parent (id int primary key, n int)');
  await a.query(
    'create table child (id serial primary key, p int references parent on delete cascade on update cascade, n int)',
  );
  await a.query('insert into parent select i, 0 from generate_series(1, 3) i');
  await a.query('insert into child (p, n) values (1, 0), (1, 0), (2, 0)');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

describe('a row that a foreign key changes', () => {
  it('keeps from 40001 who has locked it', async () => {
    expect(await a.query('begin; select n from child where id = 1 for update')).toBe('BEGIN; (0)');
    expect(await b.query('delete from parent where id = 1')).toBe('');
    expect(await a.query('select count(*) from child where p = 1')).toBe('(2)');
    expect(await a.query('update child set n = n + 1 where id = 1 returning n')).toBe('(1)');
    expect(await a.query('commit')).toBe('COMMIT');
    expect(await b.answered()).toBe('DELETE 1');
    expect(await c.query('select id from child')).toBe('(3)');
  });

  it('is waited for at COMMIT if it is locked behind the statement', async () => {
    expect(await b.query('begin; delete from parent where id = 1')).toBe('BEGIN; DELETE 1');
    expect(await a.query('begin; select n from child where id = 1 for update')).toBe('BEGIN; (0)');
    expect(await b.query('commit')).toBe('');
    expect(await a.query('update child set n = 7 where id = 1; commit')).toBe('UPDATE 1; COMMIT');
    expect(await b.answered()).toBe('COMMIT');
    expect(await c.query('select id from child')).toBe('(3)');
  });

  it('is asked for together with others, in any kind of statement', async () => {
    await a.query('begin; select 1 from child where id in (1, 3) for update');
    const remove =
      'with gone as (delete from parent where id <= 2 returning id) select * from gone';
    expect(await b.query(remove)).toBe('');
    expect(await c.query('select count(*) from pg_locks where not granted')).toBe('(1)');
    await a.query('rollback');
    expect(await b.answered()).toBe('(1) (2)');
  });

  it('ends a circle', async () => {
    await a.query('begin; select 1 from child where id = 1 for update');
    await b.query('begin; select 1 from child where id = 3 for update');
    expect(await b.query('delete from parent where id = 1')).toBe('');
    expect(await a.query('delete from parent where id = 2')).toBe('ERROR 40001');
    await a.query('rollback');
    expect(await b.answered()).toBe('DELETE 1');
    await b.query('rollback');
  });
});

describe('a row that is referred to', () => {
  it('keeps from 40001 who has locked it', async () => {
    await a.query('begin; select n from parent where id = 3 for update');
    expect(await b.query('insert into child (p) values (3)')).toBe('');
    expect(await a.query('select count(*) from child where p = 3')).toBe('(0)');
    expect(await a.query('delete from parent where id = 3; commit')).toBe('DELETE 1; COMMIT');
    expect(await b.answered()).toBe('ERROR 23503');
  });

  it('is waited for at COMMIT if it is locked behind the statement', async () => {
    expect(await b.query('begin; insert into child (p) values (3)')).toBe('BEGIN; INSERT 0 1');
    await a.query('begin; select n from parent where id = 3 for update');
    expect(await b.query('commit')).toBe('');
    await a.query('commit');
    expect(await b.answered()).toBe('COMMIT');
  });

  it('is no matter to updates of rows that refer to it already, which run once', async () => {
    await a.query('begin; select n from parent where id = 1 for update');
    await c.query('create sequence s');
    const update = `update child set p = 1, n = nextval('s') where id < 3 returning n`;
    expect(await b.query(update)).toBe('(1) (2)');
    expect(await b.query(`begin; ${update}; commit`)).toBe('BEGIN; (3) (4); COMMIT');
    expect(await b.query('update child set p = 1 where id = 3')).toBe('');
    await a.query('rollback');
    expect(await b.answered()).toBe('UPDATE 1');
  });

  it('is held from others by who had to wait for it', async () => {
    await a.query('begin; select n from parent where id = 3 for update');
    await b.query('begin');
    expect(await b.query('insert into child (p) values (3)')).toBe('');
    await a.query('commit');
    expect(await b.answered()).toBe('INSERT 0 1');
    expect(await c.query('select 1 from parent where id = 3 for no key update nowait')).toBe('(1)');
    expect(await c.query('delete from parent where id = 3')).toBe('');
    await b.query('commit');
    expect(await c.answered()).toBe('DELETE 1');
    expect(await c.query('select count(*) from child where p = 3')).toBe('(0)');
  });

  it('is waited for by COPY', async () => {
    await a.query('begin; select n from parent where id = 3 for update');
    await b.query('set lock_timeout = 50');
    const error = 'ERROR 55P03';
    expect((await b.query('insert into child (p) select 3')) || (await b.later())).toBe(error);
    await a.query('rollback');
  });
});
