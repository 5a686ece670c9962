// net-ipc with its weak places closed. Left as it is, three bytes on the peer port end the process,
// a length tag can ask for a gigabyte, anyone may switch on decompression without a limit, and all
// connections share one queue of unsent promises. The prototypes are patched once, when this module
// is loaded; nothing else may import net-ipc. What is left of its protocol: one greeting, then
// one-way messages; every other packet ends the connection.
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { Client, Server } from 'net-ipc';
import type { Connection } from 'net-ipc';
import { frameIn } from './packet.ts';

/** Longest frame of a peer whose greeting was accepted, bytes. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Longest frame of anyone else, and of all answers. */
const GREETING_FRAME_BYTES_MAX = 4096;
const TAG_BYTES_MAX = 5;
const PREFIX = 'IPC';
const PACKET_GREETING = 0;
const PACKET_MESSAGE = 1;

interface Packet {
  readonly t: unknown;
  readonly d: unknown;
}

interface Internals {
  connection: (Socket & { readonly msgpack?: { unpack(bytes: Buffer): unknown } }) | null;
  /** Of the server's side. */
  readonly server?: { emit(event: 'message', data: Buffer, connection: unknown): boolean };
  /** Set by the server's side when the greeting has been read. */
  readonly connectedAt?: number;
  _read(this: Internals): void;
  _untag(this: Internals): false | readonly [number, number];
  _parse(this: Internals, packet: Packet): void;
  _drain(this: Internals): void;
  _init(this: Internals): void;
  _onclose(this: Internals): void;
  close(this: Internals): Promise<boolean>;
  destroy(this: Internals): boolean;
  _drainQueue: { resolve(): void }[];
}

/** Frames of these may be long: see allowLongFrames. */
const trusted = new WeakSet<object>();
/** Nothing is read from these for the time being. */
const paused = new WeakSet<object>();

const require = createRequire(import.meta.url);
const { prototype: connectionPrototype } = require('net-ipc/src/connection.js') as {
  prototype: Internals;
};
const clientPrototype = Client.prototype as unknown as Internals;

for (const prototype of [connectionPrototype, clientPrototype]) {
  guardReading(prototype);
  guardTag(prototype);
  guardPackets(prototype);
  guardEnd(prototype);
  ownQueues(prototype);
}
guardPrefix(connectionPrototype);

/** The peer behind this connection is known: its messages may be as long as FRAME_BYTES_MAX. */
export function allowLongFrames(connection: Connection): void {
  trusted.add(connection);
}

/** Takes nothing more from it: what comes waits in the sockets of both sides, then with the peer. */
export function pauseReading(connection: Connection): void {
  paused.add(connection);
}

export function resumeReading(connection: Connection): void {
  if (paused.delete(connection)) (connection as unknown as Internals)._read();
}

/** Whatever goes wrong while bytes of a peer are read ends this connection and nothing else. */
function guardReading(prototype: Internals): void {
  prototype._read = function (): void {
    const socket = this.connection;
    try {
      if (socket !== null) readPackets(this, socket);
    } catch (error) {
      socket?.destroy(error as Error);
    }
  };
}

/** Messages of bytes go straight to the listeners, all else the way of net-ipc. */
function readPackets(receiver: Internals, socket: NonNullable<Internals['connection']>): void {
  while (socket.readableLength > 1 && !paused.has(receiver)) {
    const tag = receiver._untag();
    if (tag === false) return;
    const packet = socket.read(tag[0] + tag[1]) as Buffer | null;
    if (packet === null) return;
    const body = packet.subarray(tag[0]);
    const { server, connectedAt } = receiver;
    const frame = server === undefined || connectedAt === undefined ? null : frameIn(body);
    if (frame !== null) server?.emit('message', frame, receiver);
    else receiver._parse(unpack(socket, body));
  }
}

function unpack({ msgpack }: NonNullable<Internals['connection']>, body: Buffer): Packet {
  const value = msgpack === undefined ? JSON.parse(body.toString()) : msgpack.unpack(body);
  return value as Packet;
}

/** Called before each frame: also where reading stops once the connection has been ended. */
function guardTag(prototype: Internals): void {
  const untag = prototype._untag;
  prototype._untag = function (): false | readonly [number, number] {
    const socket = this.connection;
    if (socket === null || socket.destroyed) return false;
    const tag = untag.call(this);
    if (tag === false) {
      if (socket.readableLength > TAG_BYTES_MAX) throw new RangeError('frame tag too long');
      return false;
    }
    const bytesMax = trusted.has(this) ? FRAME_BYTES_MAX : GREETING_FRAME_BYTES_MAX;
    if (tag[0] > TAG_BYTES_MAX || tag[1] > bytesMax) {
      throw new RangeError(`frame of ${tag[1]} bytes, limit ${bytesMax}`);
    }
    return tag;
  };
}

/** Requests, pings, ids chosen by the peer and compression are nothing that our nodes send. */
function guardPackets(prototype: Internals): void {
  const parse = prototype._parse;
  prototype._parse = function (packet: Packet): void {
    const socket = this.connection;
    const allowed = socket === null || socket.destroyed ? null : permittedPacket(this, packet);
    if (allowed === null) socket?.destroy(new Error('not a packet of a BalsaDB node'));
    else parse.call(this, allowed);
  };
}

function permittedPacket(receiver: Internals, packet: unknown): Packet | null {
  if (typeof packet !== 'object' || packet === null) return null;
  const { t, d } = packet as Packet;
  if (t === PACKET_MESSAGE) return { t, d };
  if (t !== PACKET_GREETING || receiver.connectedAt !== undefined) return null;
  if (typeof d !== 'object' || d === null) return null;
  const { messagepack, extras } = d as { messagepack?: unknown; extras?: unknown };
  if (messagepack !== true) return null;
  return { t, d: { messagepack, extras, compress: false } };
}

/**
 * net-ipc's own close waits for the queue of unsent promises, and can reject where nobody listens.
 * After the end a late error must find a listener, for net-ipc has removed all of them.
 */
function guardEnd(prototype: Internals): void {
  prototype.destroy = function (): boolean {
    this.connection?.destroy();
    return true;
  };
  prototype.close = function (): Promise<boolean> {
    return Promise.resolve(this.destroy());
  };
  const onClose = prototype._onclose;
  prototype._onclose = function (): void {
    const socket = this.connection;
    if (socket === null) return;
    onClose.call(this);
    socket.on('error', () => undefined);
  };
}

/** A queue and a table of requests for each connection, in place of one for all of them. */
function ownQueues(prototype: Internals): void {
  for (const [name, create] of [
    ['_drainQueue', (): unknown => []],
    ['_requests', (): unknown => Object.create(null)],
  ] as const) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: object): unknown {
        const value = create();
        Object.defineProperty(this, name, { value, writable: true, configurable: true });
        return value;
      },
    });
  }
  prototype._drain = function (): void {
    for (const { resolve } of this._drainQueue.splice(0)) resolve();
  };
}

/** Only the plain prefix is understood: the HTTP one is where the process can be killed. */
function guardPrefix(prototype: Internals): void {
  prototype._init = function (): void {
    const socket = this.connection;
    const prefix = socket?.read(PREFIX.length) as Buffer | null | undefined;
    if (socket === null || prefix === null || prefix === undefined) return;
    if (prefix.toString('latin1') !== PREFIX) return void socket.destroy();
    socket.removeAllListeners('readable');
    socket.on('readable', () => this._read());
    this._read();
  };
}

export { Client, Server };
export type { Connection };
