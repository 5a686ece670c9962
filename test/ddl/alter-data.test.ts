// What ALTER TABLE, DROP and TRUNCATE do to rows, and what SQLite enforces afterwards.
import { beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../catalog/support/test-catalog.ts';

let database = new TestDatabase();

beforeEach(() => {
  database = new TestDatabase();
  database.run(`
    create table p (id int primary key, name text);
    create table c (id int primary key, p int references p on delete cascade, q int, v varchar(5));
    create index on c ((q + 1)) where q > 0`);
  database.sqlite.exec(`
    insert into "public.p" (id, name) values (1, 'a'), (2, 'b');
    insert into "public.c" (id, p, q, v) values (1, 1, 10, '7'), (2, 2, 20, null)`);
});

function rows(table: string) {
  return database.rows(`SELECT * FROM "public.${table}" ORDER BY id`).map((row) => row.slice(1));
}

function inOrder(): void {
  expect(database.rows('PRAGMA integrity_check')).toEqual([['ok']]);
  expect(database.rows('PRAGMA foreign_key_check')).toEqual([]);
}

describe('ALTER TABLE', () => {
  it('fills a new column with its default, row by row', () => {
    database.run('alter table c add column n int not null default 3 check (n > 2)');
    expect(rows('c').map((row) => row[4])).toEqual([3n, 3n]);
    expect(() => database.sqlite.exec('UPDATE "public.c" SET n = 2')).toThrow(/CHECK/);
    inOrder();
  });

  it('refuses NOT NULL without a default for rows that are there', () => {
    expect(() => database.run('alter table c add column n int not null')).toThrow(
      'column "n" of relation "c" contains null values',
    );
    expect(() => database.run('alter table c alter v set not null')).toThrow(
      'column "v" of relation "c" contains null values',
    );
    inOrder();
  });

  it('checks rows before it adds a constraint, and enforces it from then on', () => {
    expect(() => database.run('alter table c add constraint k check (q > 10)')).toThrow(
      'check constraint "k" of relation "c" is violated by some row',
    );
    expect(() => database.run('alter table c add foreign key (q) references p')).toThrow(
      'insert or update on table "c" violates foreign key constraint "c_q_fkey"',
    );
    database.run('alter table c add constraint k check (q > 1)');
    expect(() => database.sqlite.exec('UPDATE "public.c" SET q = 1')).toThrow(/CHECK/);
    database.run('alter table c drop constraint k');
    database.sqlite.exec('UPDATE "public.c" SET q = 1');
    inOrder();
  });

  it('shows the missing key', () => {
    try {
      database.run('alter table c add foreign key (q) references p');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: '23503',
        fields: { detail: 'Key (q)=(10) is not present in table "p".' },
      });
    }
  });

  it('leaves old rows alone with NOT VALID', () => {
    database.run('alter table c add foreign key (q) references p not valid');
    expect(() => database.sqlite.exec('UPDATE "public.c" SET q = 11')).toThrow(/FOREIGN KEY/);
    expect(() => database.run('alter table c validate constraint c_q_fkey')).toThrow(
      'violates foreign key constraint "c_q_fkey"',
    );
  });

  it('keeps an index for each foreign key, as long as it is there', () => {
    const parts = (type: string) =>
      database.rows(
        `SELECT tbl_name FROM sqlite_schema WHERE type = '${type}' AND name LIKE 'balsa.fkey.%' ORDER BY 1`,
      );
    const indexes = () => parts('index');
    expect(indexes()).toEqual([['public.c']]);
    database.run('create table d (id int primary key, up int references d, p int)');
    database.run('alter table d add constraint k foreign key (p) references p on delete cascade');
    expect(indexes()).toEqual([['public.c'], ['public.d'], ['public.d']]);
    expect(parts('trigger')).toEqual([['public.c'], ['public.d']]);
    const how = database.rows('EXPLAIN QUERY PLAN SELECT 1 FROM "public.d" WHERE p = 1');
    expect(String(how[0]?.[3])).toContain('balsa.fkey.');
    database.run('alter table d drop constraint k');
    expect(indexes()).toEqual([['public.c'], ['public.d']]);
    expect(parts('trigger')).toEqual([['public.c']]);
    database.run('alter table d drop column up');
    database.run('drop table p cascade');
    expect(indexes()).toEqual([]);
    inOrder();
  });

  it('drops a foreign key', () => {
    database.run('alter table c drop constraint c_p_fkey');
    database.sqlite.exec('UPDATE "public.c" SET p = 99');
    expect(rows('c')[0]?.[1]).toBe(99n);
  });

  it('converts a column and its indexes', () => {
    database.run('alter table c alter column v type int using v::int');
    expect(rows('c').map((row) => row[3])).toEqual([7n, null]);
    database.run('alter table c alter q type bigint using q * 2');
    expect(rows('c').map((row) => row[2])).toEqual([20n, 40n]);
    expect(() => database.run('alter table c alter q type text')).toThrow(
      'operator does not exist: text + integer',
    );
    inOrder();
  });

  it('keeps names apart from what was renamed', () => {
    database.run(`
      alter table p rename to "P";
      alter table "P" rename column id to "ID";
      alter table c rename column q to "Q^"`);
    expect(() => database.sqlite.exec('UPDATE "public.c" SET p = 99')).toThrow(/FOREIGN KEY/);
    expect(database.catalog.relation('public', 'c')?.indexes[1]).toMatchObject({
      columns: [{ expressionText: '("Q^" + 1)' }],
      predicateText: '("Q^" > 0)',
    });
    database.run('create table p (id int)');
    inOrder();
  });

  it('drops a column with all that reads it', () => {
    database.run('alter table c drop column q, drop column p');
    expect(rows('c')).toEqual([
      [1n, '7'],
      [2n, null],
    ]);
    expect(database.catalog.relation('public', 'c')?.indexes.map(({ name }) => name)).toEqual([
      'c_pkey',
    ]);
    database.run('alter table c add column q text');
    expect(database.catalog.relation('public', 'c')?.columns.at(-1)?.number).toBe(5);
    inOrder();
  });

  it('undoes everything when a later subcommand fails', () => {
    const before = database.rows('SELECT name, sql FROM sqlite_schema ORDER BY name');
    expect(() =>
      database.run('alter table c add column n int default 1, add check (q > 10)'),
    ).toThrow('violated by some row');
    expect(database.rows('SELECT name, sql FROM sqlite_schema ORDER BY name')).toEqual(before);
    database.sqlite.exec('UPDATE "public.c" SET q = 1');
  });
});

describe('DROP and TRUNCATE', () => {
  it('cascade to foreign keys and not to rows', () => {
    database.run('drop table p cascade');
    expect(rows('c')).toHaveLength(2);
    database.sqlite.exec('UPDATE "public.c" SET p = 99');
    inOrder();
  });

  it('drop tables that refer to each other', () => {
    database.run('alter table p add column c int references c; drop table p, c');
    expect(database.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'public.%'")).toEqual([]);
    expect(database.catalog.rows('pg_constraint')).toEqual([]);
    expect(database.catalog.rows('pg_depend')).toEqual([]);
  });

  it('empty tables that refer to each other', () => {
    database.run('truncate p, c');
    expect([...rows('p'), ...rows('c')]).toEqual([]);
  });
});
