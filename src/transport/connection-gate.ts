// What stands between the listening port and strangers. A connection is a stranger until its
// greeting has been accepted: strangers are few, each has a deadline, and when there are too many
// the oldest of the busiest address goes, so that a peer that greets at once gets through a flood.
import type { Server, Socket } from 'node:net';
import type { TransportLimits } from './limits.ts';

interface Stranger {
  readonly socket: Socket;
  readonly address: string;
  readonly deadline: NodeJS.Timeout;
}

export class ConnectionGate {
  readonly #limits: TransportLimits;
  readonly #sockets = new Set<Socket>();
  /** By address and port: under TLS the greeting comes over another socket object. Oldest first. */
  readonly #strangers = new Map<string, Stranger>();

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  /** Watches all TCP connections of a server, before any TLS. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#admit(socket));
    // Without this a socket whose TLS handshake failed stays open.
    server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  }

  /** The greeting was accepted. */
  pass(socket: Socket): void {
    this.#forget(keyOf(socket));
  }

  destroyAll(): void {
    for (const key of [...this.#strangers.keys()]) this.#forget(key);
    for (const socket of this.#sockets) socket.destroy();
  }

  #admit(socket: Socket): void {
    const { remoteAddress: address } = socket;
    socket.on('error', () => socket.destroy());
    // Gone already.
    if (address === undefined) return void socket.destroy();
    const key = keyOf(socket);
    this.#makeRoom(address);
    const deadline = setTimeout(() => socket.destroy(), this.#limits.handshakeMs);
    this.#strangers.set(key, { socket, address, deadline });
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#strangers.get(key)?.socket === socket) this.#forget(key);
    });
  }

  #makeRoom(address: string): void {
    const { strangersMax, strangersPerAddressMax } = this.#limits;
    const strangers = [...this.#strangers];
    const neighbours = strangers.filter(([, stranger]) => stranger.address === address);
    const crowd = neighbours.length >= strangersPerAddressMax ? neighbours : strangers;
    if (crowd === strangers && strangers.length < strangersMax) return;
    const oldest = crowd[0];
    if (oldest === undefined) return;
    this.#forget(oldest[0]);
    oldest[1].socket.destroy();
  }

  #forget(key: string): void {
    clearTimeout(this.#strangers.get(key)?.deadline);
    this.#strangers.delete(key);
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
