import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionGate } from '../../src/transport/connection-gate.ts';
import { DEFAULT_LIMITS } from '../../src/transport/limits.ts';
import { HOST } from './support/test-node.ts';

const LIMITS = {
  ...DEFAULT_LIMITS,
  handshakeMs: 60_000,
  strangersMax: 3,
  strangersPerAddressMax: 2,
};

let gate: ConnectionGate;
let server: Server;
/** The server's side of each connection, in order of arrival. */
let arrived: Socket[];

beforeEach(async () => {
  gate = new ConnectionGate(LIMITS);
  server = createServer((socket) => arrived.push(socket));
  arrived = [];
  gate.watch(server);
  await new Promise<void>((listening) => server.listen(0, '0.0.0.0', listening));
});

afterEach(() => {
  gate.destroyAll();
  server.close();
});

/** One more connection, from an address of the loopback network. */
async function arrival(localAddress = HOST): Promise<Socket> {
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const { port } = server.address() as AddressInfo;
  connect({ port, host: HOST, localAddress }).on('error', () => undefined);
  return accepted;
}

function open(): number[] {
  return arrived.flatMap((socket, at) => (socket.destroyed ? [] : [at]));
}

describe('the gate', () => {
  it('sends away the oldest stranger of an address that has too many', async () => {
    for (let count = 0; count < 5; count++) await arrival();
    expect(open()).toEqual([3, 4]);
  });

  it('sends away the oldest of all when there are too many in all', async () => {
    await arrival('127.0.0.2');
    await arrival('127.0.0.3');
    await arrival('127.0.0.4');
    await arrival('127.0.0.5');
    expect(open()).toEqual([1, 2, 3]);
  });

  it('does not count who has been let in, nor send it away', async () => {
    gate.pass(await arrival());
    gate.pass(await arrival());
    for (let count = 0; count < 4; count++) await arrival();
    expect(open()).toEqual([0, 1, 4, 5]);
  });

  it('does not count who has left', async () => {
    const first = await arrival();
    await new Promise((closed) => first.on('close', closed).destroy());
    await arrival();
    await arrival();
    expect(open()).toEqual([1, 2]);
  });

  it('closes all in the end', async () => {
    gate.pass(await arrival());
    await arrival();
    gate.destroyAll();
    expect(open()).toEqual([]);
  });
});
