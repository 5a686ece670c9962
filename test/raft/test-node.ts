// One node of the core, driven by hand: what its peers would say is written by the test.
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Entry, Index } from '../../src/raft/entry.ts';
import type { LogReader } from '../../src/raft/log-store.ts';
import type { Message } from '../../src/raft/message.ts';
import type { RaftMutations } from '../../src/raft/mutations.ts';
import { RaftNode } from '../../src/raft/raft-node.ts';
import { Prng } from '../../src/util/prng.ts';

const VOTERS = [1, 2, 3];
const CONFIGURATION = {
  voters: VOTERS,
  votersOld: null,
  learners: [],
  members: VOTERS.map((id) => ({ id, host: '127.0.0.1', port: 7000 + id })),
};

type MessageOf<K extends Message['kind']> = Extract<Message, { kind: K }>;

export function command(index: Index, term: number): Entry {
  return { index, term, kind: 'command', data: Buffer.from(`${index} of ${term}`) };
}

class MemoryLog implements LogReader {
  readonly baseIndex = 0;
  readonly baseTerm = 0;
  readonly list: Entry[];

  constructor(list: readonly Entry[]) {
    this.list = [...list];
  }

  get lastIndex(): Index {
    return this.list.length;
  }

  termAt(index: Index): number | null {
    return index === 0 ? 0 : (this.list[index - 1]?.term ?? null);
  }

  entries(first: Index, last: Index): readonly Entry[] {
    return this.list.slice(first - 1, last);
  }
}

/** Node 1 of three. What is to be persisted is durable at once, unless its disk is made slow. */
export class TestNode {
  readonly raft: RaftNode;
  readonly #log: MemoryLog;
  now = 10_000;
  isDiskSlow = false;
  #unsynced: number[] = [];
  sent: Message[] = [];
  readonly committed: Index[] = [];
  readonly answeredReads: Index[] = [];

  /** `entries` from index 2 on: entry 1 is the configuration. */
  constructor(entries: readonly Entry[], currentTerm: number, mutations: RaftMutations = {}) {
    const data = encodeConfiguration(CONFIGURATION);
    this.#log = new MemoryLog([{ index: 1, term: 1, kind: 'configuration', data }, ...entries]);
    this.raft = new RaftNode({
      id: 1,
      incarnation: 1,
      log: this.#log,
      hardState: { currentTerm, votedFor: 0 },
      commitIndex: 1,
      configurations: [{ index: 1, configuration: CONFIGURATION }],
      prng: new Prng(1),
      now: this.now,
      mutations,
    });
  }

  /** Does what the core asks for, until it asks for nothing. */
  drain(): void {
    for (let ready = this.raft.ready(); ready !== null; ready = this.raft.ready()) {
      for (const message of ready.messages) this.sent.push(message);
      for (const { index } of ready.committed) this.committed.push(index);
      for (const { index } of ready.reads) this.answeredReads.push(index);
      if (ready.persist === null) continue;
      for (const entry of ready.persist.request.entries) {
        this.#log.list.length = entry.index - 1;
        this.#log.list.push(entry);
      }
      this.#unsynced.push(ready.persist.ioSeq);
      if (!this.isDiskSlow) this.#synced();
    }
  }

  #synced(): void {
    for (const ioSeq of this.#unsynced) this.raft.ioDone(ioSeq, this.now);
    this.#unsynced = [];
  }

  /** What was written becomes durable. */
  sync(): void {
    this.#synced();
    this.drain();
  }

  receive(message: Message): void {
    this.raft.step(message, this.now);
    this.drain();
  }

  /** Time passes, in steps of the timer. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now += 20;
      this.raft.tick(this.now);
      this.drain();
    }
  }

  hasSent(kind: Message['kind']): boolean {
    return this.sent.some((message) => message.kind === kind);
  }

  last<K extends Message['kind']>(kind: K, to?: number): MessageOf<K> {
    const found = this.sent.findLast(
      (message) => message.kind === kind && (to === undefined || message.to === to),
    );
    if (found === undefined) throw new Error(`no ${kind} was sent`);
    return found as MessageOf<K>;
  }

  answerHeartbeat(from: number, round = this.last('heartbeat', from).round): void {
    const { term } = this.raft.status();
    this.receive({ kind: 'heartbeat-reply', from, to: 1, term, round, isDiskLow: false });
  }

  acknowledge(from: number, matchIndex: Index): void {
    const { epoch, term } = this.last('append-entries', from);
    this.receive({
      kind: 'append-entries-reply',
      from,
      to: 1,
      term,
      epoch,
      success: true,
      matchIndex,
      rejectedIndex: 0,
      hintIndex: 0,
      hintTerm: 0,
      isOutOfSpace: false,
    });
  }

  /** Its election timeout passes, and node 2 would vote for it. */
  becomeCandidate(): void {
    while (this.raft.status().role === 'follower') this.pass(20);
    const { campaignId, nextTerm: term } = this.last('pre-vote', 2);
    const reply = { from: 2, to: 1, voteGranted: true } as const;
    this.receive({ ...reply, kind: 'pre-vote-reply', term, campaignId });
  }

  becomeLeader(): void {
    this.becomeCandidate();
    this.grantVote();
  }

  /** Node 2 votes for it. */
  grantVote(): void {
    const reply = { from: 2, to: 1, voteGranted: true } as const;
    const vote = this.last('request-vote', 2);
    this.receive({
      ...reply,
      kind: 'request-vote-reply',
      term: vote.term,
      campaignId: vote.campaignId,
    });
    if (this.raft.status().role !== 'leader') throw new Error('not elected');
  }

  /** Time passes, and node 2 answers the heartbeats. */
  passWithQuorum(ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      this.pass(100);
      this.answerHeartbeat(2);
    }
  }
}
