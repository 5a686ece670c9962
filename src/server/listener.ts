// Sockets of clients <-> sessions: TLS on request, cancel requests, limits.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { PgError } from '../errors/pg-error.ts';
import { BackendWriter } from '../protocol/backend-writer.ts';
import { FrontendDecoder, ProtocolError, repeatedRequest } from '../protocol/frontend.ts';
import type { Backend } from '../session/backend.ts';
import type { Activity } from '../session/activity.ts';
import { KeptPool } from '../session/kept.ts';
import { Session } from '../session/session.ts';
import type { HostPort, TlsFiles } from './config.ts';
import { FlowControl } from './flow-control.ts';
import type { Log } from './log.ts';

const STARTUP_TIMEOUT_MS = 60_000;
/** Of all clients together: answers that nobody reads must not fill the memory. */
const UNSENT_BYTES_MAX = 1024 * 1024 * 1024;
/** Process ids are positive numbers of 31 bits: 11 for the node, 20 for the client. */
const NODES = 1 << 11;
const PROCESSES_OF_NODE = (1 << 20) - 1;
export const SERVER_VERSION = '15.0 (BalsaDB 0.1.0)';

export interface ListenerOptions {
  readonly address: HostPort;
  readonly nodeId: number;
  readonly backend: Backend;
  readonly database: string;
  readonly maxConnections: number;
  readonly tls: TlsFiles | null;
  readonly log: Log;
}

type EncryptionRequest = 'ssl-request' | 'gssenc-request';

interface Client {
  readonly session: Session;
  readonly socket: Socket;
  readonly secret: number;
  readonly startedMs: number;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #tls: SecureContext | null;
  readonly #keptPool = new KeptPool();
  readonly #clients = new Map<number, Client>();
  #opened = 0;
  #socketCount = 0;
  #isClosing = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#tls = options.tls === null ? null : secureContextOf(options.tls);
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) =>
      this.#accept(socket),
    );
  }

  /** Rejects with a readable error if the address cannot be listened on. */
  start(): Promise<void> {
    const { host, port } = this.#options.address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const reason = error.code === 'EADDRINUSE' ? 'the address is in use' : error.message;
        reject(new Error(`cannot listen for clients on ${host}:${port}: ${reason}`));
      });
      this.#server.listen(port, host, () => resolve());
    });
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Takes no new clients, and ends each session when what it is doing is done. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { session } of this.#clients.values()) session.shutDown();
    await closed;
  }

  /** Ends what is still connected. */
  destroyAll(): void {
    for (const { socket } of this.#clients.values()) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#socketCount += 1;
    socket.on('close', () => (this.#socketCount -= 1));
    socket.on('error', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), STARTUP_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(timer));
    this.#awaitStartup(socket, timer, []);
  }

  /** Looks at the first messages until it is clear what the client wants. */
  #awaitStartup(socket: Socket, timer: NodeJS.Timeout, asked: readonly EncryptionRequest[]): void {
    let received = Buffer.alloc(0);
    const onData = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      try {
        const decoder = new FrontendDecoder();
        decoder.push(received);
        const message = decoder.nextStartup();
        if (message === null) return;
        socket.off('data', onData);
        const rest = decoder.bufferedBytes;
        const { kind } = message;
        if (asked.includes(kind as EncryptionRequest))
          throw repeatedRequest(kind as EncryptionRequest);
        switch (message.kind) {
          case 'ssl-request':
            return this.#startTls(socket, timer, [...asked, message.kind], rest);
          case 'gssenc-request':
            socket.write('N');
            return this.#awaitStartup(socket, timer, [...asked, message.kind]);
          case 'cancel-request':
            this.#cancel(message.processId, message.secret);
            return void socket.end();
          default:
            clearTimeout(timer);
            return this.#open(socket, received);
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        refuse(socket, error.answer);
      }
    };
    socket.on('data', onData);
  }

  #startTls(
    socket: Socket,
    timer: NodeJS.Timeout,
    asked: readonly EncryptionRequest[],
    surplusBytes: number,
  ): void {
    if (this.#tls === null) {
      socket.write('N');
      this.#awaitStartup(socket, timer, asked);
      return;
    }
    // Bytes sent before the handshake could have been put there by somebody in the middle.
    if (surplusBytes > 0) {
      refuse(
        socket,
        new PgError('08P01', 'received unencrypted data after SSL request', { severity: 'FATAL' }),
      );
      return;
    }
    socket.write('S');
    const secure = new TLSSocket(socket, { isServer: true, secureContext: this.#tls });
    secure.on('error', () => secure.destroy());
    secure.once('secure', () => this.#awaitStartup(secure, timer, asked));
  }

  #cancel(processId: number, secret: number): void {
    const client = this.#clients.get(processId);
    if (client?.secret === secret) client.session.cancel();
  }

  /** Another one than on other nodes: clients know their own notifications by it. */
  #freeProcessId(): number {
    for (;;) {
      this.#opened = (this.#opened % PROCESSES_OF_NODE) + 1;
      const id = (this.#options.nodeId % NODES) * (PROCESSES_OF_NODE + 1) + this.#opened;
      if (!this.#clients.has(id)) return id;
    }
  }

  #open(socket: Socket, received: Buffer): void {
    const { maxConnections, backend, database, log } = this.#options;
    if (this.#isClosing) {
      refuse(
        socket,
        new PgError('57P03', 'the database system is shutting down', { severity: 'FATAL' }),
      );
      return;
    }
    if (this.#clients.size >= maxConnections) {
      refuse(
        socket,
        new PgError('53300', 'sorry, too many clients already', { severity: 'FATAL' }),
      );
      return;
    }
    const processId = this.#freeProcessId();
    const secret = randomInt(0, 0x7fff_ffff);
    const flow = new FlowControl(socket);
    const session = new Session({
      backend,
      database,
      serverVersion: SERVER_VERSION,
      processId,
      secret,
      sessions: {
        all: () => this.#activities(),
        signal: (pid, isEnd) => this.#signal(pid, isEnd),
      },
      keptPool: this.#keptPool,
      write: (bytes) => {
        socket.write(bytes);
        flow.update();
        if (flow.isCongested) this.#endHoarder(socket, processId);
      },
      drained: () => flow.drained(),
      onStarved: () => flow.starved(),
      end: () => socket.end(),
      logInternalError: (error) =>
        log('error', 'internal error in a session', { message: error.message, stack: error.stack }),
    });
    const startedMs = Date.now();
    this.#clients.set(processId, { session, socket, secret, startedMs });
    socket.on('data', (bytes: Buffer) => {
      session.receive(bytes);
      flow.received(session.bufferedBytes);
    });
    socket.on('close', () => {
      this.#clients.delete(processId);
      session.closed();
    });
    session.receive(received);
  }

  #activities(): readonly Activity[] {
    return [...this.#clients].map(([pid, { session, socket, startedMs }]) => ({
      pid,
      startedMs,
      clientAddress: socket.remoteAddress ?? null,
      clientPort: socket.remotePort ?? null,
      ...session.activity(),
    }));
  }

  #signal(pid: number, isEnd: boolean): boolean {
    const client = this.#clients.get(pid);
    if (client === undefined) return false;
    // The session that asks is answered first, where it is the same.
    setImmediate(() => (isEnd ? client.session.terminate() : client.session.cancel()));
    return true;
  }

  /** Ends the client that was sent something, and does not read, when there is too much of that. */
  #endHoarder(socket: Socket, processId: number): void {
    let unsentBytes = 0;
    for (const client of this.#clients.values()) unsentBytes += client.socket.writableLength;
    if (unsentBytes <= UNSENT_BYTES_MAX) return;
    this.#options.log('warn', 'a client is disconnected: too much waits for clients to read it', {
      processId,
      unsentBytes,
    });
    socket.destroy();
  }
}

function secureContextOf({ cert, key }: TlsFiles): SecureContext {
  try {
    return createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`the TLS files for clients cannot be used: ${reason}`, { cause: error });
  }
}

/** null: there is nobody who would understand. */
function refuse(socket: Socket, error: PgError | null): void {
  if (error === null) {
    socket.end();
    return;
  }
  const writer = new BackendWriter();
  writer.error(error);
  socket.end(writer.take());
}
