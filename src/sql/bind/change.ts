// INSERT, UPDATE and DELETE as queries of WITH: of the statement itself, and of no other.
import { fieldsOf, inner, tagOf } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { CommonTable, Select } from '../tree/query.ts';
import type { BindContext, TopWith } from './context.ts';
import { bindDelete } from './delete.ts';
import { bindInsert } from './insert.ts';
import { addChange } from './parts.ts';
import { Scope } from './scope.ts';
import { bindUpdate } from './update.ts';

/** WITH of a statement; null: it has none. */
export function topWith(fields: Fields): TopWith | null {
  const clause = inner(fields, 'withClause');
  return clause === null ? null : { clause, bindChange };
}

/** A query of WITH that changes a table; what it gives back as a query, null: nothing. */
function bindChange(
  context: BindContext,
  node: Node,
  outer: Scope,
  ctes: readonly CommonTable[],
): Select | null {
  const bind = { InsertStmt: bindInsert, UpdateStmt: bindUpdate, DeleteStmt: bindDelete };
  const visible = new Scope(null);
  for (const [name, cte] of outer.ctes) visible.ctes.set(name, cte);
  const change = bind[tagOf(node) as keyof typeof bind](context, fieldsOf(node), visible);
  if (change.kind === 'insert' && change.conflict !== null && change.isTellingMore) {
    throw context.notSupported('a query of the changed table in RETURNING');
  }
  return addChange(context, change, [...ctes, ...change.ctes]);
}
