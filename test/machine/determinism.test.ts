// Two machines that apply the same entries are equal, however the entries were cut into
// transactions and whatever else differs: same hash, same rows in every table (R53, R55).
import { expect, it } from 'vitest';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { Prng } from '../../src/util/prng.ts';
import { dump, MachineWorld } from './support/machine-world.ts';
import { SqlWorld } from './support/sql-world.ts';

const STATEMENTS = [
  'CREATE TABLE t (id serial PRIMARY KEY, at timestamptz DEFAULT now(), u uuid, n int CHECK (n < 40))',
  'INSERT INTO t (u, n) SELECT gen_random_uuid(), x FROM generate_series(1, 20) AS x',
  'INSERT INTO t (u, n) VALUES (gen_random_uuid(), 5), (gen_random_uuid(), 50)',
  'UPDATE t SET n = n + 1 WHERE id % 3 = 0',
  'INSERT INTO t (id, n) VALUES (3, 1)',
  'CREATE INDEX t_n ON t (n); DELETE FROM t WHERE n > 18',
  "ALTER TABLE t ADD COLUMN more text DEFAULT 'x'",
  "INSERT INTO t (u, n, more) VALUES (gen_random_uuid(), 7, 't'::regclass::text)",
];

/** The log that a machine with these statements has, with other entries in between. */
function createLog(): readonly Entry[] {
  const world = new SqlWorld();
  const kinds = STATEMENTS.map((statement) => world.sql(statement).kind);
  expect(kinds.filter((kind) => kind === 'failed')).toHaveLength(2);
  return [...world.log, ...world.log.slice(1)].map((entry, at) => ({ ...entry, index: at + 1 }));
}

function stateAfter(log: readonly Entry[], seed: number, mutations: MachineMutations = {}): string {
  const { machine, database } = new MachineWorld(mutations);
  const prng = new Prng(seed);
  while (machine.appliedIndex < log.length) {
    const from = machine.appliedIndex;
    const limit = prng.between(1, 5);
    let count = 0;
    machine.apply(log.slice(from), () => ++count >= limit);
  }
  return `${Buffer.from(machine.applyHash).toString('hex')}\n${dump(database)}`;
}

it('equal entries give equal machines', () => {
  const log = createLog();
  const expected = stateAfter(log, 1);
  for (const seed of [2, 3, 4]) expect(stateAfter(log, seed)).toBe(expected);
});

it('a clock in apply shows', () => {
  const log = createLog();
  const mutations = { nowFromWallClock: true };
  expect(stateAfter(log, 1, mutations)).not.toBe(stateAfter(log, 1, mutations));
});
