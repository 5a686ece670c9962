// Rows locked by SELECT ... FOR UPDATE and its relatives, through sessions on several nodes. The
// answers are Postgres'.
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
  await a.query('create table job (id int primary key, n int)');
  await a.query('insert into job select i, 0 from generate_series(1, 5) i');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

const NEXT = 'select id from job where n = 0 order by id limit 1 for update skip locked';

describe('FOR UPDATE', () => {
  it('waits for the row, and sees what became of it', async () => {
    expect(await a.query('begin; select n from job where id = 1 for update')).toBe('BEGIN; (0)');
    await b.query('begin');
    expect(await b.query('select n from job where id = 1 for update')).toBe('');
    expect(await a.query('update job set n = n + 1 where id = 1; commit')).toBe('UPDATE 1; COMMIT');
    expect(await b.answered()).toBe('(1)');
    expect(await b.query('update job set n = n + 1 where id = 1; commit')).toBe('UPDATE 1; COMMIT');
    expect(await c.query('select n from job where id = 1')).toBe('(2)');
  });

  it('queues', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    await b.query('begin');
    await c.query('begin isolation level read committed');
    expect(await b.query('select n from job where id = 1 for update')).toBe('');
    expect(await c.query('select n from job where id = 1 for update')).toBe('');
    await a.query('update job set n = 1 where id = 1; commit');
    expect(await b.answered()).toBe('(1)');
    expect(await c.answered()).toBe('');
    await b.query('update job set n = 2 where id = 1; commit');
    expect(await c.answered()).toBe('(2)');
    expect(await c.query('commit')).toBe('COMMIT');
  });

  it('drops a row that does not match any more', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    expect(await b.query('select id from job where n = 0 order by id limit 1 for update')).toBe('');
    await a.query('update job set n = 1 where id = 1; commit');
    expect(await b.answered()).toBe('(2)');
  });

  it('waits outside of a block too, and ends with the statement', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    expect(await b.query('select n from job where id = 1 for update')).toBe('');
    await a.query('rollback');
    expect(await b.answered()).toBe('(0)');
    expect(await c.query('select n from job where id = 1 for update nowait')).toBe('(0)');
    expect(await c.query('select count(*) from pg_locks')).toBe('(0)');
  });

  it('in a statement by itself is never refused, though somebody writes in between', async () => {
    const locks =
      'update job set n = n + 1 where id = (select id from job where id = 1 for update) returning n';
    let writes: Promise<string> | null = null;
    cluster.afterAppend = () => {
      writes = b.query('update job set n = n + 100');
    };
    const told = await a.query(locks);
    expect(told || (await a.later())).toBe('(1)');
    expect((await writes) || (await b.answered())).toBe('UPDATE 5');
    expect(await c.query('select n from job where id = 1')).toBe('(101)');
  });

  it('with NOWAIT fails', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    expect(await b.query('select n from job where id = 1 for update nowait')).toBe('ERROR 55P03');
    expect(await b.query('select n from job where id = 2 for update nowait')).toBe('(0)');
    await a.query('rollback');
    expect(await b.query('select n from job where id = 1 for update nowait')).toBe('(0)');
  });

  it('ends with the savepoint, the transaction, the session', async () => {
    const get = 'select count(*) from (select 1 from job for update skip locked) j';
    await a.query('begin; select 1 from job where id = 1 for update; savepoint s');
    await a.query('select 1 from job where id <= 2 for update');
    expect(await b.query(get)).toBe('(3)');
    await a.query('rollback to s');
    expect(await b.query(get)).toBe('(4)');
    await a.query('commit');
    expect(await b.query(get)).toBe('(5)');
    await a.query('begin; select 1 from job where id = 1 for update');
    expect(await b.query(get)).toBe('(4)');
    a.close();
    await b.query('select 1');
    expect(await b.query(get)).toBe('(5)');
  });

  it('locks what it gives, in any order', async () => {
    const some = 'select id from job order by random() limit 1 for update';
    expect(await a.query(`begin; ${some}`)).toMatch(/^BEGIN; \(\d\)$/);
    expect(await b.query("select count(*) from pg_locks where locktype = 'tuple'")).toBe('(1)');
    await a.query('rollback');
    await a.query('begin; select id from job order by id limit 2 offset 1 for update skip locked');
    expect(await b.query('select id from job order by id for update skip locked')).toBe('(4) (5)');
    await a.query('rollback');
  });

  it('is the same for COPY', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    const copy = 'copy (select id from job for update nowait) to stdout';
    expect(await b.query(copy)).toBe('ERROR 55P03');
    await a.query('rollback');
    expect(await b.query(copy)).toBe('COPY 5');
  });

  it('may have enough: lock_timeout, statement_timeout, cancel', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    await b.query('set lock_timeout = 300');
    expect(await b.query('select n from job where id = 1 for update')).toBe('');
    expect(await b.later()).toBe('ERROR 55P03');
    await b.query('set lock_timeout = 0; set statement_timeout = 300');
    expect(await b.query('select n from job where id = 1 for update')).toBe('');
    expect(await b.later()).toBe('ERROR 57014');
    await b.query('set statement_timeout = 0');
    expect(await b.query('select n from job where id = 1 for update')).toBe('');
    expect(await b.cancel()).toBe('ERROR 57014');
    expect(await c.query("select count(*) from pg_locks where locktype = 'tuple'")).toBe('(1)');
  });
});

describe('a row that is locked', () => {
  it.each([
    ['update job set n = n + 10 where id = 1', 'UPDATE 1', '(11)'],
    ['delete from job where id = 1', 'DELETE 1', ''],
    ['delete from job j using job k where j.id = 1 and k.id = 2', 'DELETE 1', ''],
    [
      'insert into job values (1, 9) on conflict (id) do update set n = excluded.n',
      'INSERT 0 1',
      '(9)',
    ],
    ['update job j set n = k.id from job k where j.id = k.id and j.id = 1', 'UPDATE 1', '(1)'],
    [
      'with w as (select 7 as n) update job set n = w.n from w where id = 1 returning id',
      '(1)',
      '(7)',
    ],
    ['delete from job', 'DELETE 5', ''],
    ['truncate job', 'TRUNCATE TABLE', ''],
  ])('is waited for by %s', async (sql, tag, left) => {
    expect(await a.query('begin; select n from job where id = 1 for update')).toBe('BEGIN; (0)');
    expect(await b.query(sql)).toBe('');
    expect(await a.query('update job set n = 1 where id = 1; commit')).toBe('UPDATE 1; COMMIT');
    expect(await b.answered()).toBe(tag);
    expect(await c.query('select n from job where id = 1')).toBe(left);
    expect(await c.query('select count(*) from pg_locks')).toBe('(0)');
  });

  it('is waited for in a block, and who waits has it then', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    await b.query('begin');
    expect(await b.query('update job set n = n + 1 where id = 1 returning n')).toBe('');
    await a.query('update job set n = 10 where id = 1; commit');
    expect(await b.answered()).toBe('(11)');
    expect(await c.query('update job set n = n + 1 where id = 1')).toBe('');
    expect(await b.query('commit')).toBe('COMMIT');
    expect(await c.answered()).toBe('UPDATE 1');
    expect(await a.query('select n from job where id = 1')).toBe('(12)');
  });

  it('that was changed before is waited for at COMMIT', async () => {
    await b.query('begin; update job set n = n + 1 where id = 1');
    await a.query('begin; select n from job where id = 1 for update');
    expect(await b.query('commit')).toBe('');
    expect(await a.query('update job set n = n + 10 where id = 1; commit')).toBe(
      'UPDATE 1; COMMIT',
    );
    expect(await b.answered()).toBe('COMMIT');
    expect(await c.query('select n from job where id = 1')).toBe('(11)');
  });

  it('is not waited for by who changes others, or finds that it does not match', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    expect(await b.query('update job set n = 2 where id = 2')).toBe('UPDATE 1');
    expect(await b.query('delete from job where id > 3')).toBe('DELETE 2');
    expect(await b.query('update job set n = 3 where id = 1 and n = 5')).toBe('UPDATE 0');
    const none = 'not exists (select 1 from job k where k.id = j.id)';
    expect(await b.query(`delete from job j where ${none}`)).toBe('DELETE 0');
    expect(await b.query('insert into job values (6, 0)')).toBe('INSERT 0 1');
    expect(await a.query('commit')).toBe('COMMIT');
  });

  it('is shared as in Postgres', async () => {
    await a.query('begin; select n from job where id = 1 for key share');
    expect(await b.query('update job set n = 2 where id = 1')).toBe('UPDATE 1');
    expect(await b.query('update job set id = 9 where id = 1')).toBe('');
    expect(await a.query('rollback; begin; select n from job where id = 2 for share')).toBe(
      'ROLLBACK; BEGIN; (0)',
    );
    expect(await b.answered()).toBe('UPDATE 1');
    expect(await b.query('update job set n = 2 where id = 2')).toBe('');
    expect(await a.query('update job set n = 1 where id = 2; commit')).toBe('UPDATE 1; COMMIT');
    expect(await b.answered()).toBe('UPDATE 1');
  });

  it('is waited for no longer than the client wants', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    await b.query('set lock_timeout = 20');
    expect(await b.query('update job set n = 5 where id = 1')).toBe('');
    expect(await b.later()).toBe('ERROR 55P03');
    await b.query('set lock_timeout = 0; set statement_timeout = 20');
    expect(await b.query('update job set n = 5 where id = 1')).toBe('');
    expect(await b.later()).toBe('ERROR 57014');
    await b.query('set statement_timeout = 0');
    expect(await b.query('update job set n = 5 where id = 1')).toBe('');
    expect(await b.cancel()).toBe('ERROR 57014');
    expect(await c.query("select count(*) from pg_locks where locktype = 'tuple'")).toBe('(1)');
    expect(await a.query('commit')).toBe('COMMIT');
    expect(await c.query('select n from job where id = 1')).toBe('(0)');
  });

  it('is not waited for in vain: who closes a circle is refused', async () => {
    await a.query('begin; select n from job where id = 1 for update');
    await b.query('begin; select n from job where id = 2 for update');
    expect(await a.query('update job set n = 1 where id = 2')).toBe('');
    expect(await b.query('update job set n = 1 where id = 1')).toBe('ERROR 40001');
    expect(await b.query('rollback')).toBe('ROLLBACK');
    expect(await a.answered()).toBe('UPDATE 1');
    expect(await a.query('commit')).toBe('COMMIT');
  });

  it('nor where one of them waits at COMMIT', async () => {
    await b.query('begin; update job set n = 5 where id = 1');
    await b.query('select n from job where id = 2 for update');
    await a.query('begin; select n from job where id = 1 for update');
    expect(await a.query('update job set n = 1 where id = 2')).toBe('');
    expect(await b.query('commit')).toBe('ERROR 40001');
    expect(await a.answered()).toBe('UPDATE 1');
    expect(await a.query('commit')).toBe('COMMIT');
    expect(await c.query('select count(*) from pg_locks')).toBe('(0)');
  });
});

describe('the log', () => {
  it('has as many entries as docs/decisions/0009-row-locks.md says', async () => {
    const entries = async (client: SqlClient, sql: string): Promise<number> => {
      await client.query('select 1');
      const before = cluster.entryCount;
      await client.query(sql);
      return cluster.entryCount - before;
    };
    expect(await entries(a, 'begin; select 1 from job where id <= 3 for update')).toBe(1);
    expect(await entries(a, 'select 1 from job where id = 2 for share')).toBe(0);
    expect(await entries(b, 'select 1 from job where id = 1 for update skip locked')).toBe(0);
    expect(await entries(b, 'select 1 from job where id = 1 for update nowait')).toBe(1);
    expect(await entries(b, 'select 1 from job where id = 9 for update')).toBe(0);
    expect(await entries(a, 'update job set n = 1 where id = 1; commit')).toBe(1);
    expect(await entries(b, 'update job set n = 0')).toBe(1);
    expect(await entries(a, `begin; ${NEXT}`)).toBe(1);
    expect(await entries(a, 'commit')).toBe(1);
    expect(await entries(a, NEXT)).toBe(2);
    expect(await entries(a, `update job set n = 1 where id = (${NEXT})`)).toBe(2);
  });
});

describe('SKIP LOCKED', () => {
  it('gives each its own', async () => {
    await b.query('begin');
    await c.query('begin');
    expect(await a.query(`begin; ${NEXT}`)).toBe('BEGIN; (1)');
    expect(await b.query(NEXT)).toBe('(2)');
    expect(await c.query(NEXT)).toBe('(3)');
    await b.query('rollback');
    expect(await b.query(`begin; ${NEXT}`)).toBe('BEGIN; (2)');
    for (const client of [a, b, c]) await client.query('commit');
  });

  it('gives a row to one of those who ask at once', async () => {
    const clients = [a, b, c];
    await Promise.all(clients.map((client) => client.query('begin')));
    const got = await Promise.all(clients.map((client) => client.query(NEXT)));
    const late = await Promise.all(clients.map((client) => client.answered()));
    expect(got.map((text, at) => text || late[at]).sort()).toEqual(['(1)', '(2)', '(3)']);
    // None is locked for nothing.
    expect(await a.query("select count(*) from pg_locks where locktype = 'tuple'")).toBe('(3)');
    for (const client of clients) await client.query('rollback');
  });

  it('inside a statement that changes the row', async () => {
    const take = `update job set n = 1 where id = (${NEXT}) returning id`;
    await b.query('begin');
    expect(await a.query(`begin; ${take}`)).toBe('BEGIN; (1)');
    expect(await b.query(take)).toBe('(2)');
    expect(await c.query(take)).toBe('(3)');
    expect(await b.query('commit')).toBe('COMMIT');
    expect(await a.query('commit')).toBe('COMMIT');
    expect(await c.query('select id from job where n = 1 order by id')).toBe('(1) (2) (3)');
  });

  it.each(['for update skip locked', 'for update', 'for update nowait'])(
    'of a row of its own, which is another one by then: %s',
    async (how) => {
      const own = `select id from job where id >= 10 and n = 0 order by id limit 1 ${how}`;
      expect(await a.query('begin; insert into job values (10, 0)')).toBe('BEGIN; INSERT 0 1');
      expect(await a.query(own)).toBe('(10)');
      // Nobody else sees it.
      expect(await c.query('select count(*) from pg_locks')).toBe('(0)');
      expect(await b.query('insert into job values (20, 1), (21, 1)')).toBe('INSERT 0 2');
      expect(await b.query('select id from job where id >= 20 for update nowait')).toBe(
        '(20) (21)',
      );
      expect(await a.query(own)).toBe('(10)');
      expect(await b.query('insert into job values (22, 1)')).toBe('INSERT 0 1');
      expect(await a.query('update job set n = 5 where id = 10')).toBe('UPDATE 1');
      expect(await b.query('insert into job values (23, 1)')).toBe('INSERT 0 1');
      expect(await a.query('commit')).toBe('COMMIT');
      expect(await c.query('select n from job where id = 10')).toBe('(5)');
    },
  );

  it('beside rows of others', async () => {
    await c.query('begin; select id from job where id = 1 for update');
    const free = 'select id from job where n = 0 order by id for update skip locked';
    expect(await a.query('begin; insert into job values (10, 0)')).toBe('BEGIN; INSERT 0 1');
    expect(await a.query(free)).toBe('(2) (3) (4) (5) (10)');
    await b.query('insert into job values (0, 0)');
    expect(await a.query('commit')).toBe('COMMIT');
    expect(await c.query("select count(*) from pg_locks where locktype = 'tuple'")).toBe('(1)');
  });

  it('is not disturbed by rows that come before', async () => {
    expect(await a.query(`begin; ${NEXT}`)).toBe('BEGIN; (1)');
    await b.query('insert into job values (0, 0)');
    expect(await a.query('update job set n = 1 where id = 1; commit')).toBe('UPDATE 1; COMMIT');
    expect(await b.query(NEXT)).toBe('(0)');
  });
});
