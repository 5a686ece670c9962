// ORDER BY, LIMIT and OFFSET of a query, and the keys that name or number its columns.
import { INT8, UNKNOWN } from '../../types/oids.ts';
import { PgError } from '../../errors/pg-error.ts';
import {
  asTag,
  child,
  fieldsOf,
  flag,
  inner,
  integer,
  list,
  location,
  startOf,
  stringOf,
  text,
} from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { ResultColumn } from '../plan.ts';
import { expressionKey, someExpression } from '../tree/expression.ts';
import type { Expression, SortKey } from '../tree/expression.ts';
import type { CommonTable, Target } from '../tree/query.ts';
import { resolveUnknown, tryCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { reference, resultScopeColumns } from './scope.ts';
import type { Scope } from './scope.ts';
import { sortKey } from './sort.ts';

export function plainName(node: Node): string | null {
  const parts = list(asTag(node, 'ColumnRef') ?? {}, 'fields');
  return parts.length === 1 ? stringOf(parts[0] as Node) : null;
}

/** A position in the select list, or an expression. */
export function bindKey(
  place: Place,
  node: Node,
  targets: readonly Target[],
  clause: string,
): Expression {
  const { context } = place;
  const constant = asTag(node, 'A_Const');
  if (constant !== null && inner(constant, 'ival') !== null) {
    const position = integer(inner(constant, 'ival') ?? {}, 'ival');
    const found = targets[position - 1];
    if (found !== undefined) return found.expression;
    throw context.error(
      '42P10',
      `${clause} position ${position} is not in select list`,
      location(constant),
    );
  }
  if (constant !== null) {
    throw context.error('42601', `non-integer constant in ${clause}`, location(constant));
  }
  return resolveUnknown(context, bindExpression(place, node));
}

export interface Tail {
  readonly ctes: readonly CommonTable[];
  readonly orderBy: readonly SortKey[];
  readonly limit: Expression | null;
  readonly offset: Expression | null;
}

/** `targets` empty: the columns of the result can only be named or numbered (set operations). */
export function bindTail(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
  columns: readonly ResultColumn[],
  targets: readonly Target[],
): Tail {
  const place: Place = { context, scope, noAggregates: null };
  const orderBy = list(fields, 'sortClause').map((node) => {
    const sort = asTag(node, 'SortBy') ?? {};
    const key = child(sort, 'node') as Node;
    const expression =
      targets.length > 0 || columns.length === 0
        ? bindSortKey(place, key, targets, 'ORDER BY')
        : bindOutputKey(context, key, columns);
    return sortKey(context, sort, expression);
  });
  if (text(fields, 'limitOption') === 'LIMIT_OPTION_WITH_TIES')
    throw context.notSupported('WITH TIES');
  return {
    ctes,
    orderBy,
    limit: bindLimit(place, child(fields, 'limitCount'), 'LIMIT'),
    offset: bindLimit(place, child(fields, 'limitOffset'), 'OFFSET'),
  };
}

/** ORDER BY, and DISTINCT ON: a name of the select list first, then a position, then any expression (SQL92). */
export function bindSortKey(
  place: Place,
  node: Node,
  targets: readonly Target[],
  clause: string,
): Expression {
  const name = plainName(node);
  const named = name === null ? [] : targets.filter((candidate) => candidate.name === name);
  const [first] = named;
  if (first !== undefined) {
    const keys = new Set(named.map(({ expression }) => expressionKey(expression)));
    if (keys.size > 1) {
      throw place.context.error(
        '42702',
        `${clause} "${name}" is ambiguous`,
        location(fieldsOf(node)),
      );
    }
    return first.expression;
  }
  return bindKey(place, node, targets, clause);
}

/** A column of a set operation's result. */
function bindOutputKey(
  context: BindContext,
  node: Node,
  columns: readonly ResultColumn[],
): Expression {
  const name = plainName(node);
  const constant = asTag(node, 'A_Const');
  const at = startOf(node);
  const [position, other] =
    name === null
      ? [positionOf(context, constant, columns, at)]
      : columns.flatMap((column, index) => (column.name === name ? [index] : []));
  if (other !== undefined)
    throw context.error('42702', `ORDER BY "${String(name)}" is ambiguous`, at);
  if (position === undefined) {
    if (name !== null) throw context.error('42703', `column "${name}" does not exist`, at);
    throw new PgError('0A000', 'invalid UNION/INTERSECT/EXCEPT ORDER BY clause', {
      detail: 'Only result column names can be used, not expressions or functions.',
      hint: 'Add the expression/function to every SELECT, or move the UNION into a FROM clause.',
      position: context.position(at),
    });
  }
  const column = resultScopeColumns(columns)[position] as ReturnType<
    typeof resultScopeColumns
  >[number];
  return reference({ name: null, alias: null, columns: [] }, column, 0);
}

/** The index of the column that a number stands for; undefined: it is no number. */
function positionOf(
  context: BindContext,
  constant: Fields | null,
  columns: readonly ResultColumn[],
  at: number | undefined,
): number | undefined {
  if (constant === null) return undefined;
  const number = inner(constant, 'ival');
  if (number === null) throw context.error('42601', 'non-integer constant in ORDER BY', at);
  const position = integer(number, 'ival');
  if (position >= 1 && position <= columns.length) return position - 1;
  throw context.error('42P10', `ORDER BY position ${position} is not in select list`, at);
}

function bindLimit(place: Place, node: Node | null, clause: string): Expression | null {
  if (node === null) return null;
  const { context } = place;
  const constant = asTag(node, 'A_Const');
  if (constant !== null && flag(constant, 'isnull')) return null;
  const expression = bindExpression({ ...place, noAggregates: clause }, node);
  someExpression(expression, (part) => {
    if (part.kind !== 'column') return false;
    if (part.level > 0)
      throw context.notSupported(`${clause} that depends on a query around`, part.location);
    const message = `argument of ${clause} must not contain variables`;
    throw context.error('42P10', message, part.location);
  });
  const coerced = tryCoerce(
    context,
    expression,
    INT8,
    -1,
    expression.type === UNKNOWN ? 'implicit' : 'assignment',
  );
  if (coerced !== null) return coerced;
  throw context.error(
    '42804',
    `argument of ${clause} must be type bigint, not type ${typeDisplay(expression.type)}`,
    expression.location,
  );
}
