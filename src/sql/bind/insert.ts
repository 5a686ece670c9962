// INSERT.
import { asTag, inner, list, location, text } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { Insert } from '../tree/change.ts';
import { findColumn, targetRelation } from './changed-table.ts';
import { bindConflict } from './conflict.ts';
import type { BindContext } from './context.ts';
import { bindSource } from './insert-source.ts';
import { bindReturning, queriesTable, tellsMore } from './returning.ts';
import { Scope } from './scope.ts';
import { bindWith } from './select.ts';

export function bindInsert(
  context: BindContext,
  fields: Fields,
  outer: Scope | null = null,
): Insert {
  const { relation, scope, alias } = targetRelation(context, fields, outer);
  const ctes = bindWith(context, inner(fields, 'withClause'), scope);
  const named = list(fields, 'cols').map((node) => {
    const target = asTag(node, 'ResTarget') ?? {};
    return {
      column: findColumn(context, relation, text(target, 'name'), location(target)),
      at: location(target),
    };
  });
  for (const [position, { column, at }] of named.entries()) {
    if (named.findIndex((other) => other.column === column) !== position) {
      throw context.error('42701', `column "${column.name}" specified more than once`, at);
    }
  }
  const wanted = named.length > 0 ? named.map(({ column }) => column) : relation.columns;
  const cteScope = new Scope(outer);
  for (const [name, cte] of scope.ctes) cteScope.ctes.set(name, cte);
  const source = bindSource(context, fields, cteScope, wanted, named.length > 0, relation);
  const [onConflict, isVolatile] = context.watchVolatile(() =>
    bindConflict(context, inner(fields, 'onConflictClause'), relation, scope),
  );
  const conflict = onConflict === null ? null : { ...onConflict, isVolatile };
  const isOneRow = source.rows?.length === 1;
  if (!isOneRow && queriesTable([conflict?.set ?? [], conflict?.where ?? null], relation)) {
    throw context.notSupported('a query of the changed table in ON CONFLICT, for several rows,');
  }
  const returning = bindReturning(context, fields, scope);
  const isTellingMore = tellsMore(returning, { scope, alias, relation });
  return {
    kind: 'insert',
    relation,
    alias,
    ctes,
    columns: relation.columns,
    ...source,
    conflict,
    returning,
    isTellingMore,
  };
}
