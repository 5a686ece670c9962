// node-postgres, as applications use it, against a cluster of three: pools, prepared statements,
// binary results, cursors, transactions and cancel requests.
import { connect as connectSocket } from 'node:net';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/util/assert.ts';
import { Cluster } from './support/cluster.ts';
import { connect } from './support/load.ts';

const ADDRESS = { host: '127.0.0.1', user: 'postgres', database: 'postgres' };
const POOL_SIZE = 5;

let cluster: Cluster;
let pools: readonly pg.Pool[];
let leader: pg.Pool;
let follower: pg.Pool;

beforeAll(async () => {
  cluster = await Cluster.start();
  pools = cluster.nodes.map(({ port }) => new pg.Pool({ ...ADDRESS, port, max: POOL_SIZE }));
  const leaderId = await cluster.waitForLeader();
  const at = cluster.nodes.findIndex(({ id }) => id === leaderId);
  leader = must(pools[at], 'a pool of the leader');
  follower = must(pools[(at + 1) % pools.length], 'a pool of a follower');
  await leader.query('create table t (a int primary key, b text)');
});

afterAll(async () => {
  for (const pool of pools) await pool.end();
  await cluster.stop();
});

async function withClient<T>(
  pool: pg.Pool,
  use: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    return await use(client);
  } finally {
    client.release();
  }
}

describe('a pool', () => {
  it('writes through every node at once, and reads all of it on every node', async () => {
    await leader.query('create table counted (node int, n int, primary key (node, n))');
    const writes = pools.flatMap((pool, node) =>
      Array.from({ length: 4 * POOL_SIZE }, (_, n) =>
        pool.query('insert into counted values ($1, $2)', [node, n]),
      ),
    );
    await Promise.all(writes);
    for (const pool of pools) {
      const { rows } = await pool.query('select count(*)::int as n from counted');
      expect(rows).toEqual([{ n: writes.length }]);
    }
  });

  it('gives errors with all that Postgres says of them', async () => {
    await leader.query("insert into t values (1, 'one')");
    await expect(follower.query("insert into t values (1, 'again')")).rejects.toMatchObject({
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (a)=(1) already exists.',
      schema: 'public',
      table: 't',
      constraint: 't_pkey',
    });
    await expect(follower.query('select nothing from t')).rejects.toMatchObject({
      code: '42703',
      position: '8',
    });
    // The connection is as good as before.
    expect((await follower.query('select b from t where a = $1', [1])).rows).toEqual([
      { b: 'one' },
    ]);
  });
});

describe('a prepared statement', () => {
  it('is parsed once and run with many values', async () => {
    await withClient(follower, async (client) => {
      for (const a of [10, 11, 12]) {
        const query = { name: 'put', text: 'insert into t values ($1, $2)', values: [a, `v${a}`] };
        expect((await client.query(query)).rowCount).toBe(1);
      }
      const { rows } = await client.query({
        name: 'get',
        text: 'select b from t where a = any($1) order by a',
        values: [[10, 12]],
      });
      expect(rows).toEqual([{ b: 'v10' }, { b: 'v12' }]);
    });
  });

  it('goes on when the schema changes through another node', async () => {
    await leader.query('create table changing (a int)');
    await leader.query('insert into changing values (1)');
    await withClient(follower, async (client) => {
      const query = { name: 'read', text: 'select a from changing' };
      expect((await client.query(query)).rows).toEqual([{ a: 1 }]);
      await leader.query('alter table changing add column b text');
      expect((await client.query(query)).rows).toEqual([{ a: 1 }]);
      await leader.query('alter table changing alter column a type text');
      await expect(client.query(query)).rejects.toMatchObject({
        code: '0A000',
        message: 'cached plan must not change result type',
      });
    });
  });

  it('takes and gives values of all kinds', async () => {
    const values = [
      true,
      -32768,
      2147483647,
      '9007199254740993',
      0.1,
      '12345678901234567890.123',
      "it's äöü€𝄞",
      Buffer.from([0, 255, 16]),
      new Date('2024-02-29T12:34:56.789Z'),
      { a: [1, null, 'x'] },
      [1, null, 3],
      ['a', 'b,c', '', null],
      null,
    ];
    const types =
      'bool int2 int4 int8 float8 numeric text bytea timestamptz jsonb int4[] text[] uuid'.split(
        ' ',
      );
    const columns = types.map((type, at) => `$${at + 1}::${type} as c${at}`).join(', ');
    const { rows } = await follower.query({ text: `select ${columns}`, values, rowMode: 'array' });
    expect(rows).toEqual([values]);
  });

  // The driver reads all bytes as UTF-8: these are values that survive it.
  it('gives binary values where they are asked for', async () => {
    const query = {
      text: `select $1::int4 as i, 9007199254740993 as l, 'ä'::text as t, true as o, array[1, 2] as n`,
      values: [258],
      binary: true,
    };
    const { rows, fields } = await follower.query(query);
    expect(fields.map(({ format }) => format)).toEqual(fields.map(() => 'binary'));
    expect(rows).toEqual([{ i: 258, l: '9007199254740993', t: 'ä', o: true, n: [1, 2] }]);
  });
});

describe('a cursor', () => {
  it('reads a result in pieces, and what is left is let go', async () => {
    await withClient(follower, async (client) => {
      const cursor = client.query(
        new Cursor<{ n: number }>('select n from generate_series(1, $1::int) n', [1000]),
      );
      const sizes: number[] = [];
      for (let last = 0; last < 600;) {
        const rows = await cursor.read(150);
        sizes.push(rows.length);
        expect(rows[0]).toEqual({ n: last + 1 });
        last = must(rows.at(-1), 'there are rows').n;
      }
      expect(sizes).toEqual([150, 150, 150, 150]);
      await cursor.close();
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });

  it('reads to the end', async () => {
    await withClient(leader, async (client) => {
      const cursor = client.query(new Cursor('select n from generate_series(1, 5) n'));
      const counts: number[] = [];
      for (let count = -1; count !== 0; counts.push(count)) count = (await cursor.read(2)).length;
      expect(counts).toEqual([2, 2, 1, 0]);
      await cursor.close();
    });
  });

  it('reads rows of a statement that writes', async () => {
    await withClient(follower, async (client) => {
      await client.query('create table written (a int)');
      const cursor = client.query(
        new Cursor('insert into written select generate_series(1, 5) returning a'),
      );
      expect(await cursor.read(2)).toEqual([{ a: 1 }, { a: 2 }]);
      await cursor.close();
      const { rows } = await client.query('select count(*)::int as n from written');
      expect(rows).toEqual([{ n: 5 }]);
    });
  });

  it('ends with the error of its statement', async () => {
    await withClient(follower, async (client) => {
      const cursor = client.query(new Cursor('select 1 / n from generate_series(0, 3) n'));
      await expect(cursor.read(10)).rejects.toMatchObject({ code: '22012' });
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });
});

describe('a transaction', () => {
  it('takes effect as a whole, or not at all', async () => {
    await withClient(follower, async (client) => {
      await client.query('begin');
      await client.query('insert into t values ($1, $2)', [20, 'in']);
      expect((await leader.query('select 1 from t where a = 20')).rowCount).toBe(0);
      await client.query('commit');
      expect((await leader.query('select 1 from t where a = 20')).rowCount).toBe(1);

      await client.query('begin');
      await client.query('insert into t values ($1, $2)', [21, 'out']);
      await expect(client.query('insert into t values (20)')).rejects.toMatchObject({
        code: '23505',
      });
      await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
      await client.query('rollback');
      expect((await leader.query('select 1 from t where a = 21')).rowCount).toBe(0);
    });
  });
});

describe.each([0, 1, 2])('on node %i', (at) => {
  it('a cursor in a transaction reads what that has written', async () => {
    await withClient(must(pools[at], 'a pool'), async (client) => {
      await client.query('begin');
      await client.query('insert into t select n, $1 from generate_series(500, 529) n', [at]);
      const cursor = client.query(
        new Cursor<{ a: number }>('select a from t where a between $1 and 529 order by a', [500]),
      );
      const sizes: number[] = [];
      for (let rows = await cursor.read(12); rows.length > 0; rows = await cursor.read(12)) {
        sizes.push(rows.length);
      }
      expect(sizes).toEqual([12, 12, 6]);
      await cursor.close();
      await client.query('rollback');
    });
  });

  it('transactions that meet others are tried again, and nothing is lost', async () => {
    await leader.query('insert into t values ($1, $2)', [600 + at, '0']);
    const increment = (client: pg.PoolClient): Promise<void> =>
      withRetries(client, async () => {
        const { rows } = await client.query<{ b: string }>('select b from t where a = $1', [
          600 + at,
        ]);
        const next = Number(must(rows[0], 'a row').b) + 1;
        await client.query('update t set b = $2 where a = $1', [600 + at, String(next)]);
      });
    const here = must(pools[at], 'a pool');
    const there = must(pools[(at + 1) % pools.length], 'a pool');
    await Promise.all([here, here, there, there].map((pool) => withClient(pool, increment)));
    expect((await leader.query('select b from t where a = $1', [600 + at])).rows).toEqual([
      { b: '4' },
    ]);
  });
});

async function withRetries(client: pg.PoolClient, run: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await client.query('begin');
      await run();
      await client.query('commit');
      return;
    } catch (error) {
      await client.query('rollback');
      if ((error as { code?: string }).code !== '40001') throw error;
    }
  }
}

describe('a cancel request', () => {
  it('ends a statement that waits, if it has the secret', async () => {
    const leaderId = await cluster.waitForLeader();
    const node = must(
      cluster.nodes.find(({ id }) => id !== leaderId),
      'a follower',
    );
    const others = cluster.nodes.filter(({ id }) => id !== node.id);
    const client = await connect(node.port);
    for (const { id } of others) await cluster.kill(id, 'SIGSTOP');
    try {
      // Nobody can tell this node whether it has all that was acknowledged.
      let isSettled = false;
      const read = client.query('select a from t').finally(() => (isSettled = true));
      const outcome = expect(read).rejects.toMatchObject({
        code: '57014',
        message: 'canceling statement due to user request',
      });
      await sendCancel(node.port, client, 1);
      expect(isSettled).toBe(false);
      await sendCancel(node.port, client, 0);
      await outcome;
    } finally {
      for (const { id } of others) await cluster.kill(id, 'SIGCONT');
    }
    await cluster.waitForLeader();
    expect((await client.query('select b from t where a = 1')).rows).toEqual([{ b: 'one' }]);
    await client.end();
  });
});

/** Resolves when the node has dealt with it; `wrong`: what is added to the secret. */
function sendCancel(port: number, client: pg.Client, wrong: number): Promise<void> {
  const { processID, secretKey } = client as unknown as {
    readonly processID: number;
    readonly secretKey: number;
  };
  return new Promise((done, fail) => {
    const socket = connectSocket(port, '127.0.0.1');
    socket.on('error', fail).on('close', () => done());
    socket.resume();
    socket.write(serialize.cancel(processID, secretKey + wrong));
  });
}
