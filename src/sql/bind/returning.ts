// RETURNING, and what of it SQLite's own cannot give.
import type { Relation } from '../../catalog/catalog.ts';
import { inner, list } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import { someNode } from '../tree/expression.ts';
import type { Target } from '../tree/query.ts';
import type { ChangedTable } from './changed-table.ts';
import type { BindContext } from './context.ts';
import type { Place } from './expression.ts';
import type { Scope } from './scope.ts';
import { bindTarget } from './select.ts';

/** RETURNING: null without one. */
export function bindReturning(
  context: BindContext,
  fields: Fields,
  scope: Scope,
): readonly Target[] | null {
  const clause = inner(fields, 'returningClause');
  if (clause === null) return null;
  const options = list(clause, 'options');
  if (options.length > 0) throw context.notSupported('RETURNING WITH');
  const place: Place = { context, scope, noAggregates: 'RETURNING' };
  return list(clause, 'exprs').flatMap((node) => bindTarget(place, node));
}

/**
 * SQLite's RETURNING sees the changed table only, and queries in it see the rows that are changed
 * already, where Postgres shows them the table as it was before.
 */
export function tellsMore(
  returning: readonly Target[] | null,
  { scope, alias, relation }: ChangedTable,
): boolean {
  const others = scope.entries.map((entry) => entry.alias).filter((name) => name !== alias);
  const isOther = ({ kind, alias: name }: Readonly<Record<string, unknown>>): boolean =>
    kind === 'column' && others.includes(name as string | null);
  return someNode(returning, isOther) || queriesTable(returning, relation);
}

/** The part has a query of the table. */
export function queriesTable(part: unknown, relation: Relation): boolean {
  return someNode(part, ({ kind, oid }) => kind === 'table' && oid === relation.oid);
}
