// WITH whose queries change tables: where it is allowed (PG: 7.8.4, parse_cte.c).
import { asTag, child, flag, inner, list, location, tagOf } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { BindContext, TopWith } from './context.ts';

/** A query of WITH changes a table. */
export function isChange(node: Node | null): boolean {
  return node !== null && ['InsertStmt', 'UpdateStmt', 'DeleteStmt'].includes(tagOf(node));
}

/** A statement has such queries. */
export function changesInWith(node: Node | null): boolean {
  const fields = node === null ? null : asTag(node, tagOf(node));
  return hasChange(inner(fields ?? {}, 'withClause'));
}

export function hasChange(clause: Fields | null): boolean {
  const ctes = clause === null ? [] : list(clause, 'ctes');
  return ctes.some((cte) => isChange(child(asTag(cte, 'CommonTableExpr') ?? {}, 'ctequery')));
}

/** What binds the query; `isOwn`: it looks at itself. Throws 0A000, 42P19. */
export function changeBinder(
  context: BindContext,
  clause: Fields,
  cte: Fields,
  isOwn: boolean,
): TopWith['bindChange'] {
  const { topWith } = context;
  if (topWith === null || clause !== topWith.clause) {
    const message = 'WITH clause containing a data-modifying statement must be at the top level';
    throw context.error('0A000', message, location(cte));
  }
  if (!flag(clause, 'recursive') || !isOwn) return topWith.bindChange;
  const message = `recursive query "${String(cte['ctename'])}" must not contain data-modifying statements`;
  throw context.error('42P19', message, location(cte));
}
