// Two or three transports over real sockets of the loopback interface.
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { PeerMessage } from '../../src/transport/peer-message.ts';
import type { PeerAddress } from '../../src/transport/transport.ts';
import { Prng } from '../../src/util/prng.ts';
import { ALL_KINDS, randomMessage } from './support/random-message.ts';
import {
  clusterId,
  freeAddresses,
  HOST,
  identityOf,
  TEST_LIMITS,
  TestNode,
} from './support/test-node.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function started(...args: ConstructorParameters<typeof TestNode>): Promise<TestNode> {
  const node = new TestNode(...args);
  closers.push(() => node.transport.close());
  await node.transport.start();
  return node;
}

async function pair(
  options: ConstructorParameters<typeof TestNode>[2] = {},
): Promise<{ addresses: PeerAddress[]; one: TestNode; two: TestNode }> {
  const addresses = await freeAddresses(1, 2);
  const one = await started(identityOf(1), addresses, options);
  const two = await started(identityOf(2), addresses, options);
  await Promise.all([one.untilUp(2), two.untilUp(1)]);
  return { addresses, one, two };
}

function heartbeat(from: number, to: number, round: number): PeerMessage {
  return { kind: 'heartbeat', from, to, term: 1, round, leaderCommit: 0 };
}

function rounds(node: TestNode): number[] {
  return node.messages.map((message) => (message.kind === 'heartbeat' ? message.round : -1));
}

function propose(from: number, to: number, proposalId: number, bytes: number): PeerMessage {
  const commands = [Buffer.alloc(bytes, proposalId)];
  return { kind: 'propose', from, to, term: 1, proposalId, commands };
}

/** Takes connections and never says a word. */
async function silentServer(port: number): Promise<void> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  await new Promise<void>((listening) => server.listen(port, HOST, listening));
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
}

describe('delivery', () => {
  it('carries every kind of message in both directions, unchanged', async () => {
    const { one, two } = await pair();
    const prng = new Prng(3);
    const there = ALL_KINDS.map((kind) => randomMessage(prng, kind, 1, 2));
    const back = ALL_KINDS.map((kind) => randomMessage(prng, kind, 2, 1));
    for (const message of there) one.transport.send(message);
    for (const message of back) two.transport.send(message);
    await two.until(() => two.messages.length === there.length);
    await one.until(() => one.messages.length === back.length);
    expect(two.messages).toEqual(expect.arrayContaining(there));
    expect(one.messages).toEqual(expect.arrayContaining(back));
  });

  it('keeps the order of control messages', async () => {
    const { one, two } = await pair();
    const sent = Array.from({ length: 5000 }, (_, round) => round);
    for (const round of sent) one.transport.send(heartbeat(1, 2, round));
    await two.until(() => two.messages.length === sent.length);
    expect(rounds(two)).toEqual(sent);
  });

  it('connects three nodes with each other', async () => {
    const addresses = await freeAddresses(1, 2, 3);
    const nodes: TestNode[] = [];
    for (const { id } of addresses) nodes.push(await started(identityOf(id), addresses));
    const [one, two, three] = nodes as [TestNode, TestNode, TestNode];
    await Promise.all([one.untilUp(2), one.untilUp(3), two.untilUp(3), three.untilUp(1)]);
    one.transport.send(heartbeat(1, 2, 12));
    one.transport.send(heartbeat(1, 3, 13));
    await Promise.all([two, three].map((node) => node.until(() => node.messages.length > 0)));
    expect([rounds(two), rounds(three)]).toEqual([[12], [13]]);
  });

  it('lets a heartbeat overtake bulk data (R111)', async () => {
    const { one, two } = await pair();
    for (let id = 0; id < 30; id++) one.transport.send(propose(1, 2, id, 1024 * 1024));
    one.transport.send(heartbeat(1, 2, 1));
    await two.until(() => two.messages.length === 31);
    expect(rounds(two).indexOf(1)).toBeLessThan(30);
  });

  it('carries a command of 8 MiB, and drops with a word what no frame can hold', async () => {
    const { one, two } = await pair();
    one.transport.send(propose(1, 2, 1, 17 * 1024 * 1024));
    one.transport.send(propose(1, 2, 2, 8 * 1024 * 1024));
    await two.until(() => two.messages.length === 1);
    const [message] = two.messages;
    const command = message?.kind === 'propose' ? message.commands[0] : undefined;
    expect(Buffer.alloc(8 * 1024 * 1024, 2).equals(command ?? Buffer.alloc(0))).toBe(true);
    expect(one.logged.map(({ event }) => event)).toContain('message too long for peers');
  });

  it('drops what exceeds the backlog instead of growing', async () => {
    const { one, two } = await pair();
    for (let id = 0; id < 200; id++) one.transport.send(propose(1, 2, id, 1024 * 1024));
    expect(one.transport.backlogBytes(2)).toBeGreaterThan(0);
    expect(one.transport.backlogBytes(2)).toBeLessThan(40 * 1024 * 1024);
    one.transport.send(heartbeat(1, 2, 1));
    await two.until(() => rounds(two).includes(1));
  });

  it('drops messages to nodes that it does not know or does not reach', async () => {
    const addresses = await freeAddresses(1, 2);
    const one = await started(identityOf(1), addresses);
    one.transport.send(heartbeat(1, 2, 1));
    one.transport.send(heartbeat(1, 9, 1));
    expect(one.transport.backlogBytes(2)).toBe(0);
    expect(one.transport.backlogBytes(9)).toBe(0);
  });

  it('drops messages that are not from the node at the other end, or not for this one', async () => {
    const { one, two } = await pair();
    one.transport.send({ ...heartbeat(3, 2, 1) });
    one.transport.send(heartbeat(1, 2, 2));
    await two.until(() => two.messages.length > 0);
    expect(rounds(two)).toEqual([2]);
  });
});

describe('connections', () => {
  it('come back when a peer starts again, with its new incarnation', async () => {
    const { addresses, one, two } = await pair();
    two.transport.close();
    await one.until(() => one.downs.length > 0);
    const again = await started(identityOf(2, 2), addresses);
    await Promise.all([one.untilUp(2, 2), again.untilUp(1)]);
    one.transport.send(heartbeat(1, 2, 7));
    again.transport.send(heartbeat(2, 1, 8));
    await Promise.all([one, again].map((node) => node.until(() => node.messages.length > 0)));
    expect([rounds(again), rounds(one)]).toEqual([[7], [8]]);
    expect(one.downs).toEqual([2]);
  });

  it('are made as soon as a peer appears that was not there at first', async () => {
    const addresses = await freeAddresses(1, 2);
    const one = await started(identityOf(1), addresses);
    await one.untilLogged('ECONNREFUSED');
    await started(identityOf(2), addresses);
    await one.untilUp(2);
  });

  it('say why they fail once, not at every attempt', async () => {
    const addresses = await freeAddresses(1, 2);
    const one = await started(identityOf(1), addresses);
    await one.untilLogged('"channel":"control"');
    await one.untilLogged('"channel":"bulk"');
    const two = await started(identityOf(2), addresses);
    await Promise.all([one.untilUp(2), two.untilUp(1)]);
    expect(one.logged.length).toBe(2);
  });

  it('are given up when nobody answers the greeting', async () => {
    const addresses = await freeAddresses(1, 2);
    const limits = { ...TEST_LIMITS, handshakeMs: 100 };
    const one = await started(identityOf(1), addresses, { limits });
    await silentServer((addresses[1] as PeerAddress).port);
    await one.untilLogged('no answer to the greeting');
    expect(one.ups).toEqual([]);
  });

  it('are refused to an earlier process of a node', async () => {
    const addresses = await freeAddresses(1, 2);
    const one = await started(identityOf(1), addresses);
    const two = await started(identityOf(2, 5), addresses);
    await Promise.all([one.untilUp(2, 5), two.untilUp(1)]);
    two.transport.close();
    const older = await started(identityOf(2, 4), addresses);
    await older.untilLogged('an earlier process of node 2');
    older.transport.send(heartbeat(2, 1, 1));
    expect(one.messages).toEqual([]);
  });

  it('follow the members: added, moved, removed', async () => {
    const addresses = await freeAddresses(1, 2, 3);
    const [first, second, third] = addresses as [PeerAddress, PeerAddress, PeerAddress];
    const one = await started(identityOf(1), [first]);
    await started(identityOf(2), addresses);
    one.transport.setPeers([first, second]);
    await one.untilUp(2);
    one.transport.setPeers([first, { ...third, id: 2 }]);
    expect(one.downs).toEqual([2]);
    await started(identityOf(2, 2), [{ ...third, id: 2 }]);
    await one.untilUp(2, 2);
    one.transport.setPeers([first]);
    expect(one.downs).toEqual([2, 2]);
  });

  it('make no event after close', async () => {
    const { one, two } = await pair();
    one.transport.close();
    await two.until(() => two.downs.length > 0);
    one.transport.close();
    one.transport.send(heartbeat(1, 2, 1));
    one.transport.setPeers([]);
    expect(one.downs).toEqual([]);
  });
});

describe('the handshake (R115)', () => {
  it('refuses a node of another cluster', async () => {
    const addresses = await freeAddresses(1, 2);
    const one = await started(identityOf(1), addresses);
    const two = await started({ ...identityOf(2), clusterId: clusterId('other') }, addresses);
    await Promise.all([one, two].map((node) => node.untilLogged('of another cluster')));
    expect([one.ups, two.ups]).toEqual([[], []]);
  });

  it('refuses to talk to another node than the one that was meant', async () => {
    const [first, second] = (await freeAddresses(1, 2)) as [PeerAddress, PeerAddress];
    const one = await started(identityOf(1), [first, { ...second, id: 3 }]);
    await started(identityOf(2), [first, second]);
    await one.untilLogged('looks for node 3, this is node 2');
    expect(one.ups).toEqual([]);
  });

  it('refuses a wiped node under its old number, in both directions', async () => {
    const addresses = await freeAddresses(1, 2);
    const known = identityOf(2).diskId;
    const one = await started(identityOf(1), addresses, {
      verifyPeer: (id, disk) => (Buffer.compare(disk, known) === 0 ? null : `node ${id}: new disk`),
    });
    const wiped = { ...identityOf(2), diskId: Buffer.alloc(16, 'blank') };
    const two = await started(wiped, addresses);
    await Promise.all([
      one.untilLogged('not accepted: node 2: new disk'),
      one.untilLogged('peer refused'),
      two.untilLogged('refused: node 2: new disk'),
    ]);
    expect([one.ups, two.ups]).toEqual([[], []]);
  });
});

describe('the address', () => {
  it('that is in use is a clear error', async () => {
    const addresses = await freeAddresses(1);
    await started(identityOf(1), addresses);
    const { port } = addresses[0] as PeerAddress;
    await expect(started(identityOf(1), addresses)).rejects.toThrow(
      `cannot listen for peers on ${HOST}:${port}: the address is in use`,
    );
  });

  it('that is not of this machine is a clear error', async () => {
    const start = started(identityOf(1), [{ id: 1, host: '192.0.2.1', port: 7432 }]);
    await expect(start).rejects.toThrow('cannot listen for peers on 192.0.2.1:7432');
  });

  it('must have a port', () => {
    expect(() => new TestNode(identityOf(1), [{ id: 1, host: HOST, port: 0 }])).toThrow(
      'not a peer port: 0',
    );
  });
});

describe('a node that takes no bulk data (R110)', () => {
  const COUNT = 40;
  const ids = Array.from({ length: COUNT }, (_, at) => at + 1);

  function proposals(node: TestNode): number[] {
    return node.messages.flatMap((one) => (one.kind === 'propose' ? [one.proposalId] : []));
  }

  it('leaves it with its peers, takes heartbeats, and stays up for them', async () => {
    const limits = { ...TEST_LIMITS, silentPingsMax: 8 };
    const { one, two } = await pair({ limits });
    two.transport.pauseBulk();
    for (const id of ids) one.transport.send(propose(1, 2, id, 500_000));
    // Longer than a peer without a sign of life is waited for.
    for (let round = 1; round <= 20; round++) {
      one.transport.send(heartbeat(1, 2, round));
      await two.until(() => rounds(two).includes(round));
      await new Promise((resolve) => setTimeout(resolve, limits.pingMs));
    }
    expect(proposals(two)).toEqual([]);
    expect(one.transport.backlogBytes(2)).toBeGreaterThan(1_000_000);
    expect(one.downs).toEqual([]);

    two.transport.resumeBulk();
    await two.until(() => proposals(two).length === COUNT);
    expect(proposals(two)).toEqual(ids);
    expect(one.downs).toEqual([]);
  });

  it('takes none from a peer that connects meanwhile either', async () => {
    const { addresses, one, two } = await pair();
    two.transport.pauseBulk();
    one.transport.close();
    const again = await started(identityOf(1, 2), addresses);
    await Promise.all([again.untilUp(2), two.untilUp(1, 2)]);
    again.transport.send(propose(1, 2, 7, 10));
    again.transport.send(heartbeat(1, 2, 1));
    await two.until(() => rounds(two).includes(1));
    expect(proposals(two)).toEqual([]);
    two.transport.resumeBulk();
    await two.until(() => proposals(two).length === 1);
  });
});
