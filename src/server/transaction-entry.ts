// One statement of an open transaction, as it is recorded: what SQLite runs, what it was fed, and a
// digest of what the client was told.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import { DIGEST_BYTES } from '../machine/command.ts';
import type { PerformedAction, RecordedStatement, Step } from '../machine/command.ts';
import { DIGEST_OF_NOTHING } from '../machine/told.ts';
import type { BoundPlan, RunOptions } from '../session/backend.ts';
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import type { TransactionMutations } from './mutations.ts';
import { isSameStep, pinned, stepsOf } from './plan-steps.ts';
import { sortedOids, tablesOf } from './plan-tables.ts';

export type Recompile = (catalog: Catalog) => BoundPlan;

export interface Entry {
  readonly steps: readonly Step[];
  readonly recorded: Omit<RecordedStatement, 'digest'>;
  /** Of what the client was told. */
  readonly digest: Uint8Array;
  /** For messages. */
  readonly name: string;
  readonly writes: readonly Oid[];
  /** null: a savepoint statement, the same in any schema. */
  readonly recompile: Recompile | null;
  readonly mark: MarkChange | null;
}

/** What a statement does with the savepoint that has `depth` others around it. */
export interface MarkChange {
  readonly kind: 'savepoint' | 'rollback to' | 'release';
  readonly depth: number;
}

const UNTOLD = new Uint8Array(DIGEST_BYTES);

export interface EntryInputs {
  readonly options: RunOptions;
  readonly recompile: Recompile;
  readonly seed: number;
  readonly actions: readonly PerformedAction[];
  readonly mutations: TransactionMutations;
}

/** Not told yet. */
export function entryOf(bound: BoundPlan, inputs: EntryInputs): Entry {
  const { plan } = bound;
  const { options, recompile, seed, actions, mutations } = inputs;
  const { reads, writes } = tablesOf(plan, mutations);
  const recorded = {
    // What is volatile may look at more than its tables.
    isRead: plan.access !== 'write' && !plan.isVolatile,
    reads,
    changesSchema: plan.changesSchema === true,
    settings: pinned([bound], options),
    seed,
    actions: [...actions],
  };
  const name = plan.tag.name.replace(/ 0$/, '');
  return { steps: stepsOf(bound), recorded, name, writes, recompile, mark: null, digest: UNTOLD };
}

const SAVEPOINT_WORDS = {
  savepoint: 'SAVEPOINT',
  'rollback to': 'ROLLBACK TO',
  release: 'RELEASE',
} as const;

export function savepointEntry(mark: MarkChange): Entry {
  const words = SAVEPOINT_WORDS[mark.kind];
  // By its depth: names of clients may be any, and repeat.
  const sql = `${words} "mark ${mark.depth}"`;
  return {
    steps: [{ sql, values: [], hasRows: false, isResult: false, rowsAtFault: null }],
    recorded: {
      isRead: false,
      reads: [],
      changesSchema: mark.kind === 'rollback to',
      settings: [],
      seed: 0,
      actions: [],
    },
    name: words,
    writes: [],
    recompile: null,
    mark,
    digest: DIGEST_OF_NOTHING,
  };
}

/** Tables that the statements write. */
export function writesOf(entries: readonly Entry[]): readonly Oid[] {
  return sortedOids(entries.flatMap(({ writes }) => writes));
}

/** The statement in another schema, and the schema behind it; null: it would be another one there. */
export function inSchema(
  entry: Entry,
  recompile: Recompile,
  catalog: Catalog,
  mutations: TransactionMutations,
): { readonly entry: Entry; readonly catalog: Catalog } | null {
  const bound = tryRecompile(recompile, catalog);
  if (bound === null) return null;
  const isSame = hasSameSteps(stepsOf(bound), entry.steps);
  if (!isSame && mutations.schemaNotComparedAgain !== true) return null;
  // The same text may be about other tables by now, and change others through new keys.
  const { reads, writes } = tablesOf(bound.plan, mutations);
  return {
    entry: { ...entry, recorded: { ...entry.recorded, reads }, writes },
    catalog: bound.plan.catalog,
  };
}

function tryRecompile(recompile: Recompile, catalog: Catalog): BoundPlan | null {
  try {
    return recompile(catalog);
  } catch (error) {
    if (error instanceof PgError) return null;
    throw error;
  }
}

function hasSameSteps(steps: readonly Step[], others: readonly Step[]): boolean {
  return (
    steps.length === others.length &&
    steps.every((step, at) => isSameStep(step, must(others[at], 'a step')))
  );
}
