// When to read from a client: not while it has not taken what it was sent, and not while what it
// sent waits to be handled. So one client cannot fill the memory of the node.
import type { Socket } from 'node:net';

const UNSENT_BYTES_MAX = 1024 * 1024;
const UNHANDLED_BYTES_MAX = 1024 * 1024;

export class FlowControl {
  readonly #socket: Socket;
  #isFull = false;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    const wake = (): void => {
      this.update();
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve();
    };
    socket.on('drain', wake);
    socket.on('close', wake);
  }

  get isCongested(): boolean {
    return this.#socket.writableLength > UNSENT_BYTES_MAX;
  }

  /** Call after each write. */
  update(): void {
    if (this.isCongested || this.#isFull) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Resolves in another turn of the event loop, when the client has taken enough. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isCongested && !this.#socket.destroyed) this.#waiting.push(resolve);
      else setImmediate(resolve);
    });
  }

  /** Bytes came, and so many wait to be handled. */
  received(unhandledBytes: number): void {
    if (unhandledBytes <= UNHANDLED_BYTES_MAX) return;
    this.#isFull = true;
    this.update();
  }

  /** All that came is handled, or only more bytes make it complete. */
  starved(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.update();
  }
}
