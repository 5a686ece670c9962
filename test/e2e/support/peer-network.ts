// The network between the nodes of a cluster, to be cut by tests in one direction or both: every
// connection of one node to another goes through here. Nodes send only on connections that they
// dialed, so that a connection is a direction. What is cut is silent, as behind a dead switch: no
// byte, no greeting and no end of a connection arrives; what was on its way arrives late, when it
// is healed.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { decodeHello } from '../../../src/transport/handshake.ts';

const HOST = '127.0.0.1';
/** The greeting of a peer is a hexadecimal string in JSON. */
const GREETING = /"((?:[\da-f]{2}){40,})"/;

export class PeerNetwork {
  readonly #servers = new Map<number, Server>();
  readonly #wires = new Set<Wire>();
  readonly #cut = new Set<string>();

  /** `peerPorts`: where each node, by its id, takes connections. */
  static async start(peerPorts: ReadonlyMap<number, number>): Promise<PeerNetwork> {
    const network = new PeerNetwork();
    for (const [id, port] of peerPorts) await network.#listen(id, port);
    return network;
  }

  async #listen(to: number, port: number): Promise<void> {
    const server = createServer((near) => {
      // Whoever it was is gone before it said who it is.
      near.on('error', () => undefined);
      whenGreeted(near, (greeting, from) => {
        const wire = new Wire({ from, to, port, near, greeting });
        this.#wires.add(wire);
        near.on('close', () => {
          if (!this.isCut(from, to)) this.#wires.delete(wire);
        });
        if (!this.isCut(from, to)) wire.open();
      });
    });
    await new Promise<void>((done) => server.listen(0, HOST, done));
    this.#servers.set(to, server);
  }

  /** Where other nodes have to connect to reach this one. */
  port(id: number): number {
    return (this.#servers.get(id)?.address() as AddressInfo).port;
  }

  isCut(from: number, to: number): boolean {
    return this.#cut.has(direction(from, to));
  }

  /** Nothing arrives any more at `to` of what `from` sends. */
  cut(from: number, to: number): void {
    this.#cut.add(direction(from, to));
    for (const wire of this.#wires) if (wire.from === from && wire.to === to) wire.shut();
  }

  /** Cuts the node off from all others, in both directions. */
  isolate(id: number): void {
    for (const other of this.#servers.keys()) {
      if (other === id) continue;
      this.cut(id, other);
      this.cut(other, id);
    }
  }

  heal(): void {
    this.#cut.clear();
    for (const wire of this.#wires) {
      wire.open();
      if (!wire.isAlive) this.#wires.delete(wire);
    }
  }

  close(): void {
    for (const wire of this.#wires) wire.destroy();
    for (const server of this.#servers.values()) server.close();
  }
}

interface WireOptions {
  readonly from: number;
  readonly to: number;
  /** Of the node at the far end. */
  readonly port: number;
  readonly near: Socket;
  readonly greeting: Buffer;
}

/** One connection: from the node that dialed to the one that it meant. */
class Wire {
  readonly from: number;
  readonly to: number;
  readonly #port: number;
  readonly #near: Socket;
  readonly #greeting: Buffer;
  #far: Socket | null = null;
  #isOpen = false;

  constructor({ from, to, port, near, greeting }: WireOptions) {
    this.from = from;
    this.to = to;
    this.#port = port;
    this.#near = near;
    this.#greeting = greeting;
    near.on('close', () => this.#ended());
  }

  get isAlive(): boolean {
    return !this.#near.destroyed;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#far ??= this.#dial();
    // One end may be gone since it was shut: the other one hears of it now.
    if (this.#near.destroyed || this.#far.destroyed) return this.destroy();
    this.#near.pipe(this.#far);
    this.#far.pipe(this.#near);
  }

  #dial(): Socket {
    const far = connect({ host: HOST, port: this.#port, noDelay: true });
    far.on('error', () => undefined);
    far.on('close', () => this.#ended());
    far.write(this.#greeting);
    return far;
  }

  shut(): void {
    this.#isOpen = false;
    if (this.#far === null) return;
    this.#near.unpipe(this.#far);
    this.#far.unpipe(this.#near);
    this.#near.pause();
    this.#far.pause();
  }

  #ended(): void {
    if (this.#isOpen) this.destroy();
  }

  destroy(): void {
    this.#near.destroy();
    this.#far?.destroy();
  }
}

function direction(from: number, to: number): string {
  return `${from}>${to}`;
}

/** Tells what the dialer has sent, and its id, as soon as it has said who it is; then reads no more. */
function whenGreeted(near: Socket, tell: (greeting: Buffer, from: number) => void): void {
  let greeting = Buffer.alloc(0);
  const receive = (data: Buffer): void => {
    greeting = Buffer.concat([greeting, data]);
    const hex = GREETING.exec(greeting.toString('latin1'))?.[1];
    if (hex === undefined) return;
    near.off('data', receive);
    near.pause();
    tell(greeting, decodeHello(Buffer.from(hex, 'hex')).nodeId);
  };
  near.on('data', receive);
}
