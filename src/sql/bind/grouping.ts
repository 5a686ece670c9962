// The rule of GROUP BY: what is not grouped must stand inside an aggregate, unless the primary key
// of its table is grouped (PG: 7.2.3).
import { childrenOf, expressionKey } from '../tree/expression.ts';
import type { ColumnReference, Expression } from '../tree/expression.ts';
import type { BindContext } from './context.ts';
import type { Scope } from './scope.ts';

/** `keyed`: see tablesWithGroupedKey. */
export function checkGrouping(
  context: BindContext,
  scope: Scope,
  groupBy: readonly Expression[],
  keyed: ReadonlySet<string | null>,
  expressions: readonly Expression[],
): void {
  const grouped = new Set(groupBy.map(expressionKey));
  const check = (expression: Expression): void => {
    if (grouped.has(expressionKey(expression))) return;
    if (expression.kind === 'aggregate' && expression.over === null) return;
    if (expression.kind === 'grouping') return;
    if (expression.kind === 'column' && expression.level === 0 && !keyed.has(expression.alias)) {
      throw ungrouped(context, scope, expression);
    }
    childrenOf(expression).forEach(check);
  };
  expressions.forEach(check);
}

/** Range entries whose whole primary key is in GROUP BY: their other columns depend on it. */
export function tablesWithGroupedKey(
  context: BindContext,
  groupBy: readonly Expression[],
): ReadonlySet<string | null> {
  const columns = groupBy.filter((key): key is ColumnReference => key.kind === 'column');
  const found = new Set<string | null>();
  for (const { alias, tableOid } of columns) {
    const primary = context.catalog
      .relationByOid(tableOid)
      ?.constraints.find(({ kind }) => kind === 'p');
    const isWhole = primary?.columns.every((number) =>
      columns.some((column) => column.alias === alias && column.columnNumber === number),
    );
    if (isWhole === true) found.add(alias);
  }
  return found;
}

function ungrouped(context: BindContext, scope: Scope, column: ColumnReference): Error {
  const table = scope.entries.find((entry) => entry.alias === column.alias)?.name ?? '?';
  return context.error(
    '42803',
    `column "${table}.${column.name}" must appear in the GROUP BY clause or be used in an aggregate function`,
    column.location,
  );
}
