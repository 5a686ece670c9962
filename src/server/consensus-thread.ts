// The consensus thread: sockets of peers, timers, the log on disk, and the core between them. What
// arrives in one turn of the event loop is handled together: it makes one batch for the disk and
// one message for each peer.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { encodeConfiguration } from '../raft/configuration-codec.ts';
import type { ConfigurationAt } from '../raft/configuration-stack.ts';
import { decodeConfiguration } from '../raft/configuration-codec.ts';
import type { Entry } from '../raft/entry.ts';
import { RaftNode } from '../raft/raft-node.ts';
import { DEFAULT_TIMING } from '../raft/state.ts';
import { FileLogStore } from '../storage/file-log-store.ts';
import { KnownDisks } from '../storage/known-disks.ts';
import { nodeDisk } from '../storage/node-disk.ts';
import { pacedDisk } from '../storage/paced-disk.ts';
import { NetIpcTransport } from '../transport/net-ipc-transport.ts';
import type { NodeStatus, PeerMessage } from '../transport/peer-message.ts';
import { must } from '../util/assert.ts';
import { Prng } from '../util/prng.ts';
import { ApplyHashes } from './apply-hashes.ts';
import { monotonicMs, wallClockMs } from './clock.ts';
import { packEntries, unpackByteStrings } from './entry-batch.ts';
import { RaftDriver } from './raft-driver.ts';
import { SharedState } from './shared-state.ts';
import type { RoleName } from './shared-state.ts';
import type {
  FromConsensus,
  KnownNode,
  MachineToConsensus,
  ToConsensus,
  WorkerInput,
} from './thread-messages.ts';
import { VERSION } from './version.ts';

const TICK_MS = 20;
const STATUS_MS = 500;
const CLOCK_CHECK_MS = 200;
const CLOCK_JUMP_MS = 100;
const TICK_GAP_MS = 500;
const STALL_MS = 2 * DEFAULT_TIMING.electionMs;
const HAND_OVER_MS = 1500;
/** In the status of a node that takes no commands for want of space. */
const DISK_LOW = 'disk low';
/** So long a leader may take to hand over to a node with space, before clients are told. */
const DISK_FULL_MS = 2000;
/** Entries that wait for the disk: beyond this peers keep theirs until half of them are written (R110). */
const UNWRITTEN_BYTES_MAX = 32 * 1024 * 1024;
/** Entries handed to the machine and not applied yet: beyond this it has to catch up first. */
const UNAPPLIED_BYTES_MAX = 64 * 1024 * 1024;
/** Where nobody waits for entries they are applied many at a time, at the latest with the next tick. */
const LAZY_ENTRIES_MAX = 256;

const input = workerData as WorkerInput & {
  readonly machinePort: MessagePort;
  readonly clusterId: Uint8Array;
  readonly diskId: Uint8Array;
};
const { config, machinePort } = input;
const mainPort = must(parentPort, 'a worker has a parent');
const state = new SharedState(input.shared);

function post(message: FromConsensus): void {
  mainPort.postMessage(message);
}

function log(
  level: 'info' | 'warn' | 'error',
  event: string,
  fields: Record<string, unknown> = {},
): void {
  post({ kind: 'log', level, event, fields });
}

let hasFailed = false;
function fail(message: string): void {
  if (hasFailed) return;
  hasFailed = true;
  post({ kind: 'fatal', message });
}

// The log -----------------------------------------------------------------------------------------

const store = FileLogStore.open({
  disk: pacedDisk(nodeDisk, monotonicMs),
  backgroundDisk: nodeDisk,
  directory: join(config.dataDirectory, 'log'),
  randomUint32: () => randomInt(0, 0xffff_ffff),
  // Behind the messages of this turn, which leave at its end (R20).
  defer: (write) => process.nextTick(write),
  onFailure: (error) => fail(`the log's disk failed: ${error.message}`),
});

/** Every node starts with the same first entry: who the voters are. */
function firstConfiguration(): Entry {
  const voters = config.voters.map(({ id }) => id);
  const data = encodeConfiguration({
    voters,
    votersOld: null,
    learners: [],
    members: config.voters,
  });
  return { index: 1, term: 1, kind: 'configuration', data };
}

/** All configurations in the log, oldest first. */
function configurationsInLog(): readonly ConfigurationAt[] {
  const found: ConfigurationAt[] = [];
  for (let index = store.baseIndex + 1; index <= store.lastIndex;) {
    const entries = store.entries(index, store.lastIndex, 1024 * 1024);
    for (const entry of entries) {
      if (entry.kind !== 'configuration') continue;
      found.push({ index: entry.index, configuration: decodeConfiguration(entry.data) });
    }
    index += entries.length;
  }
  return found;
}

// The core and its driver -------------------------------------------------------------------------

let node: RaftNode;
let driver: RaftDriver;
let transport: NetIpcTransport;
let isRunScheduled = false;
let isStopping = false;
let handedBytes = 0;
const handed: { readonly index: number; readonly bytes: number }[] = [];
let waiting: Entry[] = [];
let databaseBytes = 0;
/** For room on the disk. */
let isMachineWaiting = false;
/** Why this node takes no commands. */
let halted: string | null = null;
/** When the leader began to refuse them for want of space; Infinity: it does not. */
let diskFullSince = Infinity;
const known = new Map<number, KnownNode>();
const hashes = new ApplyHashes(config.nodeId, config.voters.length);

function wake(): void {
  if (isRunScheduled) return;
  isRunScheduled = true;
  setImmediate(run);
}

function run(): void {
  isRunScheduled = false;
  if (hasFailed) return;
  driver.run();
  if (store.queuedBytes > UNWRITTEN_BYTES_MAX) transport.pauseBulk();
  else if (store.queuedBytes <= UNWRITTEN_BYTES_MAX / 2) transport.resumeBulk();
  const { role, term, leaderId, commitIndex } = node.status();
  const lease = node.lease();
  const leaseValidUntil = lease.validUntil;
  const isDiskFull = monotonicMs() - diskFullSince > DISK_FULL_MS;
  state.publishConsensus({ role, term, leaderId, commitIndex, leaseValidUntil, isDiskFull });
  if (waiting.length > 0 && isApplyUrgent(role)) handToMachine();
}

/** On a leader reads are served at once if everything committed is applied. */
function isApplyUrgent(role: RoleName): boolean {
  return waiting.length >= LAZY_ENTRIES_MAX || state.isWaiting() || role === 'leader';
}

function handToMachine(): void {
  const applied = state.appliedIndex();
  while ((handed[0]?.index ?? Infinity) <= applied) handedBytes -= handed.shift()?.bytes ?? 0;
  while (waiting.length > 0 && handedBytes < UNAPPLIED_BYTES_MAX) {
    const batch = waiting.slice(0, 1024);
    waiting = waiting.slice(batch.length);
    const packed = packEntries(batch);
    const last = batch.at(-1) as Entry;
    handed.push({ index: last.index, bytes: packed.length });
    handedBytes += packed.length;
    machinePort.postMessage({ kind: 'entries', entries: packed }, [packed.buffer]);
  }
}

machinePort.on('message', (message: MachineToConsensus) => {
  if (message.kind === 'propose') {
    if (node.status().role === 'leader') driver.propose([message.command]);
    return;
  }
  if (message.kind === 'room') {
    isMachineWaiting = message.isMissing;
    if (isMachineWaiting) store.giveWay();
    return;
  }
  databaseBytes = message.databaseBytes;
  for (const { index, hash } of message.hashes) {
    judge(config.nodeId, index, hash);
    for (const peer of config.voters) {
      if (peer.id === config.nodeId) continue;
      transport.send({ kind: 'apply-hash', from: config.nodeId, to: peer.id, index, hash });
    }
  }
});

function judge(from: number, index: number, hash: Uint8Array): void {
  const reason = hashes.report(from, index, hash);
  if (reason !== null) fail(reason);
}

function receive(message: PeerMessage): void {
  if (hasFailed) return;
  if (message.kind === 'apply-hash') judge(message.from, message.index, message.hash);
  else if (message.kind === 'node-status') {
    known.set(message.from, { id: message.from, status: message.status, heardAt: monotonicMs() });
  } else driver.receive(message);
}

// Time --------------------------------------------------------------------------------------------

let lastTickAt = monotonicMs();
let clockReference = { mono: monotonicMs(), wall: wallClockMs() };

function tick(): void {
  const now = monotonicMs();
  const gap = now - lastTickAt;
  lastTickAt = now;
  if (now - clockReference.mono > CLOCK_CHECK_MS || gap > TICK_GAP_MS) checkClock(now, gap);
  node.setDiskStalled(store.stalledMs(now) > STALL_MS);
  lookAtSpace(now);
  if (state.takeLeaseReads()) node.leaseReadsServed(now);
  store.tick(now);
  driver.tick();
  handToMachine();
}

/** Followers know from the leader's status that it takes no commands (R47). */
function lookAtSpace(now: number): void {
  const space = isMachineWaiting && store.diskSpace === 'good' ? 'low' : store.diskSpace;
  node.setDiskSpace(space);
  const isLow = space !== 'good';
  const { role, leaderId } = node.status();
  const before = halted;
  halted = isLow || node.isDiskFull() ? DISK_LOW : null;
  const leader = role === 'leader' ? halted : known.get(leaderId)?.status?.halted;
  diskFullSince = leader === DISK_LOW ? Math.min(diskFullSince, now) : Infinity;
  if (halted === before) return;
  if (halted === null) log('info', 'there is disk space again');
  else if (isLow) log('warn', 'the disk is nearly full: the node leads only if no other can');
  else log('warn', 'the disks of too many nodes are nearly full: writes are refused');
  tellStatus();
}

/** Both clocks must go alike, or no lease is trusted until they do again (R118). */
function checkClock(now: number, gap: number): void {
  const wall = wallClockMs();
  const drift = Math.abs(wall - clockReference.wall - (now - clockReference.mono));
  node.setClockSuspect(drift > CLOCK_JUMP_MS || gap > TICK_GAP_MS);
  clockReference = { mono: now, wall };
}

function ownStatus(): NodeStatus {
  const { role, term, leaderId, commitIndex } = node.status();
  return {
    role,
    term,
    leaderId,
    commitIndex,
    appliedIndex: state.appliedIndex(),
    logBytes: store.byteCount,
    databaseBytes,
    clientHost: config.clientAddress.host,
    clientPort: config.clientAddress.port,
    version: VERSION,
    halted,
  };
}

function tellStatus(): void {
  const status = ownStatus();
  known.set(config.nodeId, { id: config.nodeId, status, heardAt: monotonicMs() });
  for (const peer of config.voters) {
    if (!known.has(peer.id)) known.set(peer.id, { id: peer.id, status: null, heardAt: -Infinity });
    if (peer.id === config.nodeId) continue;
    transport.send({ kind: 'node-status', from: config.nodeId, to: peer.id, status });
  }
  post({ kind: 'nodes', nodes: [...known.values()] });
}

// Start and stop ----------------------------------------------------------------------------------

function createNode(): void {
  node = new RaftNode({
    id: config.nodeId,
    incarnation: store.incarnation,
    log: store,
    hardState: store.hardState,
    commitIndex: state.appliedIndex(),
    configurations: configurationsInLog(),
    prng: new Prng(randomInt(0, 0xffff_ffff)),
    now: monotonicMs(),
  });
  driver = new RaftDriver(
    node,
    store,
    {
      send: (message) => transport.send(message),
      committed(entries) {
        for (const entry of entries) waiting.push(entry);
      },
      readsAnswered: (ids, index) => post({ kind: 'reads', ids, index }),
      proposalsRefused: (refusal, leaderId) => post({ kind: 'refused', refusal, leaderId }),
      roleChanged(role, term, leaderId) {
        post({ kind: 'role', role, term, leaderId });
        log('info', `role: ${role}`, { term, leader: leaderId });
        tellStatus();
      },
      alarm: fail,
      wake,
    },
    monotonicMs,
  );
}

function readTls(): { cert: string; key: string; ca: string } | null {
  const ca = config.peerTls?.ca ?? null;
  if (config.peerTls === null || ca === null) return null;
  const { cert, key } = config.peerTls;
  return {
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    ca: readFileSync(ca, 'utf8'),
  };
}

async function start(): Promise<void> {
  if (state.appliedIndex() > store.lastIndex) {
    fail(
      `the database has applied entry ${state.appliedIndex()}, but the log ends at ${store.lastIndex}: they do not belong together`,
    );
    return;
  }
  createNode();
  const disks = new KnownDisks(nodeDisk, config.dataDirectory);
  transport = new NetIpcTransport({
    identity: {
      clusterId: input.clusterId,
      nodeId: config.nodeId,
      diskId: input.diskId,
      incarnation: store.incarnation,
    },
    listen: config.peerAddress,
    peers: config.voters.filter(({ id }) => id !== config.nodeId),
    tls: readTls(),
    events: {
      onMessage: receive,
      onPeerUp(id) {
        log('info', 'peer connected', { peer: id });
        driver.peerUp(id);
      },
      onPeerDown: (id) => driver.peerDown(id),
    },
    verifyPeer: (nodeId, diskId) => disks.verify(nodeId, diskId),
    log: (event, fields) => log('warn', event, fields),
    prng: new Prng(randomInt(0, 0xffff_ffff)),
  });
  await transport.start();
  const ticker = setInterval(tick, TICK_MS);
  const teller = setInterval(tellStatus, STATUS_MS);
  tellStatus();
  mainPort.on('message', (message: ToConsensus) => {
    switch (message.kind) {
      case 'propose':
        return driver.propose(unpackByteStrings(message.commands));
      case 'read':
        return driver.read(message.ids);
      default:
        clearInterval(teller);
        return stop(ticker);
    }
  });
  post({ kind: 'ready', incarnation: store.incarnation });
}

/** Hands leadership over, if it can, so that the cluster does not wait for an election. */
function stop(ticker: NodeJS.Timeout): void {
  if (isStopping) return;
  isStopping = true;
  driver.transferLeadership();
  const deadline = monotonicMs() + HAND_OVER_MS;
  const finish = setInterval(() => {
    const isLeading = node.status().role === 'leader' && config.voters.length > 1;
    if ((isLeading && monotonicMs() < deadline) || (!store.isIdle() && monotonicMs() < deadline))
      return;
    clearInterval(finish);
    clearInterval(ticker);
    transport.close();
    store.close();
    post({ kind: 'stopped' });
    machinePort.close();
    mainPort.close();
  }, TICK_MS);
}

if (store.lastIndex === 0) {
  store.persist(
    { hardState: { currentTerm: 1, votedFor: 0 }, entries: [firstConfiguration()] },
    () => void start().catch((error: unknown) => fail((error as Error).message)),
  );
} else void start().catch((error: unknown) => fail((error as Error).message));
