// One node of the simulated cluster: the production parts of its three threads, wired together.
import { readFileSync } from 'node:fs';
import { Gateway } from '../../src/gateway/gateway.ts';
import type { Answer, Ticket } from '../../src/gateway/gateway.ts';
import { encodeCommand } from '../../src/machine/command-codec.ts';
import { Database, isNoRoom } from '../../src/machine/database.ts';
import type { Grant } from '../../src/machine/locks.ts';
import { decodeRegistration } from '../../src/machine/entry-outcomes.ts';
import { unpackOutcomes } from '../../src/machine/outcome-codec.ts';
import { Machine } from '../../src/machine/machine.ts';
import type { ApplyResult } from '../../src/machine/machine.ts';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import { RaftNode } from '../../src/raft/raft-node.ts';
import type { RaftTiming } from '../../src/raft/state.ts';
import { DEFAULT_LIMITS } from '../../src/raft/state.ts';
import { RaftDriver } from '../../src/server/raft-driver.ts';
import { SilentGateways } from '../../src/server/silent-gateways.ts';
import type { SilenceLimits } from '../../src/server/silent-gateways.ts';
import { isOutOfSpace } from '../../src/storage/errors.ts';
import { FileLogStore } from '../../src/storage/file-log-store.ts';
import type { Prng } from '../../src/util/prng.ts';
import { LOCK_TABLE_CALL } from '../../src/sql/functions/locks.ts';
import { ROW_LOCK_FUNCTIONS, WRITE_ROW } from '../../src/sql/functions/row-locks.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { CELLS_SCHEMA, NEXTVAL, NEXTVALS, SEQUENCE_SCHEMA } from './cells.ts';
import { GUARDED_SCHEMA } from './lock-client.ts';
import type { Mutations, RunOptions } from './options.ts';
import { ROWS_KEYS, ROWS_SCHEMA } from './row-statements.ts';
import type { Schedule } from './schedule.ts';

export const TIMING: RaftTiming = {
  heartbeatMs: 40,
  electionMs: 200,
  leaseMs: 150,
  clockDrift: 0.01,
  commitNoticeMs: 8,
};
const TICK_MS = 10;
const KEEP_ALIVE_MS = 60;
const LOOK_MS = 50;
const SILENCE: SilenceLimits = { silentMs: 250, stepMsMax: 100, againMs: 100 };
const STALL_MS = 400;
const RESERVE = { ballastBytes: 40_000, lowBytes: 20_000 };
const NO_RESERVE = { ballastBytes: 0, lowBytes: 0 };
/** Beyond the end of what a full disk has for the database. */
const PAGES_MAX = 1_000_000;
const PAGE_BYTES = 4096;
const ROOM_CHECK_MS = 40;
const APPLY_MS = 0.5;
const SYSTEM_TABLES = readFileSync(
  new URL('../../sql/system/replication.sql', import.meta.url),
  'utf8',
);

export interface NodeHooks {
  send(message: Message): void;
  /** Something happened in the node: check what must hold. */
  afterStep(node: SimulatedNode): void;
  applied(node: SimulatedNode, entries: readonly Entry[], result: ApplyResult): void;
  answered(node: SimulatedNode, answer: Answer): void;
  granted(node: SimulatedNode, grants: readonly Grant[]): void;
  /** Of the gateway. */
  sessionChanged(node: SimulatedNode): void;
  /** Clients of the node have locks, wait for some, or have put parts of transactions in the log. */
  isHolding(node: SimulatedNode): boolean;
  barrier(node: SimulatedNode, barrier: number): void;
  failed(node: SimulatedNode, reason: string): void;
  /** The process ends, as its disk is full. */
  stoppedForRoom(node: SimulatedNode): void;
  refused(node: SimulatedNode, refusal: string): void;
  /** The log was read. */
  restarted(node: SimulatedNode): void;
  count(what: string): void;
  note(what: string): void;
}

export class SimulatedNode {
  readonly id: number;
  readonly #options: RunOptions;
  readonly #mutations: Mutations;
  readonly #schedule: Schedule;
  readonly #prng: Prng;
  readonly #hooks: NodeHooks;
  readonly #voters: readonly number[];
  readonly disk: MemoryDisk;
  readonly clockRate: number;
  database: Database;
  /** The database as of the last checkpoint: what a power failure may go back to. */
  #checkpoint: Buffer;
  isUp = false;
  pausedUntil = 0;
  incarnation = 0;
  store!: FileLogStore;
  raft!: RaftNode;
  driver!: RaftDriver;
  gateway!: Gateway;
  machine!: Machine;
  #sessionId: number | null = null;
  #silentGateways = new SilentGateways(SILENCE);
  #lookAt = 0;
  #queue: Entry[] = [];
  #isApplying = false;
  #isWoken = false;
  #epoch = 0;
  /** Others fill its disk just now. */
  isFilling = false;
  #pagesMax = PAGES_MAX;
  /** The database waits for room on the disk. */
  #isMissingRoom = false;

  constructor(
    id: number,
    voters: readonly number[],
    options: RunOptions,
    mutations: Mutations,
    schedule: Schedule,
    prng: Prng,
    hooks: NodeHooks,
  ) {
    this.id = id;
    this.#voters = voters;
    this.#options = options;
    this.#mutations = mutations;
    this.#schedule = schedule;
    this.#prng = prng;
    this.#hooks = hooks;
    this.clockRate = 1 + (prng.float() * 2 - 1) * options.clockDrift * 0.5;
    this.disk = new MemoryDisk({
      scheduleSync: (done) => {
        const isStall = prng.chance(options.stallRate);
        const delay = isStall ? 600 * prng.float() : options.syncMs * (0.5 + prng.float());
        this.later(delay, () => done(null));
      },
      isCopyOnWrite: options.isCopyOnWrite,
      beforeOperation: () => {
        if (!this.isFilling || !prng.chance(options.roomChangeRate)) return;
        this.disk.leaveFree(prng.integer(prng.chance(0.5) ? 3000 : 80_000));
      },
    });
    this.database = createDatabase();
    this.#checkpoint = this.database.serialize();
  }

  get #isDiskWatched(): boolean {
    return this.#options.fillEveryMs !== Infinity;
  }

  /** The node's own monotonic clock, ms. */
  now(): number {
    return this.#schedule.now * this.clockRate;
  }

  /** Runs in this process, once it is not paused; never if the process is gone by then. */
  later(delayMs: number, run: () => void): void {
    const epoch = this.#epoch;
    this.#schedule.after(delayMs, () => this.#deliver(epoch, run));
  }

  #deliver(epoch: number, run: () => void): void {
    if (epoch !== this.#epoch || !this.isUp) return;
    const wait = this.pausedUntil - this.#schedule.now;
    if (wait > 0) {
      this.#schedule.after(wait, () => this.#deliver(epoch, run));
      return;
    }
    run();
    if (this.isUp) this.#hooks.afterStep(this);
  }

  /** For clients of a process: runs once it is not paused; `gone`, once it is no more. */
  whenAwake(incarnation: number, run: () => void, gone: () => void): void {
    const wait = this.pausedUntil - this.#schedule.now;
    if (!this.isReady() || this.incarnation !== incarnation) gone();
    else if (wait <= 0) run();
    else this.#schedule.after(wait, () => this.whenAwake(incarnation, run, gone));
  }

  /** False: there is no room to start. */
  start(): boolean {
    this.#epoch += 1;
    this.#queue = [];
    this.#isApplying = false;
    this.#isWoken = false;
    this.#isMissingRoom = false;
    const store = this.#tryOpenStore();
    if (store === null) {
      this.disk.killProcess();
      return false;
    }
    this.isUp = true;
    this.store = store;
    this.incarnation = store.incarnation;
    this.#hooks.restarted(this);
    this.#openMachine();
    if (this.store.lastIndex === 0) {
      const request = { hardState: { currentTerm: 1, votedFor: 0 }, entries: [this.#firstEntry()] };
      this.store.persist(request, () => this.#startRaft());
    } else this.#startRaft();
    return true;
  }

  #tryOpenStore(): FileLogStore | null {
    try {
      return this.#openStore();
    } catch (error) {
      if (isOutOfSpace(error)) return null;
      throw error;
    }
  }

  #openStore(): FileLogStore {
    return FileLogStore.open({
      disk: this.disk,
      directory: `node-${this.id}`,
      segmentBytes: this.#options.segmentBytes,
      reserve: this.#isDiskWatched ? RESERVE : NO_RESERVE,
      randomUint32: () => this.#prng.uint32(),
      onFailure: (error) => {
        this.isUp = false;
        if (isOutOfSpace(error)) this.#hooks.stoppedForRoom(this);
        else this.#hooks.failed(this, error.message);
      },
      mutations: this.#mutations.storage ?? {},
    });
  }

  #openMachine(): void {
    this.machine = new Machine({
      database: this.database,
      catalog: () => null,
      explain: (code, message) => ({ code: '23505', message: `${code} ${message}`, fields: {} }),
      foreignKeys: () => ROWS_KEYS,
      mutations: this.#machineMutations(),
    });
    const { context } = this.machine;
    const { driver } = this.database;
    driver.function(NEXTVAL, { safeIntegers: true }, (oid: bigint) => context.nextval(Number(oid)));
    driver.function(
      NEXTVALS,
      { safeIntegers: true },
      (oid: bigint, count: bigint) => context.nextvals(Number(oid), Number(count)).first,
    );
    for (const { implementation } of [...ROW_LOCK_FUNCTIONS, LOCK_TABLE_CALL]) {
      if (implementation.kind !== 'js') continue;
      const { sqlName, call } = implementation;
      driver.function(sqlName, { safeIntegers: true, varargs: true }, (...row: SqliteValue[]) =>
        call(row, context),
      );
    }
    const options = { safeIntegers: false };
    driver.function(WRITE_ROW, options, (table: number, key: number, mode: number) => {
      context.writeRow(table, key, mode);
      return 1;
    });
  }

  /** One node runs every read of a transaction again: hashes tell if that makes a difference. */
  #machineMutations(): MachineMutations {
    const exactCheckOnly = this.id === this.#voters.length && this.#voters.length > 1;
    return { exactCheckOnly, ...this.#mutations.machine };
  }

  #firstEntry(): Entry {
    const voters = this.#voters;
    const data = encodeConfiguration({ voters, votersOld: null, learners: [], members: [] });
    return { index: 1, term: 1, kind: 'configuration', data };
  }

  #startRaft(): void {
    if (this.machine.appliedIndex > this.store.lastIndex) {
      throw new Error(
        `node ${this.id}: applied ${this.machine.appliedIndex} of a log that ends at ${this.store.lastIndex}`,
      );
    }
    const configuration = {
      voters: this.#voters,
      votersOld: null,
      learners: [],
      members: [],
    };
    this.raft = new RaftNode({
      id: this.id,
      incarnation: this.incarnation,
      log: this.store,
      hardState: this.store.hardState,
      commitIndex: this.machine.appliedIndex,
      configurations: [{ index: 1, configuration }],
      prng: this.#prng.fork(),
      now: this.now(),
      timing: { ...TIMING, leaseMs: this.#options.leaseMs },
      limits: { ...DEFAULT_LIMITS, appendBytesMax: 2000, inflightMessagesMax: 8 },
      mutations: this.#mutations.raft ?? {},
    });
    this.#sessionId = null;
    this.#silentGateways = new SilentGateways(SILENCE);
    this.gateway = new Gateway({
      nodeId: this.id,
      incarnation: this.incarnation,
      keepAliveMs: KEEP_ALIVE_MS,
      prng: this.#prng.fork(),
      mutations: this.#mutations.gateway ?? {},
    });
    this.driver = new RaftDriver(
      this.raft,
      this.store,
      {
        send: (message) => {
          if (this.isUp) this.#hooks.send(message);
        },
        committed: (entries) => this.#apply(entries),
        readsAnswered: (ids, index) => {
          this.gateway.readAnswered(ids, index, this.now());
          this.#collect();
        },
        proposalsRefused: (refusal) => {
          this.#hooks.refused(this, refusal);
          this.gateway.refused(this.now());
        },
        roleChanged: (role, term, leaderId) => {
          this.#hooks.note(`node ${this.id} is ${role}, term ${term}, leader ${leaderId}`);
          if (leaderId !== 0) this.gateway.leaderChanged(this.now());
        },
        alarm: (reason) => this.#hooks.failed(this, reason),
        wake: () => this.#wake(),
      },
      () => this.now(),
    );
    this.#tick();
  }

  isReady(): boolean {
    return this.isUp && this.raft !== undefined && this.driver !== undefined;
  }

  #tick(): void {
    this.store.tick(this.now());
    if (this.#isDiskWatched) {
      const space = this.store.diskSpace;
      this.raft.setDiskSpace(this.#isMissingRoom && space === 'good' ? 'low' : space);
      this.raft.setDiskStalled(this.store.stalledMs(this.now()) > STALL_MS);
    }
    this.driver.tick();
    this.gateway.setHolding(this.#hooks.isHolding(this));
    this.flushGateway();
    this.#lookForSilentGateways();
    this.later(TICK_MS, () => this.#tick());
  }

  /** As machine-thread.ts and consensus-thread.ts do it together. */
  #lookForSilentGateways(): void {
    const now = this.now();
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_MS;
    const { role, term } = this.raft.status();
    const isLeading = role === 'leader' && !this.raft.isDiskFull() && !this.#isMissingRoom;
    const holders = isLeading ? this.machine.holders() : [];
    for (const close of this.#silentGateways.look(now, isLeading ? term : null, holders)) {
      this.#hooks.note(`node ${this.id} takes session ${close.sessionId} for gone`);
      this.driver.propose([encodeCommand(close)]);
    }
  }

  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.later(0, () => {
      this.#isWoken = false;
      this.driver.run();
    });
  }

  /** Hands what the gateway has collected to consensus. */
  flushGateway(): void {
    const commands = this.gateway.takeProposals(this.now());
    if (commands.length > 0) this.driver.propose(commands);
    const ids = this.gateway.takeReadRequests(this.now());
    if (ids.length > 0) this.driver.read(ids);
    this.#collect();
  }

  #collect(): void {
    for (const answer of this.gateway.takeAnswers()) this.#hooks.answered(this, answer);
    for (const barrier of this.gateway.takeBarriers()) this.#hooks.barrier(this, barrier);
    if (this.gateway.sessionId === this.#sessionId) return;
    this.#sessionId = this.gateway.sessionId;
    this.#hooks.sessionChanged(this);
  }

  submit(request: Uint8Array, isBound = false): Ticket | null {
    const ticket = this.gateway.submit(request, isBound);
    this.flushGateway();
    return ticket;
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) this.#queue.push(entry);
    if (this.#isApplying) return;
    this.#isApplying = true;
    this.later(APPLY_MS * this.#prng.float(), () => this.#applyQueued());
  }

  #applyQueued(): void {
    const batch = this.#queue.splice(0, this.#prng.between(1, 20));
    const result = this.#tryApply(batch);
    if (result === null) {
      this.#queue.unshift(...batch);
      this.later(ROOM_CHECK_MS, () => this.#applyQueued());
      return;
    }
    // Here, as what is told below may speculate: bytes of the database show what is not committed too.
    if (this.#prng.chance(0.1)) this.#checkpoint = this.database.serialize();
    this.#hooks.applied(this, batch, result);
    if (this.#mutations.machine?.appliedIndexInAnotherTransaction === true) {
      this.later(3, () => this.machine.writeAppliedSeparately());
    }
    const seen = result.outcomes.map((entry) => ({
      ...entry,
      outcomes: entry.kind === 'registered' ? [] : unpackOutcomes(entry.outcomes),
      registered: entry.kind === 'registered' ? decodeRegistration(entry.outcomes) : null,
    }));
    this.gateway.applied(seen, this.machine.appliedIndex);
    const { grants } = result;
    this.#hooks.granted(
      this,
      grants.filter(({ sessionId }) => this.machine.nodeOf(sessionId) === this.id),
    );
    this.flushGateway();
    if (this.#queue.length > 0)
      this.later(APPLY_MS * this.#prng.float(), () => this.#applyQueued());
    else this.#isApplying = false;
  }

  /** As machine-thread.ts does it; null: there is no room for what the entries write (R47). */
  #tryApply(batch: readonly Entry[]): ApplyResult | null {
    this.#limitPages();
    try {
      const result = this.machine.apply(batch);
      if (this.#isMissingRoom) this.#hooks.count('databases-with-room-again');
      this.#isMissingRoom = false;
      return result;
    } catch (error) {
      if (!isNoRoom(error)) throw error;
      if (!this.#isMissingRoom) this.#hooks.count('databases-without-room');
      this.#isMissingRoom = true;
      this.store.giveWay();
      this.#rollBack();
      this.#openMachine();
      return null;
    }
  }

  /** The database may take what there is on the disk beside the log. */
  #limitPages(): void {
    if (!this.isFilling && this.#pagesMax === PAGES_MAX) return;
    const pages = Number(this.database.rows('PRAGMA page_count')[0]?.[0] ?? 0);
    const freePages = Math.floor(this.disk.freeBytes() / PAGE_BYTES);
    this.#pagesMax = this.isFilling ? pages + freePages : PAGES_MAX;
    this.database.run(`PRAGMA max_page_count = ${this.#pagesMax}`);
  }

  /** Everything is as if there had always been room. */
  hasRoom(): boolean {
    return !this.#isMissingRoom && (!this.#isDiskWatched || this.store.diskSpace === 'good');
  }

  hasBallast(): boolean {
    const bytes = this.disk.bytesOf(`node-${this.id}/ballast`)?.length ?? 0;
    return bytes >= RESERVE.ballastBytes;
  }

  /** kill -9: files and database stay as they were written. */
  kill(): void {
    this.isUp = false;
    this.#rollBack();
    this.disk.killProcess();
  }

  /** The machine loses power: unsynced writes are kept, lost or torn; SQLite may go back. */
  failPower(prng: Prng): void {
    this.isUp = false;
    this.#rollBack();
    this.disk.failPower(prng);
    if (prng.chance(0.5)) {
      this.database.close();
      this.database = new Database({ source: this.#checkpoint, isReader: false });
      this.#pagesMax = 0;
    }
  }

  /** What SQLite finds uncommitted when the process is gone. */
  #rollBack(): void {
    if (this.database.isInTransaction) this.database.run('ROLLBACK');
  }
}

function createDatabase(): Database {
  const database = new Database({ source: ':memory:', isReader: false });
  database.script(SYSTEM_TABLES);
  database.script(`
    INSERT INTO "balsa.applied" VALUES (1, 0, 0, 1, zeroblob(32), x'', 0);
    CREATE TABLE effect (key TEXT PRIMARY KEY, times INTEGER NOT NULL) STRICT;
    CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
    INSERT INTO counter VALUES (1, 0);
    ${CELLS_SCHEMA}
    ${SEQUENCE_SCHEMA}
    ${GUARDED_SCHEMA}
    ${ROWS_SCHEMA}`);
  return database;
}
