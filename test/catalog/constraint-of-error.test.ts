import { describe, expect, it } from 'vitest';
import { constraintOfError, foreignKeysOf } from '../../src/catalog/constraint-of-error.ts';
import { TestDatabase } from './support/test-catalog.ts';

const database = new TestDatabase();
database.run(`
  create schema "A.b";
  create table p (id int primary key);
  create table t (id int primary key, "X, y" int, "^z" int not null, c int constraint positive check (c > 0),
    p int references p, n numeric unique, unique ("X, y", "^z"));
  create unique index on t (lower(p::text));
  create table "A.b"."T" (id int unique)`);

function failureOf(sql: string) {
  try {
    database.sqlite.exec(sql);
  } catch (error) {
    return constraintOfError(database.catalog, (error as Error).message);
  }
  return null;
}

const INSERT = 'insert into "public.t" (id, "^X, y", "^^z", c, p, n)';

describe('a SQLite constraint error', () => {
  database.sqlite.exec('insert into "public.p" (id) values (1)');
  database.sqlite.exec(`${INSERT} values (1, 1, 1, 1, 1, '1.0')`);
  database.sqlite.exec('insert into "^A^.b.^T" (id) values (1)');

  it.each([
    [`${INSERT} values (1, 2, 2, 2, null, null)`, 't_pkey'],
    [`${INSERT} values (2, 1, 1, 2, null, null)`, 't_X, y_^z_key'],
    [`${INSERT} values (2, 2, 2, 2, null, '1.00')`, 't_n_key'],
    [`${INSERT} values (2, 2, 2, 2, 1, null)`, 't_lower_idx'],
    ['insert into "^A^.b.^T" (id) values (1)', 'T_id_key'],
  ])('names the unique index: %s', (sql, name) => {
    expect(failureOf(sql)).toMatchObject({ kind: 'unique', index: { name } });
  });

  it('names the column that must not be null', () => {
    expect(failureOf(`${INSERT} values (2, 2, null, 2, null, null)`)).toMatchObject({
      kind: 'not-null',
      relation: { name: 't' },
      column: { name: '^z' },
    });
  });

  it('names the check', () => {
    expect(failureOf(`${INSERT} values (2, 2, 2, 0, null, null)`)).toMatchObject({
      kind: 'check',
      constraint: { name: 'positive' },
    });
  });

  it('does not name a foreign key, so the candidates are listed', () => {
    expect(failureOf(`${INSERT} values (2, 2, 2, 2, 9, null)`)).toEqual({ kind: 'foreign-key' });
    const [p] = ['p'].map((name) => database.catalog.relation('public', name));
    expect(p && foreignKeysOf(database.catalog, p).map((key) => key.constraint.name)).toEqual([
      't_p_fkey',
    ]);
  });
});
