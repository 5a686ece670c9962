// What a message weighs and which way it takes: computed once, when it is handed to the transport.
import type { PeerMessage } from './peer-message.ts';

/** More than any message has beside its lists and byte strings. */
const FIXED_BYTES = 128;
const ENTRY_BYTES = 16;
const READ_ID_BYTES = 20;

/** An upper bound of the encoded length, except for the few texts of status and refusal. */
export function estimateBytes(message: PeerMessage): number {
  let bytes = FIXED_BYTES;
  switch (message.kind) {
    case 'append-entries':
      for (const { data } of message.entries) bytes += data.length + ENTRY_BYTES;
      return bytes;
    case 'propose':
      for (const command of message.commands) bytes += command.length + 4;
      return bytes;
    case 'read-index':
    case 'read-index-reply':
      return bytes + message.ids.length * READ_ID_BYTES;
    default:
      return bytes;
  }
}

/** Entries and commands take the bulk connection; what the cluster's life hangs on does not (R111). */
export function isBulk(message: PeerMessage): boolean {
  if (message.kind === 'append-entries') return message.entries.length > 0;
  return message.kind === 'propose';
}
