// Promise 7: no bytes on either port take a node down. Random and mutated packets, seeded.
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serialize } from 'pg-protocol';
import { Prng } from '../../src/util/prng.ts';
import { Cluster, isRunning } from './support/cluster.ts';
import { connect } from './support/load.ts';

const STREAMS = 150;
const STREAM_TIMEOUT_MS = 400;
const SEED = 20_240_229;

/** Sends the bytes, in pieces, and waits until the other side has closed or some time has passed. */
function send(port: number, bytes: Buffer, prng: Prng): Promise<void> {
  return new Promise((done) => {
    const socket = connectSocket(port, '127.0.0.1');
    const timer = setTimeout(() => socket.destroy(), STREAM_TIMEOUT_MS * prng.float());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      done();
    });
    socket.on('connect', () => {
      const cut = prng.integer(bytes.length + 1);
      socket.write(bytes.subarray(0, cut));
      setImmediate(() => socket.write(bytes.subarray(cut)));
    });
    socket.resume();
  });
}

function randomBytes(prng: Prng, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => prng.integer(256)));
}

function mutate(bytes: Buffer, prng: Prng): Buffer {
  const copy = Buffer.from(bytes);
  for (let flips = prng.between(1, 4); flips > 0; flips--) {
    copy[prng.integer(copy.length)] = prng.integer(256);
  }
  return prng.chance(0.3) ? copy.subarray(0, prng.integer(copy.length)) : copy;
}

const CLIENT_STREAM = Buffer.concat([
  serialize.startup({ user: 'postgres', database: 'postgres' }),
  serialize.parse({ text: 'select $1::int + 1', types: [23] }),
  serialize.bind({ values: ['41'] }),
  serialize.describe({ type: 'P' }),
  serialize.execute({}),
  serialize.sync(),
  serialize.query('select 1; select 2'),
  serialize.copyFail('no'),
  serialize.end(),
]);

/** What is known to kill a careless server of the peers' protocol. */
const PEER_STREAMS = [
  Buffer.from('GET'),
  Buffer.from('GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: net-ipc\r\n\r\n'),
  Buffer.from([0x49, 0x50, 0x43, 0x7f, 0x7f, 0x7f, 0x7f, 0xff, 1, 2, 3]),
  Buffer.from([0x49, 0x50, 0x43, 0x04, 0x00, 0x00, 0x00, 0x80]),
  Buffer.concat([Buffer.from('IPC'), Buffer.from([0x82]), Buffer.from('{}')]),
  Buffer.concat([
    Buffer.from('IPC'),
    Buffer.from([0x80 + 60]),
    Buffer.from('{"t":0,"d":{"id":"x","messagepack":true,"extras":"00"},"n":"1"}'),
  ]),
];

describe('a node under random bytes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  async function expectAlive(): Promise<void> {
    for (const node of cluster.nodes) {
      expect(isRunning(node.process), cluster.logs()).toBe(true);
      const client = await connect(node.port);
      const { rows } = await client.query('select 1 as one');
      expect(rows).toEqual([{ one: 1 }]);
      await client.end();
    }
  }

  it('lives through them on the client port', async () => {
    const prng = new Prng(SEED);
    const { port } = cluster.node(1);
    for (let stream = 0; stream < STREAMS; stream++) {
      const isRandom = prng.chance(0.3);
      await send(
        port,
        isRandom ? randomBytes(prng, prng.between(1, 200)) : mutate(CLIENT_STREAM, prng),
        prng,
      );
    }
    await expectAlive();
  });

  it('lives through them on the peer port', async () => {
    const prng = new Prng(SEED + 1);
    const { peerPort } = cluster.node(1);
    for (const bytes of PEER_STREAMS) await send(peerPort, bytes, prng);
    for (let stream = 0; stream < STREAMS; stream++) {
      const isRandom = prng.chance(0.3);
      const bytes = isRandom
        ? randomBytes(prng, prng.between(1, 200))
        : mutate(prng.pick(PEER_STREAMS), prng);
      await send(peerPort, bytes, prng);
    }
    await expectAlive();
  });
});
