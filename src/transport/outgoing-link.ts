// One outgoing connection to a peer: dials, greets, sends, watches, and dials again. A fresh client
// for every attempt; net-ipc's own reconnecting sends late and reorders, and is never used.
import type { Socket } from 'node:net';
import type { Prng } from '../util/prng.ts';
import { DecodeError } from '../util/bytes.ts';
import { Backoff } from './backoff.ts';
import { encodeBatch } from './codec.ts';
import type { Channel, Hello, VerifyPeer } from './handshake.ts';
import { decodeHello, encodeHello, whyRefused } from './handshake.ts';
import type { TransportLimits } from './limits.ts';
import { Client, FRAME_BYTES_MAX } from './net-ipc-guards.ts';
import { runOutside } from './own-code.ts';
import { packetOf } from './packet.ts';
import type { PeerMessage } from './peer-message.ts';
import { clientTlsOptions, lookupAlways } from './tls.ts';
import type { PeerTls } from './tls.ts';
import type { Identity, PeerAddress } from './transport.ts';
import { FRAME_ACCEPTED, FRAME_PING, FRAME_PONG, FRAME_REFUSED, frameOf } from './wire.ts';

/** Of a frame: net-ipc's own packet around it, and what an estimate may be short of. */
const FRAME_SLACK_BYTES = 4096;
const REASON_BYTES_MAX = 500;
const PING = frameOf(FRAME_PING);

type NetIpcClient = InstanceType<typeof Client>;

export interface LinkOptions {
  readonly identity: Identity;
  readonly channel: Channel;
  readonly target: PeerAddress;
  readonly tls: PeerTls | null;
  /** Unsent bytes beyond which messages are dropped. */
  readonly backlogBytesMax: number;
  readonly limits: TransportLimits;
  readonly prng: Prng;
  readonly verifyPeer: VerifyPeer;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
  readonly onUp: () => void;
  readonly onDown: () => void;
}

export class OutgoingLink {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  #client: NetIpcClient | null = null;
  /** Waits to dial again, or for the handshake. */
  #timer: NodeJS.Timeout | undefined;
  #pinger: NodeJS.Timeout | undefined;
  #incarnation: number | null = null;
  #isClosed = false;
  #silentPings = 0;
  #takenBytes = 0;
  #lastComplaint = '';
  #pending: PeerMessage[] = [];
  #pendingBytes = 0;

  constructor(options: LinkOptions) {
    const { limits, prng } = options;
    this.#options = options;
    this.#backoff = new Backoff(limits.backoffFirstMs, limits.backoffMaxMs, prng);
  }

  /** Of the peer's process at the other end; null: not connected. */
  get incarnation(): number | null {
    return this.#incarnation;
  }

  /** Bytes that the operating system has not taken yet. */
  get backlogBytes(): number {
    return this.#pendingBytes + (this.#socket()?.writableLength ?? 0);
  }

  #socket(): Socket | null {
    return (this.#client?.connection as Socket | null | undefined) ?? null;
  }

  start(): void {
    this.#dial();
  }

  /** Ends the connection and begins another. */
  restart(reason: string): void {
    if (this.#client !== null) this.#lost(this.#client, reason);
  }

  /** No callback comes after this. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  /** Queued until the end of the turn, so that what belongs together travels together. */
  send(message: PeerMessage, bytes: number): void {
    const { backlogBytesMax, limits, log, target } = this.#options;
    if (this.#incarnation === null || this.backlogBytes > backlogBytesMax) return;
    if (bytes > FRAME_BYTES_MAX - FRAME_SLACK_BYTES) {
      log('message too long for peers', { peer: target.id, kind: message.kind, bytes });
      return;
    }
    if (this.#pendingBytes + bytes > limits.batchBytesMax) this.#flush();
    if (this.#pending.length === 0) process.nextTick(() => this.#flush());
    this.#pending.push(message);
    this.#pendingBytes += bytes;
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const frame = encodeBatch(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#write(frame);
  }

  /** Only between greeting and end: the packet is one of MessagePack. */
  #write(frame: Buffer): void {
    const socket = this.#socket();
    if (this.#incarnation !== null && socket?.writable === true) socket.write(packetOf(frame));
  }

  #dial(): void {
    const { target, tls, identity, channel, limits } = this.#options;
    const client = new Client({
      host: `node-${target.id}`,
      port: target.port,
      messagepack: true,
      reconnect: false,
      tls: tls !== null,
      options: {
        port: target.port,
        noDelay: true,
        lookup: lookupAlways(target.host),
        ...(tls === null ? {} : clientTlsOptions(tls)),
      },
    });
    this.#client = client;
    const lost = (reason: string): void => runOutside(() => this.#lost(client, reason));
    client.on('error', (error: unknown) => lost((error as Error).message));
    client.on('close', () => lost('connection closed'));
    client.on('message', (data: unknown) => runOutside(() => this.#receive(client, data)));
    this.#timer = setTimeout(() => lost('no answer to the greeting'), limits.handshakeMs);
    // The greeting of net-ipc is JSON, whatever follows: bytes travel as hex.
    const hello = encodeHello({ ...identity, channel, target: target.id }).toString('hex');
    client.connect(hello).catch((error: unknown) => lost(String(error)));
  }

  #receive(client: NetIpcClient, data: unknown): void {
    if (client !== this.#client) return;
    if (!Buffer.isBuffer(data)) return this.#lost(client, 'unexpected answer');
    this.#silentPings = 0;
    switch (data[0]) {
      case FRAME_ACCEPTED:
        return this.#accepted(client, data.subarray(1));
      case FRAME_REFUSED:
        return this.#lost(client, `refused: ${data.toString('utf8', 1, REASON_BYTES_MAX)}`);
      case FRAME_PONG:
        return this.#backoff.reset();
      default:
        return this.#lost(client, `unexpected frame ${data[0]}`);
    }
  }

  #accepted(client: NetIpcClient, bytes: Buffer): void {
    if (this.#incarnation !== null) return this.#lost(client, 'answered the greeting twice');
    const hello = this.#readHello(bytes);
    if (typeof hello === 'string') return this.#lost(client, hello);
    clearTimeout(this.#timer);
    this.#incarnation = hello.incarnation;
    this.#lastComplaint = '';
    this.#silentPings = 0;
    this.#pinger = setInterval(() => this.#ping(client), this.#options.limits.pingMs);
    this.#write(PING);
    this.#options.onUp();
  }

  /** The answer to the greeting, or why this is not the node that was meant. */
  #readHello(bytes: Buffer): Hello | string {
    const { identity, target, verifyPeer } = this.#options;
    try {
      const hello = decodeHello(bytes);
      if (hello.nodeId !== target.id) return `reached node ${hello.nodeId}`;
      const reason = whyRefused(hello, identity, verifyPeer);
      return reason === null ? hello : `not accepted: ${reason}`;
    } catch (error) {
      if (error instanceof DecodeError) return error.message;
      throw error;
    }
  }

  /**
   * Counts pings and not milliseconds: after a pause of this process one ping is missing, not many.
   * That the operating system takes bytes is a sign of life too: the answer may wait behind them.
   */
  #ping(client: NetIpcClient): void {
    const socket = this.#socket();
    const taken = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0);
    const isDraining = taken !== this.#takenBytes && (socket?.writableLength ?? 0) > 0;
    this.#takenBytes = taken;
    this.#silentPings = isDraining ? 0 : this.#silentPings + 1;
    if (this.#silentPings > this.#options.limits.silentPingsMax) {
      this.#lost(client, 'no sign of life');
    } else if (!isDraining) {
      this.#write(PING);
    }
  }

  #lost(client: NetIpcClient, reason: string): void {
    if (client !== this.#client || this.#isClosed) return;
    const wasUp = this.#incarnation !== null;
    this.#drop();
    const { target, channel, log, onDown } = this.#options;
    if (reason !== this.#lastComplaint) {
      this.#lastComplaint = reason;
      log('peer connection lost', { peer: target.id, channel, reason });
    }
    this.#timer = setTimeout(() => this.#dial(), this.#backoff.nextMs());
    if (wasUp) onDown();
  }

  #drop(): void {
    const socket = this.#socket();
    this.#client = null;
    this.#incarnation = null;
    this.#pending = [];
    this.#pendingBytes = 0;
    clearTimeout(this.#timer);
    clearInterval(this.#pinger);
    socket?.destroy();
  }
}
