// What waits for the own disk: entries and the hard state on their way there, and messages that
// promise that they have arrived (R22).
import { assert } from '../util/assert.ts';
import type { Ready } from './ready.ts';
import type { RaftState } from './state.ts';

/** What the log store is to make durable, or null. */
export function takePersist(state: RaftState): Ready['persist'] {
  if (!state.hardStateChanged && !state.log.hasUnstable()) return null;
  const { currentTerm, votedFor } = state;
  const hardState = state.hardStateChanged ? { currentTerm, votedFor } : null;
  state.hardStateChanged = false;
  state.ioSeq += 1;
  state.pendingIo.push({ ioSeq: state.ioSeq, lastIndex: state.log.lastIndex });
  return { ioSeq: state.ioSeq, request: { hardState, entries: state.log.takeUnstable() } };
}

/** Lets messages go whose promises are durable, and drops those of an earlier term (R22). */
export function releaseHeld(state: RaftState): void {
  let released = 0;
  for (const { ioSeq, message } of state.held) {
    if (ioSeq > state.ioDone) break;
    released += 1;
    if (message.term === state.currentTerm) state.outbox.push(message);
  }
  if (released > 0) state.held.splice(0, released);
}

/** Everything that was asked for up to `ioSeq` is durable. */
export function noteDurable(state: RaftState, ioSeq: number): void {
  assert(ioSeq <= state.ioSeq, `io ${ioSeq} was never asked for`);
  state.ioDone = Math.max(state.ioDone, ioSeq);
  while ((state.pendingIo[0]?.ioSeq ?? Infinity) <= state.ioDone) {
    state.durableIndex = Math.max(state.durableIndex, state.pendingIo.shift()?.lastIndex ?? 0);
  }
  releaseHeld(state);
}
