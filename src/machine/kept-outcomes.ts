// What is kept of an entry's outcomes for a gateway that sends the entry again. Usually all of it;
// of large results only that they were there.
import { encodeOutcome, packOutcomes } from './outcome-codec.ts';
import type { Outcome } from './command.ts';

const OUTCOME_BYTES_MAX = 64 * 1024;
/** Kept in any case. */
const SMALL_BYTES_MAX = 256;
/** Of all requests of an entry together. */
const ENTRY_BYTES_MAX = 1024 * 1024;

/** `packed`: the outcomes in full. */
export function keptOutcomes(outcomes: readonly Outcome[], packed: Uint8Array): Uint8Array {
  if (packed.length <= OUTCOME_BYTES_MAX) return packed;
  let bytes = 0;
  const kept = outcomes.map((outcome) => {
    const { length } = encodeOutcome(outcome);
    const isSmall = length <= SMALL_BYTES_MAX;
    if (length > OUTCOME_BYTES_MAX || (!isSmall && bytes + length > ENTRY_BYTES_MAX)) {
      return withoutRows(outcome);
    }
    bytes += length;
    return outcome;
  });
  return packOutcomes(kept);
}

function withoutRows(outcome: Outcome): Outcome {
  if (outcome.kind === 'done') return { kind: 'result-lost' };
  return outcome.kind === 'failed' ? { ...outcome, results: [] } : outcome;
}
