// Known ways to get interactive transactions wrong, switched on one at a time: each of these needs a
// schema or functions that the simulator does not have (test/simulation/mutants.test.ts has the others).
import { describe, expect, it } from 'vitest';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import { TransactionWorld } from './support/transaction-world.ts';

function world(mutations: MachineMutations): TransactionWorld {
  const created = new TransactionWorld(mutations);
  created.sql('CREATE TABLE t (k int PRIMARY KEY, n int NOT NULL)');
  created.sql('INSERT INTO t VALUES (1, 10), (2, 20)');
  return created;
}

/** Was told that a key is taken; by now another constraint would be violated. */
function anotherError(mutations: MachineMutations): string {
  const w = world(mutations);
  w.sql('CREATE TABLE c (k int PRIMARY KEY, t int REFERENCES t)');
  w.sql('INSERT INTO c VALUES (5, 1)');
  const a = w.begin();
  a.control('SAVEPOINT "mark 0"');
  expect(a.run('INSERT INTO c VALUES (5, 2)')).toBe('23505');
  a.control('ROLLBACK TO "mark 0"');
  a.run('UPDATE t SET n = 0 WHERE k = 1');
  w.sql('DELETE FROM c WHERE k = 5');
  w.sql('DELETE FROM t WHERE k = 2');
  return a.commit().kind;
}

function valuesTold(value: string, type: string): (mutations: MachineMutations) => string {
  return (mutations) => {
    const w = world(mutations);
    w.sql(`CREATE TABLE v (x ${type})`);
    const a = w.begin();
    const told = a.run(`INSERT INTO v VALUES (${value}) RETURNING x`);
    const { kind } = a.commit();
    return kind === 'done' && String(w.rows('SELECT x FROM "public.v"')[0]?.[0]) === told
      ? 'done'
      : `${kind}, not as told`;
  };
}

/** The value is not told, but read: what is written at last must be what was read. */
function valuesRead(value: string, type: string): (mutations: MachineMutations) => string {
  return (mutations) => {
    const w = world(mutations);
    w.sql(`CREATE TABLE v (x ${type})`);
    const a = w.begin();
    a.run(`INSERT INTO v VALUES (${value})`);
    const read = a.run('SELECT x FROM v');
    a.commit();
    return String(w.rows('SELECT x FROM "public.v"')[0]?.[0]) === read ? 'as read' : 'not as read';
  };
}

function openViolation(mutations: MachineMutations): string {
  const w = world(mutations);
  w.sql('CREATE TABLE c (t int REFERENCES t DEFERRABLE INITIALLY DEFERRED)');
  const a = w.begin();
  expect(a.run('INSERT INTO c VALUES (99)')).toBe('count 1');
  try {
    return a.commit().kind;
  } catch {
    // SQLite refuses the whole batch of entries: the node cannot go on.
    return 'halted';
  }
}

/** How far a transaction that was taken up again is known to hold, seen by what need not run again. */
function takenUpAgain(mutations: MachineMutations): string {
  const w = world(mutations);
  const a = w.begin();
  a.run('UPDATE t SET n = n + 1 WHERE k = 1');
  w.sql('UPDATE t SET n = 21 WHERE k = 2');
  a.run('SELECT n FROM t WHERE k = 2');
  return a.snapshot === w.machine.appliedIndex ? 'up to now' : 'up to earlier';
}

const MUTANTS = [
  ['a digest without the error', { digestWithoutError: true }, anotherError, 'conflict'],
  ['another time at replay', { nowNotReplayed: true }, valuesTold('now()', 'timestamptz'), 'done'],
  [
    'a time that is not the one read',
    { nowNotReplayed: true },
    valuesRead('now()', 'timestamptz'),
    'as read',
  ],
  [
    'other random numbers at replay',
    { seedNotReplayed: true },
    valuesTold('random()', 'float8'),
    'done',
  ],
  [
    'random numbers that are not those read',
    { seedNotReplayed: true },
    valuesRead('random()', 'float8'),
    'as read',
  ],
  ['deferred keys that nobody checks', { deferredKeysNotChecked: true }, openViolation, 'failed'],
  ['a snapshot that is not moved', { snapshotNotMoved: true }, takenUpAgain, 'up to now'],
] as const;

describe('a transaction goes wrong with', () => {
  it.each(MUTANTS)('%s', (_name, mutations, scenario, right) => {
    expect(scenario({})).toBe(right);
    expect(scenario({ exactCheckOnly: true })).toBe(right);
    expect(scenario(mutations)).not.toBe(right);
  });
});
