// Queries that the compiler puts around other queries.
import type { ColumnReference } from '../tree/expression.ts';
import type { FromItem, Query, Select } from '../tree/query.ts';
import type { BindContext } from './context.ts';
import { reference, resultScopeColumns } from './scope.ts';

/** A query as an item of FROM, and its columns as one sees them there. */
export function derivedFrom(
  context: BindContext,
  query: Query,
  isMaterialized = false,
): {
  readonly from: Extract<FromItem, { kind: 'query' }>;
  readonly columns: readonly ColumnReference[];
} {
  const alias = context.nextAlias();
  const columns = resultScopeColumns(query.columns);
  const entry = { name: null, alias, columns };
  return {
    from: { kind: 'query', alias, query, isMaterialized },
    columns: columns.map((column) => reference(entry, column, 0)),
  };
}

/** A SELECT of these parts alone. */
export function plainSelect(parts: Pick<Select, 'targets' | 'from'> & Partial<Select>): Select {
  return {
    kind: 'select',
    ctes: [],
    isDistinct: false,
    where: null,
    groupBy: [],
    having: null,
    orderBy: [],
    limit: null,
    offset: null,
    columns: parts.targets,
    ...parts,
  };
}
