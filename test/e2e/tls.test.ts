// TLS on both ports of a live cluster: clients that ask for it get it, and nodes talk to nobody whose
// certificate their authority has not signed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PeerTls } from '../../src/transport/tls.ts';
import { must } from '../../src/util/assert.ts';
import { backendLines } from '../support/wire/backend-lines.ts';
import { createCertificates } from '../transport/support/certificates.ts';
import { Cluster, freePorts, pause } from './support/cluster.ts';
import { connect } from './support/load.ts';
import { PSQL_VERSION, psql } from './support/psql.ts';

const HOST = '127.0.0.1';
const NOT_INSTALLED = 'psql is not installed';
const BINARY = resolve(import.meta.dirname, '../../bin/balsa.js');

let directory: string;
let cluster: Cluster;
let own: PeerTls;
let stranger: PeerTls;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'balsa-e2e-tls-'));
  own = createCertificates('own');
  stranger = createCertificates('stranger');
  for (const [name, files] of Object.entries({ own, stranger })) {
    for (const [kind, text] of Object.entries(files)) {
      writeFileSync(file(name, kind), text as string, { mode: 0o600 });
    }
  }
  cluster = await Cluster.start({ arguments: tlsArguments('own') });
});

afterAll(async () => {
  await cluster.stop();
  rmSync(directory, { recursive: true });
});

function file(name: string, kind: string): string {
  return join(directory, `${name}.${kind}.pem`);
}

/** The clients' side is the same for all, for `peer` only the peers'. */
function tlsArguments(peer: string): readonly string[] {
  return [
    ...['--tls-cert', file('own', 'cert'), '--tls-key', file('own', 'key')],
    ...['--peer-cert', file(peer, 'cert'), '--peer-key', file(peer, 'key')],
    ...['--peer-ca', file(peer, 'ca')],
  ];
}

/** The certificate is checked against the authority, not against a name. */
function withAuthority({ ca }: PeerTls): ConnectionOptions {
  return { ca, checkServerIdentity: () => undefined };
}

function address(port: number, more: string): string {
  return `host=${HOST} port=${port} user=postgres dbname=postgres ${more}`;
}

describe('clients', () => {
  it('of node-postgres are served over TLS by every node', async () => {
    for (const { id, port } of cluster.nodes) {
      const ssl = withAuthority(own);
      const client = new pg.Client({ host: HOST, port, user: 'postgres', ssl });
      await client.connect();
      const { stream } = (client as unknown as { readonly connection: { stream: TLSSocket } })
        .connection;
      expect(stream.encrypted).toBe(true);
      expect(stream.getPeerCertificate().subject.CN).toBe('own');
      const text = 'x'.repeat(100_000);
      const { rows } = await client.query('select $1::text as text, $2::int as id', [text, id]);
      expect(rows).toEqual([{ text, id }]);
      await client.end();
    }
  });

  it('of node-postgres refuse a certificate of another authority', async () => {
    const { port } = must(cluster.nodes[0], 'a node');
    const ssl = withAuthority(stranger);
    const client = new pg.Client({ host: HOST, port, user: 'postgres', ssl });
    await expect(client.connect()).rejects.toThrow(/certificate/);
    await client.end().catch(() => undefined);
  });

  it.for(['sslmode=require', 'sslmode=verify-ca'])(
    'of psql have TLS with %s',
    async (mode, { skip }) => {
      skip(PSQL_VERSION === null, NOT_INSTALLED);
      for (const { port } of cluster.nodes) {
        const root = mode === 'sslmode=require' ? '' : ` sslrootcert=${file('own', 'ca')}`;
        const { status, stdout } = await psql(address(port, mode + root), '-c', '\\conninfo');
        expect(status).toBe(0);
        expect(stdout).toMatch(/SSL connection|SSL Connection +\| true/);
      }
    },
  );

  it('of psql refuse a certificate of another authority', async ({ skip }) => {
    skip(PSQL_VERSION === null, NOT_INSTALLED);
    const { port } = must(cluster.nodes[0], 'a node');
    const mode = `sslmode=verify-ca sslrootcert=${file('stranger', 'ca')}`;
    const { status, stderr } = await psql(address(port, mode), '-c', 'select 1');
    expect(status).toBe(2);
    expect(stderr).toContain('certificate verify failed');
  });

  it('that do not ask for TLS are served without', async ({ skip }) => {
    skip(PSQL_VERSION === null, NOT_INSTALLED);
    const { port } = must(cluster.nodes[0], 'a node');
    const { stdout } = await psql(address(port, 'sslmode=disable'), '-Atc', 'select 1');
    expect(stdout).toBe('1\n');
  });

  it('that send something before the handshake are refused: somebody may have put it there', async () => {
    const { port } = must(cluster.nodes[0], 'a node');
    const socket = connectSocket(port, HOST);
    socket.write(Buffer.concat([serialize.requestSsl(), serialize.startup({ user: 'postgres' })]));
    expect(backendLines(await received(socket))).toContain(
      '  message: received unencrypted data after SSL request',
    );
  });

  it('cannot ask for TLS within TLS', async () => {
    const { port } = must(cluster.nodes[0], 'a node');
    const plain = connectSocket(port, HOST);
    plain.write(serialize.requestSsl());
    await new Promise((done) => plain.once('data', done));
    const secure = connectTls({ socket: plain, ...withAuthority(own) });
    secure.write(serialize.requestSsl());
    expect(backendLines(await received(secure))).toContain('  code: 0A000');
  });
});

/** All that comes until the other side ends the connection. */
function received(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  return new Promise((done) => {
    socket.on('data', (bytes: Buffer) => parts.push(bytes));
    socket.on('error', () => undefined).on('close', () => done(Buffer.concat(parts)));
  });
}

describe('nodes', () => {
  it('go on without one whose certificate is of another authority, until it has the right one', async () => {
    const leaderId = await cluster.waitForLeader();
    const outcast = must(
      cluster.nodes.find(({ id }) => id !== leaderId),
      'a follower',
    );
    const leader = await connect(cluster.node(leaderId).port);
    await leader.query('create table t (a int)');
    await cluster.kill(outcast.id, 'SIGTERM');
    cluster.restart(outcast.id, tlsArguments('stranger'));

    const client = await untilServing(outcast.port);
    await leader.query('insert into t values (1)');
    await untilSilent(leader, outcast.id);
    await client.query("set balsa.commit_timeout = '500ms'");
    await expect(client.query('select a from t')).rejects.toMatchObject({ code: '57014' });
    await client.end();

    await cluster.kill(outcast.id, 'SIGTERM');
    cluster.restart(outcast.id);
    await cluster.waitForLeader();
    const back = await connect(outcast.port);
    expect((await back.query('select a from t')).rows).toEqual([{ a: 1 }]);
    await back.end();
    await leader.end();
  });

  it.each(['tls', 'peer'])('say which files cannot be used: --%s-cert', async (which) => {
    const [port, peerPort] = await freePorts(2);
    const place = ['--listen', `${HOST}:${port}`, '--peers', `1=${HOST}:${peerPort}`];
    const mixed = [
      `--${which}-cert`,
      file('own', 'cert'),
      `--${which}-key`,
      file('stranger', 'key'),
    ];
    const ca = which === 'peer' ? ['--peer-ca', file('own', 'ca')] : [];
    const { status, stdout } = spawnSync(
      process.execPath,
      [BINARY, 'start', '--data', join(directory, which), ...place, ...mixed, ...ca],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    const whose = which === 'tls' ? 'clients' : 'peers';
    expect(stdout).toContain(`the TLS files for ${whose} cannot be used`);
  });
});

/** The others have not heard of the node for some time, though it runs. */
async function untilSilent(client: pg.Client, id: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query('select state from balsa_nodes where id = $1', [id]);
    if ((rows[0] as { readonly state: string }).state === 'silent') return;
    await pause(100);
  }
}

/** A node that nobody talks to has no leader, but listens. */
async function untilServing(port: number): Promise<pg.Client> {
  for (;;) {
    try {
      return await connect(port);
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'ECONNREFUSED') throw error;
      await pause(50);
    }
  }
}
