// Interactive transactions on one machine: a transaction commits exactly if, run alone at its place
// in the log, it would have told the client the same (docs/transactions.md).
import { describe, expect, it } from 'vitest';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import { TransactionWorld } from './support/transaction-world.ts';

function world(mutations: MachineMutations = {}): TransactionWorld {
  const created = new TransactionWorld(mutations);
  created.sql('CREATE TABLE t (k int PRIMARY KEY, n int NOT NULL)');
  created.sql('CREATE TABLE u (k int PRIMARY KEY, n int NOT NULL)');
  created.sql('INSERT INTO t VALUES (1, 10), (2, 20)');
  created.sql('INSERT INTO u VALUES (1, 1)');
  return created;
}

const tableT = 'SELECT k, n FROM "public.t" ORDER BY k';

describe('a transaction', () => {
  it('that finds no room on the disk is forgotten, and so is what it wrote', () => {
    const w = world();
    w.sql('CREATE TABLE v (s text)');
    const a = w.begin();
    expect(a.run('UPDATE t SET n = 11 WHERE k = 1')).toBe('count 1');
    w.database.run(`PRAGMA max_page_count = ${w.rows('PRAGMA page_count').join('')}`);
    expect(a.run(`INSERT INTO v VALUES (repeat('x', 1000000))`)).toBe('no-room');
    w.database.run('PRAGMA max_page_count = 1000000');
    expect(a.run('SELECT 1')).toBe('forgotten');
    expect(w.sql('UPDATE t SET n = n + 1 WHERE k = 1').kind).toBe('done');
    expect(w.rows(tableT)[0]).toEqual([1n, 11n]);
  });

  it('sees its own writes, and nobody else does before its commit', () => {
    const w = world();
    const a = w.begin();
    expect(a.run('UPDATE t SET n = n + 1 WHERE k = 1')).toBe('count 1');
    expect(a.run('SELECT n FROM t WHERE k = 1')).toBe('11');
    const b = w.begin();
    expect(b.run('SELECT n FROM t WHERE k = 1')).toBe('10');
    expect(a.commit().kind).toBe('done');
    expect(w.rows(tableT)).toEqual([
      [1n, 11n],
      [2n, 20n],
    ]);
  });

  it('is taken up again on what others have committed', () => {
    const w = world();
    const a = w.begin();
    expect(a.run('UPDATE t SET n = n + 1 WHERE k = 1')).toBe('count 1');
    w.sql('UPDATE t SET n = n + 100 WHERE k = 1');
    expect(a.run('SELECT n FROM t WHERE k = 1')).toBe('111');
    expect(a.commit().kind).toBe('done');
  });

  it('whose counter moved on commits: it was told no value', () => {
    const w = world();
    const a = w.begin();
    a.run('UPDATE t SET n = n + 1 WHERE k = 1');
    w.sql('UPDATE t SET n = n + 100 WHERE k = 1');
    expect(a.commit().kind).toBe('done');
    expect(w.rows(tableT)[0]).toEqual([1n, 111n]);
  });

  it('that was told a value which has changed does not', () => {
    const w = world();
    const a = w.begin();
    a.run('SELECT n FROM t WHERE k = 1');
    a.run('UPDATE t SET n = 0 WHERE k = 2');
    w.sql('UPDATE t SET n = 11 WHERE k = 1');
    expect(a.commit()).toEqual({ kind: 'conflict', statement: 0 });
    expect(w.rows(tableT)[1]).toEqual([2n, 20n]);
  });

  it('learns of it early, at its next statement', () => {
    const w = world();
    const a = w.begin();
    a.run('SELECT n FROM t WHERE k = 1');
    a.run('UPDATE t SET n = 0 WHERE k = 2');
    w.sql('UPDATE t SET n = 11 WHERE k = 1');
    expect(a.run('SELECT 1')).toBe('conflict');
  });

  it('that read a row which came back to its value commits', () => {
    const w = world();
    const a = w.begin();
    a.run('SELECT n FROM t WHERE k = 1');
    a.run('UPDATE t SET n = 0 WHERE k = 2');
    w.sql('UPDATE t SET n = 11 WHERE k = 1');
    w.sql('UPDATE t SET n = 10 WHERE k = 1');
    expect(a.commit().kind).toBe('done');
  });

  it('that was told of an error which would not come now does not commit', () => {
    const w = world();
    const a = w.begin();
    a.control('SAVEPOINT "mark 0"');
    expect(a.run('INSERT INTO t VALUES (1, 0)')).toBe('23505');
    a.control('ROLLBACK TO "mark 0"');
    a.run('INSERT INTO t VALUES (3, 0)');
    w.sql('DELETE FROM t WHERE k = 1');
    expect(a.commit()).toEqual({ kind: 'conflict', statement: 1 });
  });

  it('read behind a write of its own is checked by what the write saw', () => {
    const w = world();
    const a = w.begin();
    expect(a.run('UPDATE u SET n = (SELECT n FROM t WHERE k = 1)')).toBe('count 1');
    expect(a.run('SELECT n FROM u')).toBe('10');
    w.sql('UPDATE t SET n = 11 WHERE k = 1');
    expect(a.commit()).toEqual({ kind: 'conflict', statement: 1 });
  });

  describe('behind another that is active', () => {
    it('runs a statement alone that need not see the others, and all of them at the end', () => {
      const w = world();
      const a = w.begin();
      expect(a.run('UPDATE t SET n = n + 1 WHERE k = 1')).toBe('count 1');
      w.begin().run('UPDATE t SET n = 0');
      expect(a.run('UPDATE u SET n = n + 1 RETURNING n', true)).toBe('2');
      // Where it comes behind its own transaction it is as any other.
      expect(a.run('SELECT n FROM t WHERE k = 1')).toBe('11');
      expect(a.run('UPDATE u SET n = n + 1 RETURNING n', true)).toBe('3');
      w.sql('UPDATE t SET n = n + 100 WHERE k = 2');
      expect(a.commit().kind).toBe('done');
      expect(w.rows(tableT)).toEqual([
        [1n, 11n],
        [2n, 120n],
      ]);
      expect(w.rows('SELECT n FROM "public.u"')).toEqual([[3n]]);
    });

    it('learns at the end what a statement alone did not look at', () => {
      const w = world();
      const a = w.begin();
      a.run('UPDATE t SET n = n + 1 WHERE k = 1');
      w.sql('DELETE FROM t WHERE k = 1');
      expect(a.run('UPDATE u SET n = n + 1', true)).toBe('count 1');
      expect(a.commit()).toEqual({ kind: 'conflict', statement: 0 });
      expect(w.rows('SELECT n FROM "public.u"')).toEqual([[1n]]);
    });

    it('leaves nothing of it behind, also where it fails', () => {
      const w = world();
      const a = w.begin();
      a.run('UPDATE t SET n = n + 1 WHERE k = 1');
      w.begin().run('SELECT 1');
      expect(a.run('INSERT INTO u VALUES (2, 2)', true)).toBe('count 1');
      expect(a.run('INSERT INTO u VALUES (1, 2)', true)).toBe('23505');
      expect(w.database.isInTransaction).toBe(false);
      expect(w.rows('SELECT n FROM "public.u"')).toEqual([[1n]]);
    });

    it('counts its work as before', () => {
      const w = world();
      const much =
        'UPDATE u SET n = (SELECT count(*) FROM generate_series(1, 50000) g WHERE g < k)';
      const a = w.begin();
      const costs = [1, 2, 3].map(() => {
        a.run(much, true);
        const { work } = w.machine.context.transactionCost;
        w.begin().run('SELECT 1');
        return work;
      });
      const [first = 0, second, third] = costs;
      expect(first).toBeGreaterThan(50_000);
      expect([second, third]).toEqual([2 * first, 3 * first]);
    });
  });

  it('goes back to a savepoint', () => {
    const w = world();
    const a = w.begin();
    a.run('UPDATE t SET n = 0 WHERE k = 1');
    a.control('SAVEPOINT "mark 0"');
    a.run('DELETE FROM t');
    a.control('ROLLBACK TO "mark 0"');
    w.sql('UPDATE u SET n = 5');
    expect(a.run('SELECT count(*), sum(n) FROM t')).toBe('2 20');
    expect(a.commit().kind).toBe('done');
    expect(w.rows(tableT)).toEqual([
      [1n, 0n],
      [2n, 20n],
    ]);
  });

  it('changes the schema, all or nothing', () => {
    const w = world();
    const a = w.begin();
    expect(a.run('CREATE TABLE v (id serial PRIMARY KEY, x int DEFAULT 3)')).toBe('count 0');
    expect(a.run('INSERT INTO v (x) VALUES (DEFAULT), (4) RETURNING id, x')).toBe('1 3, 2 4');
    w.sql('UPDATE u SET n = 5');
    expect(a.run('ALTER TABLE v ADD COLUMN y int DEFAULT 9')).toBe('count 0');
    const version = w.machine.schemaVersion;
    expect(a.commit().kind).toBe('done');
    expect(w.machine.schemaVersion).toBe(version + 2);
    expect(w.rows('SELECT id, x, y FROM "public.v"')).toEqual([
      [1n, 3n, 9n],
      [2n, 4n, 9n],
    ]);
  });

  it('takes values of a sequence through the log, and keeps them wherever it runs', () => {
    const w = world();
    w.sql('CREATE TABLE s (id serial PRIMARY KEY, x int)');
    const a = w.begin();
    expect(a.run('INSERT INTO s (x) VALUES (1), (2) RETURNING id')).toBe('1, 2');
    const b = w.begin();
    expect(b.run('INSERT INTO s (x) VALUES (3) RETURNING id')).toBe('3');
    expect(b.commit().kind).toBe('done');
    w.sql('INSERT INTO s (x) VALUES (4)');
    expect(a.run('SELECT id FROM s ORDER BY id')).toBe('1, 2, 3, 4');
    expect(a.commit().kind).toBe('done');
    expect(w.rows('SELECT id, x FROM "public.s" ORDER BY id')).toEqual([
      [1n, 1n],
      [2n, 2n],
      [3n, 3n],
      [4n, 4n],
    ]);
  });

  it.each(['SELECT last_value FROM s', "SELECT pg_sequence_last_value('s')"])(
    'that was told where a sequence is does not, when the sequence has moved: %s',
    (read) => {
      const w = world();
      w.sql('CREATE SEQUENCE s');
      w.sql("SELECT nextval('s')");
      const [a, b] = [w.begin(), w.begin()];
      for (const each of [a, b]) {
        expect(each.run(read)).toBe('1');
        expect(each.run('UPDATE t SET n = 0 WHERE k = 2')).toBe('count 1');
      }
      expect(a.commit().kind).toBe('done');
      w.sql("SELECT nextval('s')");
      expect(b.commit()).toEqual({ kind: 'conflict', statement: 0 });
    },
  );

  it('advances a sequence that it has made or set', () => {
    const w = world();
    w.sql('CREATE SEQUENCE s');
    const a = w.begin();
    expect(a.run("SELECT setval('s', 40)")).toBe('40');
    expect(a.run("SELECT nextval('s')")).toBe('41');
    a.run('CREATE SEQUENCE own START 7');
    expect(a.run("SELECT nextval('own'), nextval('own')")).toBe('7 8');
    w.sql("SELECT nextval('s')");
    expect(a.commit().kind).toBe('done');
    expect(w.rows('SELECT last_value FROM "balsa.sequence" ORDER BY oid')).toEqual([[41n], [8n]]);
  });

  it('leaves nothing behind when it is forgotten', () => {
    const w = world();
    const a = w.begin();
    a.run('DELETE FROM t');
    a.rollback();
    expect(w.rows(tableT)).toHaveLength(2);
    expect(w.machine.activeSpeculation).toBeNull();
  });

  it('checks deferred keys at its end', () => {
    const w = world();
    w.sql('CREATE TABLE c (t int REFERENCES t DEFERRABLE INITIALLY DEFERRED)');
    const a = w.begin();
    expect(a.run('INSERT INTO c VALUES (99)')).toBe('count 1');
    expect(a.commit()).toMatchObject({ kind: 'failed', error: { code: '23503' } });
    const b = w.begin();
    b.run('INSERT INTO c VALUES (98)');
    b.run('INSERT INTO t VALUES (98, 0)');
    expect(b.commit().kind).toBe('done');
  });
});

describe('a bug is found:', () => {
  const lostUpdate = (mutations: MachineMutations): string => {
    const w = world(mutations);
    const a = w.begin();
    a.run('SELECT n FROM t WHERE k = 1');
    a.run('UPDATE t SET n = 0 WHERE k = 2');
    w.sql('UPDATE t SET n = 11 WHERE k = 1');
    return a.commit().kind;
  };

  const readBehindWrite = (mutations: MachineMutations): string => {
    const w = world(mutations);
    const a = w.begin();
    a.run('UPDATE u SET n = (SELECT n FROM t WHERE k = 1)');
    a.run('SELECT n FROM u');
    w.sql('UPDATE t SET n = 11 WHERE k = 1');
    return a.commit().kind;
  };

  const staleResume = (mutations: MachineMutations): string => {
    const w = world(mutations);
    const a = w.begin();
    a.run('SELECT n FROM t WHERE k = 1');
    a.run('UPDATE t SET n = 0 WHERE k = 2');
    w.sql('UPDATE t SET n = 11 WHERE k = 1');
    return a.run('SELECT 1');
  };

  const scenarios = [
    ['digests are not compared', lostUpdate, { digestsNotChecked: true }],
    ['reads are not looked at again', lostUpdate, { readsNotChecked: true }],
    ['the fast check forgets what writes saw', readBehindWrite, { fastCheckForgetsWrites: true }],
    ['a transaction goes on without a check', staleResume, { resumeWithoutCheck: true }],
  ] as const;

  it.each(scenarios)('%s', (_name, scenario, mutations) => {
    expect(scenario({})).toBe('conflict');
    expect(scenario(mutations)).not.toBe('conflict');
  });

  it.each(scenarios)('and the exact check alone gives the same: %s', (_name, scenario) => {
    expect(scenario({ exactCheckOnly: true })).toBe('conflict');
  });
});
