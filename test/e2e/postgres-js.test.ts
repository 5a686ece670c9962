// postgres.js, as applications use it, against a cluster of three, with a pool on every node. It
// prepares and describes each statement before it binds it, and reads pg_type when it connects.
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/util/assert.ts';
import { Cluster } from './support/cluster.ts';

const POOL_SIZE = 4;

let cluster: Cluster;
let pools: readonly postgres.Sql[];
/** Of three nodes, one of which leads. */
let a: postgres.Sql;
let b: postgres.Sql;
let c: postgres.Sql;

beforeAll(async () => {
  cluster = await Cluster.start();
  await cluster.waitForLeader();
  const address = { host: '127.0.0.1', user: 'postgres', database: 'postgres', max: POOL_SIZE };
  pools = cluster.nodes.map(({ port }) =>
    postgres({ ...address, port, onnotice: () => undefined }),
  );
  [a, b, c] = pools.map((pool) => pool) as [postgres.Sql, postgres.Sql, postgres.Sql];
  await a`create table t (k int primary key, n int not null)`;
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end({ timeout: 1 })));
  await cluster.stop();
});

/** As its documentation advises: again, as long as the transaction meets others. */
async function withRetries<T>(run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof postgres.PostgresError) || error.code !== '40001') throw error;
    }
  }
}

describe('values', () => {
  it('of all kinds go in by one node and come out of another', async () => {
    await a`create table kinds (id serial primary key, n bigint, d date, at timestamptz, j json,
      jb jsonb, numbers int[], words text[], bytes bytea, id2 uuid, exact numeric, f float8,
      is_set boolean)`;
    const row = {
      n: '9007199254740993',
      d: new Date('2024-02-29'),
      at: new Date('2024-02-29T12:34:56.789Z'),
      j: { a: [1, null] },
      jb: { x: 'y' },
      numbers: [1, -2],
      words: ['a', 'b,c "d"', ''],
      bytes: Buffer.from([0, 255, 16]),
      id2: '0b0e7b1e-0000-4000-8000-000000000001',
      exact: '1.50',
      f: 0.1,
      is_set: true,
    };
    const written = { ...row, j: b.json(row.j), jb: b.json(row.jb) };
    expect(await b`insert into kinds ${b(written)} returning id`).toEqual([{ id: 1 }]);
    const [read] = await c`select * from kinds`;
    expect(read).toEqual({ id: 1, ...row });
  });

  it('of arrays are read by what pg_type says of them', async () => {
    const [read] = await c`select array['2024-01-01'::date] as days, array[true, false] as flags,
      ${[1.5, 2]}::numeric[] as exact`;
    expect(read).toEqual({
      days: [new Date('2024-01-01')],
      flags: [true, false],
      exact: ['1.5', '2'],
    });
  });

  it('of several rows are written at once, and looked for in lists', async () => {
    const rows = [1, 2, 3].map((k) => ({ k, n: 10 * k }));
    await b`insert into t ${b(rows)}`;
    expect(await c`select n from t where k in ${c([1, 3])} order by k`).toEqual([
      { n: 10 },
      { n: 30 },
    ]);
    expect(await a`select k from t where n = any(${[10, 20]}) order by k`).toHaveLength(2);
  });
});

describe('a pool', () => {
  it('writes through every node at once, and reads all of it on every node', async () => {
    await a`create table counted (node int, n int, primary key (node, n))`;
    await Promise.all(
      pools.flatMap((pool, node) =>
        Array.from(
          { length: 5 * POOL_SIZE },
          (_, n) => pool`insert into counted values (${node}, ${n})`,
        ),
      ),
    );
    for (const pool of pools) {
      expect(await pool`select count(*)::int as n from counted`).toEqual([{ n: 15 * POOL_SIZE }]);
    }
  });

  it('tells errors with all that Postgres says of them', async () => {
    await expect(b`insert into t values (1, 1)`).rejects.toMatchObject({
      code: '23505',
      detail: 'Key (k)=(1) already exists.',
      table_name: 't',
      constraint_name: 't_pkey',
    });
    await expect(b`select nothing from t`).rejects.toMatchObject({ code: '42703', position: '8' });
    await expect(b.unsafe('selec')).rejects.toMatchObject({ code: '42601' });
  });
});

describe('a statement', () => {
  it('is described by the schema that another node has just acknowledged', async () => {
    await a`create table growing (c0 int)`;
    await a`insert into growing values (0)`;
    for (let column = 1; column <= 20; column++) {
      const changer = must(pools[column % 3], 'a pool');
      const reader = must(pools[(column + 1) % 3], 'a pool');
      await changer.unsafe(`alter table growing add column c${column} int`);
      const rows = await reader.unsafe(`select * from growing where ${column} = $1`, [column]);
      expect(rows.columns).toHaveLength(column + 1);
    }
  });

  it('tells its types', async () => {
    const { types, columns } = await c`select n, k::text from t where k = ${1}`.describe();
    expect(types).toEqual([23]);
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['n', 23],
      ['k', 25],
    ]);
  });

  it('may be several, unprepared', async () => {
    expect(await c`select 1 as x; select 2 as y`.simple()).toEqual([[{ x: 1 }], [{ y: 2 }]]);
  });
});

describe('a transaction', () => {
  it('takes effect as a whole, with savepoints inside', async () => {
    const inside = await b.begin(async (sql) => {
      await sql`insert into t values (10, 0)`;
      await expect(
        sql.savepoint(async (nested) => {
          await nested`insert into t values (11, 0)`;
          await nested`insert into t values (10, 0)`;
        }),
      ).rejects.toMatchObject({ code: '23505' });
      await sql.savepoint('kept', (nested) => nested`insert into t values (12, 0)`);
      return sql`select k from t where k between 10 and 19 order by k`;
    });
    expect(inside).toEqual([{ k: 10 }, { k: 12 }]);
    expect(await c`select k from t where k between 10 and 19 order by k`).toEqual(inside);
    await expect(
      b.begin(async (sql) => {
        await sql`delete from t`;
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await a`select 1 from t where k = 10`).toHaveLength(1);
  });

  it('that only reads may not write', async () => {
    await expect(c.begin('read only', (sql) => sql`delete from t`)).rejects.toMatchObject({
      code: '25006',
    });
  });

  it('is tried again where it met another: no increment is lost', async () => {
    await a`insert into t values (100, 0)`;
    const increment = (pool: postgres.Sql): Promise<unknown> =>
      withRetries(() =>
        pool.begin(async (sql) => {
          const [row] = await sql<{ n: number }[]>`select n from t where k = 100`;
          await sql`update t set n = ${must(row, 'a row').n + 1} where k = 100`;
        }),
      );
    await Promise.all(pools.flatMap((pool) => [increment(pool), increment(pool)]));
    expect(await b`select n from t where k = 100`).toEqual([{ n: 2 * pools.length }]);
  });
});

describe('rows in pieces', () => {
  it('come from a cursor, up to where the reader stops', async () => {
    const sizes: number[] = [];
    for await (const rows of b`select n from generate_series(1, ${25}::int) n`.cursor(10)) {
      sizes.push(rows.length);
    }
    expect(sizes).toEqual([10, 10, 5]);
    const seen: unknown[] = [];
    await c`select n from generate_series(1, 25) n`.cursor(10, (rows) => {
      seen.push(...rows);
      return c.CLOSE;
    });
    expect(seen).toHaveLength(10);
  });

  it('are copied in and out', async () => {
    const writable = await b`copy t (k, n) from stdin`.writable();
    await new Promise<void>((done, fail) => {
      writable.on('error', fail).on('finish', done);
      writable.write('200\t1\n201\t2\n');
      writable.end();
    });
    const readable =
      await c`copy (select k, n from t where k >= 200 order by k) to stdout`.readable();
    let text = '';
    for await (const piece of readable) text += String(piece);
    expect(text).toBe('200\t1\n201\t2\n');
  });
});

describe('LISTEN', () => {
  it('hears what is notified through other nodes, in order', async () => {
    const heard: string[] = [];
    let done: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (done = resolve));
    const { unlisten } = await a.listen('news', (payload) => {
      heard.push(payload);
      if (heard.length === 2) done();
    });
    await b.notify('news', 'from b');
    await c`select pg_notify('news', 'from c')`;
    await all;
    expect(heard).toEqual(['from b', 'from c']);
    await unlisten();
  });
});
