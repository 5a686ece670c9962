// Connections that peers have opened to this node: they only receive. Each must say who it is
// before anything else, and only that peer's messages are taken from it.
import type { Server as NetServer, Socket } from 'node:net';
import type { NodeId } from '../raft/entry.ts';
import { assert } from '../util/assert.ts';
import { DecodeError } from '../util/bytes.ts';
import { decodeBatch } from './codec.ts';
import { ConnectionGate } from './connection-gate.ts';
import { decodeHello, encodeHello, whyRefused } from './handshake.ts';
import type { Hello, VerifyPeer } from './handshake.ts';
import type { TransportLimits } from './limits.ts';
import { allowLongFrames, pauseReading, resumeReading, Server } from './net-ipc-guards.ts';
import type { Connection } from './net-ipc-guards.ts';
import { runOutside } from './own-code.ts';
import type { PeerMessage } from './peer-message.ts';
import { RefusalLog } from './refusal-log.ts';
import { checkTls, serverTlsOptions } from './tls.ts';
import type { PeerTls } from './tls.ts';
import type { Identity } from './transport.ts';
import {
  FRAME_ACCEPTED,
  FRAME_MESSAGES,
  FRAME_PING,
  FRAME_PONG,
  FRAME_REFUSED,
  frameOf,
} from './wire.ts';

/** A last resort: what is open beside the strangers that the gate counts is two for each peer. */
const CONNECTIONS_MAX = 1024;
/** Answers that a peer has not read: more than this, and it does not read at all. */
const UNREAD_ANSWER_BYTES_MAX = 64 * 1024;
const PONG = frameOf(FRAME_PONG);

export interface IncomingOptions {
  readonly identity: Identity;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: PeerTls | null;
  readonly verifyPeer: VerifyPeer;
  readonly onMessage: (message: PeerMessage) => void;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
  readonly limits: TransportLimits;
}

export class IncomingLinks {
  readonly #options: IncomingOptions;
  readonly #server: InstanceType<typeof Server>;
  readonly #gate: ConnectionGate;
  readonly #refusals: RefusalLog;
  /** Whose greeting was accepted. By connection: net-ipc's own list goes by ids of the peer. */
  readonly #peers = new Map<Connection, Hello>();
  /** The newest incarnation seen of each node: what an older one still sends is dropped. */
  readonly #incarnations = new Map<NodeId, number>();
  /** Runs while nothing is taken from bulk connections. */
  #pauseTimer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: IncomingOptions) {
    const { listen, tls, limits, log } = options;
    // Port 0 means to net-ipc: a socket file.
    assert(Number.isInteger(listen.port) && listen.port > 0, `not a peer port: ${listen.port}`);
    this.#options = options;
    this.#gate = new ConnectionGate(limits);
    this.#refusals = new RefusalLog(log);
    this.#server = new Server({
      port: listen.port,
      tls: tls !== null,
      max: CONNECTIONS_MAX,
      retries: 0,
      listenOptions: { host: listen.host },
      options: {
        noDelay: true,
        ...(tls === null ? {} : serverTlsOptions(tls, limits.handshakeMs)),
      },
    });
    this.#server.on('connect', (connection, payload) => {
      runOutside(() => this.#greet(connection, payload));
    });
    this.#server.on('message', (data, connection) => {
      runOutside(() => this.#receive(connection, data));
    });
    this.#server.on('error', (error, connection: Connection | undefined) => {
      if (connection !== undefined) destroy(connection);
      else log('peer listener failed', { reason: (error as unknown as Error).message });
    });
  }

  /** Rejects with a readable error if the address cannot be listened on or the TLS files are bad. */
  async start(): Promise<void> {
    const { host, port } = this.#options.listen;
    const { tls } = this.#options;
    if (tls !== null) checkTls(tls);
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => {
        const { code, message } = error as NodeJS.ErrnoException;
        const reason = code === 'EADDRINUSE' ? 'the address is in use' : message;
        reject(new Error(`cannot listen for peers on ${host}:${port}: ${reason}`));
      };
      // net-ipc's promise settles in neither of these cases when listening fails.
      this.#server.once('error', fail);
      this.#server.once('ready', () => {
        this.#server.off('error', fail);
        resolve();
      });
      this.#server.start().catch(fail);
      const server = this.#server.server as NetServer | null;
      if (server !== null) this.#gate.watch(server);
    });
  }

  /**
   * Takes nothing from the bulk connections until resumeBulk(): TCP makes the peers wait (R110). That
   * this node lives they are told unasked, for their pings wait with all the rest.
   */
  pauseBulk(): void {
    if (this.#pauseTimer !== null || this.#isClosed) return;
    this.#pauseTimer = setInterval(() => {
      for (const connection of this.#bulkConnections()) answer(connection, PONG);
    }, this.#options.limits.pingMs);
    for (const connection of this.#bulkConnections()) pauseReading(connection);
  }

  resumeBulk(): void {
    if (this.#pauseTimer === null) return;
    this.#endPause();
    for (const connection of this.#bulkConnections()) resumeReading(connection);
  }

  #endPause(): void {
    clearInterval(this.#pauseTimer ?? undefined);
    this.#pauseTimer = null;
  }

  #bulkConnections(): readonly Connection[] {
    return [...this.#peers].filter(([, { channel }]) => channel === 'bulk').map(([one]) => one);
  }

  close(): void {
    this.#isClosed = true;
    this.#endPause();
    (this.#server.server as NetServer | null)?.close();
    this.#gate.destroyAll();
    this.#refusals.close();
  }

  #greet(connection: Connection, payload: unknown): void {
    const socket = connection.connection as Socket | null;
    if (socket === null || socket.destroyed || this.#isClosed) return destroy(connection);
    const hello = this.#readHello(payload);
    const reason = typeof hello === 'string' ? hello : this.#whyRefused(hello);
    if (typeof hello === 'string' || reason !== null) {
      this.#refusals.refused(socket.remoteAddress ?? '', reason ?? '');
      answer(connection, frameOf(FRAME_REFUSED, Buffer.from(reason ?? '')));
      // The gate's deadline is still running: who does not close will be closed.
      socket.end();
      return;
    }
    this.#accept(connection, socket, hello);
  }

  /** The greeting, or what is wrong with it. */
  #readHello(payload: unknown): Hello | string {
    if (typeof payload !== 'string') return 'no greeting';
    try {
      return decodeHello(Buffer.from(payload, 'hex'));
    } catch (error) {
      if (error instanceof DecodeError) return error.message;
      throw error;
    }
  }

  #whyRefused(hello: Hello): string | null {
    const { identity, verifyPeer } = this.#options;
    const reason = whyRefused(hello, identity, verifyPeer);
    if (reason !== null) return reason;
    const newest = this.#incarnations.get(hello.nodeId) ?? 0;
    return hello.incarnation < newest ? `an earlier process of node ${hello.nodeId}` : null;
  }

  #accept(connection: Connection, socket: Socket, hello: Hello): void {
    const { identity, limits } = this.#options;
    this.#incarnations.set(hello.nodeId, hello.incarnation);
    for (const [other, peer] of this.#peers) if (isReplaced(peer, hello)) destroy(other);
    this.#gate.pass(socket);
    this.#peers.set(connection, hello);
    allowLongFrames(connection);
    socket.setTimeout(limits.idleMs, () => socket.destroy());
    socket.on('close', () => this.#peers.delete(connection));
    const own = encodeHello({ ...identity, channel: hello.channel, target: hello.nodeId });
    answer(connection, frameOf(FRAME_ACCEPTED, own));
    if (this.#pauseTimer !== null && hello.channel === 'bulk') pauseReading(connection);
  }

  #receive(connection: Connection, data: unknown): void {
    const peer = this.#peers.get(connection);
    if (peer === undefined || this.#isClosed || !Buffer.isBuffer(data)) return destroy(connection);
    switch (data[0]) {
      case FRAME_PING:
        return answer(connection, PONG);
      case FRAME_MESSAGES:
        return this.#handOver(connection, peer, data);
      default:
        return destroy(connection);
    }
  }

  #handOver(connection: Connection, peer: Hello, frame: Buffer): void {
    // Ended a moment ago, because a newer process of this peer has greeted.
    if (peer.incarnation !== this.#incarnations.get(peer.nodeId)) return destroy(connection);
    const messages = this.#tryDecode(peer, frame);
    if (messages === null) return destroy(connection);
    const { identity, onMessage } = this.#options;
    for (const message of messages) {
      if (message.from === peer.nodeId && message.to === identity.nodeId) onMessage(message);
    }
  }

  #tryDecode(peer: Hello, frame: Buffer): PeerMessage[] | null {
    try {
      return decodeBatch(frame);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const { nodeId, channel } = peer;
      this.#options.log('peer sent what cannot be read', {
        peer: nodeId,
        channel,
        reason: error.message,
      });
      return null;
    }
  }
}

/** A peer has one connection for each channel, and one process at a time: the newest. */
function isReplaced(older: Hello, newer: Hello): boolean {
  if (older.nodeId !== newer.nodeId) return false;
  return older.channel === newer.channel || older.incarnation < newer.incarnation;
}

/** Never awaited: net-ipc's promises settle when they like. */
function answer(connection: Connection, frame: Buffer): void {
  const socket = connection.connection as Socket | null;
  if (socket === null || !socket.writable) return;
  if (socket.writableLength > UNREAD_ANSWER_BYTES_MAX) socket.destroy();
  else connection.send(frame).catch(() => undefined);
}

function destroy(connection: Connection): void {
  (connection.connection as Socket | null)?.destroy();
}
