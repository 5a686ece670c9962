// The rule of GROUP BY: what is not grouped must stand inside an aggregate, unless the primary key
// of its table is grouped (PG: 7.2.3).
import { PgError } from '../../errors/pg-error.ts';
import { childrenOf, expressionKey, someNode } from '../tree/expression.ts';
import type { AggregateCall, ColumnReference, Expression } from '../tree/expression.ts';
import type { Query } from '../tree/query.ts';
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
    if (expression.kind === 'aggregate' && expression.over === null) {
      checkDirect(expression);
      return;
    }
    if (expression.kind === 'grouping') return;
    if (expression.kind === 'column' && expression.level === 0 && !keyed.has(expression.alias)) {
      throw ungrouped(context, scope, expression);
    }
    if ('query' in expression) checkQuery(expression.query);
    childrenOf(expression).forEach(check);
  };
  const checkDirect = ({ arguments: parts, directCount = 0 }: AggregateCall): void => {
    try {
      parts.slice(0, directCount).forEach(check);
    } catch (error) {
      if (!(error instanceof PgError) || error.code !== '42803') throw error;
      const detail = 'Direct arguments of an ordered-set aggregate must use only grouped columns.';
      throw new PgError(error.code, error.message, { ...error.fields, detail });
    }
  };
  // Range entries have names of their own in the whole statement, so columns of ours can be told.
  const ours = new Set(scope.entries.flatMap(({ alias }) => (alias === null ? [] : [alias])));
  const usable = new Set(groupBy.filter(isColumn).map(columnKey));
  const checkQuery = (query: Query): void => {
    someNode(query, (node) => {
      if (node['kind'] !== 'column') return false;
      const column = node as unknown as ColumnReference;
      const isUngrouped = !keyed.has(column.alias) && !usable.has(columnKey(column));
      const isOurs = column.alias !== null && ours.has(column.alias);
      if (isOurs && isUngrouped) throw ungroupedInQuery(context, scope, column);
      return false;
    });
  };
  expressions.forEach(check);
}

function isColumn(key: Expression): key is ColumnReference {
  return key.kind === 'column';
}

function columnKey({ alias, sqliteName }: ColumnReference): string {
  return `${alias ?? ''}.${sqliteName}`;
}

/** Range entries whose whole primary key is in GROUP BY: their other columns depend on it. */
export function tablesWithGroupedKey(
  context: BindContext,
  groupBy: readonly Expression[],
): ReadonlySet<string | null> {
  const columns = groupBy.filter(isColumn);
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

function tableOf(scope: Scope, { alias }: ColumnReference): string {
  return scope.entries.find((entry) => entry.alias === alias)?.name ?? '?';
}

function ungroupedInQuery(context: BindContext, scope: Scope, column: ColumnReference): Error {
  return context.error(
    '42803',
    `subquery uses ungrouped column "${tableOf(scope, column)}.${column.name}" from outer query`,
    column.location,
  );
}

function ungrouped(context: BindContext, scope: Scope, column: ColumnReference): Error {
  const table = tableOf(scope, column);
  return context.error(
    '42803',
    `column "${table}.${column.name}" must appear in the GROUP BY clause or be used in an aggregate function`,
    column.location,
  );
}
