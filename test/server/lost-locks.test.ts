// Goal: a node that was taken for gone while it only slept does nothing more in the name of locks
// that others may have by now, and its clients are told. How: sessions on nodes that share a log,
// into which the end of one node's gateway session is put.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalCluster } from '../support/local-cluster.ts';
import type { SqlClient } from '../support/wire/sql-client.ts';

let cluster: LocalCluster;
let sleeper: SqlClient;
let other: SqlClient;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}]);
  [sleeper, other] = await Promise.all([cluster.connect(1), cluster.connect(2)]);
  await other.query('create table t (n int)');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

describe('a session that held a lock', () => {
  it('is ended, and the lock is free', async () => {
    await sleeper.query('select pg_advisory_lock(1)');
    cluster.takeForGone(1);
    expect(await other.query('select pg_try_advisory_lock(1)')).toBe('(t)');
    expect(await sleeper.answered()).toBe('ERROR 57P01');
    expect(sleeper.isEnded).toBe(true);
  });

  it('is ended instead of an answer, and what it asked for is not done', async () => {
    await sleeper.query('select pg_advisory_lock(1)');
    cluster.takeForGone(1);
    expect(await sleeper.query('insert into t values (1)')).toBe('ERROR 57P01');
    expect(sleeper.isEnded).toBe(true);
    expect(await other.query('select count(*) from t')).toBe('(0)');
  });

  it('does not commit what it did under a lock of its transaction', async () => {
    await sleeper.query('begin; select pg_advisory_xact_lock(1); insert into t values (1)');
    cluster.takeForGone(1);
    await other.query('begin; select pg_advisory_xact_lock(1); insert into t values (2); commit');
    expect(await sleeper.query('commit')).toBe('ERROR 57P01');
    expect(sleeper.isEnded).toBe(true);
    expect(await other.query('select n from t')).toBe('(2)');
  });

  it('does not commit a transaction under a lock of the session', async () => {
    await sleeper.query('select pg_advisory_lock(1)');
    await sleeper.query('begin; insert into t values (1)');
    cluster.takeForGone(1);
    expect(await sleeper.query('commit')).toBe('ERROR 57P01');
    expect(await other.query('select count(*) from t')).toBe('(0)');
  });
});

describe('on the same node', () => {
  it('one without locks goes on, also with what it had begun', async () => {
    const bystander = await cluster.connect(1);
    await bystander.query('begin; insert into t values (1)');
    await sleeper.query('select pg_advisory_lock(1)');
    cluster.takeForGone(1);
    expect(await bystander.query('commit')).toBe('COMMIT');
    expect(await sleeper.answered()).toBe('ERROR 57P01');
    expect(await bystander.query('select pg_try_advisory_lock(1)')).toBe('(t)');
    expect(await other.query('select n, pg_try_advisory_lock(1) from t')).toBe('(1,f)');
  });

  it('one that waits for a lock waits on, and gets it', async () => {
    await other.query('select pg_advisory_lock(1)');
    expect(await sleeper.query('select pg_advisory_lock(1)')).toBe('');
    cluster.takeForGone(1);
    expect(await sleeper.answered()).toBe('');
    await other.query('select pg_advisory_unlock(1)');
    expect(await sleeper.answered()).toBe('()');
    expect(await other.query('select pg_try_advisory_lock(1)')).toBe('(f)');
    expect(await sleeper.query('select pg_advisory_unlock(1)')).toBe('(t)');
  });

  it('one that is granted a lock at the very end has it after all', async () => {
    await other.query('select pg_advisory_lock(1)');
    expect(await sleeper.query('select pg_advisory_lock(1)')).toBe('');
    await other.query('select pg_advisory_unlock(1)');
    cluster.takeForGone(1);
    expect(await sleeper.answered()).toBe('()');
    expect(await other.query('select pg_try_advisory_lock(1)')).toBe('(f)');
    expect(sleeper.isEnded).toBe(false);
  });

  it('one that gets a lock at the very end takes it once more', async () => {
    await sleeper.query('insert into t values (1)');
    cluster.afterAppend = () => cluster.takeForGone(1);
    expect(await sleeper.query('select pg_advisory_lock(1)')).toBe('()');
    expect(await other.query('select pg_try_advisory_lock(1)')).toBe('(f)');
    expect(sleeper.isEnded).toBe(false);
    expect(await sleeper.query('select pg_advisory_unlock(1)')).toBe('(t)');
    expect(await sleeper.query('select pg_advisory_unlock(1)')).toBe('(f)');
  });

  it('the next holder has a higher token', async () => {
    await sleeper.query('select pg_advisory_lock(1)');
    const before = await sleeper.query('select balsa_lock_token(1)');
    cluster.takeForGone(1);
    await sleeper.answered();
    const again = await cluster.connect(1);
    await again.query('select pg_advisory_lock(1)');
    const after = await again.query('select balsa_lock_token(1)');
    expect(Number(after.slice(1, -1))).toBeGreaterThan(Number(before.slice(1, -1)));
  });
});
