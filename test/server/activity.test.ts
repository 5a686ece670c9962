// Sessions of a node as others of it see them: pg_stat_activity, pg_cancel_backend() and
// pg_terminate_backend().
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Listener } from '../../src/server/listener.ts';
import { freePorts } from '../e2e/support/cluster.ts';
import { LocalNode } from '../support/local-node.ts';

let node: LocalNode;
let listener: Listener;
let port: number;
let clients: pg.Client[];

async function connect(name: string): Promise<pg.Client> {
  const options = { host: '127.0.0.1', port, user: 'postgres', application_name: name };
  const client = new pg.Client(options);
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

async function rows(client: pg.Client, sql: string): Promise<readonly unknown[]> {
  return (await client.query({ text: sql, rowMode: 'array' })).rows;
}

/** The other session, as `client` sees it. */
function other(client: pg.Client): Promise<readonly unknown[]> {
  return rows(
    client,
    "SELECT state, query FROM pg_stat_activity WHERE application_name = 'other' AND datname = 'postgres'",
  );
}

beforeEach(async () => {
  clients = [];
  node = new LocalNode();
  [port = 0] = await freePorts(1);
  listener = new Listener({
    address: { host: '127.0.0.1', port },
    nodeId: 1,
    backend: node.executor,
    database: 'postgres',
    maxConnections: 10,
    tls: null,
    log: () => undefined,
  });
  await listener.start();
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  await listener.close();
  node.close();
});

it('shows what the others do', async () => {
  const [me, them] = await Promise.all([connect('me'), connect('other')]);
  await them.query('SELECT 1');
  expect(await other(me)).toEqual([['idle', 'SELECT 1']]);
  await them.query('BEGIN');
  expect(await other(me)).toEqual([['idle in transaction', 'BEGIN']]);
  await them.query('SELECT nothing').catch(() => undefined);
  expect(await other(me)).toEqual([['idle in transaction (aborted)', 'SELECT nothing']]);
  await them.query('ROLLBACK');
  const sleep = them.query('SELECT pg_sleep($1)', [0.3]);
  await me.query('SELECT pg_sleep(0.1)');
  expect(await other(me)).toEqual([['active', 'SELECT pg_sleep($1)']]);
  await sleep;
});

const PID = "SELECT pid FROM pg_stat_activity WHERE application_name = 'other'";

it('cancels a statement of another, and ends another', async () => {
  const [me, them] = await Promise.all([connect('me'), connect('other')]);
  const sleep = them.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
  await me.query('SELECT pg_sleep(0.1)');
  expect(await rows(me, `SELECT pg_cancel_backend(pid) FROM (${PID}) s`)).toEqual([[true]]);
  expect(await sleep).toMatchObject({ code: '57014' });
  expect(await rows(them, 'SELECT 1')).toEqual([[1]]);
  const ended = new Promise((resolve) => them.once('error', resolve));
  expect(await rows(me, `SELECT pg_terminate_backend(pid) FROM (${PID}) s`)).toEqual([[true]]);
  expect(await ended).toMatchObject({ code: '57P01' });
  await expect.poll(() => other(me)).toEqual([]);
  expect(await rows(me, 'SELECT pg_terminate_backend(0)')).toEqual([[false]]);
});
