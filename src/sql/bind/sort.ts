// ORDER BY keys.
import { hasEquality } from '../functions/comparison.ts';
import { asTag, child, fieldsOf, list, location, strings, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { startOf } from '../tree/expression.ts';
import type { Expression, SortKey } from '../tree/expression.ts';
import { resolveUnknown, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';

/** Postgres sorts NULLs as if they were the largest values. Throws 42883 for what has no order. */
export function sortKey(context: BindContext, fields: Fields, expression: Expression): SortKey {
  if (!hasEquality(expression.type)) {
    throw context.error(
      '42883',
      `could not identify an ordering operator for type ${typeDisplay(expression.type)}`,
      location(fieldsOf(child(fields, 'node') ?? {})) ?? startOf(expression),
      'Use an explicit ordering operator or modify the query.',
    );
  }
  const direction = text(fields, 'sortby_dir');
  const isDescending =
    direction === 'SORTBY_USING' ? isGreater(context, fields) : direction === 'SORTBY_DESC';
  const nulls = text(fields, 'sortby_nulls');
  const isNullsFirst =
    nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && isDescending);
  return { expression, isDescending, isNullsFirst };
}

export function bindSortKeys(place: Place, nodes: readonly Node[]): readonly SortKey[] {
  return nodes.map((node) => {
    const [expression, fields] = bindSortBy(place, node);
    return sortKey(place.context, fields, resolveUnknown(place.context, expression));
  });
}

/** The expression as it is, and the rest of the key for sortKey(). */
export function bindSortBy(place: Place, node: Node): readonly [Expression, Fields] {
  const fields = asTag(node, 'SortBy') ?? {};
  return [bindExpression(place, child(fields, 'node') as Node), fields];
}

/** ORDER BY ... USING operator. */
function isGreater(context: BindContext, fields: Fields): boolean {
  const name = strings(list(fields, 'useOp')).at(-1) ?? '';
  if (name === '<' || name === '>') return name === '>';
  throw context.error(
    '42809',
    `operator ${name} is not a valid ordering operator`,
    location(fields),
    'Ordering operators must be "<" or ">" members of btree operator families.',
  );
}
