// ORDER BY keys.
import { asTag, child, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression, SortKey } from '../tree/expression.ts';
import { resolveUnknown } from './coerce.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';

/** Postgres sorts NULLs as if they were the largest values. */
export function sortKey(fields: Fields, expression: Expression): SortKey {
  const isDescending = text(fields, 'sortby_dir') === 'SORTBY_DESC';
  const nulls = text(fields, 'sortby_nulls');
  const isNullsFirst =
    nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && isDescending);
  return { expression, isDescending, isNullsFirst };
}

export function bindSortKeys(place: Place, nodes: readonly Node[]): readonly SortKey[] {
  return nodes.map((node) => {
    const fields = asTag(node, 'SortBy') ?? {};
    const expression = bindExpression(place, child(fields, 'node') as Node);
    return sortKey(fields, resolveUnknown(place.context, expression));
  });
}
