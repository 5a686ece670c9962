// Random programs of three sessions on three nodes: the transactions that committed, run one after
// the other in the order of their commits, must be told the same and leave the same. They run on
// PostgreSQL where it is installed, else on a BalsaDB of one session. The last node checks all reads
// of a transaction exactly, and its state must be that of the others.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prng } from '../../src/util/prng.ts';
import { LocalCluster } from '../support/local-cluster.ts';
import { LocalNode } from '../support/local-node.ts';
import { startPostgres } from '../support/postgres.ts';
import { postgresBinaries } from '../support/postgres-installation.ts';
import { SocketConnection } from '../support/wire/socket-connection.ts';
import { SqlClient } from '../support/wire/sql-client.ts';
import { firstDifference, Program } from './program.ts';
import { SCHEMA, STATE } from './statements.ts';

const SEEDS = 24;
const STEPS = 80;
const SCHEMA_SHARE = 0.04;
const SESSIONS = [1, 2, 3];
const NODES = [{}, {}, { machine: { exactCheckOnly: true } }];

interface Oracle {
  readonly client: SqlClient;
  close(): void;
}

async function openPostgres(): Promise<Oracle> {
  const postgres = await startPostgres();
  if (postgres === null) throw new Error('PostgreSQL is not installed');
  const connection = await SocketConnection.open(postgres.port, 'answered');
  const close = (): void => {
    connection.close();
    postgres.stop();
  };
  return { client: await SqlClient.over(connection), close };
}

async function openBalsa(): Promise<Oracle> {
  const node = new LocalNode();
  const client = await SqlClient.connect(node);
  const close = (): void => {
    client.close();
    node.close();
  };
  return { client, close };
}

async function run(client: SqlClient, statements: readonly string[]): Promise<string> {
  const answers: string[] = [];
  for (const sql of statements) answers.push(await client.query(sql));
  return answers.join('\n');
}

const isInstalled = postgresBinaries() !== null;

describe(`transactions of ${SESSIONS.length} sessions, one by one on ${isInstalled ? 'PostgreSQL' : 'BalsaDB'}`, () => {
  let oracle: Oracle;
  let cluster: LocalCluster;
  let sessions: readonly SqlClient[];
  const totals = { committed: 0, conflicts: 0 };

  beforeAll(async () => {
    oracle = await (isInstalled ? openPostgres() : openBalsa());
    cluster = new LocalCluster(NODES);
    sessions = await Promise.all(SESSIONS.map((node) => cluster.connect(node)));
  }, 60_000);

  afterAll(() => {
    cluster.close();
    oracle.close();
  });

  it.each(Array.from({ length: SEEDS }, (_, at) => at + 1))('seed %i', async (seed) => {
    // A seed that failed may have left something open.
    for (const client of [...sessions, oracle.client]) await client.query('rollback');
    await run(sessions[0] as SqlClient, SCHEMA);
    await run(oracle.client, SCHEMA);
    const prng = new Prng(seed);
    const options = { prng, sessions, steps: STEPS, schemaShare: SCHEMA_SHARE };
    const { committed, conflicts, story } = await new Program(options).run();
    totals.committed += committed.length;
    totals.conflicts += conflicts;
    const context = `seed=${seed}\n${story.join('\n')}`;
    expect(await firstDifference(oracle.client, committed), context).toBeNull();
    const state = await run(oracle.client, STATE);
    for (const session of sessions) expect(await run(session, STATE), context).toBe(state);
    cluster.checkEqual();
  });

  it('were many, and not all of them committed', () => {
    console.log(`${totals.committed} committed, ${totals.conflicts} conflicts`);
    expect(totals.committed).toBeGreaterThan(SEEDS * 8);
    expect(totals.conflicts).toBeGreaterThan(SEEDS / 2);
  });
});
