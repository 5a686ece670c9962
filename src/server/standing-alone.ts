// Statements to which it cannot matter what their transaction did before: they touch none of the
// tables that it wrote. The machine need not run its earlier statements again for them. COMMIT runs
// all of them in order, and compares: what is decided here can cost a retry, never a wrong outcome.
import { hasForeignKeys } from '../catalog/cascades.ts';
import type { QueryPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import type { TransactionMutations } from './mutations.ts';
import type { Tables } from './plan-tables.ts';

/** What the statements of a transaction have touched so far. */
export class TouchedTables {
  readonly #mutations: TransactionMutations;
  readonly #written = new Set<Oid>();
  /** All statements were of tables, in the schema that the transaction began with. */
  #isOfTables = true;

  constructor(mutations: TransactionMutations) {
    this.#mutations = mutations;
  }

  note(plan: QueryPlan, writes: readonly Oid[]): void {
    this.#isOfTables &&= isOfTables(plan);
    for (const oid of writes) this.#written.add(oid);
  }

  /** What the statements did cannot matter to this one, which reads and writes these tables. */
  areNothingTo(plan: QueryPlan, { reads, writes }: Tables): boolean {
    return (
      this.#isOfTables &&
      isOfTables(plan) &&
      ![...reads, ...writes].some((oid) => this.#isWritten(oid)) &&
      // SQLite looks at both sides of a key.
      !writes.some((oid) => {
        const relation = plan.catalog.relationByOid(oid);
        return relation === null || hasForeignKeys(plan.catalog, relation);
      })
    );
  }

  #isWritten(oid: Oid): boolean {
    return this.#mutations.othersNotLookedAt !== true && this.#written.has(oid);
  }
}

/** Nothing but its tables matters to the statement. */
function isOfTables(plan: QueryPlan): boolean {
  return plan.isOfTables === true && plan.changesSchema !== true;
}
