// Constraint violations as PostgreSQL 15 words them (PG: execMain.c, nbtinsert.c, ri_triggers.c):
// message, detail and fields.
import { beforeEach, describe, expect, it } from 'vitest';
import { SqlWorld } from './support/sql-world.ts';

let world: SqlWorld;

beforeEach(() => {
  world = new SqlWorld();
  for (const statement of [
    `CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, n int CHECK (n > 0),
       at timestamptz, "Odd" text, UNIQUE (name, n))`,
    'CREATE UNIQUE INDEX t_odd ON t ("Odd")',
    'CREATE UNIQUE INDEX t_lower ON t (lower(name))',
    'CREATE TABLE c (id int PRIMARY KEY, t_id int REFERENCES t, up int REFERENCES c)',
    'CREATE TABLE r (t_id int REFERENCES t ON DELETE RESTRICT)',
    "INSERT INTO t VALUES (1, 'one', 1, '2020-01-02 03:04:05+00', 'x'), (2, 'two', 2, null, 'y')",
    'INSERT INTO c VALUES (1, 1, null)',
    'INSERT INTO r VALUES (2)',
  ]) {
    expect(world.error(statement)).toEqual([]);
  }
});

describe('a key that exists', () => {
  it('names constraint and value', () => {
    expect(world.error("INSERT INTO t VALUES (1, 'z', 9)")).toEqual([
      '23505 duplicate key value violates unique constraint "t_pkey"',
      'Key (id)=(1) already exists.',
      'schema public, table t, constraint t_pkey',
    ]);
  });

  it('of several columns', () => {
    expect(world.error("INSERT INTO t VALUES (3, 'two', 2)")[0]).toMatch(/^23505 .*"t_/);
    expect(world.error("UPDATE t SET name = 'one', n = 1 WHERE id = 2")[0]).toMatch(/^23505/);
  });

  it('is found among many rows', () => {
    const many = "INSERT INTO t VALUES (5, 'a', 1), (6, 'b', 1), (2, 'c', 1), (1, 'd', 1)";
    expect(world.error(many)[1]).toBe('Key (id)=(2) already exists.');
  });

  it('is found twice in the same statement', () => {
    const twice = "INSERT INTO t VALUES (5, 'a', 1), (6, 'b', 1), (6, 'c', 1)";
    expect(world.error(twice)[1]).toBe('Key (id)=(6) already exists.');
    expect(world.error('UPDATE t SET id = 9')[1]).toBe('Key (id)=(9) already exists.');
  });

  it('in an index without a constraint, its column quoted', () => {
    expect(world.error("INSERT INTO t VALUES (5, 'a', 1, null, 'x')")).toEqual([
      '23505 duplicate key value violates unique constraint "t_odd"',
      'Key ("Odd")=(x) already exists.',
      'schema public, table t, constraint t_odd',
    ]);
  });

  it('in an index on an expression', () => {
    expect(world.error("INSERT INTO t VALUES (5, 'ONE', 1)")[0]).toBe(
      '23505 duplicate key value violates unique constraint "t_lower"',
    );
  });
});

describe('a NULL that must not be', () => {
  it('shows the row', () => {
    expect(world.error('INSERT INTO t (id, n) VALUES (7, 3)')).toEqual([
      '23502 null value in column "name" of relation "t" violates not-null constraint',
      'Failing row contains (7, null, 3, null, null).',
      'schema public, table t, column name',
    ]);
  });

  it('in an update, values as they are displayed', () => {
    expect(world.error('UPDATE t SET name = null WHERE id = 1')[1]).toBe(
      'Failing row contains (1, null, 1, 2020-01-02 03:04:05+00, x).',
    );
  });
});

describe('a check', () => {
  it('shows the first row that fails it', () => {
    expect(world.error("INSERT INTO t VALUES (5, 'a', 1), (6, 'b', 0), (7, 'c', -1)")).toEqual([
      '23514 new row for relation "t" violates check constraint "t_n_check"',
      'Failing row contains (6, b, 0, null, null).',
      'schema public, table t, constraint t_n_check',
    ]);
  });

  it('in an update of many rows', () => {
    expect(world.error('UPDATE t SET n = n - 1')[1]).toBe(
      'Failing row contains (1, one, 0, 2020-01-02 03:04:05+00, x).',
    );
  });

  it('shows 64 bytes of a long value', () => {
    const long = `INSERT INTO t VALUES (8, '${'é'.repeat(40)}', 0)`;
    expect(world.error(long)[1]).toBe(
      `Failing row contains (8, ${'é'.repeat(32)}..., 0, null, null).`,
    );
  });
});

describe('a foreign key', () => {
  it('that points at nothing', () => {
    expect(world.error('INSERT INTO c VALUES (2, 1, null), (3, 99, null)')).toEqual([
      '23503 insert or update on table "c" violates foreign key constraint "c_t_id_fkey"',
      'Key (t_id)=(99) is not present in table "t".',
      'schema public, table c, constraint c_t_id_fkey',
    ]);
    expect(world.error('UPDATE c SET t_id = 98')[1]).toBe(
      'Key (t_id)=(98) is not present in table "t".',
    );
  });

  it('within its own table', () => {
    expect(world.error('INSERT INTO c VALUES (4, 1, 5), (5, 1, 4)')).toEqual([]);
    expect(world.error('INSERT INTO c VALUES (6, 1, 66)')[1]).toBe(
      'Key (up)=(66) is not present in table "c".',
    );
  });

  it('whose target goes away', () => {
    expect(world.error('DELETE FROM t WHERE id = 1')).toEqual([
      '23503 update or delete on table "t" violates foreign key constraint "c_t_id_fkey" on table "c"',
      'Key (id)=(1) is still referenced from table "c".',
      'schema public, table c, constraint c_t_id_fkey',
    ]);
    expect(world.error('UPDATE t SET id = 11 WHERE id = 1')[1]).toBe(
      'Key (id)=(1) is still referenced from table "c".',
    );
  });

  it('that restricts', () => {
    expect(world.error('DELETE FROM t WHERE id = 2')).toEqual([
      '23503 update or delete on table "t" violates foreign key constraint "r_t_id_fkey" on table "r"',
      'Key (id)=(2) is still referenced from table "r".',
      'schema public, table r, constraint r_t_id_fkey',
    ]);
  });

  it('leaves nothing behind when it fails', () => {
    world.error('DELETE FROM t WHERE id = 1');
    expect(world.error('INSERT INTO c VALUES (9, 99, null)')).not.toEqual([]);
    expect(world.rows('PRAGMA foreign_key_check')).toEqual([]);
  });
});

describe('a deferred foreign key', () => {
  beforeEach(() => {
    world.sql('CREATE TABLE d (t_id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)');
  });

  it('is checked where the transaction ends', () => {
    expect(world.error("INSERT INTO d VALUES (50); INSERT INTO t VALUES (50, 'f', 5)")).toEqual([]);
    expect(world.error("INSERT INTO d VALUES (60); INSERT INTO t VALUES (61, 'g', 5)")).toEqual([
      '23503 insert or update on table "d" violates foreign key constraint "d_t_id_fkey"',
      'Key (t_id)=(60) is not present in table "t".',
      'schema public, table d, constraint d_t_id_fkey',
    ]);
  });

  it('fails for one request and not for others of the same SQLite transaction', () => {
    expect(world.error('INSERT INTO d VALUES (70)')).not.toEqual([]);
    expect(world.error('INSERT INTO d VALUES (1)')).toEqual([]);
    expect(world.error('DELETE FROM t WHERE id = 1')).not.toEqual([]);
    expect(world.rows('PRAGMA foreign_key_check')).toEqual([]);
  });
});

describe('functions that ask for the schema', () => {
  it('get it in a statement that changes data, before and after a change of the schema', () => {
    world.sql('CREATE TABLE names (oid int, name text)');
    world.sql("INSERT INTO names VALUES ('t'::regclass::oid::int, 't'::regclass::text)");
    world.sql(
      "ALTER TABLE t RENAME TO t2; INSERT INTO names SELECT 0, oid::regclass::text FROM pg_class WHERE relname = 't2'",
    );
    expect(world.rows('SELECT name FROM "public.names" ORDER BY ctid')).toEqual([['t'], ['t2']]);
  });
});

describe('a change of the schema', () => {
  const ADD_CHECK = 'ALTER TABLE t ADD CONSTRAINT small CHECK (n < 10)';

  it('counts for the statements after it in the same request', () => {
    expect(world.error(`${ADD_CHECK}; INSERT INTO t VALUES (8, 'eight', 80)`)[0]).toBe(
      '23514 new row for relation "t" violates check constraint "small"',
    );
  });

  it('is undone with the request that fails', () => {
    world.error(`${ADD_CHECK}; SELECT 1 / 0`);
    expect(world.error("INSERT INTO t VALUES (8, 'eight', 80)")).toEqual([]);
    expect(world.rows('PRAGMA writable_schema')).toEqual([[0n]]);
  });

  it('with pragmas works every time', () => {
    for (const round of [1, 2]) {
      expect(world.error(`TRUNCATE t, c, r; SELECT ${round}`)).toEqual([]);
      expect(world.error('INSERT INTO c VALUES (9, 99, null)')[0]).toMatch(/^23503 insert/);
      expect(world.error("INSERT INTO t VALUES (1, 'one', 1)")).toEqual([]);
      expect(world.error('INSERT INTO c VALUES (1, 1, null)')).toEqual([]);
    }
  });
});

describe('a deferrable foreign key that is immediate', () => {
  beforeEach(() => {
    world.sql('CREATE TABLE d (t_id int CONSTRAINT d_key REFERENCES t DEFERRABLE)');
  });

  it('is checked where the statement ends, and the statement is undone', () => {
    expect(world.error('INSERT INTO d VALUES (50)')).toEqual([
      '23503 insert or update on table "d" violates foreign key constraint "d_key"',
      'Key (t_id)=(50) is not present in table "t".',
      'schema public, table d, constraint d_key',
    ]);
    world.sql("INSERT INTO t VALUES (51, 'x', 51); INSERT INTO d VALUES (51)");
    expect(world.error('DELETE FROM t WHERE id = 51')[0]).toContain('on table "d"');
    expect(world.rows('SELECT t_id FROM "public.d"')).toEqual([[51n]]);
    expect(world.rows('PRAGMA foreign_key_check')).toEqual([]);
  });

  it('is deferred for one transaction, whatever becomes of that', () => {
    const deferred = 'SET CONSTRAINTS ALL DEFERRED; INSERT INTO d VALUES (60)';
    expect(world.error(deferred)[0]).toMatch(/^23503 insert/);
    expect(world.error(`${deferred}; INSERT INTO t VALUES (60, 'f', 5)`)).toEqual([]);
    expect(world.error("INSERT INTO d VALUES (61); INSERT INTO t VALUES (61, 'g', 5)")[0]).toMatch(
      /^23503 insert/,
    );
  });

  it('is deferred also where it was made after SET CONSTRAINTS, and not in the next transaction', () => {
    const made = 'CREATE TABLE e (t_id int CONSTRAINT e_key REFERENCES t DEFERRABLE)';
    expect(
      world.error(`SET CONSTRAINTS ALL DEFERRED; ${made}; INSERT INTO e VALUES (70);
        INSERT INTO t VALUES (70, 'h', 5)`),
    ).toEqual([]);
    world.sql('SET CONSTRAINTS ALL DEFERRED');
    expect(world.error('INSERT INTO e VALUES (71)')).not.toEqual([]);
  });

  it('cannot be NOT VALID, and one that is NOT VALID cannot be set', () => {
    const add = 'ALTER TABLE d ADD CONSTRAINT n FOREIGN KEY (t_id) REFERENCES t NOT VALID';
    expect(() => world.sql(`${add} DEFERRABLE`)).toThrow('is not supported');
    world.sql(`${add} INITIALLY DEFERRED`);
    expect(() => world.sql('SET CONSTRAINTS n IMMEDIATE')).toThrow('constraint "n"');
    expect(() => world.sql('SET CONSTRAINTS ALL DEFERRED')).toThrow('constraint "n"');
    world.sql('ALTER TABLE d VALIDATE CONSTRAINT n');
    expect(world.error('SET CONSTRAINTS ALL DEFERRED')).toEqual([]);
  });
});
