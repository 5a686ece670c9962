// Known ways for a gateway to get interactive transactions wrong, switched on one at a time; and one
// of the machine's that needs a schema which changes. The others: test/machine/transaction-mutants.
import { describe, expect, it } from 'vitest';
import type { SqlClient } from '../support/wire/sql-client.ts';
import { LocalCluster } from '../support/local-cluster.ts';
import type { LocalNodeOptions } from '../support/local-node.ts';

type Bugs = Pick<LocalNodeOptions, 'machine' | 'transactions'>;
type Scenario = (a: SqlClient, b: SqlClient) => Promise<string>;

/** What a scenario ends in, with clients of two nodes. */
async function endOf(scenario: Scenario, bugs: Bugs): Promise<string> {
  const cluster = new LocalCluster([bugs, bugs]);
  try {
    const [a, b] = [await cluster.connect(1), await cluster.connect(2)];
    await a.query(
      'create table t (k int primary key, n int); insert into t values (1, 10), (2, 20)',
    );
    await a.query(
      'create table c (k int references t on delete cascade); insert into c values (2)',
    );
    await a.query('create table x (n int); insert into x values (0)');
    return await scenario(a, b);
  } finally {
    cluster.close();
  }
}

function readThen(read: string, change: string): Scenario {
  return async (a, b) => {
    await a.query('begin');
    await a.query(read);
    await a.query('update x set n = 1');
    await b.query(change);
    return a.query('commit');
  };
}

const lostUpdate = readThen('select n from t where k = 1', 'update t set n = 11 where k = 1');
const cascade = readThen('select count(*) from c', 'delete from t where k = 2');
const cascadeOfTransaction = readThen(
  'select count(*) from c',
  'begin; delete from t where k = 2; commit',
);
const widened = readThen('select * from t where k = 1', 'alter table t add column more int');
/** The change is met by a statement, which is about the new table from there on. */
const madeAnew: Scenario = async (a, b) => {
  await a.query('begin');
  await a.query('select count(*) from c');
  await a.query('update x set n = 1');
  await b.query('drop table c; create table c (k int references t on delete cascade)');
  const next = await a.query('select 1');
  return next.startsWith('ERROR') ? next : a.query('commit');
};

/** What each scenario ends in where nothing is wrong. */
const RIGHT = 'ERROR 40001';
const MUTANTS: readonly (readonly [name: string, bugs: Bugs, scenario: Scenario])[] = [
  ['reads that are not proposed', { transactions: { readsNotProposed: true } }, lostUpdate],
  ['the snapshot of the commit', { transactions: { snapshotOfCommit: true } }, lostUpdate],
  ['cascades that are not noted', { transactions: { cascadesNotNoted: true } }, cascade],
  [
    'cascades of a transaction that are not noted',
    { transactions: { cascadesNotNoted: true } },
    cascadeOfTransaction,
  ],
  [
    'a schema that is not compared again',
    { transactions: { schemaNotComparedAgain: true } },
    widened,
  ],
  [
    'a change of the schema that changes no table',
    { machine: { schemaChangesNotNoted: true } },
    madeAnew,
  ],
];

describe('a transaction goes wrong with', () => {
  it.each(MUTANTS)('%s', async (_name, bugs, scenario) => {
    expect(await endOf(scenario, {})).toBe(RIGHT);
    expect(await endOf(scenario, { machine: { exactCheckOnly: true } })).toBe(RIGHT);
    expect(await endOf(scenario, bugs)).toBe('COMMIT');
  });
});
