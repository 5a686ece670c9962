// One node: wires the threads and the parts of the main thread.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Gateway } from '../gateway/gateway.ts';
import type { SeenEntry } from '../gateway/gateway.ts';
import { decodeRegistration } from '../machine/entry-outcomes.ts';
import { unpackOutcomes } from '../machine/outcome-codec.ts';
import type { EntryOutcomes } from '../machine/entry-outcomes.ts';
import { Reader } from '../machine/reader.ts';
import { initializeParser } from '../sql/parse/parse.ts';
import type { NodeFacts } from '../sql/functions/balsa.ts';
import { openIdentity } from '../storage/identity.ts';
import { nodeDisk } from '../storage/node-disk.ts';
import { Prng } from '../util/prng.ts';
import { monotonicMs } from './clock.ts';
import type { NodeConfig } from './config.ts';
import { packByteStrings, unpackEntryOutcomes } from './entry-batch.ts';
import { Executor } from './executor.ts';
import { Listener } from './listener.ts';
import type { Log } from './log.ts';
import { NotificationHub } from './notifications.ts';
import { SharedState } from './shared-state.ts';
import type {
  FromConsensus,
  FromMachine,
  KnownNode,
  MainToMachine,
  ToConsensus,
} from './thread-messages.ts';

const TICK_MS = 50;
const SILENT_MS = 3000;
const DRAIN_MS = 10_000;

export class BalsaNode {
  readonly #config: NodeConfig;
  readonly #log: Log;
  readonly #onFatal: (message: string) => void;
  readonly #shared = new SharedState();
  readonly #notifications = new NotificationHub((isListening) =>
    this.#shared.setListening(isListening),
  );
  #machine!: Worker;
  #consensus!: Worker;
  #gateway!: Gateway;
  #executor!: Executor;
  #listener!: Listener;
  #reader!: Reader;
  #ticker: NodeJS.Timeout | null = null;
  #isFlushScheduled = false;
  #isStopping = false;
  #nodes: readonly KnownNode[] = [];
  #stopped: ((thread: 'machine' | 'consensus') => void) | null = null;

  private constructor(config: NodeConfig, log: Log, onFatal: (message: string) => void) {
    this.#config = config;
    this.#log = log;
    this.#onFatal = onFatal;
  }

  /** Starts everything; resolves when clients are served. `onFatal`: the process must end. */
  static async start(
    config: NodeConfig,
    log: Log,
    onFatal: (message: string) => void,
  ): Promise<BalsaNode> {
    const node = new BalsaNode(config, log, onFatal);
    await node.#start();
    return node;
  }

  async #start(): Promise<void> {
    const config = this.#config;
    // The parser has one function for which V8's optimizing compiler takes 550 MB, if only for a
    // moment. What it gains is a fifth of the time of a text that was not parsed before.
    for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
    await initializeParser();
    const identity = openIdentity(nodeDisk, config.dataDirectory, {
      clusterId: clusterIdOf(config),
      nodeId: config.nodeId,
      diskId: randomBytes(16).toString('hex'),
    });
    const { port1, port2 } = new MessageChannel();
    const common = { config, shared: this.#shared.buffer };
    this.#machine = startWorker('machine-thread', { ...common, consensusPort: port1 }, [port1]);
    await this.#ready(this.#machine, (message) => this.#fromMachine(message as FromMachine));
    this.#reader = new Reader(join(config.dataDirectory, 'state.sqlite'));
    this.#consensus = startWorker(
      'consensus-thread',
      {
        ...common,
        machinePort: port2,
        clusterId: Buffer.from(identity.clusterId, 'hex'),
        diskId: Buffer.from(identity.diskId, 'hex'),
      },
      [port2],
    );
    const incarnation = await this.#ready(this.#consensus, (message) =>
      this.#fromConsensus(message as FromConsensus),
    );
    this.#gateway = new Gateway({
      nodeId: config.nodeId,
      incarnation,
      prng: new Prng(randomInt(0, 0xffff_ffff)),
    });
    const startedMs = Date.now();
    this.#executor = new Executor({
      gateway: this.#gateway,
      reader: this.#reader,
      identity: { nodeId: config.nodeId, incarnation },
      file: join(config.dataDirectory, 'state.sqlite'),
      shared: this.#shared,
      wake: () => this.#wake(),
      notifications: this.#notifications,
      fact: (name) => {
        if (name === '@started_ms') return String(startedMs);
        return name === '@nodes' ? JSON.stringify(this.#nodeFacts()) : null;
      },
      onFatal: this.#onFatal,
    });
    const view = this.#shared.consensus();
    this.#executor.roleChanged(view.role === 'leader');
    this.#listener = new Listener({
      address: config.clientAddress,
      nodeId: config.nodeId,
      backend: this.#executor,
      database: config.database,
      maxConnections: config.maxConnections,
      tls: config.clientTls,
      log: this.#log,
    });
    await this.#listener.start();
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#wake();
  }

  /** Resolves with the incarnation that a `ready` message carries, 0 if none. */
  #ready(worker: Worker, handle: (message: unknown) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromConsensus | FromMachine) => {
        if (message.kind === 'ready') resolve('incarnation' in message ? message.incarnation : 0);
        else if (message.kind === 'fatal') {
          reject(new Error(message.message));
          this.#fatal(message.message);
        } else handle(message);
      });
      worker.on('error', (error) => {
        reject(error);
        this.#fatal(error.stack ?? error.message);
      });
      worker.on('exit', (code) => {
        if (!this.#isStopping) this.#fatal(`a thread ended with ${code}`);
      });
    });
  }

  #fatal(message: string): void {
    if (!this.#isStopping || !message.startsWith('a thread ended')) this.#onFatal(message);
  }

  // What the threads say --------------------------------------------------------------------------

  #fromMachine(message: FromMachine): void {
    switch (message.kind) {
      case 'applied':
        // Before the gateway exists nothing of this process can come by.
        if (this.#gateway === undefined) return;
        this.#notifications.deliver(message.notifications);
        this.#gateway.applied(unpackEntryOutcomes(message.outcomes).map(seenEntry), message.index);
        this.#executor?.locks.granted(message.grants);
        this.#executor?.deliver();
        this.#noteWaiting();
        if (this.#gateway.hasQueued) this.#wake();
        return;
      case 'speculated':
        return this.#executor.speculator.deliver(message.answers);
      case 'log':
        return this.#log(message.level, message.event, message.fields);
      case 'stopped':
        return this.#stopped?.('machine');
      default:
        return;
    }
  }

  #fromConsensus(message: FromConsensus): void {
    switch (message.kind) {
      case 'role':
        this.#executor?.roleChanged(message.role === 'leader');
        if (message.leaderId !== 0) this.#gateway?.leaderChanged(monotonicMs());
        this.#wake();
        return;
      case 'refused':
        // With full disks there is no hurry: it is sent again when its time has come.
        if (message.refusal !== 'disk-full') this.#gateway?.refused(monotonicMs());
        return;
      case 'reads':
        this.#gateway.readAnswered(message.ids, message.index, monotonicMs());
        this.#executor.deliver();
        return;
      case 'nodes':
        this.#nodes = message.nodes;
        return;
      case 'log':
        return this.#log(message.level, message.event, message.fields);
      case 'stopped':
        return this.#stopped?.('consensus');
      default:
        return;
    }
  }

  // What goes to consensus ------------------------------------------------------------------------

  #wake(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    setImmediate(() => this.#flush());
  }

  /** All that was submitted in one turn leaves together. */
  #flush(): void {
    this.#isFlushScheduled = false;
    if (this.#gateway === undefined) return;
    const now = monotonicMs();
    this.#noteWaiting();
    const commands = this.#gateway.takeProposals(now, this.#shared.consensus().commitIndex);
    if (commands.length > 0) {
      const packed = packByteStrings(commands);
      this.#post({ kind: 'propose', commands: packed }, [packed.buffer]);
    }
    const ids = this.#gateway.takeReadRequests(now);
    if (ids.length > 0) this.#post({ kind: 'read', ids });
    const requests = this.#executor?.speculator.take() ?? [];
    if (requests.length > 0) this.#postToMachine({ kind: 'speculate', requests });
    this.#executor?.deliver();
  }

  /** What was applied before the note is not reported: it is looked at here. */
  #noteWaiting(): void {
    const isWaiting = this.#gateway.openCount > 0 || (this.#executor?.openCount ?? 0) > 0;
    this.#shared.setWaiting(isWaiting);
    if (isWaiting) this.#gateway.applied([], this.#shared.appliedIndex());
  }

  #post(message: ToConsensus, transfer: readonly ArrayBuffer[] = []): void {
    this.#consensus.postMessage(message, transfer);
  }

  #postToMachine(message: MainToMachine): void {
    this.#machine.postMessage(message);
  }

  #tick(): void {
    this.#executor.tick(monotonicMs());
    this.#flush();
  }

  // Status ----------------------------------------------------------------------------------------

  #nodeFacts(): readonly NodeFacts[] {
    const now = monotonicMs();
    const commit = Math.max(0, ...this.#nodes.map(({ status }) => status?.commitIndex ?? 0));
    return this.#config.voters.map(({ id }) => {
      const found = this.#nodes.find((node) => node.id === id);
      const status = found?.status ?? null;
      const isSelf = id === this.#config.nodeId;
      const isSilent = found === undefined || (!isSelf && now - found.heardAt > SILENT_MS);
      return {
        id,
        role: status === null || isSilent ? 'unknown' : status.role,
        term: status?.term ?? null,
        leader: status?.leaderId ?? null,
        commit: status?.commitIndex ?? null,
        applied: status?.appliedIndex ?? null,
        lag: status === null ? null : Math.max(0, commit - status.appliedIndex),
        logBytes: status?.logBytes ?? null,
        databaseBytes: status?.databaseBytes ?? null,
        address: status === null ? null : `${status.clientHost}:${status.clientPort}`,
        version: status?.version ?? null,
        state: status?.halted ?? (isSilent ? 'silent' : 'ok'),
        ageSeconds:
          (found?.status ?? null) === null || found === undefined
            ? null
            : Math.round((now - found.heardAt) / 100) / 10,
      };
    });
  }

  // Stop ------------------------------------------------------------------------------------------

  /** Takes no new clients, finishes what is in flight, hands leadership over, closes the files. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const drained = this.#listener.close();
    await Promise.race([drained, pause(DRAIN_MS)]);
    this.#listener.destroyAll();
    if (this.#ticker !== null) clearInterval(this.#ticker);
    await this.#stopThread('consensus', () => this.#post({ kind: 'stop' }));
    await this.#stopThread('machine', () => this.#machine.postMessage({ kind: 'stop' }));
    this.#reader.close();
  }

  async #stopThread(thread: 'machine' | 'consensus', ask: () => void): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = (which) => {
        if (which === thread) resolve();
      };
    });
    ask();
    await Promise.race([stopped, pause(DRAIN_MS)]);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

function startWorker(
  name: string,
  workerData: object,
  transferList: readonly MessagePortLike[],
): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./${name}.${extension}`, import.meta.url), {
    workerData,
    transferList: [...transferList] as never,
    name,
  });
}

type MessagePortLike = InstanceType<typeof MessageChannel>['port1'];

/** Equal on all nodes that were given the same members and name; 32 hex digits. */
function clusterIdOf(config: NodeConfig): string {
  const members = config.voters.map(({ id, host, port }) => `${id}=${host}:${port}`).join(',');
  const hash = createHash('sha256').update(`${config.clusterName}\n${members}`);
  return hash.digest('hex').slice(0, 32);
}

function seenEntry(entry: EntryOutcomes): SeenEntry {
  const { kind, index, sessionId, firstSequence } = entry;
  const isRegistered = kind === 'registered';
  return {
    kind,
    index,
    sessionId,
    firstSequence,
    outcomes: isRegistered ? [] : unpackOutcomes(entry.outcomes),
    registered: isRegistered ? decodeRegistration(entry.outcomes) : null,
  };
}
