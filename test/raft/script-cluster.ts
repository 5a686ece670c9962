// A cluster of cores for golden scripts: no time passes, no message arrives and no write becomes
// durable but when the script says so. Everything a node does is said in a line. What must hold in
// every cluster is checked after each step, so that no script can record the contrary.
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Entry, Index, NodeId, Term } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import { RaftNode } from '../../src/raft/raft-node.ts';
import type { Ready } from '../../src/raft/ready.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../../src/raft/state.ts';
import type { RaftLimits, RaftTiming } from '../../src/raft/state.ts';
import { must } from '../../src/util/assert.ts';
import { Prng } from '../../src/util/prng.ts';
import {
  formatEntries,
  formatMessage,
  formatNode,
  formatPosition,
  formatReads,
} from './format-message.ts';
import { ModelDisk } from './model-disk.ts';

const START_MS = 10_000;
const TICK_MS = 20;

export interface ScriptNode {
  readonly id: NodeId;
  readonly disk: ModelDisk;
  /** null: the process is down. */
  raft: RaftNode | null;
  incarnation: number;
  applied: Index;
  reads: number;
}

export interface InitialNode {
  /** The terms of its entries; entry 1 is the configuration. */
  readonly log: readonly Term[];
  readonly currentTerm: Term;
}

export interface ClusterOptions {
  readonly nodes: readonly InitialNode[];
  readonly timing: Partial<RaftTiming>;
  readonly limits: Partial<RaftLimits>;
}

export class ScriptCluster {
  readonly nodes: readonly ScriptNode[];
  readonly #options: ClusterOptions;
  readonly #configuration;
  now = START_MS;
  inFlight: Message[] = [];
  /** Under way, and for a time not delivered. */
  readonly held: Message[] = [];
  /** Links that lose everything, as `from>to`. */
  readonly blocked = new Set<string>();
  lines: string[] = [];
  /** What is sent is said, but for these. */
  isHidden: (message: Message, isLost: boolean) => boolean = () => false;
  readonly #leaders = new Map<Term, NodeId>();
  readonly #committed = new Map<Index, { readonly term: Term; readonly in: Term }>();

  constructor(options: ClusterOptions) {
    this.#options = options;
    const voters = options.nodes.map((_, at) => at + 1);
    const members = voters.map((id) => ({ id, host: '127.0.0.1', port: 7000 + id }));
    this.#configuration = { voters, votersOld: null, learners: [], members };
    this.nodes = options.nodes.map((initial, at) => this.#create(at + 1, initial));
    for (const node of this.nodes) this.#startProcess(node);
  }

  #create(id: NodeId, { log, currentTerm }: InitialNode): ScriptNode {
    const data = encodeConfiguration(this.#configuration);
    const entries = log.map((term, at): Entry => {
      const index = at + 1;
      if (index === 1) return { index, term, kind: 'configuration', data };
      return { index, term, kind: 'command', data: Buffer.from(`of ${term}`) };
    });
    const disk = new ModelDisk(entries, { currentTerm, votedFor: 0 });
    return { id, disk, raft: null, incarnation: 0, applied: 1, reads: 0 };
  }

  #startProcess(node: ScriptNode): void {
    node.incarnation += 1;
    node.raft = new RaftNode({
      id: node.id,
      incarnation: node.incarnation,
      log: node.disk,
      hardState: node.disk.hardState,
      commitIndex: node.applied,
      configurations: [{ index: 1, configuration: this.#configuration }],
      prng: new Prng(node.id * 1000 + node.incarnation),
      now: this.now,
      timing: { ...DEFAULT_TIMING, ...this.#options.timing },
      limits: { ...DEFAULT_LIMITS, ...this.#options.limits },
    });
  }

  say(line: string): void {
    this.lines.push(line);
  }

  node(id: NodeId): ScriptNode {
    return must(this.nodes[id - 1], `node ${id}`);
  }

  running(id: NodeId): RaftNode {
    return must(this.node(id).raft, `node ${id} is down`);
  }

  /** Something was put into the node: does what it asks for, until it asks for nothing. */
  drain(node: ScriptNode): void {
    const raft = this.running(node.id);
    for (let ready = raft.ready(); ready !== null; ready = raft.ready()) {
      this.#sayRole(node, ready);
      for (const message of ready.messages) this.#send(message);
      this.#persist(node, ready);
      this.#apply(node, ready);
      this.#sayReads(node, ready);
      if (ready.alarm !== null) this.say(`n${node.id} ALARM ${ready.alarm}`);
      this.#check(node, raft);
    }
  }

  #sayRole(node: ScriptNode, { roleChange }: Ready): void {
    if (roleChange === null) return;
    const { role, term, leaderId } = roleChange;
    const leader = role === 'follower' ? ` of ${formatNode(leaderId)}` : '';
    this.say(`n${node.id} becomes ${role}${leader} term=${term}`);
  }

  #send(message: Message): void {
    const isLost = this.blocked.has(`${message.from}>${message.to}`);
    if (!isLost) this.inFlight.push(message);
    if (this.isHidden(message, isLost)) return;
    this.say(`${formatMessage(message)}${isLost ? ' (lost)' : ''}`);
  }

  #persist(node: ScriptNode, { persist }: Ready): void {
    if (persist === null) return;
    const { hardState, entries } = persist.request;
    node.disk.write(persist.ioSeq, persist.request);
    if (!node.disk.isSlow) {
      this.#synced(node);
      return;
    }
    const vote =
      hardState === null
        ? ''
        : ` term=${hardState.currentTerm} vote=${formatNode(hardState.votedFor)}`;
    const written = entries.length === 0 ? '' : ` ${formatEntries(entries)}`;
    this.say(`n${node.id} writes${vote}${written}, not durable yet`);
  }

  #synced(node: ScriptNode, count?: number): void {
    for (const ioSeq of node.disk.sync(count)) this.running(node.id).ioDone(ioSeq, this.now);
  }

  #apply(node: ScriptNode, { committed }: Ready): void {
    const [first] = committed;
    if (first === undefined) return;
    if (first.index !== node.applied + 1) throw new Error(`n${node.id} skips entries`);
    node.applied += committed.length;
    this.say(`n${node.id} applies ${formatEntries(committed)}`);
  }

  #sayReads(node: ScriptNode, { reads, readFailures }: Ready): void {
    for (const { id, index } of reads) {
      this.say(`n${node.id} may serve ${formatReads([id])} at ${index}`);
    }
    if (readFailures.length > 0) {
      this.say(`n${node.id} must ask again for ${formatReads(readFailures)}`);
    }
  }

  // What must always hold -------------------------------------------------------------------------

  /** One leader in a term, with all that is committed; what is committed never differs. */
  #check(node: ScriptNode, raft: RaftNode): void {
    const { role, term, commitIndex } = raft.status();
    if (role === 'leader') this.#checkLeader(node, term);
    for (let index = 2; index <= Math.min(commitIndex, node.disk.lastIndex); index++) {
      const own = must(node.disk.termAt(index), `entry ${index}`);
      const known = this.#committed.get(index);
      if (known === undefined) this.#committed.set(index, { term: own, in: term });
      else if (known.term !== own) throw new Error(`n${node.id} commits another entry ${index}`);
    }
  }

  #checkLeader(node: ScriptNode, term: Term): void {
    const known = this.#leaders.get(term);
    if (known === node.id) return;
    if (known !== undefined) throw new Error(`n${known} and n${node.id} lead term ${term}`);
    this.#leaders.set(term, node.id);
    for (const [index, committed] of this.#committed) {
      if (committed.in < term && node.disk.termAt(index) !== committed.term) {
        throw new Error(`n${node.id} leads term ${term} without the committed entry ${index}`);
      }
    }
  }

  // Network ---------------------------------------------------------------------------------------

  /** Those of the messages under way that the receiver is up for, one after the other. */
  deliver(messages: readonly Message[]): void {
    for (const message of messages) {
      const node = this.node(message.to);
      if (node.raft === null) continue;
      node.raft.step(message, this.now);
      this.drain(node);
    }
  }

  /** Takes the messages that match out of those under way. */
  take(isWanted: (message: Message) => boolean): readonly Message[] {
    const taken = this.inFlight.filter(isWanted);
    this.inFlight = this.inFlight.filter((message) => !isWanted(message));
    return taken;
  }

  // Time ------------------------------------------------------------------------------------------

  tick(nodes: readonly ScriptNode[]): void {
    this.now += TICK_MS;
    for (const node of nodes) {
      if (node.raft === null) continue;
      node.raft.tick(this.now);
      this.drain(node);
    }
  }

  // Processes and disks ---------------------------------------------------------------------------

  sync(id: NodeId, count?: number): void {
    const node = this.node(id);
    this.#synced(node, count);
    this.drain(node);
  }

  /** What it sent is still under way. */
  stop(id: NodeId, isPowerFailure: boolean): void {
    const node = this.node(id);
    node.raft = null;
    if (isPowerFailure) node.disk.failPower();
    else node.disk.sync();
    this.#tellOthers(id, (raft) => raft.peerDown(id, this.now));
  }

  /** What was under way to the process before it is lost. */
  start(id: NodeId): void {
    this.take((message) => message.to === id);
    this.#startProcess(this.node(id));
    this.drain(this.node(id));
    this.#tellOthers(id, (raft) => raft.peerUp(id, this.now));
  }

  #tellOthers(id: NodeId, tell: (raft: RaftNode) => void): void {
    for (const node of this.nodes) {
      if (node.id === id || node.raft === null) continue;
      tell(node.raft);
      this.drain(node);
    }
  }

  // Views -----------------------------------------------------------------------------------------

  formatLog({ id, disk }: ScriptNode): string {
    const entries = disk.entries(1, disk.lastIndex);
    return `n${id} log ${entries.map(({ index, term }) => formatPosition(index, term)).join(' ')}`;
  }

  formatStatus(node: ScriptNode): readonly string[] {
    if (node.raft === null) return [`n${node.id} is down`];
    const { role, term, votedFor, leaderId, commitIndex, durableIndex, peers } = node.raft.status();
    const last = formatPosition(node.disk.lastIndex, node.disk.termAt(node.disk.lastIndex) ?? 0);
    return [
      `n${node.id} ${role} term=${term} vote=${formatNode(votedFor)} leader=${formatNode(leaderId)} last=${last} durable=${durableIndex} commit=${commitIndex}`,
      ...peers.map(
        ({ id, state, matchIndex, nextIndex }) =>
          `  n${id} ${state} match=${matchIndex} next=${nextIndex}`,
      ),
    ];
  }
}
