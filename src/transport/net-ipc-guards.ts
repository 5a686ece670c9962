// net-ipc with its weak places closed. Left as it is, three bytes on the peer port end the process,
// a length tag can ask for a gigabyte, and all connections share one queue of unsent promises. The
// prototypes are patched once, when this module is loaded; nothing else may import net-ipc.
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { Client, Server } from 'net-ipc';
import type { Connection } from 'net-ipc';

/** Longest frame that a peer may send, bytes. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
const TAG_BYTES_MAX = 5;
const GREETING_BYTES = 3;

interface Internals {
  connection: Socket | null;
  _read(this: Internals): void;
  _untag(this: Internals): false | readonly [number, number];
  _drain(this: Internals): void;
  _init?(this: Internals): void;
  _drainQueue: { resolve(): void }[];
}

const require = createRequire(import.meta.url);
const { prototype: connectionPrototype } = require('net-ipc/src/connection.js') as {
  prototype: Internals;
};
const clientPrototype = Client.prototype as unknown as Internals;

for (const prototype of [connectionPrototype, clientPrototype]) {
  guardReading(prototype);
  guardTag(prototype);
  ownQueues(prototype);
}
guardGreeting(connectionPrototype);

/** Whatever goes wrong while bytes of a peer are read ends this connection and nothing else. */
function guardReading(prototype: Internals): void {
  const read = prototype._read;
  prototype._read = function (): void {
    try {
      read.call(this);
    } catch {
      this.connection?.destroy();
    }
  };
}

function guardTag(prototype: Internals): void {
  const untag = prototype._untag;
  prototype._untag = function (): false | readonly [number, number] {
    const tag = untag.call(this);
    if (tag === false) {
      if ((this.connection?.readableLength ?? 0) > TAG_BYTES_MAX)
        throw new RangeError('tag too long');
      return false;
    }
    if (tag[0] > TAG_BYTES_MAX || tag[1] > FRAME_BYTES_MAX) throw new RangeError('frame too long');
    return tag;
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

/** Only the plain greeting is understood: the HTTP one is where the process can be killed. */
function guardGreeting(prototype: Internals): void {
  const init = prototype._init as (this: Internals) => void;
  prototype._init = function (): void {
    const socket = this.connection;
    if (socket === null) return;
    if (socket.readableLength < GREETING_BYTES) return;
    const greeting = socket.read(GREETING_BYTES) as Buffer;
    if (greeting.toString('latin1') !== 'IPC') {
      socket.destroy();
      return;
    }
    socket.unshift(greeting);
    try {
      init.call(this);
    } catch {
      socket.destroy();
    }
  };
}

export { Client, Server };
export type { Connection };
