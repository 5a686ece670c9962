// COPY through sockets: with psql and node-postgres, with clients that read slowly, vanish, or send
// what never ends.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../../src/util/assert.ts';
import { Cluster } from './support/cluster.ts';
import { copyIn, copyOut } from './support/copy.ts';
import { connect } from './support/load.ts';

const HAS_PSQL = spawnSync('psql', ['--version']).status === 0;
const MEGABYTE = 1024 * 1024;

let cluster: Cluster;
let leader: pg.Client;
let follower: pg.Client;
let followerPort: number;

beforeAll(async () => {
  cluster = await Cluster.start();
  const leaderId = await cluster.waitForLeader();
  const other = must(
    cluster.nodes.find(({ id }) => id !== leaderId),
    'a follower',
  );
  followerPort = other.port;
  leader = await connect(cluster.node(leaderId).port);
  follower = await connect(followerPort);
});

afterAll(async () => {
  await leader.end();
  await follower.end();
  await cluster.stop();
});

async function countOf(table: string): Promise<number> {
  const { rows } = await leader.query(`select count(*)::int as count from ${table}`);
  return (rows[0] as { count: number }).count;
}

/** What a client sends over another connection to stop what runs on this one. */
function cancel(client: pg.Client): void {
  const { processID, secretKey } = client as unknown as {
    readonly processID: number;
    readonly secretKey: number;
  };
  const request = Buffer.alloc(16);
  for (const [at, value] of [16, 80877102, processID, secretKey].entries()) {
    request.writeInt32BE(value, at * 4);
  }
  connectSocket(followerPort, '127.0.0.1').end(request);
}

describe('COPY', () => {
  it.skipIf(!HAS_PSQL)('goes both ways with \\copy of psql', () => {
    const lines = Array.from({ length: 5000 }, (_none, at) => `${at},"say ""${at}""\nthere",`);
    const [input, output] = ['in.csv', 'out.csv'].map((name) => join(cluster.directory, name));
    writeFileSync(input as string, `id,b,c\n${lines.join('\n')}\n`);
    const psql = (...commands: readonly string[]): string =>
      execFileSync('psql', [
        ...['-h', '127.0.0.1', '-p', String(followerPort), '-U', 'postgres', '-d', 'postgres'],
        ...['-X', '-q', '-v', 'ON_ERROR_STOP=1'],
        ...commands.flatMap((command) => ['-c', command]),
      ]).toString();
    psql(
      'create table p (id int primary key, b text, c int)',
      `\\copy p from '${input}' with (format csv, header match)`,
      `\\copy (select * from p order by id) to '${output}' with (format csv, header, force_quote (b))`,
    );
    expect(readFileSync(output as string, 'utf8')).toBe(readFileSync(input as string, 'utf8'));
    expect(psql('copy (values (1), (2)) to stdout')).toBe('1\n2\n');
  });

  it('goes both ways with the messages of node-postgres, in the format that came', async () => {
    await follower.query('create table n (id int, b text)');
    const rows = Array.from({ length: 30_000 }, (_none, at) => `${at}\ttext\\t${at}\n`);
    const text = rows.join('');
    // Lines over the borders of messages, and messages over those of packets.
    const pieces = text.match(/[^]{1,777}/g) ?? [];
    expect(await copyIn(follower, 'copy n from stdin', pieces)).toBe('COPY 30000');
    expect(await countOf('n')).toBe(30_000);
    const out = await copyOut(leader, 'copy (select * from n order by id) to stdout');
    expect(Buffer.concat(out).toString()).toBe(text);
    const binary = await copyOut(leader, 'copy n to stdout (format binary)');
    await leader.query('truncate n');
    const command = 'copy n from stdin (format binary)';
    expect(await copyIn(follower, command, binary)).toBe('COPY 30000');
    const again = await copyOut(leader, 'copy (select * from n order by id) to stdout');
    expect(Buffer.concat(again).toString()).toBe(text);
  });

  it('is all or nothing', async () => {
    await follower.query('create table a (id int primary key)');
    const bad = copyIn(follower, 'copy a from stdin', ['1\n2\n', '3\nx\n', '5\n']);
    await expect(bad).rejects.toMatchObject({ code: '22P02', where: expect.stringContaining('line 4') }); // prettier-ignore
    const twice = copyIn(follower, 'copy a from stdin', ['1\n2\n', '1\n']);
    await expect(twice).rejects.toMatchObject({ code: '23505', where: 'COPY a, line 3' });
    expect(await countOf('a')).toBe(0);
    expect(await copyIn(follower, 'copy a from stdin', ['1\n2\n'])).toBe('COPY 2');
  });
});

describe('a client', () => {
  it('that vanishes in the middle leaves nothing', async () => {
    await follower.query('create table v (id int)');
    const client = await connect(followerPort);
    client.on('error', () => undefined);
    copyIn(client, 'copy v from stdin', ['1\n2\n'], () => client.connection.stream.destroy()).catch(
      () => undefined,
    );
    await new Promise((done) => client.connection.stream.once('close', done));
    // What came before on that node is handled before this.
    await follower.query('select 1');
    expect(await countOf('v')).toBe(0);
  });

  it('that cancels ends the COPY', async () => {
    await follower.query('create table c (id int)');
    const client = await connect(followerPort);
    const copy = copyIn(client, 'copy c from stdin', ['1\n'], () => cancel(client));
    await expect(copy).rejects.toMatchObject({
      code: '57014',
      message: 'canceling statement due to user request',
      where: 'COPY c, line 2',
    });
    // The connection goes on.
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it('that sends a line without an end gets an error, and may go on', async () => {
    await follower.query('create table h (id text)');
    const endless = Array<string>(20).fill('x'.repeat(MEGABYTE));
    await expect(copyIn(follower, 'copy h from stdin', endless)).rejects.toMatchObject({
      code: '54000',
      where: 'COPY h, line 1',
    });
    expect(await countOf('h')).toBe(0);
  });

  it('that sends more than an entry of the log holds writes all of it, or nothing', async () => {
    await follower.query('create table m (id int primary key, b text)');
    const piece = (from: number): string =>
      Array.from({ length: 1000 }, (_, at) => `${from + at}\t${'x'.repeat(999)}\n`).join('');
    const many = Array.from({ length: 20 }, (_, at) => piece(at * 1000));
    const twice = [...many, '7\tagain\n'];
    await expect(copyIn(follower, 'copy m from stdin', twice)).rejects.toMatchObject({
      code: '23505',
      where: 'COPY m, line 20001',
    });
    expect(await countOf('m')).toBe(0);
    await copyIn(follower, 'copy m from stdin', many);
    expect(await countOf('m')).toBe(20_000);
  });

  it('that does not read holds up nobody, and gets the same rows in the end', async () => {
    await follower.query('create table s (id int, b text)');
    const fill = `insert into s select g, repeat('x', 1000) from generate_series(1, 20000) g`;
    await leader.query(fill);
    const slow = await connect(followerPort);
    const { stream } = slow.connection;
    const rows: Buffer[] = [];
    let pausedAt = 0;
    const onRow = (): void => {
      if (pausedAt > 0) return;
      pausedAt = rows.length;
      stream.pause();
    };
    const out = copyOut(slow, 'copy s to stdout', rows, onRow);
    while (pausedAt === 0) await follower.query('select 1');
    // Others read and write on that node. What was written meanwhile is not among the rows.
    expect((await follower.query('delete from s')).rowCount).toBe(20_000);
    expect(rows.length).toBeLessThan(20_000);
    stream.resume();
    expect(await out).toHaveLength(20_000);
    expect(await countOf('s')).toBe(0);
    await slow.end();
  });

  it('that waits with its rows does not keep a node from stopping', async () => {
    await follower.query('create table w (id int)');
    const node = must(
      cluster.nodes.find(({ port }) => port === followerPort),
      'the follower',
    );
    await follower.end();
    const client = await connect(followerPort);
    client.on('error', () => undefined);
    let isReady: () => void = () => undefined;
    const ready = new Promise<void>((done) => (isReady = done));
    const copy = copyIn(client, 'copy w from stdin', ['1\n'], isReady);
    copy.catch(() => undefined);
    await Promise.race([ready, copy]);
    await cluster.kill(node.id, 'SIGTERM');
    await expect(copy).rejects.toMatchObject({ code: '57P01' });
    cluster.restart(node.id);
    await cluster.waitForLeader();
    follower = await connect(followerPort);
    expect(await countOf('w')).toBe(0);
  });
});
