// A queue of jobs with SKIP LOCKED, workers on three real nodes: no job is done twice, none is lost,
// none that is free is passed over, and nobody is told 40001; while the node of a worker that holds a
// job is killed, and then the leader. And a row that all want, read and written in turn.
import type pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, pause } from './support/cluster.ts';
import { connect } from './support/load.ts';

const WORKERS_PER_NODE = 3;
const ADDITIONS = 10;

class Queue {
  readonly #workers: Promise<void>[] = [];
  readonly done: number[] = [];
  /** Whose connection broke where nobody had killed anything, and 40001. */
  readonly errors: string[] = [];
  readonly broken: string[] = [];
  /** Transactions that have begun, and those of them that are not known to have ended. */
  #begun = 0;
  #open = 0;
  #jobs: number;
  #isStopping = false;

  constructor(jobs: number) {
    this.#jobs = jobs;
  }

  start(port: number): void {
    for (let worker = 0; worker < WORKERS_PER_NODE; worker++) {
      this.#workers.push(this.#work(port, `${port}-${worker}`));
    }
  }

  async #work(port: number, name: string): Promise<void> {
    const client = await connect(port);
    client.on('error', () => undefined);
    try {
      while (!this.#isStopping) await this.#next(client, name);
      await client.end();
    } catch (error) {
      const { code = 'none', message } = error as { code?: string; message: string };
      const isBroken = /terminated|ECONNRESET|closed|not queryable/.test(`${code} ${message}`);
      (isBroken ? this.broken : this.errors).push(`${name} ${code} ${message}`);
      // What it holds is not known to be over.
    }
  }

  async #next(client: pg.Client, name: string): Promise<void> {
    this.#open += 1;
    this.#begun += 1;
    const others = this.#open - 1 - this.#begun;
    await client.query('begin');
    const { rows } = await client.query<{ id: number }>(
      'select id from job where not is_done order by id limit 1 for update skip locked',
    );
    const [job] = rows;
    if (job === undefined) {
      // Each of those that were open meanwhile may have one.
      const held = others + this.#begun;
      const left = this.#jobs - this.done.length;
      if (left > held) this.errors.push(`${name} passed over a job: ${left} left, ${held} held`);
      await client.query('rollback');
      this.#open -= 1;
      await pause(100);
      return;
    }
    await client.query('insert into work values ($1, $2)', [job.id, name]);
    await client.query('update job set is_done = true where id = $1', [job.id]);
    await client.query('commit');
    this.done.push(job.id);
    this.#open -= 1;
  }

  async until(count: number, seconds = 60): Promise<void> {
    for (let waited = 0; this.done.length < count && waited < seconds * 20; waited++) {
      await pause(50);
    }
    expect(this.done.length, this.errors.join('\n')).toBeGreaterThanOrEqual(count);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workers);
  }
}

async function setUp(port: number, jobs: number): Promise<void> {
  const client = await connect(port);
  await client.query('create table job (id int primary key, is_done boolean not null)');
  await client.query('create table work (job int, worker text)');
  await client.query('insert into job select i, false from generate_series(1, $1::int) i', [jobs]);
  await client.end();
}

/** Jobs and how often they were done, on the node. */
async function worked(port: number): Promise<readonly { job: number; count: number }[]> {
  const client = await connect(port);
  const { rows } = await client.query<{ job: number; count: number }>(
    'select id as job, (select count(*)::int from work where job = id) as count from job where is_done order by id',
  );
  await client.end();
  return rows;
}

describe('rows that are locked', () => {
  it('are changed by all who want to, one after the other', async () => {
    const cluster = await Cluster.start();
    try {
      const clients = await Promise.all(
        cluster.nodes.flatMap(({ port }) => [connect(port), connect(port), connect(port)]),
      );
      const [first] = clients as [pg.Client];
      await first.query('create table hot (id int primary key, n int)');
      await first.query('insert into hot values (1, 0)');
      await Promise.all(clients.map((client) => addOneByOne(client)));
      const { rows } = await first.query('select n from hot');
      expect(rows).toEqual([{ n: clients.length * ADDITIONS }]);
      for (const client of clients) await client.end();
    } finally {
      await cluster.stop();
    }
  });
});

/** Reads, thinks, and writes: nobody may have written in between, and nobody is told 40001. */
async function addOneByOne(client: pg.Client): Promise<void> {
  for (let times = 0; times < ADDITIONS; times++) {
    await client.query('begin');
    const { rows } = await client.query<{ n: number }>('select n from hot where id = 1 for update');
    await client.query('update hot set n = $1 where id = 1', [(rows[0]?.n ?? 0) + 1]);
    await client.query('commit');
  }
}

describe('a queue of jobs', () => {
  let cluster: Cluster;

  afterEach(async (context) => {
    if (context.task.result?.state === 'fail') console.error(cluster.logs());
    await cluster.stop();
  });

  it('gives each job to one worker, whoever is killed', async () => {
    const jobs = 600;
    cluster = await Cluster.start();
    await setUp(cluster.node(1).port, jobs);
    const queue = new Queue(jobs);
    const leader = (await cluster.waitForLeader()) as number;
    const [victim = 0] = cluster.nodes.map(({ id }) => id).filter((id) => id !== leader);
    // A job that is held when its node dies: nobody else may have it before that is known.
    const holder = await connect(cluster.node(victim).port);
    holder.on('error', () => undefined);
    await holder.query('begin');
    await holder.query('select from job where id = 1 for update');
    const started = Date.now();
    for (const { port } of cluster.nodes) queue.start(port);
    await queue.until(100);
    console.log(`100 jobs in ${Date.now() - started} ms`);
    expect(queue.errors).toEqual([]);
    await cluster.kill(victim, 'SIGKILL');
    await queue.until(200);
    expect(queue.done).not.toContain(1);
    cluster.restart(victim);
    await cluster.waitForLeader();
    queue.start(cluster.node(victim).port);
    await queue.until(300);
    // Its node has begun anew: the job is free.
    expect(queue.done).toContain(1);
    await cluster.kill(leader, 'SIGKILL');
    await queue.until(400);
    cluster.restart(leader);
    await cluster.waitForLeader();
    queue.start(cluster.node(leader).port);
    // But for jobs whose commit nobody heard of.
    await queue.until(jobs - 2 * WORKERS_PER_NODE);
    await pause(500);
    await queue.stop();
    expect(queue.errors).toEqual([]);
    expect(queue.broken.length).toBeLessThanOrEqual(2 * WORKERS_PER_NODE);
    for (const { port } of cluster.nodes) {
      const rows = await worked(port);
      expect(rows.map(({ job }) => job)).toEqual(Array.from({ length: jobs }, (_, at) => at + 1));
      expect(rows.filter(({ count }) => count !== 1)).toEqual([]);
    }
  });
});
