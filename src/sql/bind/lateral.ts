// LATERAL: whether a query in FROM really depends on the items before it.
import { childrenOf } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import type { Query } from '../tree/query.ts';
import type { BindContext } from './context.ts';
import type { RangeEntry } from './scope.ts';

/** Throws what Postgres does for an aggregate that belongs to the query around this FROM. */
export function dependsOn(
  context: BindContext,
  query: Query,
  entries: readonly RangeEntry[],
): boolean {
  const aliases = new Set(entries.map(({ alias }) => alias));
  let isDependent = false;
  forEachExpression(query, (expression) => {
    if (expression.kind === 'column' && aliases.has(expression.alias)) isDependent = true;
    if (expression.kind !== 'aggregate' || expression.over !== null) return;
    const columns = expression.arguments.flatMap(columnsIn);
    if (columns.length === 0 || !columns.every(({ alias }) => aliases.has(alias))) return;
    throw context.error(
      '42803',
      'aggregate functions are not allowed in FROM clause of their own query level',
      expression.location,
    );
  });
  if (isDependent && query.columns.length === 0) {
    throw context.notSupported('a LATERAL subquery without columns');
  }
  return isDependent;
}

function columnsIn(expression: Expression): readonly Extract<Expression, { kind: 'column' }>[] {
  return expression.kind === 'column' ? [expression] : childrenOf(expression).flatMap(columnsIn);
}

/** All expressions of a query, and of the queries inside. */
function forEachExpression(part: unknown, visit: (expression: Expression) => void): void {
  if (Array.isArray(part)) {
    for (const item of part) forEachExpression(item, visit);
    return;
  }
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return;
  if ('kind' in part && 'typmod' in part) visit(part as unknown as Expression);
  for (const [name, value] of Object.entries(part)) {
    if (name !== 'signature') forEachExpression(value, visit);
  }
}
