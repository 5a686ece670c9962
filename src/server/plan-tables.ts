// The tables that statements read and write, as the log has them: those that the actions of foreign
// keys reach are among them.
import { withCascades } from '../catalog/cascades.ts';
import type { BoundPlan } from '../session/backend.ts';
import type { QueryPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import type { TransactionMutations } from './mutations.ts';

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
