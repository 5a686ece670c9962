// psql against a cluster of three: what it prints, as recorded from PostgreSQL by
// scripts/record-psql.ts, and connection strings with several hosts.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/util/assert.ts';
import { formatStep, readWireScript } from '../support/wire/wire-script.ts';
import type { WireStep } from '../support/wire/wire-script.ts';
import { Cluster, freePorts } from './support/cluster.ts';
import { PSQL_VERSION, psql, runPsqlScript } from './support/psql.ts';

const DIRECTORY = resolve(import.meta.dirname, 'psql');
/** Of the psql that the output was recorded with: others ask and show other things. */
const RECORDED_VERSION = 15;
const NOT_INSTALLED = 'psql is not installed';

let cluster: Cluster;
let leaderPort: number;
let followerPorts: readonly number[];

beforeAll(async () => {
  cluster = await Cluster.start();
  await learnRoles();
});
afterAll(() => cluster.stop());

async function learnRoles(): Promise<void> {
  const leader = cluster.node(await cluster.waitForLeader());
  leaderPort = leader.port;
  followerPorts = cluster.nodes.filter(({ id }) => id !== leader.id).map(({ port }) => port);
}

function address(ports: readonly number[], more = ''): string {
  const hosts = ports.map(() => '127.0.0.1').join();
  return `host=${hosts} port=${ports.join()} user=postgres dbname=postgres ${more}`;
}

function read(name: string): readonly WireStep[] {
  const file = join(DIRECTORY, name);
  return existsSync(file) ? readWireScript(readFileSync(file, 'utf8')) : [];
}

function bare(step: WireStep): string {
  return formatStep({ ...step, comment: '' });
}

describe('psql prints the same as on PostgreSQL', () => {
  it.for([
    ['describe', 'the leader'],
    ['describe', 'a follower'],
    ['basics', 'a follower'],
  ] as const)('%s, on %s', async ([name, role], { skip }) => {
    skip(PSQL_VERSION !== RECORDED_VERSION, `psql ${RECORDED_VERSION} is not installed`);
    const port = role === 'the leader' ? leaderPort : must(followerPorts[0], 'a follower');
    const recorded = read(`${name}.psql`);
    const known = read(`${name}.differs`).map(bare);
    const actual = await runPsqlScript(address([port]), recorded);
    const differing: string[] = [];
    for (const [at, step] of actual.entries()) {
      const wanted = bare(must(recorded[at], 'a step for each'));
      if (bare(step) === wanted) continue;
      differing.push(bare(step));
      if (!known.includes(bare(step))) expect.soft(bare(step)).toBe(wanted);
    }
    // What does not differ any more must go from there.
    expect(known.filter((step) => !differing.includes(step))).toEqual([]);
  });
});

describe('a connection string with several hosts', () => {
  async function connectedPort(ports: readonly number[], attributes: string): Promise<number> {
    const connection = address(ports, `target_session_attrs=${attributes}`);
    const { status, stdout, stderr } = await psql(connection, '-At', '-c', '\\echo :PORT');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return Number(stdout);
  }

  it.for(['read-write', 'primary'])('finds the leader with %s', async (attributes, { skip }) => {
    skip(PSQL_VERSION === null, NOT_INSTALLED);
    expect(await connectedPort([...followerPorts, leaderPort], attributes)).toBe(leaderPort);
    expect(await connectedPort([leaderPort, ...followerPorts], attributes)).toBe(leaderPort);
  });

  it.for(['read-only', 'standby', 'prefer-standby'])(
    'finds a follower with %s',
    async (attributes, { skip }) => {
      skip(PSQL_VERSION === null, NOT_INSTALLED);
      const port = await connectedPort([leaderPort, ...followerPorts], attributes);
      expect(port).toBe(followerPorts[0]);
    },
  );

  it('takes the first that answers with any', async ({ skip }) => {
    skip(PSQL_VERSION === null, NOT_INSTALLED);
    const [closed = 0] = await freePorts(1);
    expect(await connectedPort([closed, ...followerPorts], 'any')).toBe(followerPorts[0]);
  });

  it('is refused where there is no such node', async ({ skip }) => {
    skip(PSQL_VERSION === null, NOT_INSTALLED);
    const connection = address(followerPorts, 'target_session_attrs=read-write');
    const { status, stderr } = await psql(connection, '-c', 'select 1');
    expect(status).toBe(2);
    expect(stderr).toContain('session is read-only');
  });

  it('finds the next leader when one is gone, and writes there', async ({ skip }) => {
    skip(PSQL_VERSION === null, NOT_INSTALLED);
    const ports = cluster.nodes.map(({ port }) => port);
    const before = leaderPort;
    const id = must(
      cluster.nodes.find(({ port }) => port === before),
      'the leader',
    ).id;
    await cluster.kill(id);
    await learnRoles();
    expect(leaderPort).not.toBe(before);
    expect(await connectedPort(ports, 'read-write')).toBe(leaderPort);
    const connection = address(ports, 'target_session_attrs=read-write');
    const { status, stdout } = await psql(connection, '-qAt', '-c', 'create table after (a int)');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    cluster.restart(id);
    await cluster.waitForLeader();
  });
});
