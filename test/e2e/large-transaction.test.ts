// A transaction that goes through the log in many entries, on real processes that die in the middle
// of it: all of it takes effect or nothing, and nothing of it stays behind.
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/machine/database.ts';
import { Cluster, pause } from './support/cluster.ts';
import { connect } from './support/load.ts';

/** A part each. */
const ROWS = 24;
const VALUE = 'x'.repeat(1_000_000);
/** In the middle. */
const PARTS_BEFORE_KILL = 5;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
});

afterEach((context) => {
  if (context.task.result?.state === 'fail') console.error(cluster.logs());
});

afterAll(() => cluster.stop());

/** As it stands on the disk of the node at this moment. */
function stagedParts(id: number): number {
  const source = join(cluster.node(id).directory, 'state.sqlite');
  const database = new Database({ source, isReader: true });
  try {
    return Number(database.rows('SELECT count(*) FROM "balsa.staged"')[0]?.[0]);
  } finally {
    database.close();
  }
}

async function waitForStaged(id: number, is: (parts: number) => boolean): Promise<void> {
  for (let attempt = 0; attempt < 2000; attempt++) {
    if (is(stagedParts(id))) return;
    await pause(10);
  }
  throw new Error(`node ${id} has ${stagedParts(id)} parts`);
}

async function beginLoad(client: pg.Client, table: string): Promise<void> {
  await client.query(`create table ${table} (k int primary key, v text)`);
  await client.query('begin');
  for (let k = 0; k < ROWS; k++) {
    await client.query(`insert into ${table} values ($1, $2)`, [k, VALUE]);
  }
}

async function rowsOn(id: number, table: string): Promise<number> {
  const client = await connect(cluster.node(id).port);
  const { rows } = await client.query<{ n: string }>(`select count(v) as n from ${table}`);
  await client.end();
  return Number(rows[0]?.n);
}

/** On another node than the leader. */
async function follower(): Promise<number> {
  const leader = await cluster.waitForLeader();
  return (leader % cluster.nodes.length) + 1;
}

describe('a large transaction', () => {
  it('is committed once though the leader dies in the middle', async () => {
    const gateway = await follower();
    const client = await connect(cluster.node(gateway).port);
    await beginLoad(client, 'led');
    expect(await rowsOn(gateway, 'led')).toBe(0);
    const committed = client.query('commit');
    await waitForStaged(gateway, (parts) => parts >= PARTS_BEFORE_KILL);
    const leader = await cluster.waitForLeader();
    await cluster.kill(leader, 'SIGKILL');
    expect((await committed).command).toBe('COMMIT');
    await client.end();
    cluster.restart(leader);
    await cluster.waitForLeader();
    for (const { id } of cluster.nodes) {
      expect(await rowsOn(id, 'led')).toBe(ROWS);
      expect(stagedParts(id)).toBe(0);
    }
  });

  it('is all or nothing though its own node dies in the middle', async () => {
    const gateway = await follower();
    const client = await connect(cluster.node(gateway).port);
    await beginLoad(client, 'own');
    const committed = client.query('commit').catch((error: unknown) => error);
    await waitForStaged(gateway, (parts) => parts >= PARTS_BEFORE_KILL);
    await cluster.kill(gateway, 'SIGKILL');
    expect(await committed).toBeInstanceOf(Error);
    const other = await cluster.waitForLeader();
    expect(await rowsOn(other, 'own')).toBe(0);
    expect(stagedParts(other)).toBeGreaterThan(0);
    // Its next process registers, and gives up what the last one has left.
    cluster.restart(gateway);
    await cluster.waitForLeader();
    for (const { id } of cluster.nodes) {
      await waitForStaged(id, (parts) => parts === 0);
      expect(await rowsOn(id, 'own')).toBe(0);
    }
  });
});
