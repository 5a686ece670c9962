// Mutual TLS: only who has a certificate of the cluster's authority gets as far as the greeting.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PeerTls } from '../../src/transport/tls.ts';
import type { PeerAddress } from '../../src/transport/transport.ts';
import { createCertificates } from './support/certificates.ts';
import { freeAddresses, HOST, identityOf, TEST_LIMITS, TestNode } from './support/test-node.ts';

let cluster: PeerTls;
let stranger: PeerTls;
beforeAll(() => {
  cluster = createCertificates('cluster');
  stranger = createCertificates('stranger');
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function started(
  id: number,
  addresses: readonly PeerAddress[],
  tls: PeerTls | null,
): Promise<TestNode> {
  const limits = { ...TEST_LIMITS, handshakeMs: 300 };
  const node = new TestNode(identityOf(id), addresses, { tls, limits });
  closers.push(() => node.transport.close());
  await node.transport.start();
  return node;
}

async function serving(): Promise<{ addresses: PeerAddress[]; one: TestNode; port: number }> {
  const addresses = await freeAddresses(1, 2);
  const one = await started(1, addresses, cluster);
  return { addresses, one, port: (addresses[0] as PeerAddress).port };
}

/** Settles when the connection is closed, by whomever and for whatever reason. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.resume();
  });
}

describe('TLS between nodes', () => {
  it('carries messages in both directions', async () => {
    const { addresses, one } = await serving();
    const two = await started(2, addresses, cluster);
    await Promise.all([one.untilUp(2), two.untilUp(1)]);
    const header = { kind: 'heartbeat', term: 1, leaderCommit: 0 } as const;
    one.transport.send({ ...header, from: 1, to: 2, round: 1 });
    two.transport.send({ ...header, from: 2, to: 1, round: 2 });
    await Promise.all([one, two].map((node) => node.until(() => node.messages.length > 0)));
    expect(two.messages).toMatchObject([{ round: 1 }]);
    expect(one.messages).toMatchObject([{ round: 2 }]);
  });

  it('refuses certificates of another authority', async () => {
    const { addresses, one } = await serving();
    const two = await started(2, addresses, stranger);
    await Promise.all([one, two].map((node) => node.untilLogged('certificate')));
    expect([one.ups, two.ups]).toEqual([[], []]);
  });

  it('refuses a client that trusts the cluster and whose own certificate is not trusted', async () => {
    const { addresses, one } = await serving();
    const two = await started(2, addresses, { ...stranger, ca: cluster.ca });
    // What it says as a server is not trusted either.
    await Promise.all([two.untilLogged('peer connection lost'), one.untilLogged('certificate')]);
    expect([one.ups, two.ups]).toEqual([[], []]);
  });

  it('refuses plain TCP, and does not speak it', async () => {
    const { addresses, one } = await serving();
    const two = await started(2, addresses, null);
    await Promise.all([one, two].map((node) => node.untilLogged('peer connection lost')));
    expect([one.ups, two.ups]).toEqual([[], []]);
  });

  it('closes what is not TLS, has no certificate or never finishes the handshake', async () => {
    const { addresses, one, port } = await serving();
    const sockets = [
      connect(port, HOST, function (this: Socket) {
        this.write('GET / HTTP/1.1\r\n\r\n');
      }),
      connect(port, HOST, function (this: Socket) {
        this.write(Buffer.from('160301020001', 'hex'));
      }),
      connect(port, HOST),
      connectTls({ host: HOST, port, rejectUnauthorized: false }),
      // A member that never says who it is.
      connectTls({ host: HOST, port, ...cluster, checkServerIdentity: () => undefined }),
    ];
    await Promise.all(sockets.map(closed));
    const two = await started(2, addresses, cluster);
    await Promise.all([one.untilUp(2), two.untilUp(1)]);
  });

  it('says at the start that the files cannot be used', async () => {
    const addresses = await freeAddresses(1);
    await expect(started(1, addresses, { ...cluster, cert: 'no certificate' })).rejects.toThrow(
      'the TLS files for peers cannot be used',
    );
    await expect(started(1, addresses, { ...cluster, key: stranger.key })).rejects.toThrow(
      'the TLS files for peers cannot be used',
    );
  });
});
