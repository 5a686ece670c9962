// A COPY outside of a transaction block that is larger than an entry: staged as it comes, run once.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serialize } from 'pg-protocol';
import { LocalCluster } from '../support/local-cluster.ts';
import type { LocalConnection } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';
import type { SqlClient } from '../support/wire/sql-client.ts';

/** With their numbers some 3 MB. */
const ROWS = 3000;
const VALUE = 'x'.repeat(1000);

let cluster: LocalCluster;
let client: SqlClient;
let loader: LocalConnection;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}]);
  client = await cluster.connect(2);
  await client.query('create table t (k int primary key, v text, id serial)');
  loader = cluster.nodes[0]!.open();
  loader.send(serialize.startup({ user: 'postgres', database: 'postgres' }));
  await loader.settle();
});

afterEach(async () => {
  await client.query('select');
  for (const node of cluster.nodes) {
    expect(node.stagedCount()).toBe(0);
    expect(node.executor.parts.bytes.taken).toBe(0);
  }
  cluster.checkEqual();
  cluster.close();
});

async function send(rows: readonly string[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 100) {
    loader.send(serialize.copyData(Buffer.from(rows.slice(at, at + 100).join(''))));
    await loader.settle();
  }
}

async function answer(bytes: Buffer): Promise<string> {
  loader.send(bytes);
  return backendLines(await loader.settle()).join('\n');
}

const rows = Array.from({ length: ROWS }, (_none, k) => `${k}\t${VALUE}\n`);

async function begin(): Promise<void> {
  await answer(serialize.query('copy t (k, v) from stdin'));
}

it('is staged while it comes, and all there at its end', async () => {
  await begin();
  await send(rows);
  expect(cluster.nodes[1]!.stagedCount()).toBeGreaterThan(1);
  expect(await client.query('select count(*) from t')).toBe('(0)');
  expect(await answer(serialize.copyDone())).toContain(`COPY ${ROWS}`);
  const sql = 'select count(*), count(distinct id), min(id), max(id) from t';
  expect(await client.query(sql)).toBe(`(${ROWS},${ROWS},1,${ROWS})`);
  expect(await answer(serialize.query("select currval('t_id_seq')"))).toContain(String(ROWS));
});

it('has no effect where a row fails, and names its line', async () => {
  await begin();
  await send([...rows, '7\tagain\n']);
  const told = await answer(serialize.copyDone());
  expect(told).toContain('23505');
  expect(told).toContain(`COPY t, line ${ROWS + 1}`);
  expect(await client.query('select count(*) from t')).toBe('(0)');
});

it('is not disturbed by others, whose rows it meets', async () => {
  await begin();
  await send(rows);
  expect(await client.query(`insert into t values (${ROWS}, 'other')`)).toBe('INSERT 0 1');
  expect(await answer(serialize.copyDone())).toContain(`COPY ${ROWS}`);
  expect(await client.query('select count(*) from t')).toBe(`(${ROWS + 1})`);
});

it('leaves nothing when its client gives it up, or vanishes', async () => {
  await begin();
  await send(rows);
  expect(await answer(serialize.copyFail('no more'))).toContain('57014');
  await begin();
  await send(rows);
  loader.close();
  await client.query('select');
  expect(await client.query('select count(*) from t')).toBe('(0)');
});

it('is refused where the schema has changed meanwhile', async () => {
  await begin();
  await send(rows);
  await client.query('alter table t add column more int');
  expect(await answer(serialize.copyDone())).toContain('40001');
});

it('waits for a row that others have locked, and that its rows refer to', async () => {
  await client.query('create table parent (id int primary key); insert into parent values (1)');
  await client.query('alter table t add column p int default 1 references parent');
  await client.query('begin; select 1 from parent for update');
  await begin();
  await send(rows);
  expect(await answer(serialize.copyDone())).not.toContain('COPY');
  expect(await client.query("select count(*) from pg_locks where locktype = 'tuple'")).toBe('(2)');
  await client.query('commit');
  cluster.nodes[0]!.catchUp();
  const told = backendLines(await loader.settle()).join('\n');
  expect(told).toContain(`COPY ${ROWS}`);
  expect(await client.query('select count(*) from pg_locks')).toBe('(0)');
});
