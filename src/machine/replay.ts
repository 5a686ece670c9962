// Runs statements of an interactive transaction again, and finds the first that would tell the
// client something else than it was told. Used at the transaction's place in the log, and when a
// speculation is taken up again on a newer state.
import type { Index } from '../raft/entry.ts';
import type { Oid } from '../types/pg-type.ts';
import { isWanting } from './execute.ts';
import type { Execution } from './execute.ts';
import type { MachineMutations } from './mutations.ts';
import type { RecordedRequest } from './recorded-request.ts';
import type { ReservedValues } from './reserved-values.ts';
import type { TableChanges } from './table-changes.ts';
import { digestOf } from './told.ts';

/**
 * Runs the statements of the requests in order, within an open SQLite transaction. Returns the number of the first
 * whose digest differs, or null. A read is not run while all that it depends on is as it was at
 * `snapshot`: its tables, and what earlier statements of the transaction wrote there.
 */
export function replay(
  requests: Iterable<RecordedRequest>,
  snapshot: Index,
  reserved: ReservedValues,
  execution: Execution,
  changes: TableChanges,
  mutations: MachineMutations,
): number | null {
  const differing = new DifferingTables(changes, snapshot);
  let before = 0;
  for (const request of requests) {
    const at = replayOne(request, differing, reserved, execution, mutations);
    if (at !== null) return before + at;
    before += request.statements.length;
  }
  return null;
}

function replayOne(
  request: RecordedRequest,
  differing: DifferingTables,
  reserved: ReservedValues,
  execution: Execution,
  mutations: MachineMutations,
): number | null {
  const { statements } = request.recording;
  const replayed = mutated(request, mutations);
  for (const [at, { isRead, reads, digest }] of statements.entries()) {
    const mayDiffer = mutations.exactCheckOnly === true || differing.someOf(reads);
    if (isRead && !mayDiffer) continue;
    if (isRead && mutations.readsNotChecked === true) continue;
    if (mutations.savepointsNotReplayed === true && isControl(request, at)) continue;
    const again = digestAgain(replayed, at, reserved, execution, mutations);
    if (mutations.digestsNotChecked !== true && !isSame(again, digest)) return at;
    // What a write made of changed tables may differ too, though it told the same.
    if (!isRead && mayDiffer && mutations.fastCheckForgetsWrites !== true) differing.add(reads);
  }
  return null;
}

/** null: it asks for something else than before. */
function digestAgain(
  request: RecordedRequest,
  at: number,
  reserved: ReservedValues,
  execution: Execution,
  mutations: MachineMutations,
): Uint8Array | null {
  try {
    return digestOf(execution.runStatement(request, at, reserved, null), mutations);
  } catch (error) {
    if (isWanting(error)) return null;
    throw error;
  }
}

function mutated(request: RecordedRequest, mutations: MachineMutations): RecordedRequest {
  const { recording, now } = request;
  const again = mutations.nowNotReplayed === true ? { ...request, now: now + 1n } : request;
  if (mutations.seedNotReplayed !== true) return again;
  const statements = recording.statements.map((one) => ({ ...one, seed: one.seed + 1 }));
  return { ...again, recording: { ...recording, statements } };
}

/** SAVEPOINT and the like. */
function isControl(request: RecordedRequest, at: number): boolean {
  return request.statements[at]?.every(({ isResult }) => !isResult) === true;
}

function isSame(again: Uint8Array | null, digest: Uint8Array): boolean {
  return again !== null && Buffer.from(again).equals(digest);
}

class DifferingTables {
  readonly #changes: TableChanges;
  readonly #snapshot: Index;
  readonly #added = new Set<Oid>();

  constructor(changes: TableChanges, snapshot: Index) {
    this.#changes = changes;
    this.#snapshot = snapshot;
  }

  add(tables: readonly Oid[]): void {
    for (const oid of tables) this.#added.add(oid);
  }

  someOf(tables: readonly Oid[]): boolean {
    return tables.some(
      (oid) => this.#added.has(oid) || this.#changes.isChangedSince(oid, this.#snapshot),
    );
  }
}
