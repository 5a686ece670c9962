// A speculation that is the next entry of the log is committed as it stands, and nothing else is.
import { describe, expect, it } from 'vitest';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import { TransactionWorld } from './support/transaction-world.ts';
import type { OpenTransaction } from './support/transaction-world.ts';

function world(mutations: MachineMutations = {}): TransactionWorld {
  const created = new TransactionWorld(mutations);
  created.sql('CREATE TABLE t (k int PRIMARY KEY, n int NOT NULL)');
  created.sql('CREATE TABLE c (t int REFERENCES t DEFERRABLE INITIALLY DEFERRED)');
  created.sql('INSERT INTO t VALUES (1, 10), (2, 20)');
  return created;
}

function values(w: TransactionWorld): string {
  return w.rows('SELECT k, n FROM "public.t" ORDER BY k').join(' ');
}

function increment(w: TransactionWorld): OpenTransaction {
  const a = w.begin();
  a.run('UPDATE t SET n = n + 1 WHERE k = 1');
  a.propose();
  return a;
}

describe('a speculation that is the next entry', () => {
  it('is not run again', () => {
    // Run again it would tell another time.
    const w = world({ nowNotReplayed: true });
    const proposed = w.begin();
    proposed.run('SELECT now()');
    proposed.run('INSERT INTO t VALUES (3, 30) RETURNING now()');
    proposed.propose();
    expect(proposed.commit().kind).toBe('done');
    const unannounced = w.begin();
    unannounced.run('INSERT INTO t VALUES (4, 40) RETURNING now()');
    expect(unannounced.commit().kind).toBe('conflict');
    expect(values(w)).toBe('1,10 2,20 3,30');
  });

  it('leaves the same as one that is run again', () => {
    const ends = [{}, { openNeverCommitted: true }].map((mutations) => {
      const w = world(mutations);
      const a = w.begin();
      a.run('CREATE TABLE s (id serial PRIMARY KEY, n int)');
      a.run('INSERT INTO s (n) VALUES (1), (2)');
      a.control('SAVEPOINT "mark 0"');
      a.run('DELETE FROM t');
      a.control('ROLLBACK TO "mark 0"');
      expect(a.run('INSERT INTO t VALUES (1, 1)')).toBe('23505');
      a.control('ROLLBACK TO "mark 0"');
      a.run('UPDATE t SET n = n * 2');
      a.propose();
      expect(a.commit().kind).toBe('done');
      expect(w.sql("SELECT pg_notify('c', 'x')").kind).toBe('done');
      expect(w.sql('INSERT INTO s (n) VALUES (3)').kind).toBe('done');
      const hash = Buffer.from(w.machine.applyHash).toString('hex');
      return [values(w), w.rows('SELECT id, n FROM "public.s"').join(' '), hash];
    });
    expect(ends[0]).toEqual(ends[1]);
    expect(ends[0]?.slice(0, 2)).toEqual(['1,20 2,40', '1,1 2,2 3,3']);
  });

  it('is undone where its deferred keys do not hold', () => {
    const w = world();
    const a = w.begin();
    a.run('UPDATE t SET n = 0');
    a.run('INSERT INTO c VALUES (99)');
    a.propose();
    expect(a.commit()).toMatchObject({ kind: 'failed', error: { code: '23503' } });
    expect(values(w)).toBe('1,10 2,20');
    expect(w.machine.activeSpeculation).toBeNull();
  });

  it('ends, and the next one begins anew', () => {
    const w = world();
    expect(increment(w).commit().kind).toBe('done');
    expect(w.machine.activeSpeculation).toBeNull();
    expect(increment(w).commit().kind).toBe('done');
    expect(values(w)).toBe('1,12 2,20');
  });
});

describe('a speculation that is not the next entry', () => {
  it('is run again behind the other', () => {
    const w = world();
    const a = increment(w);
    w.sql('UPDATE t SET n = 100 WHERE k = 1');
    expect(w.machine.activeSpeculation).toBeNull();
    expect(a.commit().kind).toBe('done');
    expect(values(w)).toBe('1,101 2,20');
  });

  it('is not taken for another transaction', () => {
    const end = (mutations: MachineMutations): string => {
      const w = world(mutations);
      const other = w.begin();
      other.run('UPDATE t SET n = 0 WHERE k = 2');
      const a = increment(w);
      other.commit();
      a.commit();
      return values(w);
    };
    expect(end({})).toBe('1,11 2,0');
    expect(end({ openNotCompared: true })).not.toBe('1,11 2,0');
  });

  it('is rolled back if the client goes on somewhere else', () => {
    const w = world();
    increment(w);
    expect(w.begin().run('SELECT n FROM t WHERE k = 1')).toBe('10');
    expect(values(w)).toBe('1,10 2,20');
  });

  it('does not take effect in a session that is closed', () => {
    const end = (mutations: MachineMutations): string => {
      const w = world(mutations);
      const session = w.register(7, 1);
      w.register(7, 2);
      const { request } = increment(w);
      const [outcome] = w.execute(session, 1, [request]) ?? [];
      return `${outcome?.kind}: ${values(w)}`;
    };
    expect(end({})).toBe('session-expired: 1,10 2,20');
    expect(end({ openCommittedUnseen: true })).toBe('session-expired: 1,11 2,20');
  });
});
