// A transport on a loopback port that writes down all that happens to it, and promises that settle
// when something has happened.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { DEFAULT_LIMITS } from '../../../src/transport/limits.ts';
import { NetIpcTransport } from '../../../src/transport/net-ipc-transport.ts';
import type { TransportOptions } from '../../../src/transport/net-ipc-transport.ts';
import type { PeerMessage } from '../../../src/transport/peer-message.ts';
import type { Identity, PeerAddress } from '../../../src/transport/transport.ts';
import { Prng } from '../../../src/util/prng.ts';

export const HOST = '127.0.0.1';

/** Times short enough for a test, long enough for a busy machine. */
export const TEST_LIMITS = {
  ...DEFAULT_LIMITS,
  handshakeMs: 2000,
  pingMs: 100,
  silentPingsMax: 20,
  backoffFirstMs: 10,
  backoffMaxMs: 50,
};

export function clusterId(name: string): Buffer {
  return Buffer.alloc(16, name);
}

export function identityOf(nodeId: number, incarnation = 1): Identity {
  return {
    clusterId: clusterId('test'),
    nodeId,
    diskId: Buffer.alloc(16, `disk ${nodeId}`),
    incarnation,
  };
}

/** Addresses that were free a moment ago, one for each node. */
export async function freeAddresses(...ids: readonly number[]): Promise<PeerAddress[]> {
  const servers = ids.map(() => createServer().listen(0, HOST));
  await Promise.all(
    servers.map((server) => new Promise((listen) => server.on('listening', listen))),
  );
  const addresses = servers.map((server, at) => ({
    id: ids[at] as number,
    host: HOST,
    port: (server.address() as AddressInfo).port,
  }));
  await Promise.all(servers.map((server) => new Promise((close) => server.close(close))));
  return addresses;
}

export interface Logged {
  readonly event: string;
  readonly fields: Record<string, unknown>;
}

interface Waiting {
  readonly isFulfilled: () => boolean;
  readonly resolve: () => void;
}

export class TestNode {
  readonly messages: PeerMessage[] = [];
  readonly ups: { id: number; incarnation: number }[] = [];
  readonly downs: number[] = [];
  readonly logged: Logged[] = [];
  readonly transport: NetIpcTransport;
  #waiting: Waiting[] = [];

  /** `addresses` are those of all nodes, this one's too. */
  constructor(
    identity: Identity,
    addresses: readonly PeerAddress[],
    options: Partial<TransportOptions> = {},
  ) {
    const own = addresses.find(({ id }) => id === identity.nodeId) as PeerAddress;
    this.transport = new NetIpcTransport({
      identity,
      listen: own,
      peers: addresses.filter(({ id }) => id !== identity.nodeId),
      tls: null,
      verifyPeer: () => null,
      prng: new Prng(identity.nodeId),
      limits: TEST_LIMITS,
      ...options,
      events: {
        onMessage: (message) => this.#note(() => this.messages.push(message)),
        onPeerUp: (id, incarnation) => this.#note(() => this.ups.push({ id, incarnation })),
        onPeerDown: (id) => this.#note(() => this.downs.push(id)),
      },
      log: (event, fields) => this.#note(() => this.logged.push({ event, fields })),
    });
  }

  #note(record: () => void): void {
    record();
    for (const { resolve } of this.#waiting.filter(({ isFulfilled }) => isFulfilled())) resolve();
    this.#waiting = this.#waiting.filter(({ isFulfilled }) => !isFulfilled());
  }

  /** Settles as soon as something has happened that makes the condition true. */
  until(isFulfilled: () => boolean): Promise<void> {
    if (isFulfilled()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isFulfilled, resolve }));
  }

  untilUp(id: number, incarnation = 1): Promise<void> {
    return this.until(() => this.ups.some((up) => up.id === id && up.incarnation === incarnation));
  }

  untilLogged(text: string): Promise<void> {
    return this.until(() => this.logged.some((entry) => JSON.stringify(entry).includes(text)));
  }
}
