// The machine thread: the one writer of state.sqlite. Committed entries come from the consensus
// thread, outcomes go to the main thread. A node-fatal error ends the process: nothing of the
// transaction was committed, and the log still has it.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { ApplyResult } from '../machine/machine.ts';
import { openMachine } from '../machine/open-machine.ts';
import type { Entry } from '../raft/entry.ts';
import { must } from '../util/assert.ts';
import { monotonicMs } from './clock.ts';
import { packEntryOutcomes, unpackEntries } from './entry-batch.ts';
import { SharedState } from './shared-state.ts';
import type {
  FromMachine,
  MachineToConsensus,
  MainToMachine,
  ToMachine,
  WorkerInput,
} from './thread-messages.ts';

const APPLY_BUDGET_MS = 4;
const REPORT_EVERY_MS = 1000;
const IDLE_AFTER_MS = 200;
/** EntryOutcomes.nodeId where nobody knows whose the session was. */
const CLOSED_SESSION = 0;

const { config, shared, consensusPort } = workerData as WorkerInput & {
  readonly consensusPort: MessagePort;
};
const mainPort = must(parentPort, 'a worker has a parent');
const state = new SharedState(shared);
const file = join(config.dataDirectory, 'state.sqlite');
const { machine, database } = openMachine(file, config.database);
state.publishApplied(machine.appliedIndex, machine.schemaVersion);

let queue: Entry[] = [];
let isScheduled = false;
let reportedAt = -Infinity;
let seenIndex = machine.appliedIndex;

function post(message: FromMachine, transfer: readonly ArrayBuffer[] = []): void {
  mainPort.postMessage(message, transfer);
}

function applyQueued(): void {
  isScheduled = false;
  const start = monotonicMs();
  const result = machine.apply(queue, () => monotonicMs() - start > APPLY_BUDGET_MS);
  queue = queue.slice(result.count);
  state.publishApplied(machine.appliedIndex, machine.schemaVersion);
  tellMain(result);
  if (result.hashes.length > 0 || start - reportedAt > REPORT_EVERY_MS) {
    reportedAt = start;
    const databaseBytes = statSync(file).size;
    const report: MachineToConsensus = { kind: 'applied', databaseBytes, hashes: result.hashes };
    consensusPort.postMessage(report);
  }
  schedule();
}

/** Waking a thread costs more than an entry: only what somebody there waits for. */
function tellMain(result: ApplyResult): void {
  const outcomes = result.outcomes.filter(
    ({ nodeId }) => nodeId === config.nodeId || nodeId === CLOSED_SESSION,
  );
  if (outcomes.length === 0 && !state.isWaiting()) return;
  const { appliedIndex: index, schemaVersion } = machine;
  const packed = packEntryOutcomes(outcomes);
  post({ kind: 'applied', index, schemaVersion, outcomes: packed }, [packed.buffer]);
}

function schedule(): void {
  if (isScheduled || queue.length === 0) return;
  isScheduled = true;
  setImmediate(applyQueued);
}

/** Checkpoints sync files: better while no client waits for what comes next. */
const idleTimer = setInterval(() => {
  if (queue.length === 0 && machine.appliedIndex === seenIndex) machine.idle();
  seenIndex = machine.appliedIndex;
}, IDLE_AFTER_MS);

consensusPort.on('message', (message: ToMachine) => {
  for (const entry of unpackEntries(message.entries)) queue.push(entry);
  schedule();
});

mainPort.on('message', (message: MainToMachine) => {
  if (message.kind !== 'stop') return;
  clearInterval(idleTimer);
  while (queue.length > 0) applyQueued();
  machine.checkpoint();
  database.close();
  post({ kind: 'stopped' });
  consensusPort.close();
  mainPort.close();
});

post({ kind: 'ready' });
