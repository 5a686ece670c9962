// Goal: a lock outlives its leader and ends with its gateway, whether that died or only slept. How:
// real nodes that are killed and stopped, with holders, waiters and bystanders on all of them.
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Cluster, pause } from './support/cluster.ts';
import type { NodeHandle } from './support/cluster.ts';
import { connect } from './support/load.ts';

/** After so long a gateway that keeps locks and shows nothing is taken for gone. */
const SILENT_MS = 15_000;
/** Elections, looks once a second, two slow cores. */
const SLACK_MS = 12_000;
const ASLEEP_MS = 25_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
});

afterEach((context) => {
  if (context.task.result?.state === 'fail') console.error(cluster.logs());
});

afterAll(() => cluster.stop());

async function roles(): Promise<{ leader: NodeHandle; followers: readonly NodeHandle[] }> {
  const leader = await cluster.waitForLeader();
  const followers = cluster.nodes.filter(({ id }) => id !== leader);
  return { leader: cluster.node(leader), followers };
}

async function one(client: pg.Client, sql: string): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(sql);
  return Object.values(rows[0] ?? {})[0];
}

async function lock(client: pg.Client, key: number): Promise<number> {
  await client.query(`select pg_advisory_lock(${key})`);
  return Number(await one(client, `select balsa_lock_token(${key})`));
}

interface Ended {
  readonly codes: string[];
}

/** The errors that end a connection, as they come. */
function endOf(client: pg.Client): Ended {
  const codes: string[] = [];
  client.on('error', (error: Error & { code?: string }) => codes.push(error.code ?? error.message));
  return { codes };
}

/** When the promise was fulfilled, ms from now. */
async function timed<T>(promise: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const start = Date.now();
  const value = await promise;
  return { value, ms: Date.now() - start };
}

it('a lock of a node that died goes to who waits, those of others stay, also over the leader', async () => {
  const {
    leader,
    followers: [first, second],
  } = await roles();
  const holder = await connect(leader.port);
  const before = await lock(holder, 1);
  const idle = await connect(first?.port ?? 0);
  await lock(idle, 2);
  const waiter = await connect(second?.port ?? 0);
  const waiting = timed(lock(waiter, 1));
  await pause(500);
  await cluster.kill(leader.id, 'SIGKILL');
  const { value: token, ms } = await waiting;
  console.log(`the lock of a node that was killed was free after ${ms - 500} ms`);
  expect(ms).toBeGreaterThan(SILENT_MS - 1000);
  expect(ms).toBeLessThan(SILENT_MS + SLACK_MS);
  expect(token).toBeGreaterThan(before);
  // Its session has said nothing in all that time, and is not taken for gone.
  expect(await one(waiter, 'select pg_try_advisory_lock(2)')).toBe(false);
  expect(await one(idle, 'select pg_advisory_unlock(2)')).toBe(true);
  expect(await one(waiter, 'select pg_try_advisory_lock(2)')).toBe(true);
  await Promise.all([idle, waiter].map((client) => client.end()));
  cluster.restart(leader.id);
});

it('a node that slept has lost its locks, and what relied on them does not commit', async () => {
  const {
    leader,
    followers: [sleeper],
  } = await roles();
  const port = sleeper?.port ?? 0;
  const [committer, holder, bystander] = await Promise.all([1, 2, 3].map(() => connect(port)));
  if (committer === undefined || holder === undefined || bystander === undefined) return;
  await holder.query('create table guarded (n int)');
  await committer.query('begin');
  await committer.query('select pg_advisory_xact_lock(3)');
  await committer.query('insert into guarded values (1)');
  const before = await lock(holder, 4);
  const ended = endOf(holder);
  await bystander.query('begin');
  await bystander.query('insert into guarded values (2)');
  const waiter = await connect(leader.port);
  await cluster.kill(sleeper?.id ?? 0, 'SIGSTOP');
  const wakesAt = Date.now() + ASLEEP_MS;
  const commit = committer.query('commit').then(
    () => 'committed',
    (error: Error & { code?: string }) => error.code,
  );
  const { value: token, ms } = await timed(lock(waiter, 4));
  console.log(`the lock of a node that slept was free after ${ms} ms`);
  expect(ms).toBeLessThan(SILENT_MS + SLACK_MS);
  expect(token).toBeGreaterThan(before);
  await waiter.query('begin; select pg_advisory_xact_lock(3)');
  await waiter.query('insert into guarded values (3); commit');
  await pause(Math.max(0, wakesAt - Date.now()));
  await cluster.kill(sleeper?.id ?? 0, 'SIGCONT');
  expect(await commit).toBe('57P01');
  // One that held no locks goes on.
  expect((await bystander.query('commit')).command).toBe('COMMIT');
  for (let attempt = 0; ended.codes.length === 0 && attempt < 100; attempt++) await pause(50);
  expect(ended.codes[0]).toBe('57P01');
  expect(await one(waiter, 'select array_agg(n order by n) from guarded')).toEqual([2, 3]);
  // The node has a new session, and gets locks again.
  await waiter.query('select pg_advisory_unlock(4)');
  expect(await lock(bystander, 4)).toBeGreaterThan(token);
  await Promise.all([bystander, waiter].map((client) => client.end()));
});
