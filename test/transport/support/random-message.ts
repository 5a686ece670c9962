// Messages of every kind with random contents, for properties of the codec and of the port.
import type { Entry } from '../../../src/raft/entry.ts';
import type { Message, ReadId } from '../../../src/raft/message.ts';
import type { PeerMessage } from '../../../src/transport/peer-message.ts';
import type { Prng } from '../../../src/util/prng.ts';

type Kind = PeerMessage['kind'];

/** Small numbers, and those at the edges of the format. */
export function randomU53(prng: Prng): number {
  return prng.pick([
    0,
    1,
    prng.uint32(),
    0xffff_ffff,
    0x1_0000_0000,
    Math.floor(prng.float() * Number.MAX_SAFE_INTEGER),
  ]);
}

export function randomBytes(prng: Prng, bytesMax: number): Buffer {
  const bytes = Buffer.alloc(prng.integer(bytesMax + 1));
  for (let at = 0; at < bytes.length; at++) bytes[at] = prng.uint32();
  return bytes;
}

function randomText(prng: Prng): string {
  return prng.pick(['', 'busy', 'größer', '数据库 🪵', 'x'.repeat(prng.integer(300))]);
}

function listOf<T>(prng: Prng, countMax: number, create: (at: number) => T): T[] {
  return Array.from({ length: prng.integer(countMax + 1) }, (_, at) => create(at));
}

function randomEntries(prng: Prng): Entry[] {
  const first = prng.pick([1, prng.uint32(), Number.MAX_SAFE_INTEGER - 100]);
  return listOf(prng, 40, (at) => ({
    index: first + at,
    term: randomU53(prng),
    kind: prng.pick(['term-start', 'command', 'configuration', 'end-lease', 'lease-extend']),
    data: randomBytes(prng, 200),
  }));
}

function randomIds(prng: Prng): ReadId[] {
  return listOf(prng, 10, () => ({
    node: prng.uint32(),
    incarnation: randomU53(prng),
    counter: randomU53(prng),
  }));
}

type Header = Pick<Message, 'from' | 'to' | 'term'>;

/** A kind that is missing here does not compile. */
const CREATE: { [K in Kind]: (prng: Prng, header: Header) => PeerMessage & { kind: K } } = {
  'pre-vote': (prng, header) => ({
    ...header,
    kind: 'pre-vote',
    nextTerm: randomU53(prng),
    campaignId: randomU53(prng),
    lastLogIndex: randomU53(prng),
    lastLogTerm: randomU53(prng),
  }),
  'pre-vote-reply': (prng, header) => ({
    ...header,
    kind: 'pre-vote-reply',
    campaignId: randomU53(prng),
    voteGranted: prng.chance(0.5),
  }),
  'request-vote': (prng, header) => ({
    ...header,
    kind: 'request-vote',
    campaignId: randomU53(prng),
    lastLogIndex: randomU53(prng),
    lastLogTerm: randomU53(prng),
    isTransfer: prng.chance(0.5),
  }),
  'request-vote-reply': (prng, header) => ({
    ...header,
    kind: 'request-vote-reply',
    campaignId: randomU53(prng),
    voteGranted: prng.chance(0.5),
  }),
  'append-entries': (prng, header) => ({
    ...header,
    kind: 'append-entries',
    epoch: prng.uint32(),
    prevLogIndex: randomU53(prng),
    prevLogTerm: randomU53(prng),
    leaderCommit: randomU53(prng),
    entries: randomEntries(prng),
  }),
  'append-entries-reply': (prng, header) => ({
    ...header,
    kind: 'append-entries-reply',
    epoch: prng.uint32(),
    success: prng.chance(0.5),
    matchIndex: randomU53(prng),
    rejectedIndex: randomU53(prng),
    hintIndex: randomU53(prng),
    hintTerm: randomU53(prng),
    isOutOfSpace: prng.chance(0.5),
  }),
  heartbeat: (prng, header) => ({
    ...header,
    kind: 'heartbeat',
    round: randomU53(prng),
    leaderCommit: randomU53(prng),
  }),
  'heartbeat-reply': (prng, header) => ({
    ...header,
    kind: 'heartbeat-reply',
    round: randomU53(prng),
    isDiskLow: prng.chance(0.5),
  }),
  'read-index': (prng, header) => ({ ...header, kind: 'read-index', ids: randomIds(prng) }),
  'read-index-reply': (prng, header) => ({
    ...header,
    kind: 'read-index-reply',
    ids: randomIds(prng),
    index: prng.pick([null, 0, randomU53(prng)]),
  }),
  'timeout-now': (prng, header) => ({
    ...header,
    kind: 'timeout-now',
    lastLogIndex: randomU53(prng),
    lastLogTerm: randomU53(prng),
  }),
  'timeout-now-refusal': (prng, header) => ({
    ...header,
    kind: 'timeout-now-refusal',
    reason: randomText(prng),
  }),
  propose: (prng, header) => ({
    ...header,
    kind: 'propose',
    proposalId: randomU53(prng),
    commands: listOf(prng, 20, () => randomBytes(prng, 300)),
  }),
  'propose-reply': (prng, header) => ({
    ...header,
    kind: 'propose-reply',
    proposalId: randomU53(prng),
    refusal: prng.pick([null, 'not-leader', 'busy', 'transferring', 'disk-full']),
    leaderId: prng.uint32(),
  }),
  'apply-hash': (prng, { from, to }) => ({
    from,
    to,
    kind: 'apply-hash',
    index: randomU53(prng),
    hash: Buffer.from(Array.from({ length: 32 }, () => prng.integer(256))),
  }),
  'node-status': (prng, { from, to }) => ({
    from,
    to,
    kind: 'node-status',
    status: {
      role: prng.pick(['leader', 'follower', 'candidate', 'pre-candidate']),
      term: randomU53(prng),
      leaderId: prng.uint32(),
      commitIndex: randomU53(prng),
      appliedIndex: randomU53(prng),
      logBytes: randomU53(prng),
      databaseBytes: randomU53(prng),
      clientHost: randomText(prng),
      clientPort: prng.integer(65536),
      version: randomText(prng),
      halted: prng.pick([null, '', randomText(prng)]),
    },
  }),
};

export const ALL_KINDS = Object.keys(CREATE) as Kind[];

export function randomMessage(prng: Prng, kind: Kind, from: number, to: number): PeerMessage {
  return CREATE[kind](prng, { from, to, term: randomU53(prng) });
}
