// Runs a program on both servers: BalsaDB in this process, and PostgreSQL behind a socket or as it was
// recorded.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { serialize } from 'pg-protocol';
import { LocalNode } from '../../support/local-node.ts';
import type { LocalConnection } from '../../support/local-node.ts';
import { backendLines, decodeBackend, isWholeAnswer } from '../../support/wire/backend-lines.ts';
import type { BackendMessage } from '../../support/wire/backend-lines.ts';
import { piecesOf } from './program.ts';
import type { Program, Step } from './program.ts';

/** What each of the two clients is told, a message each; the last one may be `(closed)`. */
export type Streams = readonly (readonly string[])[];

export interface Answered {
  readonly streams: Streams;
  /** What was sent: no client changes the schema while another one's transaction would wait for it. */
  readonly steps: readonly Step[];
  /** After each step, how many messages its client has had. */
  readonly counts: readonly number[];
  /** What the server stumbled over. */
  readonly crash: string | null;
}

const DROPPED = 'DROP TABLE IF EXISTS t0, t1, t2, t3 CASCADE';
/** Whatever a client is in the middle of, it is told the tables then, and leaves. */
const TABLES = ['t0', 't1', 't2', 't3'];
const ENDING: readonly string[] = [
  'CopyFail the end',
  'Sync',
  'Query ROLLBACK',
  "Query SET datestyle TO 'ISO, MDY'; SET bytea_output TO hex; SET search_path TO public",
  ...TABLES.map((name) => `Query SELECT * FROM ${name} ORDER BY id`),
  "Query SELECT name || ' ' || statement || ' ' || from_sql AS p FROM pg_prepared_statements ORDER BY name",
  'Terminate',
];

function startup(database: string): Buffer {
  // Nobody is to wait for a lock that is not given up.
  const options = '-c lock_timeout=2s';
  return serialize.startup({ user: 'postgres', database, options });
}

function messagesOf(bytes: Buffer): readonly string[] {
  return decodeBackend(bytes).map(({ lines }: BackendMessage) => lines.join('\n'));
}

// Here --------------------------------------------------------------------------------------------

const SETTLE_MS_MAX = 20_000;

export class Balsa {
  #node = new LocalNode();
  #crash: string | null = null;

  constructor() {
    process.on('unhandledRejection', this.#onRejection);
  }

  readonly #onRejection = (error: unknown): void => {
    this.#crash = error instanceof Error ? (error.stack ?? error.message) : String(error);
  };

  async answer(program: Program): Promise<Answered> {
    this.#crash = null;
    try {
      return await this.#run(program);
    } catch (error) {
      const crash = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#node = new LocalNode();
      return { streams: [[], []], steps: program.steps, counts: [], crash: this.#crash ?? crash };
    }
  }

  async #run({ setup, steps }: Program): Promise<Answered> {
    const admin = await this.#open();
    for (const sql of [DROPPED, ...setup]) {
      admin.send(serialize.query(sql));
      await this.#settle(admin);
    }
    admin.close();
    const connections = [await this.#open(), await this.#open()];
    const received: Buffer[] = [Buffer.alloc(0), Buffer.alloc(0)];
    const sent: Step[] = [];
    const counts: number[] = [];
    for (const step of [...steps, ...ENDINGS]) {
      const connection = connections[step.on] as LocalConnection;
      const isEnding = ENDINGS.includes(step);
      if (!isEnding && step.on === 1 && !isIdle(received[0] as Buffer)) continue;
      if (!isEnding) sent.push(step);
      for (const piece of piecesOf(step)) {
        connection.send(piece);
        const more = await this.#settle(connection);
        received[step.on] = Buffer.concat([received[step.on] as Buffer, more]);
      }
      counts.push(messagesOf(received[step.on] as Buffer).length);
    }
    for (const connection of connections) connection.close();
    const crash = this.#crash;
    if (crash !== null) this.#node = new LocalNode();
    return { streams: received.map(messagesOf), steps: sent, counts, crash };
  }

  async #open(): Promise<LocalConnection> {
    const connection = this.#node.open();
    connection.send(startup('postgres'));
    await this.#settle(connection);
    return connection;
  }

  async #settle(connection: LocalConnection): Promise<Buffer> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('it hangs')), SETTLE_MS_MAX);
    });
    return Promise.race([connection.settle(), tooLate]).finally(() => clearTimeout(timer));
  }

  close(): void {
    process.off('unhandledRejection', this.#onRejection);
    this.#node.close();
  }
}

const ENDINGS: readonly Step[] = ([0, 1] as const).map((on) => ({
  on,
  messages: ENDING.map((line) => ({ line })),
  cut: null,
}));

/** Nobody else waits for what the client has locked. */
function isIdle(received: Buffer): boolean {
  return /Z\0\0\0\x05I$/.test(received.subarray(-6).toString('latin1'));
}

// PostgreSQL --------------------------------------------------------------------------------------

/** If it has not said what is expected after such a time of silence, it says something else. */
const QUIET_MS = 250;
const END_MS_MAX = 10_000;

class PostgresConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #heardAt = 0;
  #isClosed = false;

  constructor(host: string, port: number) {
    this.#socket = connect(port, host);
    this.#socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#heardAt = performance.now();
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#isClosed = true;
    });
  }

  get received(): Buffer {
    return this.#received;
  }

  send(bytes: Buffer): void {
    this.#heardAt = performance.now();
    this.#socket.write(bytes);
  }

  /** Until so many messages are there, or there is silence, or the end. */
  until(count: number, quietMs: number): Promise<void> {
    return this.#until(() => wholeMessages(this.#received).length >= count, quietMs);
  }

  untilAnswered(): Promise<void> {
    return this.#until(() => isWholeAnswer(this.#received), END_MS_MAX);
  }

  async #until(isEnough: () => boolean, quietMs: number): Promise<void> {
    while (!this.#isClosed && performance.now() - this.#heardAt < quietMs && !isEnough()) {
      await new Promise((done) => setTimeout(done, 1));
    }
  }

  forget(): void {
    this.#received = Buffer.alloc(0);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Messages that are whole: a rest may be on its way. */
function wholeMessages(bytes: Buffer): readonly string[] {
  let end = 0;
  while (end + 5 <= bytes.length && end + 1 + bytes.readInt32BE(end + 1) <= bytes.length) {
    end += 1 + bytes.readInt32BE(end + 1);
  }
  return messagesOf(bytes.subarray(0, end));
}

export class Postgres {
  readonly #host = process.env['PGHOST'] ?? '127.0.0.1';
  readonly #port = Number(process.env['PGPORT'] ?? 5432);
  readonly #database: string;

  /** The database is there. */
  constructor(database: string) {
    this.#database = database;
  }

  /** `ours`: what is likely to be told, so that nobody waits for more. */
  async answer({ setup }: Program, ours: Pick<Answered, 'steps' | 'counts'>): Promise<Streams> {
    const admin = await this.#open();
    for (const sql of [DROPPED, ...setup]) await this.#query(admin, sql);
    admin.close();
    const connections = [await this.#open(), await this.#open()];
    for (const [at, step] of ours.steps.entries()) {
      const connection = connections[step.on] as PostgresConnection;
      for (const piece of piecesOf(step)) connection.send(piece);
      if (ours.steps[at + 1]?.on !== step.on) {
        await connection.until(ours.counts[at] ?? 0, QUIET_MS);
      }
    }
    for (const [at, ending] of ENDINGS.entries()) {
      const connection = connections[at] as PostgresConnection;
      for (const piece of piecesOf(ending)) connection.send(piece);
      await connection.until(Infinity, END_MS_MAX);
      connection.close();
    }
    return connections.map(({ received }) => wholeMessages(received));
  }

  async #query(connection: PostgresConnection, sql: string): Promise<void> {
    connection.forget();
    connection.send(serialize.query(sql));
    await connection.untilAnswered();
    const lines = backendLines(connection.received);
    if (lines.includes('ErrorResponse')) throw new Error(`${sql}: ${lines.join('\n')}`);
  }

  async #open(): Promise<PostgresConnection> {
    const connection = new PostgresConnection(this.#host, this.#port);
    connection.send(startup(this.#database));
    await connection.untilAnswered();
    connection.forget();
    return connection;
  }
}
