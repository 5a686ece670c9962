// Rows of values: (a, b) compared with (c, d), with the rows of a query, and tested for NULL.
import { PgError } from '../../errors/pg-error.ts';
import { BOOL } from '../../types/oids.ts';
import { asTag, child, list, location, stringOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression, OperatorCall, QueryComparison } from '../tree/expression.ts';
import type { Query } from '../tree/query.ts';
import { typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { derivedFrom } from './derived.ts';
import { bindDistinct, bindExpression, bindNullTest, logical } from './expression.ts';
import type { Place } from './expression.ts';
import { bindOperator } from './operator.ts';
import { bindQuery } from './select.ts';

/** The items of (a, b), or null: it is no row. */
export function rowItems(node: Node): readonly Node[] | null {
  const row = asTag(node, 'RowExpr');
  return row === null ? null : list(row, 'args');
}

/** The items of both sides in pairs. Throws 42601; 0A000 where the other side is no row. */
function rowPairs(
  context: BindContext,
  left: Node,
  right: Node,
  at: number | undefined,
): readonly (readonly [Node, Node])[] {
  const [a, b] = [rowItems(left), rowItems(right)];
  if (a === null || b === null) {
    throw context.notSupported('comparing a row with what is not written as one', at);
  }
  if (a.length !== b.length) {
    throw context.error('42601', 'unequal number of entries in row expressions', at);
  }
  if (a.length === 0) throw context.error('0A000', 'cannot compare rows of zero length', at);
  return a.map((item, position) => [item, b[position] as Node] as const);
}

export function bindRowComparison(
  place: Place,
  operator: string,
  left: Node,
  right: Node,
  at: number | undefined,
): Expression {
  const { context } = place;
  const query = asTag(right, 'SubLink');
  if (query !== null && text(query, 'subLinkType') === 'EXPR_SUBLINK') {
    const bound = bindQuery(context, child(query, 'subselect') as Node, place.scope);
    return compareWithQuery(place, operator, left, bound, 'one', at);
  }
  const pairs = rowPairs(context, left, right, at).map(([a, b]) =>
    compare(context, operator, bindExpression(place, a), bindExpression(place, b), at),
  );
  return together(context, operator, pairs, at);
}

function compare(
  context: BindContext,
  operator: string,
  left: Expression,
  right: Expression,
  at: number | undefined,
): OperatorCall {
  const call = bindOperator(context, operator, left, right, at) as OperatorCall;
  if (call.type === BOOL) return call;
  const message = 'row comparison operator must yield type boolean, not type';
  throw context.error('42804', `${message} ${typeDisplay(call.type)}`, at);
}

const ORDERS = ['<', '<=', '>', '>='] as const;

function together(
  context: BindContext,
  operator: string,
  pairs: readonly OperatorCall[],
  at: number | undefined,
): Expression {
  const [first] = pairs;
  if (pairs.length === 1 && first !== undefined) return first;
  if (operator === '=') return logical('and', pairs, at);
  if (operator === '<>' || operator === '!=') return logical('or', pairs, at);
  const order = ORDERS.find((each) => each === operator);
  if (order !== undefined && pairs.every(isComparison)) {
    return { kind: 'row-comparison', operator: order, pairs, type: BOOL, typmod: -1, location: at };
  }
  throw new PgError(
    '0A000',
    `could not determine interpretation of row comparison operator ${operator}`,
    {
      hint: 'Row comparison operators must be associated with btree operator families.',
      position: context.position(at),
    },
  );
}

function isComparison({ signature }: OperatorCall): boolean {
  return signature.implementation.kind === 'comparison';
}

/** A value or a row against a query: `IN`, `operator ANY`, `operator ALL`, or the one row. */
export function compareWithQuery(
  place: Place,
  operator: string,
  leftNode: Node,
  query: Query,
  quantifier: QueryComparison['quantifier'],
  at: number | undefined,
): Expression {
  const { context } = place;
  const left = (rowItems(leftNode) ?? [leftNode]).map((node) => bindExpression(place, node));
  if (left.length !== query.columns.length) {
    const many = left.length < query.columns.length ? 'many' : 'few';
    throw context.error('42601', `subquery has too ${many} columns`, at);
  }
  const { from, columns } = derivedFrom(context, query);
  const pairs = left.map((value, position) =>
    compare(context, operator, value, columns[position] as Expression, at),
  );
  return {
    kind: 'in-subquery',
    quantifier,
    left: pairs.map((pair) => pair.left as Expression),
    query,
    alias: from.alias,
    pairs,
    condition: together(context, operator, pairs, at),
    type: BOOL,
    typmod: -1,
    location: at,
  };
}

/** `(a, b) IN ((1, 2), ...)` */
export function bindRowIn(
  place: Place,
  isNegated: boolean,
  left: Node,
  items: readonly Node[],
  at: number | undefined,
): Expression {
  const operator = isNegated ? '<>' : '=';
  const rows = items.map((node) => bindRowComparison(place, operator, left, node, at));
  return logical(isNegated ? 'and' : 'or', rows, at);
}

/** IS DISTINCT FROM: any pair is. */
export function bindRowDistinct(
  place: Place,
  isNegated: boolean,
  left: Node,
  right: Node,
  at: number | undefined,
): Expression {
  const pairs = rowPairs(place.context, left, right, at).map(([a, b]) =>
    bindDistinct(place, isNegated, a, b, at),
  );
  return logical(isNegated ? 'and' : 'or', pairs, at);
}

/** IS NULL: all are; IS NOT NULL: none is. */
export function bindRowNullTest(place: Place, fields: Fields, items: readonly Node[]): Expression {
  const tests = items.map((arg) => bindNullTest(place, { ...fields, arg }));
  if (tests.length === 0) throw place.context.notSupported('a row without values');
  return logical('and', tests, location(fields));
}

/** ANY and ALL over a query. */
export function bindQuantified(
  place: Place,
  fields: Fields,
  query: Query,
  quantifier: 'any' | 'all',
): Expression {
  const operator = stringOf(list(fields, 'operName').at(-1) ?? { String: { sval: '=' } });
  const test = child(fields, 'testexpr') as Node;
  return compareWithQuery(place, operator, test, query, quantifier, location(fields));
}
