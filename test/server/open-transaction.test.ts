// Interactive transactions through sessions on several nodes. The last node checks all reads of a
// transaction exactly: if the fast check of the others came to anything else, states would differ.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, SqlClient } from '../support/wire/sql-client.ts';
import { LocalCluster } from '../support/local-cluster.ts';

let cluster: LocalCluster;
/** Runs a statement on the node of that number. */
let on: (node: number, sql: string) => Promise<Answer>;
let clients: readonly SqlClient[];

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}, { machine: { exactCheckOnly: true } }]);
  clients = await Promise.all([1, 2, 3].map((node) => cluster.connect(node)));
  on = (node, sql) => clients[node - 1]!.query(sql);
  await on(1, 'create table t (k int primary key, n int); insert into t values (1, 10), (2, 20)');
  await on(1, 'create table x (n int); insert into x values (0)');
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

describe('when the schema changes under an open transaction', () => {
  it('what it deletes through a new key is noted as changed', async () => {
    await on(1, 'create table c (k int); insert into c values (1)');
    await on(1, 'begin');
    await on(1, 'delete from t where k = 1');
    await on(2, 'alter table c add foreign key (k) references t on delete cascade');
    await on(2, 'begin');
    expect(await on(2, 'select count(*) from c')).toBe('(1)');
    await on(2, 'update x set n = 1');
    expect(await on(1, 'commit')).toBe('COMMIT');
    expect(await on(2, 'commit')).toBe('ERROR 40001');
  });

  it('a table of the same name is another table', async () => {
    await on(1, 'create table again (k int)');
    await on(1, 'begin');
    expect(await on(1, 'select count(*) from again')).toBe('(0)');
    await on(1, 'update x set n = 1');
    await on(2, 'drop table again');
    await on(2, 'create table again (k int)');
    expect(await on(1, 'select count(*) from again')).toBe('(0)');
    await on(2, 'insert into again values (1)');
    expect(await on(1, 'commit')).toBe('ERROR 40001');
  });

  it('what it has read is read again, if the statements mean the same', async () => {
    await on(1, 'begin');
    expect(await on(1, 'select n from t where k = 1')).toBe('(10)');
    await on(1, 'update x set n = 1');
    await on(2, 'alter table t alter column n type int using n + 1');
    expect(await on(1, 'commit')).toBe('ERROR 40001');
  });

  it('it commits if nothing that it was told has changed', async () => {
    await on(1, 'begin');
    expect(await on(1, 'select n from t where k = 1')).toBe('(10)');
    await on(1, 'update x set n = 1');
    await on(2, 'create table other (k int)');
    expect(await on(1, 'insert into t values (3, 30)')).toBe('INSERT 0 1');
    expect(await on(1, 'commit')).toBe('COMMIT');
  });

  it('it does not commit if it was told an error of the compiler', async () => {
    await on(1, 'begin; update x set n = 1; savepoint s');
    expect(await on(1, 'select * from later')).toBe('ERROR 42P01');
    await on(1, 'rollback to s');
    await on(2, 'begin; create table later (k int); update t set n = 11 where k = 1; commit');
    // It would see what the transaction wrote that has made the table.
    expect(await on(1, 'select n from t where k = 1')).toBe('ERROR 40001');
  });

  it('nor if that was the first that it was told', async () => {
    await on(1, 'begin; savepoint s');
    expect(await on(1, 'select * from later')).toBe('ERROR 42P01');
    await on(1, 'rollback to s');
    await on(2, 'create table later (k int)');
    expect(await on(1, 'select n from t where k = 1')).toBe('ERROR 40001');
  });

  it('what it has read by a name that another table has by the commit is read again', async () => {
    await on(1, 'create table again (k int)');
    await on(1, 'begin');
    expect(await on(1, 'select count(*) from again')).toBe('(0)');
    await on(1, 'update x set n = 1');
    await on(2, 'alter table again rename to before');
    await on(2, 'create table again (k int)');
    await on(2, 'insert into again values (1)');
    expect(await on(1, 'commit')).toBe('ERROR 40001');
  });

  it('what it goes back from is none of its own changes any more', async () => {
    await on(1, 'begin; update t set n = n + 1 where k = 1');
    await on(1, 'savepoint s; alter table x add column more int');
    await on(2, 'create table other (k int)');
    expect(await on(1, 'rollback to s')).toBe('ROLLBACK');
    expect(await on(1, 'select * from x')).toBe('(0)');
    expect(await on(1, 'alter table x add column another int')).toBe('ALTER TABLE');
    expect(await on(1, 'commit')).toBe('COMMIT');
    expect(await on(2, 'insert into x values (1, 2)')).toBe('INSERT 0 1');
  });

  it('it does not commit if a statement would mean something else', async () => {
    await on(1, 'begin');
    expect(await on(1, 'select * from t where k = 1')).toBe('(1,10)');
    await on(1, 'update x set n = 1');
    await on(2, 'alter table t add column more int');
    expect(await on(1, 'commit')).toBe('ERROR 40001');
  });
});

describe('after a conflict', () => {
  /** Reads, writes, and learns that what it has read is not so any more. */
  async function conflict(): Promise<void> {
    await on(1, 'begin');
    await on(1, 'update x set n = 1');
    await on(1, 'savepoint s');
    expect(await on(1, 'select n from t where k = 1')).toBe('(10)');
    await on(2, 'update t set n = 11 where k = 1');
    expect(await on(1, 'select 1')).toBe('ERROR 40001');
  }

  it('nothing can be saved by going back to a savepoint', async () => {
    await conflict();
    await on(1, 'rollback to s');
    await on(1, 'select n from t where k = 1');
    expect(await on(1, 'commit')).not.toBe('COMMIT');
    expect(await on(3, 'select n from x')).toBe('(0)');
  });

  it('the next transaction begins afresh', async () => {
    await conflict();
    expect(await on(1, 'commit')).toBe('ROLLBACK');
    await on(1, 'begin');
    expect(await on(1, 'select n from t where k = 1')).toBe('(11)');
    expect(await on(1, 'update x set n = 2; commit')).toBe('UPDATE 1; COMMIT');
  });
});

describe('at read committed', () => {
  it('what is read to be changed is checked, and the rest is not', async () => {
    await on(1, 'begin isolation level read committed');
    await on(1, 'select n from t where k = 2');
    expect(await on(1, 'select n from t where k = 1 for update')).toBe('(10)');
    await on(2, 'update t set n = 21 where k = 2');
    expect(await on(1, 'select n from t where k = 2')).toBe('(21)');
    expect(await on(1, 'update x set n = 1; commit')).toBe('UPDATE 1; COMMIT');
    await on(1, 'begin isolation level read committed');
    expect(await on(1, 'select n from t where k = 1 for update')).toBe('(10)');
    // A row that is inserted is locked by nobody.
    expect(await on(1, 'select n from t where n = 77 for update')).toBe('');
    await on(2, 'insert into t values (77, 77)');
    expect(await on(1, 'update x set n = 2')).toBe('ERROR 40001');
    expect(await on(1, 'commit')).toBe('ROLLBACK');
  });

  it('a locking read inside of a statement counts as well', async () => {
    await on(1, 'begin isolation level read committed');
    const read = 'select s.n from (select n from t where k in (1, 77) for update) s';
    expect(await on(1, read)).toBe('(10)');
    await on(1, 'update x set n = 1');
    await on(2, 'insert into t values (77, 77)');
    expect(await on(1, 'commit')).toBe('ERROR 40001');
  });
});

describe('a statement that is canceled while the machine runs it', () => {
  const canceled = (node: number, sql: string) => clients[node - 1]!.canceled(sql);

  it('is none, and the transaction goes on from its savepoint', async () => {
    await on(1, 'begin; update t set n = n + 1 where k = 1; savepoint s');
    expect(await canceled(1, 'update t set n = n + 100 where k = 1')).toBe('ERROR 57014');
    expect(await on(1, 'rollback to s; update t set n = n + 1 where k = 1')).toBe(
      'ROLLBACK; UPDATE 1',
    );
    expect(await on(1, 'select n from t where k = 1; commit')).toBe('(12); COMMIT');
  });

  it('as the first write, leaves the snapshot of the reads before it', async () => {
    await on(1, 'begin; savepoint s');
    expect(await on(1, 'select n from t where k = 1')).toBe('(10)');
    expect(await canceled(1, 'update x set n = 1')).toBe('ERROR 57014');
    await on(2, 'update t set n = 11');
    // 10 and 20 were at one time, 11 and 11 at another: nobody is told of both.
    expect(await on(1, 'rollback to s')).toBe('ERROR 40001');
    expect(await on(1, 'commit')).toBe('ROLLBACK');
  });

  it('may have met a conflict that the client never hears of', async () => {
    await on(1, 'begin; update x set n = 1; savepoint s');
    await on(1, 'select n from t where k = 1');
    await on(2, 'update t set n = 11 where k = 1');
    expect(await canceled(1, 'select 1')).toBe('ERROR 57014');
    expect(await on(1, 'rollback to s')).toBe('ERROR 40001');
    expect(await on(1, 'rollback')).toBe('ROLLBACK');
    expect(await on(1, 'select n from x')).toBe('(0)');
  });
});

describe('what a transaction has read before it writes', () => {
  it.each([
    ['a cascade', 'delete from p where k = 1', 'select count(*) from c', '(2)'],
    ['a key set to null', 'update p set k = 9 where k = 2', 'select count(k) from d', '(1)'],
    ['a truncation', 'truncate c', 'select count(*) from c', '(2)'],
    [
      'an upsert',
      'insert into t values (1, 0) on conflict (k) do update set n = 5',
      'select n from t where k = 1',
      '(10)',
    ],
    ['a table that is dropped', 'drop table d', 'select count(*) from d', '(1)'],
    [
      'a committed transaction',
      'begin; update t set n = 0; commit',
      'select n from t where k = 1',
      '(10)',
    ],
  ])('is changed by %s', async (_name, change, read, answer) => {
    await on(1, 'create table p (k int primary key); insert into p values (1), (2)');
    await on(
      1,
      'create table c (k int references p on delete cascade); insert into c values (1), (1)',
    );
    await on(1, 'create table d (k int references p on update set null); insert into d values (2)');
    await on(1, 'begin');
    expect(await on(1, read)).toBe(answer);
    await on(1, 'update x set n = 1');
    expect(await on(2, change)).not.toContain('ERROR');
    expect(await on(1, 'commit')).toBe('ERROR 40001');
  });

  it('may be an error, the same wherever it runs', async () => {
    await on(1, 'begin; savepoint s');
    for (const read of [
      'select 1 / 0',
      'select 9223372036854775807 + n from t',
      "select 'x'::int",
    ]) {
      expect(await on(1, read)).toContain('ERROR 22');
      await on(1, 'rollback to s');
    }
    await on(1, 'update x set n = 1');
    // Others change the table that one of them was about.
    await on(2, 'update t set n = 12');
    expect(await on(1, 'commit')).toBe('COMMIT');
  });
});
