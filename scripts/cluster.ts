// Starts a cluster on this machine for a person to play with: nodes as child processes, one line
// for each thing that happens. A node that dies is reported and left dead, so that a failover can
// be watched; Ctrl-C stops all.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { query } from '../src/cli/query.ts';

const HOST = '127.0.0.1';
const PEER_PORT_OFFSET = 2000;
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const WATCH_MS = 500;
const BINARY = resolve(import.meta.dirname, '../bin/balsa.js');

interface Options {
  readonly nodes: number;
  readonly basePort: number;
  readonly data: string;
  readonly reset: boolean;
}

interface RunningNode {
  readonly id: number;
  readonly port: number;
  readonly directory: string;
  readonly logFile: string;
  readonly process: ChildProcess;
}

function integer(first: number, last: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < first || value > last) {
      throw new InvalidArgumentError(`not a number from ${first} to ${last}`);
    }
    return value;
  };
}

const options = new Command('cluster')
  .usage('[-- options]')
  .description('Start a local cluster; Ctrl-C stops it.')
  .option('--nodes <number>', 'how many', integer(1, 9), 3)
  .option('--base-port <port>', 'client port of the first node', integer(1024, 60_000), 5432)
  .option('--data <dir>', 'where the nodes keep their data and logs', '.cluster')
  .option('--reset', 'delete that data first', false)
  .parse()
  .opts<Options>();

function isPortTaken(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, HOST);
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}

async function refuseTakenPorts(): Promise<void> {
  for (let id = 1; id <= options.nodes; id++) {
    for (const port of [clientPort(id), clientPort(id) + PEER_PORT_OFFSET]) {
      if (!(await isPortTaken(port))) continue;
      console.error(
        `Port ${port} is in use (another cluster, or PostgreSQL?). Choose others: npm run cluster -- --base-port 6432`,
      );
      process.exit(1);
    }
  }
}

function clientPort(id: number): number {
  return options.basePort + id - 1;
}

function addressOptions(id: number, peers: string): readonly string[] {
  const directory = resolve(options.data, `node-${id}`);
  return [
    ...['--id', String(id), '--data', directory, '--peers', peers],
    ...['--listen', `${HOST}:${clientPort(id)}`],
  ];
}

function startNode(id: number, peers: string): RunningNode {
  const directory = resolve(options.data, `node-${id}`);
  mkdirSync(directory, { recursive: true });
  const logFile = join(resolve(options.data), `node-${id}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(
    process.execPath,
    [BINARY, 'start', ...addressOptions(id, peers), '--log-format', 'pretty'],
    { stdio: ['ignore', log, log], detached: true },
  );
  return { id, port: clientPort(id), directory, logFile, process: child };
}

function isRunning(node: RunningNode): boolean {
  return node.process.exitCode === null && node.process.signalCode === null;
}

interface Role {
  readonly id: string;
  readonly role: string;
  readonly term: string;
}

async function askRoles(nodes: readonly RunningNode[]): Promise<readonly Role[] | null> {
  for (const node of nodes.filter(isRunning)) {
    try {
      const { rows } = await query(
        { host: HOST, port: node.port },
        'set balsa.read_consistency = stale; select id, role, term from balsa_nodes order by id',
        2000,
      );
      return rows.map(([id, role, term]) => ({ id: id ?? '', role: role ?? '', term: term ?? '' }));
    } catch {
      // Not up yet, or dying: another node may know.
    }
  }
  return null;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

async function waitForLeader(nodes: readonly RunningNode[]): Promise<readonly Role[]> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const dead = nodes.find((node) => !isRunning(node));
    if (dead !== undefined) throw new Error(`node ${dead.id} did not start; see ${dead.logFile}`);
    const roles = await askRoles(nodes);
    const isWhole = roles?.length === nodes.length && roles.every(({ role }) => role !== 'unknown');
    if (isWhole && roles.some(({ role }) => role === 'leader')) return roles;
    await pause(100);
  }
  throw new Error(
    `no leader within ${READY_TIMEOUT_MS / 1000} s; see the logs in ${resolve(options.data)}`,
  );
}

function printWelcome(nodes: readonly RunningNode[], roles: readonly Role[]): void {
  const hosts = nodes.map((node) => `${HOST}:${node.port}`).join(',');
  console.log(
    `\nBalsaDB is up: ${nodes.length} node(s), user and database "postgres", no password.\n`,
  );
  for (const node of nodes) {
    const role = roles.find(({ id }) => id === String(node.id))?.role ?? 'unknown';
    console.log(
      `  node ${node.id}  ${role.padEnd(9)}  psql -h ${HOST} -p ${node.port} -U postgres postgres    pid ${node.process.pid}`,
    );
  }
  console.log(`
  the leader, wherever it is:   psql "postgresql://postgres@${hosts}/postgres?target_session_attrs=read-write"
  the state of the cluster:     npm run balsa -- status --node ${HOST}:${options.basePort}
  data and logs:                ${resolve(options.data)}

Every node takes reads and writes. To watch a failover, kill -9 the leader's pid. Ctrl-C stops all.
`);
}

async function stopAll(nodes: readonly RunningNode[]): Promise<void> {
  const running = nodes.filter(isRunning);
  for (const node of running) node.process.kill('SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (running.some(isRunning) && Date.now() < deadline) await pause(50);
  for (const node of running.filter(isRunning)) {
    console.log(`node ${node.id} did not stop within ${STOP_TIMEOUT_MS / 1000} s, killing it`);
    node.process.kill('SIGKILL');
  }
}

await refuseTakenPorts();
if (options.reset && existsSync(options.data)) rmSync(options.data, { recursive: true });
mkdirSync(options.data, { recursive: true });
const peers = Array.from(
  { length: options.nodes },
  (_, position) => `${position + 1}=${HOST}:${clientPort(position + 1) + PEER_PORT_OFFSET}`,
).join(',');

console.log(`Starting ${options.nodes} node(s) ...`);
const nodes = Array.from({ length: options.nodes }, (_, position) =>
  startNode(position + 1, peers),
);

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  console.log('\nStopping ...');
  await stopAll(nodes);
  console.log(`Stopped. The data stays in ${resolve(options.data)}; --reset starts afresh.`);
  process.exit(process.exitCode ?? 0);
}
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
for (const node of nodes) {
  node.process.on('exit', (code, signal) => {
    if (isStopping) return;
    const how = signal === null ? `exited with ${code}` : `was killed by ${signal}`;
    console.log(
      `node ${node.id} ${how} and stays down; its log: ${node.logFile}\n` +
        `  to start it again, in another terminal:\n` +
        `  npm run balsa -- start ${addressOptions(node.id, peers).join(' ')}`,
    );
  });
}

try {
  let leader = '';
  const roles = await waitForLeader(nodes);
  printWelcome(nodes, roles);
  leader = roles.find(({ role }) => role === 'leader')?.id ?? '';
  while (!isStopping && nodes.some(isRunning)) {
    await pause(WATCH_MS);
    const current = (await askRoles(nodes))?.find(({ role }) => role === 'leader');
    if (isStopping || current === undefined || current.id === leader) continue;
    leader = current.id;
    console.log(`node ${leader} is the leader now (term ${current.term})`);
  }
  if (!isStopping) console.log('No node is left.');
} catch (error) {
  if (!isStopping) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    await stop();
  }
}
