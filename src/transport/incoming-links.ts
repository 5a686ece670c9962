// Connections that peers have opened to this node: they only receive. Each must say who it is
// before anything else, and only that peer's messages are taken from it.
import type { Server as NetServer, Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { DecodeError } from '../util/bytes.ts';
import { decodeBatch } from './codec.ts';
import { decodeHello, whyRefused } from './handshake.ts';
import type { Hello } from './handshake.ts';
import { Server } from './net-ipc-guards.ts';
import type { Connection } from './net-ipc-guards.ts';
import type { PeerMessage } from './peer-message.ts';
import type { Identity } from './transport.ts';
import { FRAME_ACCEPTED, FRAME_MESSAGES, FRAME_PING, FRAME_PONG, FRAME_REFUSED } from './wire.ts';

const CONNECTIONS_MAX = 256;
const TLS_HANDSHAKE_MS = 3000;
const SILENT_MS = 15_000;

export interface IncomingOptions {
  readonly identity: Identity;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | null;
  readonly verifyPeer: (nodeId: number, diskId: Uint8Array) => string | null;
  readonly onMessage: (message: PeerMessage) => void;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
}

export class IncomingLinks {
  readonly #options: IncomingOptions;
  readonly #server: InstanceType<typeof Server>;
  /** By connection, since net-ipc's own list goes by ids that a peer can choose. */
  readonly #peers = new Map<Connection, Hello>();
  /** The newest incarnation seen of each node: what an older one still sends is dropped. */
  readonly #incarnations = new Map<number, number>();

  constructor(options: IncomingOptions) {
    this.#options = options;
    const { tls } = options;
    this.#server = new Server({
      port: options.listen.port,
      tls: tls !== null,
      max: CONNECTIONS_MAX,
      retries: 0,
      listenOptions: { host: options.listen.host },
      options: {
        noDelay: true,
        ...(tls === null
          ? {}
          : {
              ...tls,
              requestCert: true,
              rejectUnauthorized: true,
              handshakeTimeout: TLS_HANDSHAKE_MS,
            }),
      },
    });
    this.#server.on('error', (_error, connection: Connection | undefined) => {
      if (connection !== undefined) destroy(connection);
    });
    this.#server.on('connect', (connection, payload) => this.#greet(connection, payload));
    this.#server.on('message', (data, connection) => this.#receive(connection, data));
  }

  /** Rejects if the address cannot be listened on. */
  start(): Promise<void> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        const { code, message } = error as NodeJS.ErrnoException;
        const reason = code === 'EADDRINUSE' ? 'the address is in use' : message;
        reject(new Error(`cannot listen for peers on ${host}:${port}: ${reason}`));
      };
      this.#server.once('error', fail);
      this.#server.once('ready', () => {
        this.#server.off('error', fail);
        resolve();
      });
      void this.#server.start().catch(fail);
      const server = this.#server.server as NetServer | TlsServer;
      // Sockets that never become a connection of ours must not stay half open.
      server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
      server.on('connection', (socket: Socket) => socket.on('error', () => socket.destroy()));
    });
  }

  close(): void {
    for (const connection of this.#peers.keys()) destroy(connection);
    (this.#server.server as NetServer | null)?.close();
  }

  #greet(connection: Connection, payload: unknown): void {
    const socket = connection.connection as Socket;
    const reason = this.#tryAccept(connection, payload);
    if (reason === null) {
      const accepted = Buffer.alloc(9);
      accepted[0] = FRAME_ACCEPTED;
      accepted.writeDoubleLE(this.#options.identity.incarnation, 1);
      connection.send(accepted).catch(() => undefined);
      socket.setTimeout(SILENT_MS, () => socket.destroy());
      socket.on('close', () => this.#peers.delete(connection));
      return;
    }
    this.#options.log('peer refused', { from: socket.remoteAddress, reason });
    const refusal = Buffer.concat([Buffer.from([FRAME_REFUSED]), Buffer.from(reason)]);
    connection.send(refusal).catch(() => undefined);
    socket.end();
  }

  #tryAccept(connection: Connection, payload: unknown): string | null {
    if (typeof payload !== 'string') return 'no greeting';
    try {
      const hello = decodeHello(Buffer.from(payload, 'hex'));
      const { identity, verifyPeer } = this.#options;
      const reason = whyRefused(hello, identity, verifyPeer);
      if (reason !== null) return reason;
      const newest = this.#incarnations.get(hello.nodeId) ?? 0;
      if (hello.incarnation < newest) return `an earlier process of node ${hello.nodeId}`;
      this.#incarnations.set(hello.nodeId, hello.incarnation);
      this.#peers.set(connection, hello);
      return null;
    } catch (error) {
      if (error instanceof DecodeError) return error.message;
      throw error;
    }
  }

  #receive(connection: Connection, data: unknown): void {
    const peer = this.#peers.get(connection);
    if (peer === undefined || !Buffer.isBuffer(data)) return destroy(connection);
    if (data[0] === FRAME_PING) {
      connection.send(Buffer.from([FRAME_PONG])).catch(() => undefined);
      return;
    }
    if (data[0] !== FRAME_MESSAGES) return destroy(connection);
    if (peer.incarnation !== this.#incarnations.get(peer.nodeId)) return destroy(connection);
    const messages = this.#tryDecode(data);
    if (messages === null) {
      this.#options.log('peer sent what cannot be read', { peer: peer.nodeId });
      return destroy(connection);
    }
    for (const message of messages) {
      if (message.from === peer.nodeId && message.to === this.#options.identity.nodeId) {
        this.#handOver(message);
      }
    }
  }

  /** net-ipc swallows what its listeners throw, but a broken invariant must end the process. */
  #handOver(message: PeerMessage): void {
    try {
      this.#options.onMessage(message);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }

  #tryDecode(data: Buffer): PeerMessage[] | null {
    try {
      return decodeBatch(data.subarray(1));
    } catch (error) {
      if (error instanceof DecodeError || error instanceof RangeError) return null;
      throw error;
    }
  }
}

function destroy(connection: Connection): void {
  (connection.connection as Socket | null)?.destroy();
}
