// One outgoing connection to a peer: dials, greets, sends, watches, and dials again. A fresh client
// for every attempt; net-ipc's own reconnecting reorders messages and is never used.
import type { Socket } from 'node:net';
import type { Prng } from '../util/prng.ts';
import { encodeBatch } from './codec.ts';
import type { Channel } from './handshake.ts';
import { encodeHello } from './handshake.ts';
import { Client } from './net-ipc-guards.ts';
import type { PeerMessage } from './peer-message.ts';
import type { Identity } from './transport.ts';
import { FRAME_ACCEPTED, FRAME_MESSAGES, FRAME_PING, FRAME_PONG, FRAME_REFUSED } from './wire.ts';

const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 1000;
const HANDSHAKE_MS = 3000;
const PING_MS = 500;
const SILENT_MS = 3000;
/** Messages of one turn that travel in one frame. */
const BATCH_BYTES_MAX = 1024 * 1024;

export interface LinkOptions {
  readonly identity: Identity;
  readonly channel: Channel;
  readonly target: { readonly id: number; readonly host: string; readonly port: number };
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | null;
  /** Unsent bytes beyond which messages are dropped. */
  readonly backlogBytesMax: number;
  readonly prng: Prng;
  readonly log: (event: string, fields: Record<string, unknown>) => void;
  readonly onUp: (incarnation: number) => void;
  readonly onDown: () => void;
}

export class OutgoingLink {
  readonly #options: LinkOptions;
  #client: InstanceType<typeof Client> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pinger: NodeJS.Timeout | null = null;
  #isUp = false;
  #isClosed = false;
  #failures = 0;
  #lastHeardAt = 0;
  #lastComplaint = '';
  #pending: PeerMessage[] = [];
  #pendingBytes = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get backlogBytes(): number {
    return this.#socket()?.writableLength ?? 0;
  }

  #socket(): Socket | null {
    return (this.#client?.connection as Socket | null | undefined) ?? null;
  }

  start(): void {
    if (!this.#isClosed) this.#dial();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#drop();
  }

  /** Queued until the end of the turn, so that what belongs together travels together. */
  send(message: PeerMessage, bytes: number): void {
    if (!this.#isUp || this.backlogBytes > this.#options.backlogBytesMax) return;
    if (this.#pending.length === 0) process.nextTick(() => this.#flush());
    this.#pending.push(message);
    this.#pendingBytes += bytes;
    if (this.#pendingBytes > BATCH_BYTES_MAX) this.#flush();
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const messages = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#isUp) this.#write(FRAME_MESSAGES, encodeBatch(messages));
  }

  /** Never awaited: net-ipc's promises settle when they like; the backlog is looked at instead. */
  #write(kind: number, body: Uint8Array): void {
    const frame = Buffer.allocUnsafe(1 + body.length);
    frame[0] = kind;
    frame.set(body, 1);
    this.#client?.send(frame).catch(() => undefined);
  }

  #dial(): void {
    const { target, tls, identity, channel } = this.#options;
    const client = new Client({
      host: target.host,
      port: target.port,
      messagepack: true,
      reconnect: false,
      tls: tls !== null,
      options: {
        host: target.host,
        port: target.port,
        noDelay: true,
        ...(tls === null ? {} : { ...tls, checkServerIdentity: () => undefined }),
      },
    });
    this.#client = client;
    client.on('error', (error: unknown) => this.#lost(client, String((error as Error).message)));
    client.on('close', () => this.#lost(client, 'connection closed'));
    client.on('message', (data: unknown) => this.#receive(client, data));
    this.#timer = setTimeout(() => this.#lost(client, 'no answer to the greeting'), HANDSHAKE_MS);
    // The greeting of net-ipc is JSON, whatever follows: bytes travel as hex.
    const hello = encodeHello({ ...identity, channel, target: target.id }).toString('hex');
    client.connect(hello).catch(() => undefined);
  }

  #receive(client: InstanceType<typeof Client>, data: unknown): void {
    if (client !== this.#client || !Buffer.isBuffer(data) || data.length === 0) return;
    this.#lastHeardAt = Date.now();
    switch (data[0]) {
      case FRAME_ACCEPTED:
        if (data.length === 9 && !this.#isUp) this.#accepted(data.readDoubleLE(1));
        return;
      case FRAME_REFUSED:
        return this.#lost(client, `refused: ${data.toString('utf8', 1, 500)}`);
      case FRAME_PONG:
        return;
      default:
        return this.#lost(client, `unexpected frame ${data[0]}`);
    }
  }

  #accepted(incarnation: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#isUp = true;
    this.#failures = 0;
    this.#lastComplaint = '';
    this.#pinger = setInterval(() => this.#ping(), PING_MS);
    this.#options.onUp(incarnation);
  }

  #ping(): void {
    if (Date.now() - this.#lastHeardAt > SILENT_MS && this.#client !== null) {
      this.#lost(this.#client, `silent for ${SILENT_MS} ms`);
    } else this.#write(FRAME_PING, new Uint8Array(0));
  }

  #lost(client: InstanceType<typeof Client>, reason: string): void {
    if (client !== this.#client) return;
    this.#drop();
    if (this.#isClosed) return;
    const { target, channel, prng, log } = this.#options;
    if (reason !== this.#lastComplaint) {
      this.#lastComplaint = reason;
      log('peer connection lost', { peer: target.id, channel, reason });
    }
    const limit = Math.min(BACKOFF_MIN_MS * 2 ** this.#failures, BACKOFF_MAX_MS);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#timer = setTimeout(() => this.#dial(), limit / 2 + prng.float() * (limit / 2));
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#pinger !== null) clearInterval(this.#pinger);
    (client?.connection as Socket | null | undefined)?.destroy();
    this.#pending = [];
    this.#pendingBytes = 0;
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#options.onDown();
  }
}
