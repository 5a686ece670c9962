// Requests about locks <-> bytes.
import { DecodeError } from '../util/bytes.ts';
import type { ByteReader, ByteWriter } from '../util/bytes.ts';
import type { LockAction, LockRequest } from './command.ts';
import { readItems } from './value-codec.ts';

const LOCK_ACTIONS = ['acquire', 'release', 'release-transaction', 'release-owner'] as const;
const LOCK_POLICIES = ['wait', 'nowait', 'skip'] as const;

export function writeLocks(writer: ByteWriter, { owner, actions }: LockRequest): void {
  writer.u53(owner).u32(actions.length);
  for (const action of actions) {
    writer.u8(LOCK_ACTIONS.indexOf(action.kind));
    if (action.kind === 'release-owner') continue;
    writer.u53(action.transaction);
    if (action.kind === 'release-transaction') continue;
    writer.string(action.resource).u8(action.mode);
    if (action.kind === 'acquire') writer.u8(LOCK_POLICIES.indexOf(action.policy));
  }
}

export function readLocks(reader: ByteReader): LockRequest {
  return { owner: reader.u53(), actions: readItems(reader, 1, () => readLockAction(reader)) };
}

function readLockAction(reader: ByteReader): LockAction {
  const kind = LOCK_ACTIONS[reader.u8()];
  if (kind === undefined) throw new DecodeError('kind of a lock action');
  if (kind === 'release-owner') return { kind };
  const transaction = reader.u53();
  if (kind === 'release-transaction') return { kind, transaction };
  const lock = { resource: reader.string(), mode: reader.u8(), transaction };
  if (kind === 'release') return { kind, ...lock };
  const policy = LOCK_POLICIES[reader.u8()];
  if (policy === undefined) throw new DecodeError('policy of a lock action');
  return { kind, ...lock, policy };
}
