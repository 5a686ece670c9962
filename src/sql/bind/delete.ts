// DELETE.
import { hasForeignKeys } from '../../catalog/cascades.ts';
import { child, inner, list } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { Delete } from '../tree/change.ts';
import { bindOtherTables, targetRelation } from './changed-table.ts';
import type { BindContext } from './context.ts';
import { bindCondition } from './expression.ts';
import type { Place } from './expression.ts';
import { bindReturning, tellsMore } from './returning.ts';
import type { Scope } from './scope.ts';
import { bindWith } from './select.ts';

export function bindDelete(
  context: BindContext,
  fields: Fields,
  outer: Scope | null = null,
): Delete {
  const { relation, scope, alias } = targetRelation(context, fields, outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  const using = bindOtherTables(context, list(fields, 'usingClause'), scope);
  const place: Place = { context, scope, noAggregates: 'WHERE' };
  const whereNode = child(fields, 'whereClause');
  const where = whereNode === null ? null : bindCondition(place, whereNode, 'WHERE');
  const returning = bindReturning(context, fields, scope);
  const isTellingMore = tellsMore(returning, { scope, alias, relation });
  const isRowByRow = where !== null || hasForeignKeys(context.catalog, relation);
  const base = { kind: 'delete', relation, alias, ctes, using, where } as const;
  return { ...base, isRowByRow, returning, isTellingMore };
}
