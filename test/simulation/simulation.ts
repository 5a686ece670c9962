// One run: a cluster under faults, then in peace; what clients were told is checked against what
// the nodes have. Throws SafetyViolation with the seed's story in `trace`.
import { decodeOutcome } from '../../src/machine/outcome-codec.ts';
import { encodeRequest } from '../../src/machine/request-codec.ts';
import type { Outcome, Request } from '../../src/machine/command.ts';
import type { Answer } from '../../src/gateway/gateway.ts';
import { encodeBatch, decodeBatch } from '../../src/transport/codec.ts';
import type { Message } from '../../src/raft/message.ts';
import { InvariantViolation } from '../../src/util/assert.ts';
import { Prng } from '../../src/util/prng.ts';
import { drawAdd, readCells, stepOf, writesOf } from './cells.ts';
import { Checks, SafetyViolation, fail } from './checks.ts';
import { drawOptions } from './options.ts';
import type { Mutations, RunOptions } from './options.ts';
import { LockChecks } from './lock-checks.ts';
import { LockClient } from './lock-client.ts';
import { Promises } from './promises.ts';
import { RowClient } from './row-client.ts';
import { Schedule } from './schedule.ts';
import { SimulatedNode } from './simulated-node.ts';
import { TransactionChecks } from './transaction-checks.ts';
import { TransactionClient } from './transaction-client.ts';

const EVENTS_MAX = 400_000;
const CLIENT_EVERY_MS = 30;
const READ_SHARE = 0.4;
/** Of the writes that need no transaction around them: how many also change what those work on. */
const CELL_SHARE = 0.2;

/** How often each thing really happened. */
export type Counters = Record<string, number>;

export interface RunResult {
  readonly counters: Counters;
  readonly trace: readonly string[];
}

interface Write {
  /** `effect <key>`, or `transaction <id>`. */
  readonly name: string;
  readonly node: number;
  /** Its row in the table of effects, if it writes one. */
  readonly key: string | null;
  /** What it is to the checks of transactions, 0: nothing. */
  readonly transactionId: number;
  readonly onEnd: (isDone: boolean) => void;
  state: 'open' | 'done' | 'not-executed' | 'unknown';
}

interface Read {
  readonly node: SimulatedNode;
  readonly incarnation: number;
  /** The index that the answer must cover at least. */
  readonly least: number;
}

export function simulate(seed: number, mutations: Mutations = {}, options?: RunOptions): RunResult {
  return new Simulation(seed, mutations, options).run();
}

class Simulation {
  readonly #seed: number;
  readonly #schedule = new Schedule();
  readonly #options: RunOptions;
  readonly #net: Prng;
  readonly #faults: Prng;
  readonly #clients: Prng;
  readonly #nodes: SimulatedNode[];
  readonly #checks = new Checks();
  readonly #promises = new Promises();
  readonly #transactionChecks = new TransactionChecks();
  readonly #counters: Counters = {};
  readonly #trace: string[] = [];
  readonly #writes = new Map<string, Write>();
  readonly #lockChecks = new LockChecks();
  readonly #lockClients: LockClient[] = [];
  readonly #lockPrng: Prng;
  readonly #rowClients: RowClient[] = [];
  readonly #rowPrng: Prng;
  #jobCount = 0;
  /** Requests of clients that look at the answers themselves. */
  readonly #asked = new Map<string, (answer: Answer | null) => void>();
  readonly #transactionClients: TransactionClient[] = [];
  readonly #given = new Set<bigint>();
  #ownerCount = 0;
  readonly #reads = new Map<string, Read>();
  readonly #blocked = new Set<string>();
  #writeCount = 0;
  #transactionCount = 0;
  #isPeace = false;
  #fills = 0;
  /** The last one that a disk was filled by. */
  readonly #fillOf = new Map<number, number>();
  readonly #withoutRoom = new Set<number>();
  /** Since when a disk is not filled any more. */
  readonly #roomSince = new Map<number, number>();
  #lastWriteAt = 0;
  /** When commands could be taken, or were refused for want of room. */
  #takenAt = 0;
  /** The highest index that a client has seen the effect of. */
  #acknowledged = 0;

  constructor(seed: number, mutations: Mutations, options?: RunOptions) {
    const root = new Prng(seed);
    this.#seed = seed;
    this.#options = options ?? drawOptions(root.fork());
    this.#net = root.fork();
    this.#faults = root.fork();
    this.#clients = root.fork();
    const ids = Array.from({ length: this.#options.nodes }, (_, at) => at + 1);
    this.#nodes = ids.map(
      (id) =>
        new SimulatedNode(id, ids, this.#options, mutations, this.#schedule, root.fork(), {
          send: (message) => this.#send(message),
          afterStep: (node) => {
            this.#checks.afterStep(node);
            this.#promises.afterStep(node);
            this.#checkRoom(node);
          },
          applied: (node, entries, result) => {
            this.#checks.applied(node, entries);
            this.#transactionChecks.applied(entries, result);
            const { lockClients, stagedShare, rowClients } = this.#options;
            if (lockClients + stagedShare + rowClients > 0)
              this.#lockChecks.applied(node, entries, result);
          },
          answered: (node, answer) => this.#answered(node, answer),
          granted: (node, grants) => {
            for (const client of this.#lockingClients) client.granted(node, grants);
          },
          sessionChanged: (node) => {
            for (const client of this.#lockingClients) client.sessionChanged(node);
          },
          isHolding: (node) => this.#isHolding(node),
          barrier: (node, barrier) => this.#barrier(node, barrier),
          note: (what) => this.#note(what),
          refused: (_node, refusal) => {
            if (refusal === 'disk-full') this.#count('refused-for-room');
          },
          stoppedForRoom: (node) => this.#stoppedForRoom(node),
          restarted: (node) => {
            this.#promises.restarted(node);
          },
          count: (what) => this.#count(what),
          failed: (node, reason) => fail(`node ${node.id} stopped: ${reason}`),
        }),
    );
    this.#lockPrng = root.fork();
    this.#rowPrng = root.fork();
  }

  get #lockingClients(): readonly (LockClient | RowClient)[] {
    return [...this.#lockClients, ...this.#rowClients];
  }

  run(): RunResult {
    try {
      this.#run();
    } catch (error) {
      if (error instanceof SafetyViolation || error instanceof InvariantViolation) {
        throw new SafetyViolation(
          `seed=${this.#seed}: ${error.message}\n${this.#trace.slice(-40).join('\n')}`,
          {
            cause: error,
          },
        );
      }
      throw error;
    } finally {
      for (const node of this.#nodes) node.database.close();
    }
    return { counters: this.#counters, trace: this.#trace };
  }

  #run(): void {
    for (const node of this.#nodes) this.#start(node);
    for (let client = 0; client < this.#options.clients; client++) this.#client(client);
    for (let client = 0; client < this.#options.transactionClients; client++) {
      this.#transactionClient(this.#clients.fork());
    }
    for (let client = 0; client < this.#options.lockClients; client++) this.#lockClient();
    for (let client = 0; client < this.#options.rowClients; client++) this.#rowClient();
    const {
      killEveryMs,
      powerEveryMs,
      pauseEveryMs,
      partitionEveryMs,
      transferEveryMs,
      usurpEveryMs,
      fillEveryMs,
    } = this.#options;
    this.#repeat(usurpEveryMs, () => this.#usurp());
    this.#repeat(killEveryMs, () => this.#kill());
    this.#repeat(powerEveryMs, () => this.#failPower());
    this.#repeat(pauseEveryMs, () => this.#pause());
    this.#repeat(partitionEveryMs, () => this.#partition());
    this.#repeat(transferEveryMs, () => this.#transfer());
    this.#repeat(fillEveryMs, () => this.#fill());
    if (this.#options.longestWaitMs !== Infinity) this.#watchWrites();
    this.#runUntil(this.#options.chaosMs);
    this.#makePeace();
    this.#runUntil(this.#options.chaosMs + this.#options.peaceMs, () => this.#isSettled());
    this.#checkEnd();
    this.#count('elections', this.#checks.elections);
    this.#count('commits', this.#checks.ghostCommit);
    this.#count('transactions-committed', this.#transactionChecks.commits);
    this.#count('transactions-refused', this.#transactionChecks.conflicts);
    this.#count('silent-gateways', this.#lockChecks.closed);
    this.#count('restarts-compared', this.#promises.compared);
    this.#count('jobs-done', this.#lockChecks.rows.jobs);
  }

  #runUntil(end: number, isDone: () => boolean = () => false): void {
    for (let events = 0; this.#schedule.step(end); events++) {
      if (events > EVENTS_MAX) fail(`more than ${EVENTS_MAX} events`);
      if (events % 200 === 0 && isDone()) return;
    }
  }

  #count(what: string, by = 1): void {
    this.#counters[what] = (this.#counters[what] ?? 0) + by;
  }

  #note(what: string): void {
    this.#trace.push(`${this.#schedule.now.toFixed(1)} ${what}`);
  }

  // Network ---------------------------------------------------------------------------------------

  #send(message: Message): void {
    this.#promises.sent(this.#node(message.from), message);
    const { lossRate, duplicateRate } = this.#options;
    if (this.#blocked.has(`${message.from}>${message.to}`)) return this.#count('blocked');
    if (!this.#isPeace && this.#net.chance(lossRate)) return this.#count('lost');
    this.#deliverLater(message);
    if (!this.#isPeace && this.#net.chance(duplicateRate)) {
      this.#count('duplicated');
      this.#deliverLater(message);
    }
  }

  #deliverLater(message: Message): void {
    const { delayMs, tailRate } = this.#options;
    const isLate = !this.#isPeace && this.#net.chance(tailRate);
    const delay = delayMs * (0.5 + this.#net.float()) + (isLate ? 400 * this.#net.float() : 0);
    const bytes = encodeBatch([message], 256);
    const sender = this.#node(message.from);
    const receiver = this.#node(message.to);
    const [from, to] = [sender.incarnation, receiver.incarnation];
    this.#schedule.after(delay, () => {
      if (!receiver.isReady() || receiver.incarnation !== to) return this.#count('to-the-dead');
      // A new process of the sender replaces the connections of the old one sooner or later.
      if (sender.incarnation !== from && this.#net.chance(0.5)) return;
      receiver.later(0, () => {
        if (receiver.incarnation !== to) return;
        for (const decoded of decodeBatch(bytes)) receiver.driver.receive(decoded as Message);
      });
    });
  }

  #node(id: number): SimulatedNode {
    return this.#nodes[id - 1] as SimulatedNode;
  }

  // Faults ----------------------------------------------------------------------------------------

  #repeat(everyMs: number, act: () => void): void {
    if (everyMs === Infinity) return;
    this.#schedule.after(everyMs * (0.2 + 1.6 * this.#faults.float()), () => {
      if (this.#isPeace) return;
      act();
      this.#repeat(everyMs, act);
    });
  }

  #anyUp(): SimulatedNode | null {
    const up = this.#nodes.filter((node) => node.isReady());
    return up.length === 0 ? null : this.#faults.pick(up);
  }

  /** Leaves some disks little room, and makes it again some time later. */
  #fill(): void {
    const nodes = this.#nodes;
    const reach = this.#faults.pick(['one', 'one', 'one', 'majority', 'all']);
    const majority = Math.floor(nodes.length / 2) + 1;
    const count = reach === 'one' ? 1 : reach === 'all' ? nodes.length : majority;
    const first = this.#faults.integer(nodes.length);
    const victims = nodes.map((_, at) => nodes[(first + at) % nodes.length]).slice(0, count);
    this.#count(`fills-of-${reach}`);
    for (const node of victims) {
      if (node === undefined) continue;
      this.#count('fills');
      this.#note(`the disk of node ${node.id} fills up`);
      node.isFilling = true;
      node.disk.leaveFree(this.#faults.integer(this.#faults.chance(0.3) ? 500 : 30_000));
    }
    const fill = ++this.#fills;
    for (const node of victims) {
      if (node === undefined) continue;
      this.#fillOf.set(node.id, fill);
      this.#schedule.after(3000 * this.#faults.float(), () => {
        if (this.#fillOf.get(node.id) === fill) this.#makeRoom(node);
      });
    }
  }

  #makeRoom(node: SimulatedNode): void {
    if (node.isFilling) {
      if (node.isReady() && node.store.diskSpace !== 'good') this.#count('low-disks');
      this.#note(`there is room on the disk of node ${node.id}`);
      this.#count('refusals-of-disks', node.disk.refusals);
      node.disk.refusals = 0;
      this.#roomSince.set(node.id, this.#schedule.now);
    }
    node.isFilling = false;
    node.disk.capacityBytes = Infinity;
  }

  /** Who had no room serves again only with a ballast for the next time. */
  #checkRoom(node: SimulatedNode): void {
    const hasRoom = node.hasRoom();
    const isBack = hasRoom && this.#withoutRoom.delete(node.id);
    if (!hasRoom) this.#withoutRoom.add(node.id);
    if (isBack && !node.hasBallast()) fail(`node ${node.id} has room again, and no ballast`);
    if (isBack) this.#count('rooms-made');
  }

  /** A majority of the disks has room, and has had it for long enough to elect one of them. */
  #hasRoom(): boolean {
    const { longestWaitMs } = this.#options;
    const since = this.#schedule.now - longestWaitMs;
    const roomy = this.#nodes.filter(
      ({ id, isFilling }) => !isFilling && (this.#roomSince.get(id) ?? 0) <= since,
    );
    return roomy.length * 2 > this.#nodes.length;
  }

  /** With room on a majority of the disks writes go on; without, they are refused. */
  #watchWrites(): void {
    const { longestWaitMs } = this.#options;
    const isRoomy = this.#nodes.filter((node) => node.hasRoom()).length * 2 > this.#nodes.length;
    const leader = this.#nodes.find(
      (node) => node.isReady() && node.raft.status().role === 'leader',
    );
    if (isRoomy || leader?.raft.isDiskFull() === true) this.#takenAt = this.#schedule.now;
    else if (this.#schedule.now - this.#takenAt > longestWaitMs)
      fail('a leader takes commands, though no majority of the disks has room');
    if (!isRoomy && leader !== undefined) this.#count('watched-without-room');
    if (!this.#hasRoom()) this.#lastWriteAt = this.#schedule.now;
    if (this.#schedule.now - this.#lastWriteAt > longestWaitMs)
      fail(`no write for ${longestWaitMs} ms, though a majority of the disks has room`);
    this.#count('watched');
    this.#schedule.after(100, () => {
      if (!this.#isPeace) this.#watchWrites();
    });
  }

  /** What wrote found no room in the middle of it: the process is gone (R33, R47). */
  #stoppedForRoom(node: SimulatedNode): void {
    this.#count('stops-for-room');
    this.#note(`node ${node.id} stops: no space left`);
    const { incarnation } = node;
    this.#schedule.after(0, () => {
      if (node.isUp || node.incarnation !== incarnation) return;
      node.kill();
      this.#restartLater(node);
    });
  }

  #start(node: SimulatedNode): void {
    const { isFilling } = node;
    this.#withoutRoom.delete(node.id);
    if (!node.start()) {
      this.#count('starts-without-room');
      this.#note(`node ${node.id} has no room to start`);
      this.#schedule.after(50 + 200 * this.#faults.float(), () => {
        if (!node.isUp) this.#start(node);
      });
      return;
    }
    if (isFilling) this.#count('starts-on-full-disks');
    this.#note(`node ${node.id} starts, incarnation ${node.incarnation}`);
    for (const other of this.#nodes) {
      if (other === node || !other.isReady()) continue;
      other.later(5, () => other.driver.peerUp(node.id));
    }
  }

  #restartLater(node: SimulatedNode): void {
    for (const write of this.#writes.values()) {
      // Its gateway is gone: nobody can tell the client any more.
      if (write.node !== node.id || write.state !== 'open') continue;
      write.state = 'unknown';
      write.onEnd(false);
    }
    for (const [name, onEnd] of this.#asked) {
      if (!name.startsWith(`${node.id}/`)) continue;
      this.#asked.delete(name);
      onEnd(null);
    }
    const delay = this.#isPeace ? 0 : 600 * this.#faults.float();
    this.#schedule.after(delay, () => {
      if (!node.isUp) this.#start(node);
    });
  }

  #kill(): void {
    const node = this.#anyUp();
    if (node === null) return;
    this.#count('kills');
    this.#note(`node ${node.id} is killed`);
    node.kill();
    this.#restartLater(node);
  }

  #failPower(): void {
    const isAll = this.#faults.chance(0.2);
    const victims = isAll ? this.#nodes.filter((node) => node.isUp) : [this.#anyUp()];
    for (const node of victims) {
      if (node === null) continue;
      this.#count('power-failures');
      this.#note(`node ${node.id} loses power`);
      node.failPower(this.#faults);
      this.#restartLater(node);
    }
  }

  #pause(): void {
    const node = this.#anyUp();
    if (node === null) return;
    this.#count('pauses');
    const length = 600 * this.#faults.float();
    this.#note(`node ${node.id} pauses for ${length.toFixed(0)} ms`);
    node.pausedUntil = this.#schedule.now + length;
  }

  #partition(): void {
    this.#blocked.clear();
    if (this.#faults.chance(0.4)) return;
    this.#count('partitions');
    const isOneWay = this.#faults.chance(0.4);
    const side = new Set(this.#nodes.filter(() => this.#faults.chance(0.4)).map(({ id }) => id));
    for (const a of this.#nodes) {
      for (const b of this.#nodes) {
        if (side.has(a.id) === side.has(b.id)) continue;
        if (!isOneWay || side.has(a.id)) this.#blocked.add(`${a.id}>${b.id}`);
      }
    }
    this.#note(`partition ${[...this.#blocked].join(' ')}`);
  }

  #transfer(): void {
    for (const node of this.#nodes) {
      if (!node.isReady() || node.raft.status().role !== 'leader') continue;
      this.#count('transfers');
      this.#note(`node ${node.id} hands over`);
      node.later(0, () => node.driver.transferLeadership());
    }
  }

  /** No lease may rest on a leader being left alone (R95). */
  #usurp(): void {
    const node = this.#anyUp();
    if (node === null || this.#nodes.length === 1) return;
    const { term, leaderId } = node.raft.status();
    if (leaderId === 0 || leaderId === node.id) return;
    const last = node.store.lastIndex;
    this.#count('usurpations');
    this.#note(`node ${node.id} is told to campaign`);
    node.later(0, () =>
      node.driver.receive({
        kind: 'timeout-now',
        from: leaderId,
        to: node.id,
        term,
        lastLogIndex: last,
        lastLogTerm: node.store.termAt(last) ?? 0,
      }),
    );
  }

  #makePeace(): void {
    this.#isPeace = true;
    this.#blocked.clear();
    this.#note('peace');
    for (const node of this.#nodes) {
      node.pausedUntil = 0;
      this.#makeRoom(node);
      if (!node.isUp) this.#start(node);
    }
  }

  // Clients ---------------------------------------------------------------------------------------

  #client(client: number): void {
    const again = (): void => {
      this.#schedule.after(CLIENT_EVERY_MS * 2 * this.#clients.float(), () => {
        if (this.#isPeace) return;
        const node = this.#clients.pick(this.#nodes);
        const isAwake = node.isReady() && node.pausedUntil <= this.#schedule.now;
        if (isAwake && this.#clients.chance(READ_SHARE)) this.#read(node);
        else if (isAwake) this.#write(node, client);
        again();
      });
    };
    again();
  }

  #transactionClient(prng: Prng): void {
    const client = new TransactionClient({
      prng,
      nodes: this.#nodes,
      schedule: this.#schedule,
      checks: this.#transactionChecks,
      newId: () => ++this.#transactionCount,
      isPeace: () => this.#isPeace,
      commit: (node, id, request, onEnd) => {
        const name = `transaction ${id}`;
        return this.#submit(node, request, { name, key: null, transactionId: id, onEnd });
      },
      ask: (node, request, isBound, onEnd) => this.#ask(node, request, isBound, onEnd),
      stagedShare: this.#options.stagedShare,
      drawShare: this.#options.drawShare,
      given: this.#given,
      count: (what) => this.#count(what),
    });
    this.#transactionClients.push(client);
    client.start();
  }

  #isHolding(node: SimulatedNode): boolean {
    const clients = [...this.#lockingClients, ...this.#transactionClients];
    return clients.some((client) => client.holdsOn(node));
  }

  #lockClient(): void {
    const client = new LockClient({
      prng: this.#lockPrng.fork(),
      nodes: this.#nodes,
      schedule: this.#schedule,
      newOwner: () => ++this.#ownerCount,
      isPeace: () => this.#isPeace,
      ask: (node, request, isBound, onEnd) => this.#ask(node, request, isBound, onEnd),
      count: (what) => this.#count(what),
    });
    this.#lockClients.push(client);
    client.start();
  }

  #rowClient(): void {
    const client = new RowClient({
      prng: this.#rowPrng.fork(),
      nodes: this.#nodes,
      schedule: this.#schedule,
      checks: this.#lockChecks.rows,
      newOwner: () => ++this.#ownerCount,
      newId: () => ++this.#transactionCount,
      newJob: () => ++this.#jobCount,
      begun: (id) => this.#transactionChecks.propose(id, { statements: [], told: null }),
      isPeace: () => this.#isPeace,
      ask: (node, request, isBound, onEnd) => this.#ask(node, request, isBound, onEnd),
      count: (what) => this.#count(what),
    });
    this.#rowClients.push(client);
    client.start();
  }

  /** A request whose client looks at the answer itself; null: its gateway is gone. */
  #ask(
    node: SimulatedNode,
    request: Request,
    isBound: boolean,
    onEnd: (answer: Answer | null) => void,
  ): boolean {
    const ticket = node.submit(encodeRequest(request), isBound);
    if (ticket === null) return false;
    this.#asked.set(`${node.id}/${node.incarnation}/${ticket}`, onEnd);
    return true;
  }

  #write(node: SimulatedNode, client: number): void {
    const key = `c${client}-${++this.#writeCount}`;
    const isShared = this.#options.transactionClients > 0 && this.#clients.chance(CELL_SHARE);
    const add = isShared ? drawAdd(this.#clients) : null;
    const transactionId = add === null ? 0 : ++this.#transactionCount;
    if (add !== null)
      this.#transactionChecks.propose(transactionId, { statements: [add], told: null });
    const step = (sql: string, values: readonly string[]) =>
      ({ sql, values, hasRows: false, isResult: true, rowsAtFault: null }) as const;
    const request = {
      schemaVersion: 1,
      schemaChanges: 0,
      now: BigInt(transactionId),
      seed: 0,
      settings: [],
      statements: [
        [
          step(
            'INSERT INTO effect VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1',
            [key],
          ),
        ],
        [step('UPDATE counter SET n = n + 1 WHERE id = 1', [])],
        ...(add === null ? [] : [[stepOf(add)]]),
      ],
      isDoomed: false,
      writes: add === null ? [] : writesOf([add]),
      recording: null,
      idempotencyKey: '',
      locks: null,
    };
    this.#submit(node, request, {
      name: `effect ${key}`,
      key,
      transactionId,
      onEnd: () => undefined,
    });
  }

  /** False: the node takes no more. */
  #submit(node: SimulatedNode, request: Request, write: Omit<Write, 'node' | 'state'>): boolean {
    const ticket = node.submit(encodeRequest(request));
    if (ticket === null) return false;
    this.#writes.set(`${node.id}/${node.incarnation}/${ticket}`, {
      ...write,
      node: node.id,
      state: 'open',
    });
    this.#count('writes');
    if (!this.#clients.chance(this.#options.expireRate)) return true;
    node.later(200 * this.#clients.float(), () => {
      this.#count('expired');
      node.gateway.expire(ticket, node.now());
      node.flushGateway();
    });
    return true;
  }

  #answered(node: SimulatedNode, answer: Answer): void {
    const name = `${node.id}/${node.incarnation}/${answer.ticket}`;
    const onEnd = this.#asked.get(name);
    if (onEnd !== undefined) {
      this.#asked.delete(name);
      onEnd(answer);
      return;
    }
    const write = this.#writes.get(name);
    if (write === undefined)
      fail(`an answer for ticket ${answer.ticket} that node ${node.id} never gave`);
    if (write.state !== 'open') fail(`${write.name} was answered twice`);
    if (answer.kind === 'unknown') write.state = 'unknown';
    else if (answer.kind === 'not-executed') write.state = 'not-executed';
    else write.state = this.#stateAfter(write, decodeOutcome(answer.outcome), answer.index);
    write.onEnd(write.state === 'done');
  }

  #stateAfter(write: Write, outcome: Outcome, index: number): Write['state'] {
    switch (outcome.kind) {
      case 'done':
        this.#count('acknowledged');
        this.#lastWriteAt = this.#schedule.now;
        this.#acknowledged = Math.max(this.#acknowledged, index);
        return 'done';
      case 'fenced':
        return 'not-executed';
      case 'session-expired':
        return 'unknown';
      case 'conflict':
        if (write.key !== null) fail(`${write.name} ended in a conflict`);
        return 'not-executed';
      case 'failed':
        if (outcome.error.code !== '40001') fail(`${write.name} failed: ${outcome.error.code}`);
        this.#count('parts-lost');
        return 'not-executed';
      default:
        fail(`${write.name} ended as ${outcome.kind}`);
    }
  }

  /** By the lease if there is one, else behind a barrier: as the executor does. */
  #read(node: SimulatedNode): void {
    const least = this.#acknowledged;
    const { validUntil, commitIndex } = node.raft.lease();
    if (node.now() < validUntil) {
      node.raft.leaseReadsServed(node.now());
      if (node.machine.appliedIndex < commitIndex) return;
      this.#count('lease-reads');
      this.#checkRead(node, least, 'lease');
      return;
    }
    const barrier = node.gateway.requestBarrier();
    this.#reads.set(`${node.id}/${node.incarnation}/${barrier}`, {
      node,
      incarnation: node.incarnation,
      least,
    });
    node.flushGateway();
  }

  #barrier(node: SimulatedNode, barrier: number): void {
    const read = this.#reads.get(`${node.id}/${node.incarnation}/${barrier}`);
    if (read === undefined) fail(`barrier ${barrier} of node ${node.id} was never asked for`);
    this.#count('index-reads');
    this.#checkRead(node, read.least, 'read index');
  }

  /** I11, I12: an answer covers all that was acknowledged anywhere before the question. */
  #checkRead(node: SimulatedNode, least: number, how: string): void {
    const { appliedIndex } = node.machine;
    if (appliedIndex < least) {
      fail(
        `stale read by ${how} on node ${node.id}: it shows entry ${appliedIndex}, ${least} was acknowledged before`,
      );
    }
    // What was shown must not be unseen again.
    this.#acknowledged = Math.max(this.#acknowledged, appliedIndex);
  }

  // End -------------------------------------------------------------------------------------------

  #isSettled(): boolean {
    const applied = this.#nodes.map((node) => (node.isReady() ? node.machine.appliedIndex : -1));
    const isEqual = applied.every(
      (index) => index === applied[0] && index >= this.#checks.ghostCommit,
    );
    const isIdle =
      this.#nodes.every((node) => node.isReady() && node.gateway.openCount === 0) &&
      this.#nodes.every((node) => node.hasRoom() && !node.raft.isDiskFull()) &&
      !this.#nodes.some((node) => this.#isHolding(node)) &&
      this.#nodes.every((node) => this.#lockChecks.whatIsLeft(node) === null) &&
      this.#lockChecks.rows.openJobs === 0;
    return isEqual && isIdle && this.#nodes.some((node) => node.raft.status().role === 'leader');
  }

  #checkEnd(): void {
    if (!this.#isSettled()) {
      const states = this.#nodes.map((node) =>
        node.isReady()
          ? `node ${node.id} ${node.raft.status().role} term ${node.raft.status().term} applied ${node.machine.appliedIndex} commit ${node.raft.status().commitIndex} last ${node.raft.status().lastIndex} open ${node.gateway.openCount}${node.hasRoom() ? '' : ' without room'}`
          : `node ${node.id} down`,
      );
      const left = this.#nodes.map((node) => this.#lockChecks.whatIsLeft(node));
      fail(
        `not settled in peace: ${states.join('; ')}; committed ${this.#checks.ghostCommit}; ${left.join('; ')}; ${this.#lockChecks.rows.openJobs} jobs are not done`,
      );
    }
    for (const node of this.#nodes) {
      this.#checkEffects(node);
    }
  }

  /** I14: acknowledged writes once, refused ones never, the others at most once. */
  #checkEffects(node: SimulatedNode): void {
    // Transactions that are still open stand uncommitted in the database.
    node.machine.checkpoint();
    const rows = node.database.rows('SELECT key, times FROM effect');
    const times = new Map(rows.map(([key, count]) => [String(key), Number(count)]));
    for (const [key, count] of times) {
      if (count !== 1) fail(`${key} took effect ${count} times on node ${node.id}`);
    }
    for (const { name, state, key, transactionId } of this.#writes.values()) {
      const isThere =
        key === null ? this.#transactionChecks.isCommitted(transactionId) : times.has(key);
      if (state === 'done' && !isThere)
        fail(`${name} was acknowledged and is lost on node ${node.id}`);
      if (state === 'not-executed' && isThere)
        fail(`${name} took effect after the promise that it never would`);
      if (state === 'open') fail(`${name} was never answered`);
    }
    const [counter] = node.database.rows('SELECT n FROM counter');
    if (Number(counter?.[0]) !== times.size)
      fail(
        `the counter of node ${node.id} says ${String(counter?.[0])}, there are ${times.size} rows`,
      );
    for (const [job, times] of node.database.rows('SELECT ctid, times FROM job')) {
      if (times !== 1n)
        fail(`job ${String(job)} was done ${String(times)} times on node ${node.id}`);
    }
    const cells = JSON.stringify(readCells((sql) => node.database.rows(sql)));
    const expected = JSON.stringify(this.#transactionChecks.cells);
    if (cells !== expected) fail(`node ${node.id} has ${cells}, one by one it is ${expected}`);
  }
}
