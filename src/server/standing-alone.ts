// Statements to which it cannot matter what their transaction did before: they touch none of the
// tables that it wrote. The machine need not run its earlier statements again for them. COMMIT runs
// all of them in order, and compares: what is decided here can cost a retry, never a wrong outcome.
import { hasForeignKeys } from '../catalog/cascades.ts';
import type { QueryPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';

/** Nothing but its tables matters to the statement, in the schema that its transaction began with. */
export function isOfTables(plan: QueryPlan): boolean {
  return plan.isOfTables === true && plan.changesSchema !== true;
}

/** `reads` and `writes` of the statement, with cascades; `written` by the transaction before it. */
export function standsAlone(
  plan: QueryPlan,
  { reads, writes }: { readonly reads: readonly Oid[]; readonly writes: readonly Oid[] },
  written: ReadonlySet<Oid>,
): boolean {
  return (
    isOfTables(plan) &&
    ![...reads, ...writes].some((oid) => written.has(oid)) &&
    // SQLite looks at both sides of a key.
    !writes.some((oid) => {
      const relation = plan.catalog.relationByOid(oid);
      return relation === null || hasForeignKeys(plan.catalog, relation);
    })
  );
}
