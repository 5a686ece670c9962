// Rows that an UPDATE or DELETE writes may be locked by another transaction, which then comes first.
// Where SQLite is about to write a row it calls a function of ours, which knows (machine/row-guard.ts).
import type { Relation } from '../../catalog/catalog.ts';
import { isInKey } from '../../catalog/key-columns.ts';
import type { Assignment } from '../tree/change.ts';
import { ACCESS_EXCLUSIVE, EXCLUSIVE } from '../functions/lock-modes.ts';
import type { LockMode } from '../functions/lock-modes.ts';
import { ALL_ROWS, ROWS_LOCKED, WRITE_ROW } from '../functions/row-locks.ts';
import { someExpression } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import { quoteName } from './names.ts';

/**
 * For the value of one assignment: it is evaluated once for each row that is written, and no other.
 * The subquery is evaluated once for all of them.
 */
export function whenWritten(
  value: string,
  relation: Relation,
  alias: string,
  set: readonly Assignment[],
): string {
  const written = call(relation, alias, modeOf(relation, set));
  const isFine = `CASE WHEN (SELECT ${ROWS_LOCKED}(${relation.oid})) THEN ${written} ELSE 1 END`;
  return `CASE WHEN ${isFine} THEN ${value} END`;
}

/** For the end of the WHERE of a DELETE: of rows that all the rest is true for. */
export function deletedRow(relation: Relation, alias: string, where: Expression | null): string {
  const text = call(relation, alias, ACCESS_EXCLUSIVE);
  // SQLite looks at subqueries that depend on the row last, in their order.
  return where !== null && someExpression(where, isSubquery) ? `(SELECT ${text})` : text;
}

function isSubquery({ kind }: Expression): boolean {
  return kind === 'subquery' || kind === 'in-subquery';
}

/** Where SQLite empties the table without looking at its rows: a query that is to run before. */
export function allRowsWritten({ oid }: Pick<Relation, 'oid'>): string {
  return `SELECT ${WRITE_ROW}(${oid}, ${ALL_ROWS}, ${ACCESS_EXCLUSIVE})`;
}

function call({ oid }: Relation, alias: string, mode: LockMode): string {
  return `${WRITE_ROW}(${oid}, ${quoteName(alias)}."ctid", ${mode})`;
}

/** As in Postgres FOR KEY SHARE keeps out only who changes a key that others may refer to. */
function modeOf(relation: Relation, set: readonly Assignment[]): LockMode {
  const numbers = set.map(({ column }) => column.number);
  return isInKey(relation, numbers) ? ACCESS_EXCLUSIVE : EXCLUSIVE;
}
