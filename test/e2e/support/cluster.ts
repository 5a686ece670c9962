// Real nodes as child processes on loopback, for end-to-end tests and benchmarks. Ends what it
// started by its own process ids.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PeerNetwork } from './peer-network.ts';
import { mountSmallDisk, unmountSmallDisk } from './small-disk.ts';
import { query } from '../../../src/cli/query.ts';

const HOST = '127.0.0.1';
const BINARY = resolve(import.meta.dirname, '../../../bin/balsa.js');
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

export interface ClusterOptions {
  readonly nodes?: number;
  /** Further arguments of `balsa start`. */
  readonly arguments?: readonly string[];
  /** Of a disk of its own for each node, which only root can mount. */
  readonly diskMegabytes?: number;
  /** The nodes reach each other through a network that can be cut. */
  readonly hasNetwork?: boolean;
}

export interface NodeHandle {
  readonly id: number;
  readonly port: number;
  readonly peerPort: number;
  readonly directory: string;
  readonly logFile: string;
  process: ChildProcess;
}

export interface NodeRow {
  readonly id: number;
  readonly role: string;
  readonly term: number;
}

export class Cluster {
  readonly nodes: NodeHandle[] = [];
  readonly directory: string;
  readonly #network: PeerNetwork | null;
  readonly #peers: string;
  readonly #arguments: readonly string[];
  readonly #diskMegabytes: number | null;
  /** Mounted, and to be unmounted whatever becomes of the nodes. */
  readonly #disks: string[] = [];

  private constructor(
    directory: string,
    ports: readonly number[],
    network: PeerNetwork | null,
    options: ClusterOptions,
  ) {
    this.directory = directory;
    this.#network = network;
    this.#arguments = options.arguments ?? [];
    this.#diskMegabytes = options.diskMegabytes ?? null;
    const count = ports.length / 2;
    this.#peers = Array.from(
      { length: count },
      (_, position) =>
        `${position + 1}=${HOST}:${network?.port(position + 1) ?? ports[count + position]}`,
    ).join(',');
  }

  /** Between the nodes, if the cluster was started with one. */
  get network(): PeerNetwork {
    if (this.#network === null) throw new Error('the cluster has no network of its own');
    return this.#network;
  }

  #startNode(id: number, port: number, peerPort: number): void {
    const directory = join(this.directory, `node-${id}`);
    mkdirSync(directory, { recursive: true });
    if (this.#diskMegabytes !== null) {
      mountSmallDisk(directory, this.#diskMegabytes);
      this.#disks.push(directory);
    }
    const logFile = join(this.directory, `node-${id}.log`);
    const handle = { id, port, peerPort, directory, logFile };
    this.nodes.push({ ...handle, process: this.#spawn(handle) });
  }

  /** Starts the nodes and waits for a leader that all of them see. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const count = options.nodes ?? 3;
    const ports = await freePorts(count * 2);
    const peerPorts = new Map(ports.slice(count).map((port, position) => [position + 1, port]));
    const network = options.hasNetwork === true ? await PeerNetwork.start(peerPorts) : null;
    const cluster = new Cluster(mkdtempSync(join(tmpdir(), 'balsa-')), ports, network, options);
    try {
      for (let at = 0; at < count; at++) {
        cluster.#startNode(at + 1, ports[at] as number, ports[count + at] as number);
      }
      await cluster.waitForLeader();
    } catch (error) {
      // Nobody else knows of them.
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  #spawn(
    node: Omit<NodeHandle, 'process'>,
    moreArguments: readonly string[] = this.#arguments,
  ): ChildProcess {
    const log = openSync(node.logFile, 'a');
    const child = spawn(
      process.execPath,
      [
        BINARY,
        'start',
        ...['--id', String(node.id), '--data', node.directory, '--peers', this.#peers],
        ...['--listen', `${HOST}:${node.port}`, '--peer-listen', `${HOST}:${node.peerPort}`],
        ...['--log-format', 'json'],
        ...moreArguments,
      ],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
    return child;
  }

  node(id: number): NodeHandle {
    const found = this.nodes.find((node) => node.id === id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  /** Sends a signal and, if it ends the process, waits until it is gone. */
  async kill(id: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { process: child } = this.node(id);
    const exit = onExit(child);
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await exit;
  }

  /** Starts a node again on its own directory; `moreArguments` instead of those of the cluster. */
  restart(id: number, moreArguments?: readonly string[]): void {
    const node = this.node(id);
    if (isRunning(node.process)) throw new Error(`node ${id} is still running`);
    node.process = this.#spawn(node, moreArguments);
  }

  /** The leader's id as a running node sees it, or null. */
  async leader(): Promise<number | null> {
    for (const node of this.nodes.filter((candidate) => isRunning(candidate.process))) {
      const rows = await this.#rows(node);
      const leader = rows?.find((row) => row.role === 'leader');
      if (leader !== undefined && isRunning(this.node(leader.id).process)) return leader.id;
    }
    return null;
  }

  async #rows(node: NodeHandle): Promise<readonly NodeRow[] | null> {
    try {
      const { rows } = await query(
        { host: HOST, port: node.port },
        'set balsa.read_consistency = stale; select id, role, term from balsa_nodes order by id',
        1500,
      );
      return rows.map(([id, role, term]) => ({
        id: Number(id),
        role: role ?? '',
        term: Number(term ?? 0),
      }));
    } catch {
      return null;
    }
  }

  /** Waits until every running node answers and knows one and the same live leader. */
  async waitForLeader(timeoutMs = START_TIMEOUT_MS): Promise<number> {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      const running = this.nodes.filter((node) => isRunning(node.process));
      const views = await Promise.all(running.map((node) => this.#rows(node)));
      const leaders = views.map((rows) => rows?.find((row) => row.role === 'leader')?.id ?? 0);
      const [first = 0] = leaders;
      if (
        first !== 0 &&
        leaders.every((id) => id === first) &&
        isRunning(this.node(first).process)
      ) {
        return first;
      }
      await pause(50);
    }
    throw new Error(`no leader within ${timeoutMs} ms\n${this.logs()}`);
  }

  /** The last lines of every node's log, for messages of failed tests. */
  logs(): string {
    return this.nodes
      .map((node) => {
        const lines = readFileSync(node.logFile, 'utf8').trimEnd().split('\n').slice(-15);
        return [`--- node ${node.id}`, ...lines].join('\n');
      })
      .join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.nodes
        .filter((node) => isRunning(node.process))
        .map(async (node) => {
          const exit = onExit(node.process);
          node.process.kill('SIGCONT');
          node.process.kill('SIGTERM');
          const timer = setTimeout(() => node.process.kill('SIGKILL'), STOP_TIMEOUT_MS);
          await exit;
          clearTimeout(timer);
        }),
    );
    this.#network?.close();
    for (const directory of this.#disks.splice(0)) unmountSmallDisk(directory);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function onExit(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return Promise.resolve();
  return new Promise((done) => child.once('exit', () => done()));
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Ports that nothing listens on at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, fail) => {
          server.on('error', fail);
          server.listen(0, HOST, () => {
            const address = server.address();
            done(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
