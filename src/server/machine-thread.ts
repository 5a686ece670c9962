// The machine thread: the one writer of state.sqlite. Committed entries come from the consensus
// thread, outcomes go to the main thread. A node-fatal error ends the process: nothing of the
// transaction was committed, and the log still has it. Where there is no room on the disk the
// database is opened again, and waits (R47).
import { statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { encodeCommand } from '../machine/command-codec.ts';
import { RequestDecoder, splitRequest } from '../machine/request-codec.ts';
import { isNoRoom } from '../machine/database.ts';
import type { ApplyResult } from '../machine/machine.ts';
import { openMachine } from '../machine/open-machine.ts';
import type { Entry } from '../raft/entry.ts';
import { must } from '../util/assert.ts';
import { monotonicMs } from './clock.ts';
import type { LogLevel } from './log.ts';
import { packEntryOutcomes, unpackEntries } from './entry-batch.ts';
import { SharedState } from './shared-state.ts';
import { answerSpeculation } from './answer-speculation.ts';
import { LOOK_EVERY_MS, SilentGateways } from './silent-gateways.ts';
import { SpeculationQueue } from './speculation-queue.ts';
import type {
  FromMachine,
  MachineToConsensus,
  MainToMachine,
  SpeculationAnswer,
  ToMachine,
  WorkerInput,
} from './thread-messages.ts';

/** After so long, what else waits has its turn. */
const BUDGET_MS = 4;
const REPORT_EVERY_MS = 1000;
const IDLE_AFTER_MS = 200;
/** Looks for room on the disk; tries again if there is some more, or after a while. */
const ROOM_CHECK_MS = 500;
const ROOM_AGAIN_MS = 10_000;
/** EntryOutcomes.nodeId where nobody knows whose the session was. */
const CLOSED_SESSION = 0;

const { config, shared, consensusPort } = workerData as WorkerInput & {
  readonly consensusPort: MessagePort;
};
const mainPort = must(parentPort, 'a worker has a parent');
const state = new SharedState(shared);
const file = join(config.dataDirectory, 'state.sqlite');
let { machine, database } = openMachine(file, config.database, { clock: monotonicMs });
state.publishApplied(machine.appliedIndex, machine.schemaVersion);

let queue: Entry[] = [];
const speculations = new SpeculationQueue();
const decoder = new RequestDecoder();
let isScheduled = false;
/** While something waits for an expensive transaction to go on. */
let timer: NodeJS.Timeout | null = null;
let reportedAt = -Infinity;
let seenIndex = machine.appliedIndex;
/** Since when nothing is applied for want of room, and how much of it there was; null: it is. */
let isMissingRoom = false;
let waiting: { readonly since: number; readonly freeBytes: number } | null = null;

function post(message: FromMachine, transfer: readonly ArrayBuffer[] = []): void {
  mainPort.postMessage(message, transfer);
}

function work(): void {
  isScheduled = false;
  timer = null;
  if (waiting !== null) return refuseSpeculations();
  // What is proposed gives way to entries: its own is among them.
  const mustApply = queue.length > 0 && machine.isActiveProposed;
  const wait = mustApply ? 0 : speculations.patience(machine, queue.length > 0, monotonicMs());
  if (wait > 0) {
    runSpeculations(machine.activeSpeculation);
    schedule(wait);
    return;
  }
  if (queue.length > 0) applyQueued();
  if (speculations.size > 0) runSpeculations(null);
  schedule(0);
}

function applyQueued(): void {
  const start = monotonicMs();
  const result = tryApply(start);
  if (result === null) return;
  queue = queue.slice(result.count);
  state.publishApplied(machine.appliedIndex, machine.schemaVersion);
  tellMain(result);
  if (result.hashes.length > 0 || start - reportedAt > REPORT_EVERY_MS) {
    reportedAt = start;
    const databaseBytes = statSync(file).size;
    const report: MachineToConsensus = { kind: 'applied', databaseBytes, hashes: result.hashes };
    consensusPort.postMessage(report);
  }
}

/** null: there is no room for it on the disk. */
function tryApply(start: number): ApplyResult | null {
  try {
    const result = machine.apply(queue, () => monotonicMs() - start > BUDGET_MS);
    noteRoom();
    return result;
  } catch (error) {
    if (!isNoRoom(error)) throw error;
    waitForRoom();
    return null;
  }
}

/** Nothing was committed; what the machine has in memory is ahead of it. */
function waitForRoom(): void {
  if (!isMissingRoom) log('warn', 'no space left for the database: it waits');
  isMissingRoom = true;
  state.setMissingRoom(true);
  consensusPort.postMessage({ kind: 'room', isMissing: true } satisfies MachineToConsensus);
  database.close();
  waiting = { since: monotonicMs(), freeBytes: freeBytes() };
  setTimeout(lookForRoom, ROOM_CHECK_MS);
}

function lookForRoom(): void {
  if (waiting === null) return;
  const isMore = freeBytes() > waiting.freeBytes;
  if (isMore || monotonicMs() - waiting.since > ROOM_AGAIN_MS) {
    waiting = tryOpen() ? null : { since: monotonicMs(), freeBytes: freeBytes() };
  }
  if (waiting === null) schedule(0);
  else setTimeout(lookForRoom, ROOM_CHECK_MS);
}

function tryOpen(): boolean {
  try {
    ({ machine, database } = openMachine(file, config.database, { clock: monotonicMs }));
    return true;
  } catch (error) {
    if (!isNoRoom(error)) throw error;
    return false;
  }
}

function noteRoom(): void {
  if (!isMissingRoom) return;
  isMissingRoom = false;
  state.setMissingRoom(false);
  log('info', 'there is space for the database again');
  consensusPort.postMessage({ kind: 'room', isMissing: false } satisfies MachineToConsensus);
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(config.dataDirectory);
  return bavail * bsize;
}

function log(level: LogLevel, event: string): void {
  post({ kind: 'log', level, event, fields: {} });
}

function refuseSpeculations(): void {
  const answers: SpeculationAnswer[] = [];
  for (
    let next = speculations.take(null, null);
    next !== null;
    next = speculations.take(null, null)
  ) {
    // It runs at its place in the log, on a machine that does not know it.
    if (next.kind === 'propose') continue;
    const answer = next.kind === 'run' ? ({ kind: 'no-room' } as const) : null;
    answers.push({ ticket: next.ticket, answer });
  }
  if (answers.length > 0) post({ kind: 'speculated', answers });
}

/** Waking a thread costs more than an entry: only what somebody there waits for. */
function tellMain(result: ApplyResult): void {
  const outcomes = result.outcomes.filter(
    ({ nodeId }) => nodeId === config.nodeId || nodeId === CLOSED_SESSION,
  );
  const notifications = state.isListening() ? result.notifications : [];
  const grants = result.grants.filter(
    ({ sessionId }) => machine.nodeOf(sessionId) === config.nodeId,
  );
  const isNews = outcomes.length + notifications.length + grants.length > 0;
  if (!isNews && !state.isWaiting()) return;
  const { appliedIndex: index, schemaVersion } = machine;
  const packed = packEntryOutcomes(outcomes);
  const message = {
    kind: 'applied',
    index,
    schemaVersion,
    outcomes: packed,
    notifications,
    grants,
  } as const;
  post(message, [packed.buffer]);
}

/** Statements of open transactions, for a while; `only`: of this one alone, if not null. */
function runSpeculations(only: number | null): void {
  const start = monotonicMs();
  const answers: SpeculationAnswer[] = [];
  while (monotonicMs() - start <= BUDGET_MS) {
    const next = speculations.take(machine.activeSpeculation, only);
    if (next === null) break;
    if (next.kind === 'propose') {
      machine.proposeSpeculation(next.id, splitRequest(next.request));
      continue;
    }
    answers.push({ ticket: next.ticket, answer: answerSpeculation(machine, decoder, next) });
  }
  if (answers.length > 0) post({ kind: 'speculated', answers });
}

function schedule(waitMs: number): void {
  const hasWork = speculations.size > 0 || (queue.length > 0 && waiting === null);
  if (isScheduled || !hasWork) return;
  if (timer !== null) clearTimeout(timer);
  timer = waitMs > 0 ? setTimeout(work, waitMs) : null;
  if (timer !== null) return;
  isScheduled = true;
  setImmediate(work);
}

/** Checkpoints sync files: better while no client waits for what comes next. */
const idleTimer = setInterval(() => {
  if (waiting !== null) return;
  if (queue.length === 0 && machine.appliedIndex === seenIndex) machine.idle();
  seenIndex = machine.appliedIndex;
}, IDLE_AFTER_MS);

const silentGateways = new SilentGateways();

/** What gateways that are gone keep from others is taken from them, if this node leads. */
function lookForSilentGateways(): void {
  const { role, term, isDiskFull } = state.consensus();
  const isLeading = role === 'leader' && !isDiskFull && waiting === null;
  const holders = isLeading ? machine.holders() : [];
  for (const close of silentGateways.look(monotonicMs(), isLeading ? term : null, holders)) {
    const node = machine.nodeOf(close.sessionId);
    const fields = { node, session: close.sessionId };
    post({ kind: 'log', level: 'warn', event: 'a gateway is silent: its locks are freed', fields });
    consensusPort.postMessage({ kind: 'propose', command: encodeCommand(close) });
  }
}
const silenceTimer = setInterval(lookForSilentGateways, LOOK_EVERY_MS);

consensusPort.on('message', (message: ToMachine) => {
  for (const entry of unpackEntries(message.entries)) queue.push(entry);
  schedule(0);
});

mainPort.on('message', (message: MainToMachine) => {
  if (message.kind === 'speculate') {
    for (const request of message.requests) speculations.push(request);
    schedule(0);
    return;
  }
  clearInterval(idleTimer);
  clearInterval(silenceTimer);
  while (queue.length > 0 && waiting === null) applyQueued();
  if (waiting === null) {
    machine.checkpoint();
    database.close();
  }
  waiting = null;
  post({ kind: 'stopped' });
  consensusPort.close();
  mainPort.close();
});

post({ kind: 'ready' });
