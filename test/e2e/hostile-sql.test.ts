// Promise 7: no statement takes a node down, or keeps it from its other clients for long. Random
// statements, seeded; what they answer does not matter.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type pg from 'pg';
import { Prng } from '../../src/util/prng.ts';
import { Cluster, isRunning, pause } from './support/cluster.ts';
import { HOSTILE_SCHEMA, hostileStatement } from './support/hostile-sql.ts';
import { connect } from './support/load.ts';

/** About half a second each. */
const STATEMENTS = Number(process.env['STATEMENTS'] ?? 100);
const TIMEOUT_MS = 2000;
/** What one statement may take of a node, many times over: the machine may be slow. */
const WAIT_MS_MAX = 90_000;
const ANSWERS_MIN = 10;
const SEED = Number(process.env['SEED'] ?? 20_251_125);
const TEST_MS_MAX = 1_500_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
});
afterAll(() => cluster.stop());

/** Another client, which asks for little all the time. */
class Bystander {
  answers = 0;
  longestMs = 0;
  readonly #what: string;
  readonly #client: pg.Client;
  #isStopping = false;
  readonly #loop: Promise<void>;

  constructor(client: pg.Client, what: string) {
    this.#client = client;
    this.#what = what;
    this.#loop = this.#run();
    // It is looked at when it is stopped.
    this.#loop.catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const start = Date.now();
      try {
        await this.#client.query(this.#what);
        this.answers += 1;
      } catch (error) {
        // It is told that it took too long, and asks again.
        if (!['57014', '08007'].includes((error as { code: string }).code)) throw error;
      }
      this.longestMs = Math.max(this.longestMs, Date.now() - start);
      await pause(100);
    }
    await this.#client.end();
  }

  stop(): Promise<void> {
    this.#isStopping = true;
    return this.#loop;
  }
}

it(
  'answers its other clients under hostile statements',
  async () => {
    const prng = new Prng(SEED);
    const [first, second] = cluster.nodes.map(({ port }) => port) as [number, number];
    const setup = await connect(second);
    await setup.query(HOSTILE_SCHEMA);
    await setup.query('create table calm (id serial primary key)');
    await setup.end();
    const bystanders = [
      new Bystander(await connect(first), 'select count(*) from calm where id < 0'),
      new Bystander(await connect(second), 'insert into calm default values'),
    ];
    let client = await connect(first);
    let slowest = { ms: 0, sql: '' };
    for (let number = 0; number < STATEMENTS; number++) {
      const sql = hostileStatement(prng, number);
      const start = Date.now();
      try {
        await client.query(`set statement_timeout = ${TIMEOUT_MS}`);
        await client.query(sql);
      } catch (error) {
        const { code } = error as { code?: string };
        const what = `seed=${SEED} statement ${number}: ${sql.slice(0, 300)}\n${String(error)}`;
        // Every error is one of a statement; a connection that breaks is a node that died.
        expect(code, `${what}\n${cluster.logs()}`).toMatch(/^[0-9A-Z]{5}$/);
        expect(['XX000', '58030'], what).not.toContain(code);
      }
      const ms = Date.now() - start;
      if (ms > slowest.ms) slowest = { ms, sql };
      await client.query('rollback');
      if (number % 100 === 99) {
        await client.end();
        client = await connect(first);
      }
    }
    await client.end();
    await Promise.all(bystanders.map((bystander) => bystander.stop()));
    const waits = bystanders.map(({ longestMs }) => longestMs);
    console.log(
      `seed=${SEED} longest waits of others: ${waits.join(', ')} ms; slowest: ${slowest.ms} ms ${slowest.sql.slice(0, 200)}`,
    );
    for (const node of cluster.nodes) expect(isRunning(node.process), cluster.logs()).toBe(true);
    for (const { longestMs, answers } of bystanders) {
      expect(longestMs).toBeLessThan(WAIT_MS_MAX);
      expect(answers).toBeGreaterThan(ANSWERS_MIN);
    }
  },
  TEST_MS_MAX,
);
