// What both sides say before anything else on a connection (R115): the dialer greets, the other
// answers with its own greeting, or says why it refuses. Layout: docs/formats-peer.md.
import type { NodeId } from '../raft/entry.ts';
import { ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import type { Identity } from './transport.ts';

const MAGIC = 0x41534c42; // BLSA
const PROTOCOL_VERSION = 1;
const ID_BYTES = 16;

export type Channel = 'control' | 'bulk';

export interface Hello extends Identity {
  readonly channel: Channel;
  /** Whom the speaker believes to talk to. */
  readonly target: NodeId;
}

export function encodeHello(hello: Hello): Buffer {
  return new ByteWriter(64)
    .u32(MAGIC)
    .u16(PROTOCOL_VERSION)
    .raw(hello.clusterId)
    .u32(hello.nodeId)
    .raw(hello.diskId)
    .u53(hello.incarnation)
    .boolean(hello.channel === 'bulk')
    .u32(hello.target)
    .finish();
}

/** Throws DecodeError. */
export function decodeHello(bytes: Uint8Array): Hello {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== MAGIC) throw new DecodeError('not a BalsaDB peer');
  const version = reader.u16();
  if (version !== PROTOCOL_VERSION) {
    throw new DecodeError(`peer protocol version ${version}, this node speaks ${PROTOCOL_VERSION}`);
  }
  const hello = {
    clusterId: Buffer.from(reader.raw(ID_BYTES)),
    nodeId: reader.u32(),
    diskId: Buffer.from(reader.raw(ID_BYTES)),
    incarnation: reader.u53(),
    channel: reader.boolean() ? ('bulk' as const) : ('control' as const),
    target: reader.u32(),
  };
  reader.end();
  return hello;
}

export type VerifyPeer = (nodeId: NodeId, diskId: Uint8Array) => string | null;

/** null if `self` may talk to who says `hello`; else why not. Both sides ask it of the other. */
export function whyRefused(hello: Hello, self: Identity, verifyPeer: VerifyPeer): string | null {
  if (Buffer.compare(self.clusterId, hello.clusterId) !== 0) return 'of another cluster';
  if (hello.target !== self.nodeId) {
    return `looks for node ${hello.target}, this is node ${self.nodeId}`;
  }
  if (hello.nodeId === self.nodeId) return `has the same number as this node, ${self.nodeId}`;
  return verifyPeer(hello.nodeId, hello.diskId);
}
