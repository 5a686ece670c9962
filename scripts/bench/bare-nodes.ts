// What three processes of Node need on this machine for a write and nothing else: a message to the
// leader, one to each follower, a block synced to each log, an answer when two of them are. The
// distance of BalsaDB to this is its own work; it cannot be faster.
// Run as a child process: a follower or a leader. As a thread of a leader: one of its hand-overs.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const HOST = '127.0.0.1';
/** As in the log of a node: one page for a small entry, in a file that is there already. */
const BLOCK = Buffer.alloc(4096, 1);
const LOG_BLOCKS = 4096;
/** About as long as an upsert's. */
const MESSAGE = Buffer.alloc(150, 1);

/** Single: all on one thread. Handed over: from the client's thread to the log's, to a third, back. */
export type BareThreads = 'single' | 'handed over';

interface NodeInput {
  readonly port: number;
  readonly directory: string;
  /** Of the followers; absent: this is one. */
  readonly followers?: readonly number[];
  readonly threads?: BareThreads;
}

/** Writes of one client a second. */
export async function measureBareNodes(
  threads: BareThreads,
  directory: string,
  ports: readonly number[],
  seconds: number,
): Promise<number> {
  const [leaderPort = 0, ...followers] = ports;
  const children: ChildProcess[] = [];
  try {
    for (const port of followers) children.push(await startNode({ port, directory }));
    children.push(await startNode({ port: leaderPort, directory, followers, threads }));
    return await writesPerSecond(leaderPort, seconds);
  } finally {
    for (const child of children) child.kill();
  }
}

function startNode(input: NodeInput): Promise<ChildProcess> {
  const child = fork(import.meta.filename, [JSON.stringify(input)]);
  return new Promise((done, fail) => {
    child.once('message', () => done(child));
    child.once('exit', () => fail(new Error('a bare node ended')));
  });
}

async function writesPerSecond(port: number, seconds: number): Promise<number> {
  const socket = connect({ host: HOST, port, noDelay: true });
  let count = 0;
  let answered = (): void => undefined;
  socket.on('data', () => answered());
  const write = (): Promise<void> =>
    new Promise((done) => {
      answered = done;
      socket.write(MESSAGE);
    });
  const run = async (milliseconds: number): Promise<void> => {
    const end = performance.now() + milliseconds;
    for (count = 0; performance.now() < end; count++) await write();
  };
  await run(1000);
  await run(seconds * 1000);
  socket.destroy();
  return count / seconds;
}

/** Appends a block and returns when it is durable. */
function openLog(directory: string, name: string): () => void {
  mkdirSync(directory, { recursive: true });
  const file = openSync(join(directory, name), 'w');
  for (let at = 0; at < LOG_BLOCKS; at++) writeSync(file, BLOCK);
  fdatasyncSync(file);
  let position = 0;
  return () => {
    writeSync(file, BLOCK, 0, BLOCK.length, position);
    position = (position + BLOCK.length) % (LOG_BLOCKS * BLOCK.length);
    fdatasyncSync(file);
  };
}

function listen(port: number, onMessage: (message: Buffer, socket: Socket) => void): void {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (message) => onMessage(message as Buffer, socket));
  });
  server.listen(port, HOST, () => process.send?.('ready'));
}

function follow({ port, directory }: NodeInput): void {
  const append = openLog(directory, `log-${port}`);
  listen(port, (message, socket) => {
    append();
    socket.write(message);
  });
}

/** `committed` is called when two of the three logs have the block. */
function openReplication(input: NodeInput, committed: () => void): () => void {
  const append = openLog(input.directory, `log-${input.port}`);
  let durable = 0;
  const isDurable = (): void => {
    if (++durable === 2) committed();
  };
  const sockets = (input.followers ?? []).map((port) => {
    const socket = connect({ host: HOST, port, noDelay: true });
    socket.on('data', isDurable);
    return socket;
  });
  return () => {
    durable = 0;
    for (const socket of sockets) socket.write(MESSAGE);
    append();
    isDurable();
  };
}

function lead(input: NodeInput): void {
  let client: Socket | null = null;
  const answer = (): void => void client?.write(MESSAGE);
  const write =
    input.threads === 'single' ? openReplication(input, answer) : openThreads(input, answer);
  listen(input.port, (_message, socket) => {
    client = socket;
    write();
  });
}

function openThreads(input: NodeInput, answer: () => void): () => void {
  const log = new Worker(new URL(import.meta.url), { workerData: input });
  const machine = new Worker(new URL(import.meta.url), { workerData: null });
  const { port1, port2 } = new MessageChannel();
  log.postMessage(port1, [port1]);
  machine.postMessage(port2, [port2]);
  machine.on('message', answer);
  return () => log.postMessage(null);
}

/** The log's thread, or the third one, which is told of a commit and tells the first. */
function runThread(port: NonNullable<typeof parentPort>): void {
  port.once('message', (channel: InstanceType<typeof MessageChannel>['port1']) => {
    if (workerData === null) return channel.on('message', () => port.postMessage(null));
    const write = openReplication(workerData as NodeInput, () => channel.postMessage(null));
    port.on('message', write);
  });
}

if (!isMainThread && parentPort !== null) runThread(parentPort);
else if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  const input = JSON.parse(process.argv[2] ?? '') as NodeInput;
  if (input.followers === undefined) follow(input);
  else lead(input);
}
