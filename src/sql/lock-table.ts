// LOCK TABLE (PG: lockcmds.c). Transactions that lock a table keep each other out, as in Postgres;
// those that do not are checked at their commit as ever (docs/transactions.md). So no lock is taken
// for ACCESS SHARE, which dumps ask for.
import type { Relation } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { BindContext } from './bind/context.ts';
import { utilityRelation } from './bind/utility-relation.ts';
import { ACCESS_SHARE } from './functions/lock-modes.ts';
import { LOCK_TABLE_CALL } from './functions/locks.ts';
import { asTag, flag, integer, list } from './parse/node.ts';
import type { Fields } from './parse/node.ts';
import type { PlanStep, QueryPlan } from './plan.ts';

const TAG = 'LOCK TABLE';

export function compileLockTable(
  context: BindContext,
  fields: Fields,
): Pick<QueryPlan, 'access' | 'tag' | 'steps' | 'columns' | 'needsBlock'> {
  const mode = integer(fields, 'mode');
  const tables = list(fields, 'relations').map((node) =>
    mustBeLockable(context, asTag(node, 'RangeVar') ?? {}, mode),
  );
  const isTaken = mode > ACCESS_SHARE;
  if (isTaken) context.noteCall(LOCK_TABLE_CALL);
  const mayWait = !flag(fields, 'nowait');
  const steps = isTaken ? tables.map((table) => lockStep(table, mode, mayWait)) : [];
  return {
    access: 'read',
    tag: { name: TAG, hasCount: false },
    steps: [...steps, NOTHING],
    columns: null,
    needsBlock: TAG,
  };
}

/** Of which the client is told nothing. */
const NOTHING: PlanStep = {
  sql: 'SELECT 1 WHERE false',
  bindings: [],
  hasRows: true,
  isResult: true,
};

function lockStep({ oid, name }: Relation, mode: number, mayWait: boolean): PlanStep {
  const values = [BigInt(oid), name, BigInt(mode), mayWait ? 1n : 0n];
  return {
    sql: 'SELECT pg_lock_table(?, ?, ?, ?)',
    bindings: values.map((value) => ({ kind: 'constant', value }) as const),
    hasRows: false,
    isResult: false,
  };
}

function mustBeLockable(context: BindContext, range: Fields, mode: number): Relation {
  const relation = utilityRelation(context, range);
  const { kind, name } = relation;
  if (kind === 'r' || (kind === 'v' && mode === ACCESS_SHARE)) return relation;
  if (kind === 'v') throw context.notSupported('locking a view in this mode');
  throw new PgError('42809', `cannot lock relation "${name}"`, {
    detail: `This operation is not supported for ${kind === 'i' ? 'indexes' : 'sequences'}.`,
  });
}
