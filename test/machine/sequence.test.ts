// Statements that take values of sequences, on the machine: what failed took nothing, and nobody can
// tell a machine that has sequences in memory from one that does not.
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/machine/command.ts';
import { dump, MachineWorld } from './support/machine-world.ts';
import { SqlWorld } from './support/sql-world.ts';

const TABLE = 'create table t (id serial primary key, n int not null check (n <> 0) unique)';
const IDS = 'SELECT id, n FROM "public.t" ORDER BY id';

function world(): SqlWorld {
  const made = new SqlWorld();
  made.sql(TABLE);
  return made;
}

function results(outcome: Outcome) {
  return outcome.kind === 'done' ? outcome.results : [];
}

function oidOf(one: SqlWorld, name: string): number {
  const rows = one.rows(`SELECT oid FROM "pg_catalog.pg_class" WHERE relname = '${name}'`);
  return Number(rows[0]?.[0]);
}

describe('a failed statement takes no values', () => {
  const failures: readonly (readonly [what: string, sql: string, detail: string])[] = [
    ['a check', 'insert into t (n) values (1), (0)', 'Failing row contains (2, 0).'],
    ['a NULL', 'insert into t (n) values (1), (2), (null)', 'Failing row contains (3, null).'],
    ['a key', 'insert into t (n) values (1), (2), (1)', 'Key (n)=(1) already exists.'],
    [
      'its own id',
      'insert into t (id, n) values (2, 7); insert into t (n) values (5), (6)',
      'Key (id)=(2) already exists.',
    ],
  ];

  it.each(failures)(
    '%s, and its row is named with the values that it took',
    (_what, sql, detail) => {
      const one = world();
      expect(one.error(sql)).toContain(detail);
      one.sql('insert into t (n) values (8)');
      expect(one.rows(IDS)).toEqual([[1n, 8n]]);
    },
  );

  it('though an earlier statement of its request took some', () => {
    const one = world();
    expect(one.error('insert into t (n) values (1), (2); insert into t (n) values (0)')).toContain(
      'Failing row contains (3, 0).',
    );
    one.sql('insert into t (n) values (8)');
    expect(one.rows(IDS)).toEqual([[1n, 8n]]);
  });

  it('and the row at fault is named where a later one would exceed the sequence', () => {
    const one = world();
    one.sql("select setval('t_id_seq', 2147483645)");
    expect(one.error('insert into t (n) values (0), (1), (2), (3)')).toContain(
      'Failing row contains (2147483646, 0).',
    );
  });
});

describe('a statement tells what it took', () => {
  it('its last value of each sequence, and the sequence of the last nextval()', () => {
    const one = world();
    one.sql('create sequence s');
    const [inserted, read, taken, set] = results(
      one.sql(
        "insert into t (n) values (1), (2); select 1; select nextval('t_id_seq'), nextval('s'); select setval('t_id_seq', 9)",
      ),
    );
    const [t, s] = [oidOf(one, 't_id_seq'), oidOf(one, 's')];
    expect(inserted?.sequences).toEqual({ last: t, values: [[t, 2n]] });
    expect(read).not.toHaveProperty('sequences');
    expect(taken?.sequences).toEqual({
      last: s,
      values: [
        [t, 3n],
        [s, 1n],
      ],
    });
    expect(set?.sequences).toEqual({ last: 0, values: [[t, 9n]] });
  });
});

describe('values can be reserved', () => {
  const reserve = (one: SqlWorld, sequence: string, count: number): Outcome =>
    one.sql(`select * from balsa_reserved_values('${sequence}', ${count})`);

  it('in one request, and as many as there are', () => {
    const one = world();
    one.sql('create sequence s increment -3 maxvalue 10 minvalue 0 start 10');
    expect(results(reserve(one, 's', 2))[0]?.rows).toEqual([[10n, -3n, 2n]]);
    expect(results(reserve(one, 's', 9))[0]?.rows).toEqual([[4n, -3n, 2n]]);
    expect(reserve(one, 's', 1)).toMatchObject({ error: { code: '2200H' } });
    expect(reserve(one, 't', 1)).toMatchObject({ error: { code: '42809' } });
    one.sql('alter sequence s cycle');
    expect(results(reserve(one, 's', 3))[0]?.rows).toEqual([[10n, -3n, 3n]]);
    expect(results(reserve(one, 's', 3))[0]?.rows).toEqual([
      [1n, -3n, 1n],
      [10n, -3n, 2n],
    ]);
    one.sql('create sequence m');
    expect(results(reserve(one, 'm', 1_000_000))[0]?.rows).toEqual([[1n, 1n, 1_000_000n]]);
    expect(results(one.sql("select nextval('m')"))[0]?.rows).toEqual([[1_000_001n]]);
  });
});

it('a machine that starts again gives the same', () => {
  const one = world();
  const statements = [
    'insert into t (n) values (1), (2)',
    'insert into t (n) values (0)',
    "insert into t (n) select 10 + nextval('t_id_seq')",
    "insert into t (n) values (100); select setval('t_id_seq', 50); insert into t (n) values (0)",
    "select setval('t_id_seq', 20), nextval('t_id_seq')",
    'insert into t (n) values (101)',
    'alter table t rename to u',
    'insert into u (n) values (102)',
    'truncate u restart identity; insert into u (n) values (103)',
  ];
  for (const sql of statements) one.sql(sql);
  // As if it had started anew before each entry.
  let bytes: Buffer | undefined;
  let last = new MachineWorld();
  for (const entry of one.log) {
    last = new MachineWorld({}, bytes ?? ':memory:');
    last.apply(entry);
    bytes = last.database.serialize();
  }
  expect(dump(last.database)).toBe(dump(one.database));
  expect(last.machine.applyHash).toEqual(one.machine.applyHash);
});
