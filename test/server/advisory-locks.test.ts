// Advisory locks through sessions on several nodes: who holds them, who waits, and what ends a lock.
// The answers are Postgres'.
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
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

describe('a lock of a session', () => {
  it('is one for all nodes', async () => {
    expect(await a.query('select pg_try_advisory_lock(1)')).toBe('(t)');
    expect(await b.query('select pg_try_advisory_lock(1)')).toBe('(f)');
    expect(await b.query('select pg_try_advisory_lock(2)')).toBe('(t)');
    expect(await a.query('select pg_advisory_unlock(1)')).toBe('(t)');
    expect(await b.query('select pg_try_advisory_lock(1)')).toBe('(t)');
  });

  it('counts, is shared, and is of two kinds of keys', async () => {
    expect(await a.query('select pg_advisory_lock(1), pg_advisory_lock(1)')).toBe('(,)');
    expect(await a.query('select pg_advisory_unlock(1)')).toBe('(t)');
    expect(await b.query('select pg_try_advisory_lock(1)')).toBe('(f)');
    expect(await b.query('select pg_try_advisory_lock(0, 1)')).toBe('(t)');
    expect(await a.query('select pg_advisory_lock_shared(-5)')).toBe('()');
    expect(await b.query('select pg_try_advisory_lock_shared(-5)')).toBe('(t)');
    expect(await c.query('select pg_try_advisory_lock(-5)')).toBe('(f)');
    expect(await a.query('select pg_advisory_unlock_shared(-5)')).toBe('(t)');
    expect(await a.query('select pg_advisory_unlock_shared(-5)')).toBe('(f)');
  });

  it('outlives its transaction, even one that is rolled back', async () => {
    await a.query('begin; select pg_advisory_lock(1); rollback');
    expect(await b.query('select pg_try_advisory_lock(1)')).toBe('(f)');
    expect(await a.query('select pg_advisory_unlock_all()')).toBe('()');
    expect(await b.query('select pg_try_advisory_lock(1)')).toBe('(t)');
  });

  it('ends with the session, and with DISCARD ALL', async () => {
    await a.query('select pg_advisory_lock(1)');
    await b.query('select pg_advisory_lock(2)');
    expect(await b.query('discard all')).toBe('DISCARD ALL');
    expect(await c.query('select pg_try_advisory_lock(2)')).toBe('(t)');
    a.close();
    await b.query('select 1');
    expect(await c.query('select pg_try_advisory_lock(1)')).toBe('(t)');
  });

  it('is taken by prepared statements, and by those of a string', async () => {
    expect(await a.prepared('select pg_try_advisory_lock($1)', ['1'])).toBe('(t)');
    expect(await b.prepared('select pg_try_advisory_lock($1)', ['1'])).toBe('(f)');
    await a.query('create table t (n int)');
    expect(
      await a.query('insert into t values (1); select pg_try_advisory_lock(2); select n from t'),
    ).toBe('INSERT 0 1; (t); (1)');
    expect(await b.query('select n, pg_try_advisory_lock(2) from t')).toBe('(1,f)');
    expect(await a.query('select pg_advisory_lock(3); select 1/0')).toBe('(); ERROR 22012');
    expect(await b.query('select pg_try_advisory_lock(3)')).toBe('(f)');
  });
});

describe('a lock of a transaction', () => {
  it('ends with it, however that ends', async () => {
    for (const ends of [['commit'], ['rollback'], ['select 1/0', 'rollback']]) {
      await a.query('begin; select pg_advisory_xact_lock(1)');
      expect(await b.query('select pg_try_advisory_xact_lock(1)')).toBe('(f)');
      for (const end of ends) await a.query(end);
      expect(await b.query('select pg_try_advisory_xact_lock(1)')).toBe('(t)');
    }
  });

  it('ends with a commit that wrote, in the same entry', async () => {
    await a.query('create table t (n int)');
    await a.query('begin; select pg_advisory_xact_lock(1); insert into t values (1)');
    expect(await b.query('select pg_try_advisory_xact_lock(1)')).toBe('(f)');
    expect(await a.query('commit')).toBe('COMMIT');
    expect(await b.query('select pg_try_advisory_xact_lock(1), n from t')).toBe('(t,1)');
  });

  it('is not to be unlocked', async () => {
    await a.query('begin; select pg_advisory_xact_lock(1)');
    expect(await a.query('select pg_advisory_unlock(1)')).toBe('(f)');
    expect(await b.query('select pg_try_advisory_lock(1)')).toBe('(f)');
    await a.query('rollback');
  });

  it('ends with the savepoint that it came after', async () => {
    await a.query('begin; select pg_advisory_xact_lock(1); savepoint s');
    await a.query('select pg_advisory_xact_lock(1); select pg_advisory_xact_lock(2)');
    await a.query('rollback to s');
    expect(await b.query('select pg_try_advisory_xact_lock(2)')).toBe('(t)');
    expect(await b.query('select pg_try_advisory_xact_lock(1)')).toBe('(f)');
    await a.query('rollback');
    expect(await b.query('select pg_try_advisory_xact_lock(1)')).toBe('(t)');
  });
});

describe('who waits', () => {
  it('gets the lock, in order', async () => {
    await a.query('select pg_advisory_lock(1)');
    expect(await b.query('select pg_advisory_lock(1)')).toBe('');
    expect(await c.query('select pg_advisory_lock(1)')).toBe('');
    expect(await a.query('select pg_advisory_unlock(1)')).toBe('(t)');
    expect(await b.answered()).toBe('()');
    expect(await c.answered()).toBe('');
    expect(await b.query('select pg_advisory_unlock(1)')).toBe('(t)');
    expect(await c.answered()).toBe('()');
  });

  it('does not wait for a transaction that is over', async () => {
    await a.query('create table t (n int)');
    await a.query('begin; select pg_advisory_xact_lock(1); insert into t values (1)');
    expect(await b.query('select pg_advisory_xact_lock(1), count(*) from t')).toBe('');
    await a.query('commit');
    // What was waited for is seen.
    expect(await b.answered()).toBe('(,1)');
  });

  it('may be canceled, and then does not stand in the way', async () => {
    await a.query('select pg_advisory_lock(1)');
    expect(await b.query('select pg_advisory_lock(1)')).toBe('');
    await c.query('select pg_advisory_lock(1)');
    expect(await b.cancel()).toBe('ERROR 57014');
    await a.query('select pg_advisory_unlock(1)');
    expect(await c.answered()).toBe('()');
  });

  it('may have enough: lock_timeout, statement_timeout', async () => {
    await a.query('select pg_advisory_lock(1)');
    await b.query('set lock_timeout = 20');
    expect(await b.query('select pg_advisory_lock(1)')).toBe('');
    expect(await b.later()).toBe('ERROR 55P03');
    await b.query('set lock_timeout = 0; set statement_timeout = 20');
    expect(await b.query('select pg_advisory_lock(1)')).toBe('');
    expect(await b.later()).toBe('ERROR 57014');
    expect(await a.query('select count(*) from pg_locks')).toBe('(1)');
  });

  it('for somebody who waits for him is told so', async () => {
    await a.query('select pg_advisory_lock(1)');
    await b.query('select pg_advisory_lock(2)');
    expect(await a.query('select pg_advisory_lock(2)')).toBe('');
    expect(await b.query('select pg_advisory_lock(1)')).toBe('ERROR 40001');
    await b.query('select pg_advisory_unlock(2)');
    expect(await a.answered()).toBe('()');
  });
});

describe('what is to be seen', () => {
  it('in pg_locks', async () => {
    await a.query('select pg_advisory_lock(-1), pg_advisory_lock_shared(3, 4)');
    await b.query('select pg_advisory_lock(-1)');
    expect(
      await c.query(
        'select locktype, classid, objid, objsubid, mode, granted from pg_locks order by objid, granted desc',
      ),
    ).toBe(
      '(advisory,3,4,2,ShareLock,t) (advisory,4294967295,4294967295,1,ExclusiveLock,t) (advisory,4294967295,4294967295,1,ExclusiveLock,f)',
    );
    expect(await a.query('select count(*) from pg_locks where pid = pg_backend_pid()')).toBe('(2)');
  });

  it('of the token, which grows from holder to holder', async () => {
    const tokenOf = async (client: SqlClient): Promise<number> => {
      await client.query('select pg_advisory_lock(1)');
      const answer = await client.query('select balsa_lock_token(1)');
      await client.query('select pg_advisory_unlock(1)');
      return Number(answer.slice(1, -1));
    };
    const tokens = [await tokenOf(a), await tokenOf(b), await tokenOf(a)];
    expect(tokens).toEqual([...tokens].sort((x, y) => x - y));
    expect(new Set(tokens).size).toBe(3);
    expect(await a.query('select balsa_lock_token(1), balsa_lock_token(1, 2)')).toBe('(,)');
  });
});
