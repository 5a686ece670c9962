// What the machine tells gateways of an entry: each looks for its own.
import type { Index, NodeId } from '../raft/entry.ts';
import { ByteReader, ByteWriter } from '../util/bytes.ts';

/** What became of the requests of one entry. */
export interface EntryOutcomes {
  readonly index: Index;
  readonly kind: 'executed' | 'fenced' | 'registered' | 'closed';
  readonly sessionId: number;
  /** Whose gateway the outcomes are for; 0: the session was closed before. */
  readonly nodeId: NodeId;
  readonly firstSequence: number;
  /** Encoded outcomes in order of the requests, see packOutcomes; of `registered` see below. */
  readonly outcomes: Uint8Array;
}

/** Whose registration it was. */
export interface Registration {
  readonly nodeId: NodeId;
  readonly incarnation: number;
}

/** EntryOutcomes.outcomes of a registration. */
export function encodeRegistration({ nodeId, incarnation }: Registration): Uint8Array {
  return new ByteWriter(16).u32(nodeId).u53(incarnation).finish();
}

export function decodeRegistration(bytes: Uint8Array): Registration {
  const reader = new ByteReader(bytes);
  return { nodeId: reader.u32(), incarnation: reader.u53() };
}
