// A connection over TCP, for servers that run by themselves or are tested with their sockets.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { isWholeAnswer } from './backend-lines.ts';
import type { WireConnection } from './connection.ts';

/**
 * When a server has said all: `answered`, once there is a message that ends an answer, or `quiet`,
 * once it has said nothing for a while, where answers are recorded that nobody knows yet.
 */
export type Settling = 'answered' | 'quiet';

const QUIET_MS = 300;

export class SocketConnection implements WireConnection {
  readonly #socket: Socket;
  readonly #settling: Settling;
  #received: Buffer[] = [];
  #heardAt = performance.now();
  #isClosed = false;

  private constructor(socket: Socket, settling: Settling) {
    this.#socket = socket;
    this.#settling = settling;
    socket.on('data', (bytes) => {
      this.#received.push(bytes);
      this.#heardAt = performance.now();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
    });
  }

  static open(port: number, settling: Settling, host = '127.0.0.1'): Promise<WireConnection> {
    return new Promise((done, fail) => {
      const socket = connect(port, host);
      socket.once('error', fail);
      socket.once('connect', () => done(new SocketConnection(socket, settling)));
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
    this.#heardAt = performance.now();
  }

  async settle(): Promise<Buffer> {
    do await new Promise((done) => setTimeout(done, 1));
    while (!this.#isClosed && !this.#isSettled());
    const received = Buffer.concat(this.#received);
    this.#received = [];
    return received;
  }

  #isSettled(): boolean {
    return this.#settling === 'quiet'
      ? performance.now() - this.#heardAt > QUIET_MS
      : isWholeAnswer(Buffer.concat(this.#received));
  }

  close(): void {
    this.#socket.destroy();
  }
}
