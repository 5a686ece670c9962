// Statements that run without what their transaction did before (server/standing-alone.ts), where
// several clients of one node have transactions open.
import { afterEach, describe, expect, it } from 'vitest';
import type { TransactionMutations } from '../../src/server/mutations.ts';
import { Prng } from '../../src/util/prng.ts';
import { LocalCluster } from '../support/local-cluster.ts';
import type { Answer, SqlClient } from '../support/wire/sql-client.ts';

let cluster: LocalCluster;

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

const SCHEMA = `
  create table t (k int primary key, n int); insert into t values (1, 10), (2, 20);
  create table u (k int primary key, n int); insert into u values (1, 1), (2, 2);
  create table parent (k int primary key); insert into parent values (1);
  create table child (k int references parent);
  create table numbered (k serial, n int);
  create view both_of as select t.n + u.n as n from t join u using (k);`;

async function open(transactions: TransactionMutations = {}): Promise<SqlClient[]> {
  cluster = new LocalCluster([{ transactions }, {}]);
  const clients = await Promise.all([1, 1, 2].map((node) => cluster.connect(node)));
  await clients[0]!.query(SCHEMA);
  return clients;
}

/** The statements at read committed, with another client's in between; then COMMIT. */
async function interleaved(
  [a, b]: readonly SqlClient[],
  statements: readonly string[],
): Promise<readonly Answer[]> {
  await a!.query('begin isolation level read committed');
  const told: Answer[] = [];
  for (const sql of statements) {
    told.push(await a!.query(sql));
    await b!.query('begin; update t set n = 0 where k = 2; insert into parent values (9)');
    await b!.query('rollback');
  }
  return [...told, await a!.query('commit')];
}

const PROGRAMS: readonly (readonly [name: string, statements: string[], told: Answer[]])[] = [
  [
    'what it wrote itself',
    ['update t set n = n + 1 where k = 1', 'select n from t where k = 1'],
    ['UPDATE 1', '(11)', 'COMMIT'],
  ],
  [
    'what it wrote itself, in a subquery and a view',
    [
      'update t set n = n + 1 where k = 1',
      'update u set n = (select max(n) from t) where k = 1 returning n',
      'select n from both_of order by n',
    ],
    ['UPDATE 1', '(20)', '(22) (31)', 'COMMIT'],
  ],
  [
    'the row that its key refers to',
    [
      'insert into parent values (2)',
      'insert into child values (2)',
      'delete from parent where k = 1',
    ],
    ['INSERT 0 1', 'INSERT 0 1', 'DELETE 1', 'COMMIT'],
  ],
  [
    'the rows that refer to its row',
    ['insert into child values (1)', 'delete from parent where k = 1'],
    ['INSERT 0 1', 'ERROR 23503', 'ROLLBACK'],
  ],
  [
    'its own table',
    ['create table own (n int)', 'insert into own values (1)', 'select n from own'],
    ['CREATE TABLE', 'INSERT 0 1', '(1)', 'COMMIT'],
  ],
  [
    'numbers of a sequence that it took before',
    [
      'insert into numbered (n) values (1) returning k',
      'update t set n = 5 where k = 1',
      'insert into numbered (n) values (2) returning k',
      'select n from u where k = 1',
      'select count(*), min(k), max(k) from numbered',
    ],
    ['(1)', 'UPDATE 1', '(2)', '(1)', '(2,1,2)', 'COMMIT'],
  ],
  [
    'a savepoint that it went back to',
    [
      'update t set n = 11 where k = 1',
      'savepoint s',
      'update u set n = 5 where k = 1',
      'rollback to s',
      'select n from u where k = 1',
      'select n from t where k = 1',
    ],
    ['UPDATE 1', 'SAVEPOINT', 'UPDATE 1', 'ROLLBACK', '(1)', '(11)', 'COMMIT'],
  ],
];

describe('a transaction at read committed sees', () => {
  it.each(PROGRAMS)('%s', async (_name, statements, told) => {
    expect(await interleaved(await open(), statements)).toEqual(told);
  });

  it('no table of its own where that is not looked at', async () => {
    const clients = await open({ othersNotLookedAt: true });
    const [, statements, told] = PROGRAMS[0]!;
    expect(await interleaved(clients, statements)).not.toEqual(told);
  });
});

const STATEMENTS = [
  'update t set n = n + 1 where k = 1',
  'update t set n = n * 2 where k = 2 returning n',
  'select n from t order by k',
  'update u set n = n + 1 where k = 1 returning n',
  'update u set n = (select sum(n) from t) where k = 2',
  'select n from u order by k',
  'insert into parent select coalesce(max(k), 0) + 1 from parent',
  'insert into child select max(k) from parent',
  'delete from child',
  'select (select count(*) from parent), (select count(*) from child)',
  'select n from both_of order by n',
];

describe('of two transactions that run by turns', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'each is told what it would be told alone (%i)',
    async (seed) => {
      const programs = [draw(seed), draw(seed + 100)];
      const alone: (readonly Answer[])[] = [];
      for (const program of programs) {
        const [a] = await open();
        await a!.query('begin isolation level read committed');
        const told: Answer[] = [];
        for (const sql of program) told.push(await a!.query(sql));
        alone.push(told);
        cluster.close();
      }
      const [a, b] = await open();
      const [first, second]: Answer[][] = [[], []];
      await a!.query('begin isolation level read committed');
      await b!.query('begin isolation level read committed');
      for (const [at, sql] of programs[0]!.entries()) {
        first!.push(await a!.query(sql));
        second!.push(await b!.query(programs[1]![at]!));
      }
      // Neither has committed, so neither sees the other.
      expect([first, second]).toEqual(alone);
    },
  );
});

function draw(seed: number): readonly string[] {
  const prng = new Prng(seed);
  return Array.from({ length: 12 }, () => prng.pick(STATEMENTS));
}
