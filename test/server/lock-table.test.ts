// LOCK TABLE by sessions on several nodes: those that lock keep each other out, and who writes waits.
// What PostgreSQL says stands in test/isolation/scripts/table-locks. And pg_sleep(), which holds up nobody else.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalCluster } from '../support/local-cluster.ts';
import type { SqlClient } from '../support/wire/sql-client.ts';

let cluster: LocalCluster;
let a: SqlClient;
let b: SqlClient;
let c: SqlClient;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}, { machine: { exactCheckOnly: true } }]);
  [a, b, c] = await Promise.all([cluster.connect(1), cluster.connect(2), cluster.connect(3)]);
  await a.query('create table stock (id int primary key, n int)');
  await a.query('insert into stock values (1, 10)');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

describe('LOCK TABLE', () => {
  it('waits for another transaction that has locked, and sees what it left', async () => {
    await a.query('begin; lock table stock in exclusive mode; update stock set n = 11');
    await b.query('begin');
    expect(await b.query('lock table stock in exclusive mode')).toBe('');
    await a.query('commit');
    expect(await b.answered()).toBe('LOCK TABLE');
    expect(await b.query('select n from stock; update stock set n = n + 1; commit')).toBe(
      '(11); UPDATE 1; COMMIT',
    );
  });

  it('does not wait with NOWAIT, nor where the modes go together', async () => {
    await a.query('begin; lock table stock in share mode');
    await b.query('begin');
    expect(await b.query('lock table stock in share mode nowait')).toBe('LOCK TABLE');
    await c.query('begin; lock table stock in access share mode');
    expect(await c.query('lock table stock in row exclusive mode nowait')).toContain('55P03');
    await a.query('rollback');
    await b.query('rollback');
    await c.query('rollback; begin');
    expect(await c.query('lock table stock in row exclusive mode nowait; commit')).toBe(
      'LOCK TABLE; COMMIT',
    );
  });

  it.each([
    'update stock set n = 99',
    'insert into stock values (2, 99)',
    'delete from stock',
    'truncate stock',
    'with gone as (delete from stock returning n) select n from gone',
    'alter table stock add column x int',
    'create index on stock (n)',
    'drop table stock',
    'begin; update stock set n = 99; commit',
    'update stock set n = 99; select 1',
  ])('keeps who has locked from 40001: %s', async (write) => {
    await a.query('begin isolation level serializable; lock table stock in share mode');
    expect(await a.query('select n from stock')).toBe('(10)');
    expect(await b.query(write)).toBe('');
    expect(await c.query('select n from stock')).toBe('(10)');
    expect(await a.query('insert into stock values (3, 10); commit')).toBe('INSERT 0 1; COMMIT');
    expect(await b.answered()).not.toContain('ERROR');
    expect(await c.query('select count(*) from pg_locks')).toBe('(0)');
  });

  it('is waited for at COMMIT where it came behind the statement', async () => {
    await b.query('begin; update stock set n = n + 1');
    await a.query('begin; lock table stock in share mode');
    expect(await b.query('commit')).toBe('');
    expect(await a.query('select n from stock; commit')).toBe('(10); COMMIT');
    expect(await b.answered()).toBe('COMMIT');
    expect(await c.query('select n from stock')).toBe('(11)');
  });

  it('is waited for at COMMIT by what was speculated again behind it', async () => {
    await b.query('begin; update stock set n = n + 1');
    await a.query('begin; lock table stock in share mode');
    // Nothing is applied between this and the commit.
    expect(await b.query('select 1; commit')).toBe('');
    await a.query('commit');
    expect(await b.answered()).toBe('(1); COMMIT');
  });

  it('is waited for by what is no part of its transaction only', async () => {
    await a.query('begin; lock table stock in access exclusive mode; update stock set n = 1');
    await a.query(
      'savepoint s; insert into stock values (2, 2); alter table stock add column x int',
    );
    expect(await a.query('commit')).toBe('COMMIT');
    expect(await b.query('select * from stock order by id')).toBe('(1,1,) (2,2,)');
  });

  it('is waited for by locking reads, with NOWAIT too', async () => {
    await a.query('begin; lock table stock in share row exclusive mode');
    expect(await b.query('select n from stock for update nowait')).toBe('(10)');
    await a.query('lock table stock in exclusive mode');
    expect(await b.query('select n from stock where false for share nowait')).toBe('');
    await a.query('rollback');
    expect(await b.answered()).toBe('');
    await a.query('begin; lock table stock in exclusive mode');
    await b.query('set lock_timeout = 50');
    const locks = 'select n from stock for update skip locked';
    expect((await b.query(locks)) || (await b.later())).toBe('ERROR 55P03');
    await a.query('rollback');
  });
});

describe('pg_sleep', () => {
  it('holds up neither its own node nor others', async () => {
    const other = await cluster.connect(1);
    expect(await a.query('select pg_sleep(0.6)')).toBe('');
    expect(await other.query('update stock set n = n + 1')).toBe('UPDATE 1');
    expect(await other.query('select n from stock')).toBe('(11)');
    expect(await b.query('select n from stock')).toBe('(11)');
    expect(await a.later()).toBe('()');
  });

  it('ends with a cancel', async () => {
    expect(await a.query('select pg_sleep(1000)')).toBe('');
    expect(await a.cancel()).toContain('57014');
  });
});
