// Promises 1 to 3 on real processes: what was acknowledged survives any kill, nothing happens twice,
// no statement fails because a leader did, and no read is stale.
import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, pause } from './support/cluster.ts';
import { Load, connect } from './support/load.ts';
import type { LoadReport } from './support/load.ts';

const ROWS_BEFORE = 200;

async function waitFor(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await isTrue()) return;
    await pause(50);
  }
  throw new Error(`waited in vain for ${what}`);
}

async function setUp(cluster: Cluster): Promise<void> {
  const client = await connect(cluster.node(1).port);
  await client.query(Load.SCHEMA);
  await client.end();
}

/** Every acknowledged row is there on every node, and the counter counted each row once. */
async function expectExactlyOnce(cluster: Cluster, report: LoadReport): Promise<void> {
  for (const node of cluster.nodes) {
    const client = await connect(node.port);
    const rows = await client.query<{ key: string }>('select key from load_row');
    const counter = await client.query<{ n: number }>('select n from load_counter');
    await client.end();
    const present = new Set(rows.rows.map((row) => row.key));
    const lost = report.acknowledged.filter((key) => !present.has(key));
    expect(lost, `lost on node ${node.id}`).toEqual([]);
    expect(counter.rows[0]?.n, `counter on node ${node.id}`).toBe(present.size);
    const maybe = new Set(report.failed.map(({ key }) => key));
    const surplus = [...present].filter(
      (key) => !report.acknowledged.includes(key) && !maybe.has(key),
    );
    expect(surplus, `rows nobody wrote on node ${node.id}`).toEqual([]);
  }
}

describe('failover', () => {
  let cluster: Cluster;

  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') console.error(cluster.logs());
    await cluster.stop();
  });

  it('loses no statement when the leader is killed under load', async () => {
    cluster = await Cluster.start();
    await setUp(cluster);
    const leader = await cluster.waitForLeader();
    const others = cluster.nodes.filter((node) => node.id !== leader);
    const load = new Load();
    await load.start(
      others.map((node) => node.port),
      3,
    );
    await waitFor('load', () => load.acknowledgedCount() > ROWS_BEFORE);
    await cluster.kill(leader, 'SIGKILL');
    const atKill = load.acknowledgedCount();
    await waitFor(
      'writes after the failover',
      () => load.acknowledgedCount() > atKill + ROWS_BEFORE,
    );
    const report = await load.stop();
    console.log(`longest pause of a client over the failover: ${report.longestPauseMs} ms`);
    expect(report.failed).toEqual([]);
    cluster.restart(leader);
    await cluster.waitForLeader();
    await expectExactlyOnce(cluster, report);
  });

  it('keeps every acknowledged row when all nodes are killed under load', async () => {
    cluster = await Cluster.start();
    await setUp(cluster);
    const load = new Load();
    await load.start(
      cluster.nodes.map((node) => node.port),
      2,
    );
    await waitFor('load', () => load.acknowledgedCount() > ROWS_BEFORE);
    await Promise.all(cluster.nodes.map((node) => cluster.kill(node.id, 'SIGKILL')));
    const report = await load.stop();
    expect(report.acknowledged.length).toBeGreaterThan(ROWS_BEFORE);
    for (const node of cluster.nodes) cluster.restart(node.id);
    await cluster.waitForLeader();
    await expectExactlyOnce(cluster, report);
  });

  it('serves no stale read on a leader that was stopped for a while', async () => {
    cluster = await Cluster.start();
    const leader = await cluster.waitForLeader();
    const other = cluster.nodes.find((node) => node.id !== leader);
    const onLeader = await connect(cluster.node(leader).port);
    const onOther = await connect(other?.port ?? 0);
    await onOther.query('create table register (id int primary key, n int)');
    await onOther.query('insert into register values (1, 0)');
    await onLeader.query('select n from register');
    await cluster.kill(leader, 'SIGSTOP');
    const resumeAt = Date.now() + 5000;
    let written = 0;
    const reads: Promise<{ readonly least: number; readonly seen: number | undefined }>[] = [];
    while (Date.now() < resumeAt) {
      await onOther.query('update register set n = $1 where id = 1', [written + 1]);
      written += 1;
      if (reads.length < 20) {
        // Sent while the old leader sleeps: it must not be answered from before the pause.
        const least = written;
        reads.push(
          onLeader
            .query<{ n: number }>('select n from register')
            .then((result) => ({ least, seen: result.rows[0]?.n })),
        );
      }
      await pause(20);
    }
    await cluster.kill(leader, 'SIGCONT');
    for (const { least, seen } of await Promise.all(reads)) {
      expect(seen).toBeGreaterThanOrEqual(least);
    }
    expect(written).toBeGreaterThan(0);
    await onLeader.end();
    await onOther.end();
  });
});
