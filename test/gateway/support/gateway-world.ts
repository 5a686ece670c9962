// Gateways and machines around a model of consensus: a list of entries that only grows. Proposals
// are lost, doubled and reordered on the way; nodes apply at their own pace, take over another
// node's state, and have their sessions closed. Everything is drawn from one seed.
import { encodeCommand } from '../../../src/machine/command-codec.ts';
import { decodeOutcome, unpackOutcomes } from '../../../src/machine/outcome-codec.ts';
import { encodeRequest } from '../../../src/machine/request-codec.ts';
import { Database } from '../../../src/machine/database.ts';
import { decodeRegistration } from '../../../src/machine/entry-outcomes.ts';
import { Machine } from '../../../src/machine/machine.ts';
import type { EntryOutcomes } from '../../../src/machine/entry-outcomes.ts';
import type { MachineMutations } from '../../../src/machine/mutations.ts';
import { Gateway } from '../../../src/gateway/gateway.ts';
import type { Answer, GatewayMutations, SeenEntry, Ticket } from '../../../src/gateway/gateway.ts';
import type { Entry } from '../../../src/raft/entry.ts';
import type { ReadId } from '../../../src/raft/message.ts';
import { Prng } from '../../../src/util/prng.ts';
import { readFileSync } from 'node:fs';
import { query, request } from '../../machine/support/entries.ts';

const SYSTEM_TABLES = readFileSync(
  new URL('../../../sql/system/replication.sql', import.meta.url),
  'utf8',
);
const NODES = 3;
const TURN_MS = 20;
const COUNT_UP =
  'INSERT INTO effect VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times';

export interface WorldMutations {
  readonly machine?: MachineMutations;
  readonly gateway?: GatewayMutations;
}

export interface WorldCounters {
  done: number;
  notExecuted: number;
  unknown: number;
  reopened: number;
  barriers: number;
}

interface Node {
  readonly id: number;
  readonly gateway: Gateway;
  database: Database;
  machine: Machine;
}

interface Write {
  readonly key: string;
  readonly node: Node;
  readonly ticket: Ticket;
  answer: Answer['kind'] | null;
}

interface ReadMessage {
  readonly node: Node;
  readonly ids: readonly ReadId[];
  /** null: on its way to the leader. */
  readonly index: number | null;
}

export class GatewayWorld {
  readonly counters: WorldCounters = {
    done: 0,
    notExecuted: 0,
    unknown: 0,
    reopened: 0,
    barriers: 0,
  };
  readonly #prng: Prng;
  readonly #mutations: WorldMutations;
  readonly #nodes: readonly Node[];
  readonly #log: Entry[] = [];
  #term = 1;
  #now = 0;
  #isPeace = false;
  #proposals: Uint8Array[] = [];
  #reads: ReadMessage[] = [];
  readonly #writes: Write[] = [];
  /** Barriers that are waited for: the highest acknowledged index when they were asked for. */
  readonly #barriers = new Map<string, number>();
  #acknowledged = 0;

  constructor(seed: number, mutations: WorldMutations = {}) {
    this.#prng = new Prng(seed);
    this.#mutations = mutations;
    this.#nodes = Array.from({ length: NODES }, (_, at) => this.#createNode(at + 1));
  }

  #createNode(id: number): Node {
    const database = new Database({ source: ':memory:', isReader: false });
    database.script(SYSTEM_TABLES);
    database.script(`
      INSERT INTO "balsa.applied" VALUES (1, 0, 0, 1, zeroblob(32), x'', 0);
      CREATE TABLE effect (key TEXT PRIMARY KEY, times INTEGER NOT NULL) STRICT;`);
    const gateway = new Gateway({
      nodeId: id,
      incarnation: 1,
      prng: this.#prng.fork(),
      limits: { batchRequestsMax: 3, batchesMax: 6 },
      mutations: this.#mutations.gateway ?? {},
    });
    return { id, gateway, database, machine: this.#createMachine(database) };
  }

  #createMachine(database: Database): Machine {
    return new Machine({
      database,
      catalog: () => null,
      explain: (_code, message) => ({ code: '23505', message, fields: {} }),
      mutations: this.#mutations.machine ?? {},
    });
  }

  /** Throws if a promise is broken. */
  run(turns: number): WorldCounters {
    try {
      for (let turn = 0; turn < turns; turn++) this.#turn();
      this.#isPeace = true;
      for (let turn = 0; turn < 1500 && !this.#isSettled(); turn++) this.#turn();
      this.#checkEnd();
    } finally {
      for (const { database } of this.#nodes) database.close();
    }
    return this.counters;
  }

  #turn(): void {
    this.#now += TURN_MS * this.#prng.float();
    for (const node of this.#nodes) {
      if (!this.#isPeace) this.#clientsOf(node);
      this.#proposals.push(...node.gateway.takeProposals(this.#now));
      const ids = node.gateway.takeReadRequests(this.#now);
      if (ids.length > 0) this.#reads.push({ node, ids, index: null });
    }
    this.#deliverProposals();
    this.#deliverReads();
    if (!this.#isPeace) this.#faults();
    for (const node of this.#nodes) {
      if (this.#isPeace || this.#prng.chance(0.6)) this.#apply(node);
    }
  }

  // Clients ---------------------------------------------------------------------------------------

  #clientsOf(node: Node): void {
    if (this.#prng.chance(0.5)) this.#submit(node);
    if (this.#prng.chance(0.3)) {
      this.#barriers.set(`${node.id}/${node.gateway.requestBarrier()}`, this.#acknowledged);
    }
    for (const write of this.#writes) {
      if (write.node !== node || write.answer !== null) continue;
      if (this.#prng.chance(0.01)) node.gateway.expire(write.ticket, this.#now);
      if (this.#prng.chance(0.002)) node.gateway.abandon(write.ticket);
    }
    this.#collect(node);
  }

  #submit(node: Node): void {
    const key = `key ${this.#writes.length}`;
    const ticket = node.gateway.submit(encodeRequest(request([query(COUNT_UP, [key])])));
    if (ticket === null) throw new Error('the gateway is full');
    this.#writes.push({ key, node, ticket, answer: null });
  }

  #collect(node: Node): void {
    for (const answer of node.gateway.takeAnswers()) this.#answered(node, answer);
    for (const barrier of node.gateway.takeBarriers()) this.#released(node, barrier);
  }

  #answered(node: Node, answer: Answer): void {
    const write = this.#writes.find(
      (candidate) => candidate.node === node && candidate.ticket === answer.ticket,
    );
    check(write?.answer === null, `ticket ${answer.ticket} is answered once`);
    write.answer = answer.kind;
    if (answer.kind !== 'outcome') {
      this.counters[answer.kind === 'unknown' ? 'unknown' : 'notExecuted'] += 1;
      return;
    }
    this.counters.done += 1;
    this.#acknowledged = Math.max(this.#acknowledged, answer.index);
    const outcome = decodeOutcome(answer.outcome);
    const times = outcome.kind === 'done' ? outcome.results[0]?.rows?.[0]?.[0] : outcome.kind;
    check(times === 1n, `${write.key} is answered with ${String(times)}`);
  }

  #released(node: Node, barrier: number): void {
    const name = `${node.id}/${barrier}`;
    const acknowledged = this.#barriers.get(name);
    check(acknowledged !== undefined, `barrier ${name} is released once`);
    this.#barriers.delete(name);
    this.counters.barriers += 1;
    const { appliedIndex } = node.machine;
    check(
      appliedIndex >= acknowledged,
      `barrier ${name} released at ${appliedIndex}, ${acknowledged} was acknowledged before`,
    );
  }

  // Consensus -------------------------------------------------------------------------------------

  #deliverProposals(): void {
    const waiting = this.#proposals;
    this.#proposals = [];
    while (waiting.length > 0) {
      const at = this.#isPeace ? 0 : this.#prng.integer(waiting.length);
      const [data] = waiting.splice(at, 1) as [Uint8Array];
      if (!this.#isPeace && this.#prng.chance(0.2)) continue;
      if (!this.#isPeace && this.#prng.chance(0.2)) this.#proposals.push(data);
      if (!this.#isPeace && this.#prng.chance(0.3)) this.#proposals.push(data);
      else this.#append(data);
    }
  }

  #append(data: Uint8Array): void {
    const index = this.#log.length + 1;
    this.#log.push({ index, term: this.#term, kind: 'command', data });
  }

  #deliverReads(): void {
    const waiting = this.#reads;
    this.#reads = [];
    for (const message of waiting) {
      if (!this.#isPeace && this.#prng.chance(0.1)) continue;
      if (!this.#isPeace && this.#prng.chance(0.1)) this.#reads.push(message);
      if (!this.#isPeace && this.#prng.chance(0.4)) this.#reads.push(message);
      else if (message.index === null) this.#reads.push({ ...message, index: this.#log.length });
      else this.#answerRead(message.node, message.ids, message.index);
    }
  }

  #answerRead(node: Node, ids: readonly ReadId[], index: number): void {
    const isRefused = !this.#isPeace && this.#prng.chance(0.1);
    node.gateway.readAnswered(ids, isRefused ? null : index, this.#now);
    this.#collect(node);
  }

  #faults(): void {
    if (this.#prng.chance(0.05)) {
      this.#term += 1;
      for (const { gateway } of this.#nodes) gateway.leaderChanged(this.#now);
    }
    const node = this.#prng.pick(this.#nodes);
    if (this.#prng.chance(0.05)) node.gateway.refused(this.#now);
    if (this.#prng.chance(0.02)) this.#closeSessionOf(node);
    if (this.#prng.chance(0.05)) this.#takeOver(node, this.#prng.pick(this.#nodes));
  }

  #closeSessionOf(node: Node): void {
    const [row] = node.database.rows(
      'SELECT max(session_id) FROM "balsa.session" WHERE node_id = ?',
      [BigInt(node.id)],
    );
    const sessionId = Number(row?.[0] ?? 0);
    if (sessionId === 0) return;
    this.counters.reopened += 1;
    this.#append(encodeCommand({ kind: 'close', sessionId, lastIndex: this.#log.length }));
  }

  /** A snapshot of another node that is ahead. */
  #takeOver(node: Node, source: Node): void {
    if (source.machine.appliedIndex <= node.machine.appliedIndex) return;
    const bytes = source.database.serialize();
    node.database.close();
    node.database = new Database({ source: bytes, isReader: false });
    node.machine = this.#createMachine(node.database);
    node.gateway.skipped(node.machine.appliedIndex, this.#now);
    this.#collect(node);
  }

  #apply(node: Node): void {
    const from = node.machine.appliedIndex;
    const count = this.#isPeace ? this.#log.length : this.#prng.between(1, 6);
    const entries = this.#log.slice(from, from + count);
    if (entries.length === 0) return;
    const { outcomes } = node.machine.apply(entries);
    node.gateway.applied(outcomes.map(seenEntry), node.machine.appliedIndex);
    this.#collect(node);
  }

  // Promises --------------------------------------------------------------------------------------

  #isSettled(): boolean {
    return (
      this.#barriers.size === 0 &&
      this.#writes.every(({ answer }) => answer !== null) &&
      this.#nodes.every(({ machine }) => machine.appliedIndex === this.#log.length)
    );
  }

  #checkEnd(): void {
    check(this.#isSettled(), 'everything is answered in the end');
    const [first] = this.#nodes as [Node];
    const hash = Buffer.from(first.machine.applyHash).toString('hex');
    for (const { id, machine } of this.#nodes) {
      const other = Buffer.from(machine.applyHash).toString('hex');
      check(other === hash, `nodes ${first.id} and ${id} are equal`);
    }
    const times = new Map(
      first.database.rows('SELECT key, times FROM effect').map(([key, n]) => [key, Number(n)]),
    );
    for (const { key, answer } of this.#writes) {
      const effects = times.get(key) ?? 0;
      const isRight =
        answer === 'outcome' ? effects === 1 : answer === 'unknown' ? effects <= 1 : effects === 0;
      check(isRight, `${key}: ${effects} effects, answered ${String(answer)}`);
    }
  }
}

function seenEntry(entry: EntryOutcomes): SeenEntry {
  const isRegistration = entry.kind === 'registered';
  return {
    ...entry,
    outcomes: isRegistration ? [] : unpackOutcomes(entry.outcomes),
    registered: isRegistration ? decodeRegistration(entry.outcomes) : null,
  };
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`not true: ${message}`);
}
