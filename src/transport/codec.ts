// PeerMessage <-> bytes. Every message starts with its kind, sender, receiver and term; what does
// not decode throws DecodeError, and the connection it came from is closed. The version is agreed on
// in the handshake. Layout: docs/formats-peer.md.
import { crc32 } from 'node:zlib';
import type { Entry, EntryKind } from '../raft/entry.ts';
import type { Message, ProposeRefusal, ReadId } from '../raft/message.ts';
import { assert, unreachable } from '../util/assert.ts';
import { ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import type { NodeStatus, PeerMessage } from './peer-message.ts';
import { FRAME_MESSAGES } from './wire.ts';

const KINDS: readonly PeerMessage['kind'][] = [
  'pre-vote',
  'pre-vote-reply',
  'request-vote',
  'request-vote-reply',
  'append-entries',
  'append-entries-reply',
  'heartbeat',
  'heartbeat-reply',
  'read-index',
  'read-index-reply',
  'timeout-now',
  'timeout-now-refusal',
  'propose',
  'propose-reply',
  'apply-hash',
  'node-status',
];
const ENTRY_KINDS: readonly EntryKind[] = [
  'term-start',
  'command',
  'configuration',
  'end-lease',
  'lease-extend',
];
const REFUSALS: readonly (ProposeRefusal | null)[] = [
  null,
  'not-leader',
  'busy',
  'transferring',
  'disk-full',
];
const ROLES: readonly NodeStatus['role'][] = ['leader', 'follower', 'candidate', 'pre-candidate'];
const HASH_BYTES = 32;
const ITEMS_MAX = 1 << 20;
const CHECKSUM_OFFSET = 1;
/** The checksum covers everything behind it. */
const CHECKED_OFFSET = 5;

/** A frame of messages behind their checksum (R35). About `bytesExpected` long: it grows if not. */
export function encodeBatch(messages: readonly PeerMessage[], bytesExpected: number): Buffer {
  const writer = new ByteWriter(CHECKED_OFFSET + 4 + bytesExpected);
  writer.u8(FRAME_MESSAGES).u32(0).u32(messages.length);
  for (const message of messages) encodeMessage(writer, message);
  writer.patchU32(CHECKSUM_OFFSET, crc32(writer.view().subarray(CHECKED_OFFSET)));
  return writer.finish();
}

/** Throws DecodeError. Entries and commands are views of `frame`, which nobody may write to again. */
export function decodeBatch(frame: Buffer): PeerMessage[] {
  const reader = new ByteReader(frame);
  if (reader.u8() !== FRAME_MESSAGES) throw new DecodeError('not a frame of messages');
  const expected = reader.u32();
  if (crc32(frame.subarray(CHECKED_OFFSET)) !== expected) {
    throw new DecodeError('checksum of a peer message');
  }
  const messages = Array.from({ length: readCount(reader) }, () => decodeMessage(reader));
  reader.end();
  return messages;
}

/** A count of items that take a byte each at least, so that it cannot promise more than there is. */
function readCount(reader: ByteReader): number {
  const count = reader.u32();
  if (count > ITEMS_MAX || count > reader.remaining) throw new DecodeError(`${count} items`);
  return count;
}

function pick<T>(items: readonly T[], at: number, what: string): T {
  if (at >= items.length) throw new DecodeError(`${what} ${at}`);
  return items[at] as T;
}

function encodeMessage(writer: ByteWriter, message: PeerMessage): void {
  writer.u8(KINDS.indexOf(message.kind)).u32(message.from).u32(message.to);
  if (message.kind === 'apply-hash') {
    assert(message.hash.length === HASH_BYTES, `hash of ${message.hash.length} bytes`);
    writer.u53(message.index).raw(message.hash);
  } else if (message.kind === 'node-status') {
    encodeStatus(writer, message.status);
  } else {
    writer.u53(message.term);
    encodeRaft(writer, message);
  }
}

function encodeRaft(writer: ByteWriter, message: Message): void {
  switch (message.kind) {
    case 'pre-vote':
      writer.u53(message.nextTerm).u53(message.campaignId);
      writer.u53(message.lastLogIndex).u53(message.lastLogTerm);
      return;
    case 'request-vote':
      writer.u53(message.campaignId).u53(message.lastLogIndex).u53(message.lastLogTerm);
      writer.boolean(message.isTransfer);
      return;
    case 'pre-vote-reply':
    case 'request-vote-reply':
      writer.u53(message.campaignId).boolean(message.voteGranted);
      return;
    case 'append-entries':
      writer.u32(message.epoch).u53(message.prevLogIndex).u53(message.prevLogTerm);
      writer.u53(message.leaderCommit);
      encodeEntries(writer, message.entries);
      return;
    case 'append-entries-reply':
      writer.u32(message.epoch).boolean(message.success).u53(message.matchIndex);
      writer.u53(message.rejectedIndex).u53(message.hintIndex).u53(message.hintTerm);
      writer.boolean(message.isOutOfSpace);
      return;
    case 'heartbeat':
      writer.u53(message.round).u53(message.leaderCommit);
      return;
    case 'heartbeat-reply':
      writer.u53(message.round).boolean(message.isDiskLow);
      return;
    case 'read-index':
      encodeIds(writer, message.ids);
      return;
    case 'read-index-reply':
      encodeIds(writer, message.ids);
      writer.boolean(message.index !== null).u53(message.index ?? 0);
      return;
    case 'timeout-now':
      writer.u53(message.lastLogIndex).u53(message.lastLogTerm);
      return;
    case 'timeout-now-refusal':
      writer.string(message.reason);
      return;
    case 'propose':
      writer.u53(message.proposalId).u32(message.commands.length);
      for (const command of message.commands) writer.bytes(command);
      return;
    case 'propose-reply':
      writer.u53(message.proposalId).u8(REFUSALS.indexOf(message.refusal)).u32(message.leaderId);
      return;
    default:
      return unreachable(message);
  }
}

/** The entries of a message follow each other: one index is enough. */
function encodeEntries(writer: ByteWriter, entries: readonly Entry[]): void {
  const first = entries[0]?.index ?? 0;
  writer.u32(entries.length).u53(first);
  for (const [at, entry] of entries.entries()) {
    assert(entry.index === first + at, `entry ${entry.index} in place of ${first + at}`);
    writer.u8(ENTRY_KINDS.indexOf(entry.kind)).u53(entry.term).bytes(entry.data);
  }
}

function decodeEntries(reader: ByteReader): Entry[] {
  const count = readCount(reader);
  const first = reader.u53();
  if (!Number.isSafeInteger(first + count)) throw new DecodeError(`entries from ${first}`);
  return Array.from({ length: count }, (_, at) => ({
    index: first + at,
    kind: pick(ENTRY_KINDS, reader.u8(), 'entry kind'),
    term: reader.u53(),
    data: reader.bytes(),
  }));
}

function encodeIds(writer: ByteWriter, ids: readonly ReadId[]): void {
  writer.u32(ids.length);
  for (const { node, incarnation, counter } of ids) writer.u32(node).u53(incarnation).u53(counter);
}

function decodeIds(reader: ByteReader): ReadId[] {
  return Array.from({ length: readCount(reader) }, () => ({
    node: reader.u32(),
    incarnation: reader.u53(),
    counter: reader.u53(),
  }));
}

function encodeStatus(writer: ByteWriter, status: NodeStatus): void {
  writer.u8(ROLES.indexOf(status.role)).u53(status.term).u32(status.leaderId);
  writer.u53(status.commitIndex).u53(status.appliedIndex);
  writer.u53(status.logBytes).u53(status.databaseBytes);
  writer.string(status.clientHost).u16(status.clientPort).string(status.version);
  writer.boolean(status.halted !== null).string(status.halted ?? '');
}

function decodeStatus(reader: ByteReader): NodeStatus {
  const status = {
    role: pick(ROLES, reader.u8(), 'role'),
    term: reader.u53(),
    leaderId: reader.u32(),
    commitIndex: reader.u53(),
    appliedIndex: reader.u53(),
    logBytes: reader.u53(),
    databaseBytes: reader.u53(),
    clientHost: reader.string(),
    clientPort: reader.u16(),
    version: reader.string(),
  };
  const isHalted = reader.boolean();
  const reason = reader.string();
  return { ...status, halted: isHalted ? reason : null };
}

function decodeMessage(reader: ByteReader): PeerMessage {
  const kind = pick(KINDS, reader.u8(), 'message kind');
  const from = reader.u32();
  const to = reader.u32();
  if (kind === 'apply-hash') {
    return { kind, from, to, index: reader.u53(), hash: reader.raw(HASH_BYTES) };
  }
  if (kind === 'node-status') return { kind, from, to, status: decodeStatus(reader) };
  return decodeRaft(reader, kind, { from, to, term: reader.u53() });
}

interface DecodedHeader {
  readonly from: number;
  readonly to: number;
  readonly term: number;
}

function decodeRaft(reader: ByteReader, kind: Message['kind'], header: DecodedHeader): Message {
  switch (kind) {
    case 'pre-vote':
      return {
        ...header,
        kind,
        nextTerm: reader.u53(),
        campaignId: reader.u53(),
        lastLogIndex: reader.u53(),
        lastLogTerm: reader.u53(),
      };
    case 'request-vote':
      return {
        ...header,
        kind,
        campaignId: reader.u53(),
        lastLogIndex: reader.u53(),
        lastLogTerm: reader.u53(),
        isTransfer: reader.boolean(),
      };
    case 'pre-vote-reply':
    case 'request-vote-reply':
      return { ...header, kind, campaignId: reader.u53(), voteGranted: reader.boolean() };
    case 'append-entries':
      return {
        ...header,
        kind,
        epoch: reader.u32(),
        prevLogIndex: reader.u53(),
        prevLogTerm: reader.u53(),
        leaderCommit: reader.u53(),
        entries: decodeEntries(reader),
      };
    case 'append-entries-reply':
      return {
        ...header,
        kind,
        epoch: reader.u32(),
        success: reader.boolean(),
        matchIndex: reader.u53(),
        rejectedIndex: reader.u53(),
        hintIndex: reader.u53(),
        hintTerm: reader.u53(),
        isOutOfSpace: reader.boolean(),
      };
    case 'heartbeat':
      return { ...header, kind, round: reader.u53(), leaderCommit: reader.u53() };
    case 'heartbeat-reply':
      return { ...header, kind, round: reader.u53(), isDiskLow: reader.boolean() };
    case 'read-index':
      return { ...header, kind, ids: decodeIds(reader) };
    case 'read-index-reply': {
      const ids = decodeIds(reader);
      const isAnswered = reader.boolean();
      const index = reader.u53();
      return { ...header, kind, ids, index: isAnswered ? index : null };
    }
    case 'timeout-now':
      return { ...header, kind, lastLogIndex: reader.u53(), lastLogTerm: reader.u53() };
    case 'timeout-now-refusal':
      return { ...header, kind, reason: reader.string() };
    case 'propose': {
      const proposalId = reader.u53();
      const commands = Array.from({ length: readCount(reader) }, () => reader.bytes());
      return { ...header, kind, proposalId, commands };
    }
    case 'propose-reply':
      return {
        ...header,
        kind,
        proposalId: reader.u53(),
        refusal: pick(REFUSALS, reader.u8(), 'refusal'),
        leaderId: reader.u32(),
      };
    default:
      return unreachable(kind);
  }
}
