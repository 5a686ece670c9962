// Digests of what a client was told: two runs of a statement gave it the same if and only if their
// digests are equal (docs/transactions.md).
import { hash } from 'node:crypto';
import { DIGEST_BYTES } from './command.ts';
import type { ErrorData, StepResult } from './command.ts';
import { encodeToldError, encodeToldResult } from './outcome-codec.ts';
import type { MachineMutations } from './mutations.ts';

/** Of a result as Execution.runStatement gives it. DIGEST_BYTES long. */
export function digestOf(
  told: StepResult | ErrorData,
  mutations: MachineMutations = {},
): Uint8Array {
  const covered = mutated(told, mutations);
  const bytes = isError(covered) ? encodeToldError(covered) : encodeToldResult(covered);
  return bytes.length < DIGEST_BYTES
    ? itself(bytes)
    : hash('sha256', bytes, 'buffer').subarray(0, DIGEST_BYTES);
}

/** What is shorter than a digest, as most writes tell, need not be hashed. The last byte is its length. */
function itself(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(DIGEST_BYTES);
  digest.set(bytes);
  digest[DIGEST_BYTES - 1] = bytes.length;
  return digest;
}

export function isError(told: StepResult | ErrorData): told is ErrorData {
  return 'code' in told;
}

function mutated(
  told: StepResult | ErrorData,
  { digestWithoutRows, digestWithoutError }: MachineMutations,
): StepResult | ErrorData {
  if (isError(told)) {
    return digestWithoutError === true ? { code: '', message: '', fields: {} } : told;
  }
  return digestWithoutRows === true ? { ...told, rows: null } : told;
}

/** Of statements that succeed without rows and count nothing: SAVEPOINT and the like. */
export const DIGEST_OF_NOTHING = digestOf({ rows: null, count: 0 });
