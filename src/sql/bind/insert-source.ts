// The rows of an INSERT: VALUES, a query or DEFAULT VALUES, completed to all columns of the table.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { PgError } from '../../errors/pg-error.ts';
import { UNKNOWN } from '../../types/oids.ts';
import { asTag, child, list, location, startOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Insert } from '../tree/change.ts';
import type { Expression } from '../tree/expression.ts';
import type { Query, Target } from '../tree/query.ts';
import { coerceToColumn } from './coerce.ts';
import type { BindContext } from './context.ts';
import { defaultValue } from './default-value.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { reference, resultScopeColumns } from './scope.ts';
import type { Scope } from './scope.ts';
import { bindQuery } from './select.ts';
import { targetLocation } from './set-operation.ts';

export type Source = Pick<Insert, 'rows' | 'source'>;

export function bindSource(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  wanted: readonly Column[],
  isNamed: boolean,
  relation: Relation,
): Source {
  const override = text(fields, 'override');
  const node = child(fields, 'selectStmt');
  const defaults = new Map<Column, Expression>();
  /** The same for all rows: they are many. */
  const defaultOf = (column: Column): Expression => {
    const value = defaults.get(column) ?? defaultValue(context, column);
    defaults.set(column, value);
    return value;
  };
  /** All columns of the table from the values given for some. */
  const complete = (given: readonly (Expression | null)[]): readonly Expression[] =>
    relation.columns.map((column) => {
      const value = given[wanted.indexOf(column)] ?? null;
      const isIgnored = override === 'OVERRIDING_USER_VALUE' && column.identity !== undefined;
      if (value === null || isIgnored) return defaultOf(column);
      const isRefused = override !== 'OVERRIDING_SYSTEM_VALUE' && column.identity === 'a';
      if (isRefused) throw generatedAlways(context, column);
      return value;
    });
  if (node === null) return { rows: [complete([])], source: null };
  const select = asTag(node, 'SelectStmt') ?? {};
  const lists = list(select, 'valuesLists');
  const isPlainValues =
    lists.length > 0 &&
    list(select, 'sortClause').length === 0 &&
    child(select, 'limitCount') === null;
  if (!isPlainValues) return bindSelectSource(context, node, scope, wanted, isNamed, complete);
  const place: Place = { context, scope, noAggregates: 'VALUES' };
  const lengths = lists.map((row) => itemsOf(row).length);
  const odd = lists.find((_row, at) => lengths[at] !== lengths[0]);
  if (odd !== undefined) {
    throw context.error('42601', 'VALUES lists must all be the same length', startOf(odd));
  }
  const rows = lists.map((row) => {
    const items = itemsOf(row);
    checkCount(
      context,
      items.length,
      wanted.length,
      isNamed,
      items[wanted.length] ?? null,
      list(fields, 'cols')[items.length],
    );
    return complete(
      items.map((item, at) =>
        asTag(item, 'SetToDefault') !== null
          ? null
          : coerceToColumn(context, bindExpression(place, item), wanted[at] as Column),
      ),
    );
  });
  return { rows, source: null };
}

function itemsOf(row: Node): readonly Node[] {
  return list(asTag(row, 'List') ?? {}, 'items');
}

function generatedAlways(context: BindContext, column: Column): PgError {
  return new PgError('428C9', `cannot insert a non-DEFAULT value into column "${column.name}"`, {
    detail: `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
    hint: 'Use OVERRIDING SYSTEM VALUE to override.',
    position: context.position(undefined),
  });
}

function checkCount(
  context: BindContext,
  given: number,
  wanted: number,
  isNamed: boolean,
  surplus: Node | null,
  unfilled: Node | undefined,
): void {
  if (given > wanted) {
    const at = surplus === null ? undefined : location(Object.values(surplus)[0] as Fields);
    throw context.error('42601', 'INSERT has more expressions than target columns', at);
  }
  if (given < wanted && isNamed) {
    const at = unfilled === undefined ? undefined : location(Object.values(unfilled)[0] as Fields);
    throw context.error('42601', 'INSERT has more target columns than expressions', at);
  }
}

function bindSelectSource(
  context: BindContext,
  node: Node,
  scope: Scope,
  wanted: readonly Column[],
  isNamed: boolean,
  complete: (given: readonly (Expression | null)[]) => readonly Expression[],
): Source {
  const selected = bindQuery(context, node, scope, 'keep');
  checkCount(context, selected.columns.length, wanted.length, isNamed, null, undefined);
  const query = withLiteralsAs(context, selected, wanted);
  const alias = context.nextAlias();
  const columns = resultScopeColumns(query.columns);
  const entry = { name: null, alias, columns };
  const given = columns.map((column, at) =>
    coerceToColumn(
      context,
      reference(entry, column, 0, targetLocation(query, at)),
      wanted[at] as Column,
    ),
  );
  const [values, callsVolatile] = context.watchVolatile(() => complete(given));
  // Values of a sequence go to the rows in their order.
  const isMaterialized = callsVolatile && query.orderBy.length > 0;
  return { rows: null, source: { query, alias, values, isMaterialized } };
}

/** Literals of a select list without a type get that of the column they go to. */
function withLiteralsAs(context: BindContext, query: Query, wanted: readonly Column[]): Query {
  if (query.kind !== 'select') return query;
  const targets = query.targets.map((target, at): Target => {
    if (target.type !== UNKNOWN) return target;
    const expression = coerceToColumn(context, target.expression, wanted[at] as Column);
    return { ...target, expression, type: expression.type, typmod: expression.typmod };
  });
  return { ...query, targets, columns: targets };
}
