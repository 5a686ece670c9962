// Full disks on real file systems (R47): no node dies, what was acknowledged stays, the cluster goes
// on while a majority has room, and without one clients are told 53100 and can read.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster, isRunning, pause } from './support/cluster.ts';
import { connect } from './support/load.ts';
import { fillDisk, freeDisk, whyNoSmallDisks } from './support/small-disk.ts';

/** The log's segments and spare, the ballast, the limit for "good" again, and some room for rows. */
const DISK_MEGABYTES = 360;
const ROW_BYTES = 10_000;

const whyNot = whyNoSmallDisks();
if (whyNot !== null) console.warn(`full disks are not tested, disks cannot be mounted: ${whyNot}`);

/** One client for each node, which goes on whatever it is told. */
class Writers {
  readonly acknowledged: number[] = [];
  readonly errors: { readonly code: string; readonly message: string }[] = [];
  #number = 0;
  #isStopping = false;
  readonly #loops: Promise<void>[];

  constructor(cluster: Cluster) {
    this.#loops = cluster.nodes.map(({ port }) => this.#run(port));
  }

  async #run(port: number): Promise<void> {
    const client = await connect(port);
    while (!this.#isStopping) {
      const id = (this.#number += 1);
      try {
        await client.query('insert into t values ($1, repeat($2, $3))', [id, 'x', ROW_BYTES]);
        this.acknowledged.push(id);
      } catch (error) {
        this.errors.push(error as { code: string; message: string });
        await pause(100);
      }
      await pause(10);
    }
    await client.end();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
  }
}

async function waitFor(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await isTrue()) return;
    await pause(50);
  }
  throw new Error(`waited in vain for ${what}`);
}

describe.skipIf(whyNot !== null)('full disks', () => {
  let cluster: Cluster;
  let writers: Writers;

  beforeEach(async () => {
    cluster = await Cluster.start({ diskMegabytes: DISK_MEGABYTES });
    const client = await connect(cluster.node(1).port);
    await client.query('create table t (id int primary key, v text)');
    await client.end();
    writers = new Writers(cluster);
    await writes(20);
  });

  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') console.error(cluster.logs());
    try {
      // What went before may have failed.
      await writers?.stop();
    } finally {
      await cluster?.stop();
    }
  });

  /** Waits until so many more rows were acknowledged. */
  async function writes(count: number): Promise<void> {
    const before = writers.acknowledged.length;
    await waitFor('writes', () => writers.acknowledged.length >= before + count);
  }

  function expectAllRunning(): void {
    for (const node of cluster.nodes) {
      expect(isRunning(node.process), `node ${node.id}\n${cluster.logs()}`).toBe(true);
    }
  }

  /** All that was acknowledged is on every node, which has caught up. */
  async function expectNothingLost(): Promise<void> {
    await writers.stop();
    for (const { id, port } of cluster.nodes) {
      const client = await connect(port);
      const { rows } = await client.query<{ id: number }>('select id from t where length(v) > 0');
      await client.end();
      const present = new Set(rows.map((row) => row.id));
      const lost = writers.acknowledged.filter((key) => !present.has(key));
      expect(lost, `lost on node ${id}`).toEqual([]);
    }
  }

  it.each(['a follower', 'the leader'])('%s', async (who) => {
    const leader = await cluster.waitForLeader();
    const victim = who === 'the leader' ? leader : (leader % 3) + 1;
    const { directory } = cluster.node(victim);
    fillDisk(directory);
    // Longer than it takes to notice, and to give up the ballast.
    for (let times = 0; times < 5; times++) {
      await pause(1000);
      fillDisk(directory);
    }
    await writes(100);
    expectAllRunning();
    const now = await cluster.leader();
    expect(now).not.toBe(victim);
    expect(writers.errors).toEqual([]);
    freeDisk(directory);
    await writes(100);
    expectAllRunning();
    await expectNothingLost();
  });

  it('all nodes, one of which starts again meanwhile', async () => {
    for (let times = 0; times < 5; times++) {
      for (const { directory } of cluster.nodes) fillDisk(directory);
      await pause(1000);
    }
    for (const { port } of cluster.nodes) {
      const client = await connect(port);
      const refused = (): Promise<boolean> =>
        client.query('insert into t values (-1)').then(
          () => false,
          (error: { code: string }) => error.code === '53100',
        );
      await waitFor('53100', refused);
      // A node that found no room for an entry is behind: it can only tell what it has.
      await client.query("set balsa.read_consistency = 'stale'");
      expect((await client.query('select count(*) from t')).rowCount).toBe(1);
      await client.end();
    }
    expectAllRunning();
    // Of what was under way nobody knows what will become of it.
    for (const { code } of writers.errors) expect(code).toMatch(/^(53100|08007)$/);
    await cluster.kill(1);
    cluster.restart(1);
    await pause(3000);
    const diedOf = isRunning(cluster.node(1).process) ? null : cluster.logs();
    if (diedOf !== null) expect(diedOf).toMatch(/no space left/);
    for (const { directory } of cluster.nodes) freeDisk(directory);
    if (diedOf !== null) cluster.restart(1);
    await cluster.waitForLeader();
    await writes(100);
    expectAllRunning();
    await expectNothingLost();
  });
});
