// A node without threads, peers and sockets: the production session, SQL, gateway, machine and
// reader, with a log that commits what is proposed at once. For tests of clients' connections,
// which need real answers, thousands of them, and to know when a session has nothing left to do.
// Several nodes may share a log: each applies it when it has something to do itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateway } from '../../src/gateway/gateway.ts';
import { RequestDecoder, splitRequest } from '../../src/machine/request-codec.ts';
import { decodeRegistration } from '../../src/machine/entry-outcomes.ts';
import { unpackOutcomes } from '../../src/machine/outcome-codec.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import { openMachine } from '../../src/machine/open-machine.ts';
import type { OpenedMachine } from '../../src/machine/open-machine.ts';
import { Reader } from '../../src/machine/reader.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { answerSpeculation } from '../../src/server/answer-speculation.ts';
import { monotonicMs } from '../../src/server/clock.ts';
import { Executor } from '../../src/server/executor.ts';
import { SERVER_VERSION } from '../../src/server/listener.ts';
import { NotificationHub } from '../../src/server/notifications.ts';
import type { TransactionMutations } from '../../src/server/mutations.ts';
import { SharedState } from '../../src/server/shared-state.ts';
import type { SpeculationAnswer, SpeculationRequest } from '../../src/server/thread-messages.ts';
import { Session } from '../../src/session/session.ts';
import { initializeParser } from '../../src/sql/parse/parse.ts';
import { Prng } from '../../src/util/prng.ts';
import type { WireConnection } from './wire/connection.ts';

const INCARNATION = 1;
const TERM = 1;

await initializeParser();

export interface LocalNodeOptions {
  readonly id?: number;
  /** With a lease reads are answered in the same turn, without one they wait for a barrier. */
  readonly hasLease?: boolean;
  /** Shared with other nodes: then none of them may have a lease. */
  readonly log?: Entry[];
  /** This node has put an entry there. */
  readonly onAppend?: () => void;
  readonly machine?: MachineMutations;
  readonly transactions?: TransactionMutations;
}

export class LocalNode {
  readonly executor: Executor;
  readonly #directory = mkdtempSync(join(tmpdir(), 'balsa-local-'));
  readonly #machine: Machine;
  readonly #database: OpenedMachine['database'];
  readonly #reader: Reader;
  readonly #gateway: Gateway;
  readonly #shared = new SharedState();
  readonly #notifications = new NotificationHub(() => undefined);
  readonly #decoder = new RequestDecoder();
  readonly #id: number;
  readonly #hasLease: boolean;
  readonly #log: Entry[];
  readonly #onAppend: () => void;
  #isDiskFull = false;
  /** Entries that the cluster has committed and this node does not apply. */
  #behind = 0;
  #isScheduled = false;
  #nextProcessId = 1;
  #isClosed = false;

  constructor(options: LocalNodeOptions = {}) {
    const { id = 1, hasLease = true, log = [], machine = {}, transactions = {} } = options;
    this.#onAppend = options.onAppend ?? (() => undefined);
    this.#id = id;
    this.#hasLease = hasLease;
    this.#log = log;
    const file = join(this.#directory, 'state.sqlite');
    const opened = openMachine(file, 'postgres', { mutations: machine });
    ({ machine: this.#machine, database: this.#database } = opened);
    this.#reader = new Reader(file);
    this.#publish();
    this.#gateway = new Gateway({ nodeId: id, incarnation: INCARNATION, prng: new Prng(1) });
    this.executor = new Executor({
      gateway: this.#gateway,
      reader: this.#reader,
      identity: { nodeId: id, incarnation: INCARNATION },
      file,
      shared: this.#shared,
      wake: () => this.#wake(),
      notifications: this.#notifications,
      fact: (name) => (name === '@nodes' ? '[]' : null),
      onFatal: (message) => {
        throw new Error(message);
      },
      mutations: transactions,
    });
    this.executor.roleChanged(true);
  }

  #publish(): void {
    const { appliedIndex, schemaVersion } = this.#machine;
    this.#shared.publishConsensus({
      role: 'leader',
      term: TERM,
      leaderId: this.#id,
      commitIndex: appliedIndex + this.#behind,
      leaseValidUntil: this.#hasLease ? Infinity : -Infinity,
      isDiskFull: this.#isDiskFull,
    });
    this.#shared.publishApplied(appliedIndex, schemaVersion);
  }

  /** As if the leader refused commands for want of space. */
  setDiskFull(isFull: boolean): void {
    this.#isDiskFull = isFull;
    this.#publish();
  }

  /** As if its machine thread did nothing, and the cluster went on; 0: it does. */
  setBehind(entries: number, why: 'large entry' | 'no room' = 'large entry'): void {
    this.#behind = entries;
    this.#shared.setMissingRoom(entries > 0 && why === 'no room');
    this.#publish();
    this.#wake();
  }

  #wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#flush();
    });
  }

  #flush(): void {
    const now = monotonicMs();
    const asked = this.executor.speculator.take();
    for (const each of asked) {
      if (each.kind !== 'propose') continue;
      this.#machine.proposeSpeculation(each.id, splitRequest(each.request));
    }
    for (const command of this.#gateway.takeProposals(now)) this.#append(command);
    this.#apply();
    this.#speculate(asked);
    const ids = this.#gateway.takeReadRequests(now);
    const committed = this.#machine.appliedIndex + this.#behind;
    if (ids.length > 0) this.#gateway.readAnswered(ids, committed, now);
    this.executor.deliver();
    if (this.#gateway.openCount > 0) this.#wake();
  }

  #speculate(asked: readonly SpeculationRequest[]): void {
    const answers: SpeculationAnswer[] = [];
    for (const each of asked) {
      if (each.kind === 'propose') continue;
      const answer = answerSpeculation(this.#machine, this.#decoder, each);
      answers.push({ ticket: each.ticket, answer });
    }
    this.executor.speculator.deliver(answers);
  }

  #append(data: Uint8Array): void {
    this.#log.push({ index: this.#log.length + 1, term: TERM, kind: 'command', data });
    this.#onAppend();
  }

  #apply(): void {
    const { appliedIndex: before } = this.#machine;
    if (before === this.#log.length || this.#behind > 0) return;
    const { outcomes, notifications, grants } = this.#machine.apply(this.#log.slice(before));
    this.#publish();
    const seen = outcomes.map((entry) => ({
      ...entry,
      outcomes: entry.kind === 'registered' ? [] : unpackOutcomes(entry.outcomes),
      registered: entry.kind === 'registered' ? decodeRegistration(entry.outcomes) : null,
    }));
    this.#notifications.deliver(notifications);
    this.#gateway.applied(seen, this.#machine.appliedIndex);
    this.executor.locks.granted(
      grants.filter(({ sessionId }) => this.#machine.nodeOf(sessionId) === this.#id),
    );
  }

  /** Equal on nodes that have applied the same log with the same outcomes. */
  applyHash(): string {
    this.#apply();
    return Buffer.from(this.#machine.applyHash).toString('hex');
  }

  /** Entries of the log that the node shares. */
  get logLength(): number {
    return this.#log.length;
  }

  /** Parts of large transactions in the state. */
  stagedCount(): number {
    this.#apply();
    return Number(this.#database.rows('SELECT count(*) FROM "balsa.staged"')[0]?.[0]);
  }

  /** Of its gateway; null: none is open. */
  get sessionId(): number | null {
    return this.#gateway.sessionId;
  }

  /** True if no session waits for anything: between two turns of the event loop nothing else runs. */
  get isIdle(): boolean {
    return !this.#isScheduled && this.executor.openCount === 0;
  }

  open(): LocalConnection {
    return new LocalConnection(this, (this.#id - 1) * 1000 + this.#nextProcessId++);
  }

  /** Applies what other nodes have appended. */
  catchUp(): void {
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.executor.snapshots.close();
    this.#reader.close();
    this.#database.close();
    rmSync(this.#directory, { recursive: true });
  }
}

/** One session, fed with bytes by hand. */
export class LocalConnection implements WireConnection {
  readonly #node: LocalNode;
  readonly #session: Session;
  #received: Buffer[] = [];
  #isClosed = false;

  constructor(node: LocalNode, processId: number) {
    this.#node = node;
    this.#session = new Session({
      backend: node.executor,
      database: 'postgres',
      serverVersion: SERVER_VERSION,
      processId,
      secret: 1,
      write: (bytes) => void this.#received.push(bytes),
      drained: () => Promise.resolve(),
      onStarved: () => undefined,
      end: () => {
        this.#isClosed = true;
      },
      logInternalError: (error) => {
        throw error;
      },
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: Buffer): void {
    if (!this.#isClosed) this.#session.receive(bytes);
  }

  catchUp(): void {
    this.#node.catchUp();
  }

  /** As a cancel request over another connection. */
  cancel(): void {
    this.#session.cancel();
  }

  async settle(): Promise<Buffer> {
    do await new Promise<void>((done) => setImmediate(done));
    while (!this.#node.isIdle);
    const received = Buffer.concat(this.#received);
    this.#received = [];
    return received;
  }

  close(): void {
    this.#session.closed();
    this.#isClosed = true;
  }
}
