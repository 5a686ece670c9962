// The commands of the golden scripts of the core (test/raft/scripts). A node is written n1, a link
// n1->n2, both its directions n1--n2; a filter is a link, a name of a message as it is shown, or both.
//
//   cluster 3 | cluster n1=1,1,4 n2=1,1@7    new nodes: how many, or the terms of their logs, and the
//                                            current one; lease-ms=0 window=4 append-bytes=9 quota=99
//   timeout n1                               its election timer runs out; the others' stand still
//   elect n1                                 the same, and all that follows; only the result is shown
//   pass 500 [n1 ...]                        time passes (at these nodes), messages (to them) arrive at once
//   wait 500 [n1 ...]                        time passes (at these nodes), nothing arrives
//                                            (both: neither heartbeats and their answers nor what
//                                            cannot arrive are shown)
//   deliver [filter]                         what is under way arrives, and what that brings about
//   step [filter]                            only what is under way now
//   drop [filter], double [filter]           lost; there twice
//   hold [filter], release                   put aside, and back
//   cut n1 | n1->n2, heal                    links lose everything; no link does
//   propose n1 a b, read n1, transfer n1 n2
//   disk n1 slow | fast, sync n1 [writes]    when writes become durable
//   kill n1, fail n1, start n1               a process ends; the power fails: unsynced writes are lost
//   clock n1 suspect | good, stall n1 | unstall n1, served n1 (reads by the lease)
//   space n1 low | full | good               space on its disk
//   status [n1 ...], logs, lease n1
import type { NodeId } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import type { RaftLimits, RaftTiming } from '../../src/raft/state.ts';
import { must } from '../../src/util/assert.ts';
import { formatMessage } from './format-message.ts';
import { ScriptCluster } from './script-cluster.ts';
import type { InitialNode, ScriptNode } from './script-cluster.ts';

const ROUNDS_MAX = 1000;
const TIMEOUT_TICKS_MAX = 200;

type Filter = (message: Message) => boolean;

function parseNode(word: string | undefined): NodeId {
  const match = /^n(\d+)$/.exec(word ?? '');
  return Number(must(match, `a node, not ${word}`)[1]);
}

function parseNumber(word: string | undefined): number {
  const number = Number(word);
  if (word === undefined || !Number.isFinite(number)) throw new Error(`a number, not ${word}`);
  return number;
}

function parseFilter(words: readonly string[]): Filter {
  const filters = words.map((word): Filter => {
    const link = /^(n\d+)(->|--)(n\d+)$/.exec(word);
    if (link === null) return (message) => formatMessage(message).split(' ')[3] === word;
    const [from, to] = [parseNode(link[1]), parseNode(link[3])];
    return (message) =>
      (message.from === from && message.to === to) ||
      (link[2] === '--' && message.from === to && message.to === from);
  });
  return (message) => filters.every((isWanted) => isWanted(message));
}

/** `1,1,4`, or `1,1,4@6` in term 6. */
function parseInitialNode(text: string): InitialNode {
  const [terms = '', currentTerm] = text.split('@');
  const log = terms.split(',').map(Number);
  return { log, currentTerm: currentTerm === undefined ? Math.max(...log) : Number(currentTerm) };
}

function parseCluster(words: readonly string[]): ScriptCluster {
  const nodes: InitialNode[] = [];
  const timing: Partial<RaftTiming> = {};
  const limits: Partial<RaftLimits> = {};
  for (const word of words) {
    const [name = '', value = ''] = word.split('=');
    if (/^\d+$/.test(name)) {
      for (let at = 0; at < Number(name); at++) nodes.push({ log: [1], currentTerm: 1 });
    } else if (/^n\d+$/.test(name)) nodes.push(parseInitialNode(value));
    else if (name === 'lease-ms') Object.assign(timing, { leaseMs: Number(value) });
    else if (name === 'window') Object.assign(limits, { inflightMessagesMax: Number(value) });
    else if (name === 'append-bytes') Object.assign(limits, { appendBytesMax: Number(value) });
    else if (name === 'quota') Object.assign(limits, { uncommittedBytesMax: Number(value) });
    else throw new Error(`unknown option ${word}`);
  }
  return new ScriptCluster({ nodes, timing, limits });
}

export class ScriptRunner {
  #cluster: ScriptCluster | null = null;

  /** What happened, a line each. */
  run(line: string): readonly string[] {
    const [name = '', ...words] = line.split(/\s+/);
    if (name === 'cluster') {
      this.#cluster = parseCluster(words);
      return [];
    }
    const cluster = must(this.#cluster, 'a script begins with a cluster');
    const command = must(COMMANDS[name], `a command, not ${name}`);
    cluster.lines = [];
    command(cluster, words);
    return cluster.lines;
  }
}

type Command = (cluster: ScriptCluster, words: readonly string[]) => void;

const COMMANDS: Readonly<Record<string, Command>> = {
  timeout(cluster, [word]) {
    const node = cluster.node(parseNode(word));
    for (let ticks = 0; ticks < TIMEOUT_TICKS_MAX && cluster.lines.length === 0; ticks++) {
      cluster.tick([node]);
    }
  },

  elect(cluster, [word]) {
    const id = parseNode(word);
    for (let tries = 0; tries < 3 && cluster.running(id).status().role !== 'leader'; tries++) {
      cluster.lines = [];
      COMMANDS['timeout']?.(cluster, [`n${id}`]);
      deliverAll(cluster, () => true);
    }
    pass(cluster, 40, cluster.nodes);
    cluster.lines = cluster.lines.filter((line) => line.includes('becomes leader'));
  },

  pass: (cluster, [ms, ...words]) => pass(cluster, parseNumber(ms), parseNodes(cluster, words)),

  wait(cluster, [ms, ...words]) {
    const nodes = parseNodes(cluster, words);
    runTime(cluster, parseNumber(ms), nodes, () => undefined);
  },

  deliver: (cluster, words) => deliverAll(cluster, parseFilter(words)),
  step: (cluster, words) => cluster.deliver(cluster.take(parseFilter(words))),

  drop(cluster, words) {
    for (const message of cluster.take(parseFilter(words))) {
      cluster.say(`lost: ${formatMessage(message)}`);
    }
  },

  double(cluster, words) {
    cluster.inFlight.push(...cluster.inFlight.filter(parseFilter(words)));
  },

  hold(cluster, words) {
    cluster.held.push(...cluster.take(parseFilter(words)));
  },

  release(cluster) {
    cluster.inFlight.push(...cluster.held.splice(0));
  },

  cut(cluster, words) {
    for (const word of words) {
      const [from, to] = word.split('->').map(parseNode);
      for (const { id } of cluster.nodes) {
        if (to !== undefined) cluster.blocked.add(`${from}>${to}`);
        else if (id !== from) cluster.blocked.add(`${from}>${id}`).add(`${id}>${from}`);
      }
    }
  },

  heal: (cluster) => cluster.blocked.clear(),

  propose(cluster, [word, ...commands]) {
    const id = parseNode(word);
    const datas = commands.map((command) => Buffer.from(command));
    const result = cluster.running(id).propose(datas, cluster.now);
    if (result.kind === 'refused') cluster.say(`n${id} refuses: ${result.reason}`);
    cluster.drain(cluster.node(id));
  },

  read(cluster, words) {
    for (const word of words) {
      const node = cluster.node(parseNode(word));
      const { id, incarnation } = node;
      node.reads += 1;
      const read = { node: id, incarnation, counter: node.reads };
      cluster.running(id).readIndex([read], cluster.now);
      cluster.drain(node);
    }
  },

  transfer(cluster, [from, to]) {
    const id = parseNode(from);
    cluster.running(id).transferLeadership(to === undefined ? 0 : parseNode(to), cluster.now);
    cluster.drain(cluster.node(id));
  },

  disk(cluster, [word, speed]) {
    const { id, disk, raft } = cluster.node(parseNode(word));
    disk.isSlow = speed === 'slow';
    if (!disk.isSlow && raft !== null) cluster.sync(id);
  },

  sync(cluster, [word, count]) {
    cluster.sync(parseNode(word), count === undefined ? undefined : parseNumber(count));
  },

  kill: (cluster, [word]) => cluster.stop(parseNode(word), false),
  fail: (cluster, [word]) => cluster.stop(parseNode(word), true),
  start: (cluster, [word]) => cluster.start(parseNode(word)),

  clock(cluster, [word, state]) {
    cluster.running(parseNode(word)).setClockSuspect(state === 'suspect');
  },

  served: (cluster, [word]) => cluster.running(parseNode(word)).leaseReadsServed(cluster.now),

  stall: (cluster, [word]) => cluster.running(parseNode(word)).setDiskStalled(true),
  unstall: (cluster, [word]) => cluster.running(parseNode(word)).setDiskStalled(false),

  space(cluster, [word, state]) {
    if (state !== 'low' && state !== 'full' && state !== 'good') throw new Error(`space ${state}`);
    cluster.running(parseNode(word)).setDiskSpace(state);
  },

  status(cluster, words) {
    for (const node of parseNodes(cluster, words)) {
      for (const line of cluster.formatStatus(node)) cluster.say(line);
    }
  },

  logs(cluster) {
    for (const node of cluster.nodes) cluster.say(cluster.formatLog(node));
  },

  lease(cluster, [word]) {
    const id = parseNode(word);
    const { validUntil } = cluster.running(id).lease();
    const left = validUntil - cluster.now;
    cluster.say(`n${id} ${left > 0 ? `has a lease for ${left.toFixed(0)} ms` : 'has no lease'}`);
  },
};

/** All, if none is named. */
function parseNodes(cluster: ScriptCluster, words: readonly string[]): readonly ScriptNode[] {
  return words.length === 0 ? cluster.nodes : words.map((word) => cluster.node(parseNode(word)));
}

function pass(cluster: ScriptCluster, ms: number, nodes: readonly ScriptNode[]): void {
  runTime(cluster, ms, nodes, () =>
    deliverAll(cluster, ({ to }) => nodes.some(({ id }) => id === to)),
  );
}

/** The nodes' timers run; heartbeats, their answers and what cannot arrive are not shown. */
function runTime(
  cluster: ScriptCluster,
  ms: number,
  nodes: readonly ScriptNode[],
  afterTick: () => void,
): void {
  const awake = new Set(nodes.filter(({ raft }) => raft !== null).map(({ id }) => id));
  cluster.isHidden = ({ kind, to }, isLost) =>
    kind === 'heartbeat' || kind === 'heartbeat-reply' || isLost || !awake.has(to);
  for (const end = cluster.now + ms; cluster.now < end;) {
    cluster.tick(nodes);
    afterTick();
  }
  cluster.isHidden = () => false;
}

function deliverAll(cluster: ScriptCluster, isWanted: Filter): void {
  for (let rounds = 0; ; rounds++) {
    const messages = cluster.take(isWanted);
    if (messages.length === 0) return;
    if (rounds === ROUNDS_MAX) throw new Error('messages without end');
    cluster.deliver(messages);
  }
}
