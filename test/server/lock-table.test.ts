// LOCK TABLE by sessions on several nodes: those that lock keep each other out, those that do not
// are found out at the commit. And pg_sleep(), which holds up nobody else.
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

  it('fails at its commit if somebody wrote who did not lock', async () => {
    await a.query('begin; lock table stock in exclusive mode');
    expect(await a.query('select n from stock')).toBe('(10)');
    await b.query('update stock set n = 99');
    expect(await a.query('insert into stock values (2, 10); commit')).toContain('40001');
    expect(await c.query('select count(*) from stock')).toBe('(1)');
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
