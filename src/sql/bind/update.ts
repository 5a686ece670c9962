// UPDATE.
import { child, inner, list } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { Update } from '../tree/change.ts';
import { bindAssignments } from './assignment.ts';
import { bindOtherTables, targetRelation } from './changed-table.ts';
import type { BindContext } from './context.ts';
import { bindCondition } from './expression.ts';
import type { Place } from './expression.ts';
import { bindReturning, tellsMore } from './returning.ts';
import type { Scope } from './scope.ts';
import { bindWith } from './select.ts';

export function bindUpdate(
  context: BindContext,
  fields: Fields,
  outer: Scope | null = null,
): Update {
  const { relation, scope, alias } = targetRelation(context, fields, outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  const from = bindOtherTables(context, list(fields, 'fromClause'), scope);
  const place: Place = { context, scope, noAggregates: 'UPDATE' };
  const set = bindAssignments(place, relation, list(fields, 'targetList'));
  const whereNode = child(fields, 'whereClause');
  const where =
    whereNode === null
      ? null
      : bindCondition({ ...place, noAggregates: 'WHERE' }, whereNode, 'WHERE');
  const returning = bindReturning(context, fields, scope);
  const isTellingMore = tellsMore(returning, { scope, alias, relation });
  return { kind: 'update', relation, alias, ctes, set, from, where, returning, isTellingMore };
}
