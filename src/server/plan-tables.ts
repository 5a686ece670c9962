// The tables that statements read and write, as the log has them: those that the actions of foreign
// keys reach are among them.
import { withCascades } from '../catalog/cascades.ts';
import type { TableUse } from '../machine/row-guard.ts';
import type { BoundPlan } from '../session/backend.ts';
import { ACCESS_EXCLUSIVE, ROW_EXCLUSIVE, ROW_SHARE } from '../sql/functions/lock-modes.ts';
import type { QueryPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import type { TransactionMutations } from './mutations.ts';

const TRUNCATE = 'TRUNCATE TABLE';

export interface Tables {
  /** Of a write those that it may change as well. */
  readonly reads: readonly Oid[];
  readonly writes: readonly Oid[];
}

export function tablesOf(plan: QueryPlan, mutations: TransactionMutations): Tables {
  const { access, reads } = plan;
  const writes = writtenBy(plan, mutations);
  return { reads: access === 'write' ? [...new Set([...reads, ...writes])] : reads, writes };
}

/** The locks of tables that Postgres would take for the statement, beside those for reading. */
export function usesOf(plan: QueryPlan): readonly TableUse[] {
  const { writes, lockedTables = [], changesSchema, tag } = plan;
  const isAlone = changesSchema === true || tag.name === TRUNCATE;
  const mode = isAlone ? ACCESS_EXCLUSIVE : ROW_EXCLUSIVE;
  return [
    ...writes.map((table) => ({ table, mode })),
    ...lockedTables.map((table) => ({ table, mode: ROW_SHARE })),
  ];
}

/** By any of them. */
export function writtenTables(
  plans: readonly BoundPlan[],
  mutations: TransactionMutations,
): readonly Oid[] {
  return sortedOids(plans.flatMap(({ plan }) => writtenBy(plan, mutations)));
}

function writtenBy(
  { catalog, writes }: QueryPlan,
  { cascadesNotNoted }: TransactionMutations,
): readonly Oid[] {
  return cascadesNotNoted === true ? writes : withCascades(catalog, writes);
}

/** Each once. */
export function sortedOids(oids: Iterable<Oid>): readonly Oid[] {
  return [...new Set(oids)].sort((a, b) => a - b);
}
