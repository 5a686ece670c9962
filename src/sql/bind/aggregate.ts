// Calls of aggregates and window functions (PG: 4.2.7, 4.2.8).
import { INT4, INT8, UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import { ANY_WINDOW_FUNCTIONS } from '../functions/aggregates.ts';
import { aggregatesNamed } from '../functions/registry.ts';
import type { AggregateSignature } from '../functions/signature.ts';
import { child, flag, list, location, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { childrenOf, expressionKey, someExpression } from '../tree/expression.ts';
import type { AggregateCall, Expression, SortKey, WindowClause } from '../tree/expression.ts';
import { mustCoerce, resolveUnknown, tryCommonType, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindCondition, bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { chooseOverload } from './overload.ts';
import { bindSortKeys } from './sort.ts';
import { bindWindow } from './window.ts';
import { bindWithinGroup, needsWithinGroup, orderedSetsNamed } from './within-group.ts';
import { rowArgument } from './whole-row.ts';
import { UNDETERMINED, noFunction } from './no-function.ts';

/** Why an aggregate may not stand in another. */
const AN_AGGREGATE = 'an aggregate';

function refuseNestedWindows(context: BindContext, parts: readonly Expression[]): void {
  for (const part of parts) {
    someExpression(part, (inside) => {
      if (inside.kind !== 'aggregate' || inside.over === null) return false;
      throw context.error('42P20', 'window function calls cannot be nested', inside.location);
    });
  }
}

export function isAggregateCall(name: string, fields: Fields): boolean {
  return (
    flag(fields, 'agg_star') ||
    name === 'count' ||
    name === 'array_agg' ||
    ANY_WINDOW_FUNCTIONS.includes(name) ||
    aggregatesNamed(name).length > 0 ||
    orderedSetsNamed(name).length > 0
  );
}

export function bindAggregate(
  place: Place,
  name: string,
  fields: Fields,
  nodes: readonly Node[],
  over: Fields | null,
): AggregateCall {
  const { context } = place;
  const at = location(fields);
  const isWindow = over !== null;
  if (!isWindow && place.noAggregates !== null) {
    const message =
      place.noAggregates === AN_AGGREGATE
        ? 'aggregate function calls cannot be nested'
        : `aggregate functions are not allowed in ${place.noAggregates}`;
    throw context.error('42803', message, at);
  }
  if (isWindow && place.noAggregates !== null) {
    const message =
      place.noAggregates === AN_AGGREGATE
        ? 'aggregate function calls cannot contain window function calls'
        : `window functions are not allowed in ${place.noAggregates}`;
    throw context.error(place.noAggregates === AN_AGGREGATE ? '42803' : '42P20', message, at);
  }
  const inside: Place = { ...place, noAggregates: isWindow ? null : AN_AGGREGATE };
  if (flag(fields, 'agg_within_group')) {
    return {
      kind: 'aggregate',
      ...withinGroupOf(inside, name, fields, isWindow),
      isStar: false,
      isDistinct: false,
      filter: bindFilter(place, child(fields, 'agg_filter')),
      over: null,
      typmod: -1,
      location: at,
    };
  }
  const parts = nodes.map(
    (node) => rowArgument(inside, name, node) ?? bindExpression(inside, node),
  );
  if (isWindow) refuseNestedWindows(context, parts);
  const isStar = flag(fields, 'agg_star');
  if (
    needsWithinGroup(
      name,
      parts.map(({ type }) => type),
    )
  ) {
    const message = `WITHIN GROUP is required for ordered-set aggregate ${name}`;
    throw context.error('42809', message, at);
  }
  const signature = resolveAggregate(context, name, parts, isStar, at);
  if (signature.settings !== undefined) {
    context.noteCall({ volatility: 'stable', settings: signature.settings });
  }
  if (signature.isWindowOnly && !isWindow) {
    throw context.error('42809', `window function ${name} requires an OVER clause`, at);
  }
  const filter = child(fields, 'agg_filter');
  if (isWindow && filter !== null && signature.isWindowOnly) {
    const message = 'FILTER is not implemented for non-aggregate window functions';
    throw context.error('0A000', message, at);
  }
  const isNullsIgnored = text(fields, 'ignore_nulls') !== '';
  if (isNullsIgnored) throw context.notSupported('IGNORE NULLS', at);
  const isDistinct = flag(fields, 'agg_distinct');
  const orderBy = bindSortKeys(inside, list(fields, 'agg_order'));
  if (isWindow && isDistinct) {
    throw context.error('0A000', 'DISTINCT is not implemented for window functions', at);
  }
  if (isWindow && orderBy.length > 0) {
    throw context.error('0A000', 'aggregate ORDER BY is not implemented for window functions', at);
  }
  const windowClause: WindowClause | null = over === null ? null : bindWindow(inside, over);
  const coerced = parts.map((part, position) => {
    const wanted = signature.arguments[position] ?? 0;
    return wanted === 0 ? resolveUnknown(context, part) : mustCoerce(context, part, wanted, name);
  });
  return {
    kind: 'aggregate',
    signature,
    arguments: coerced,
    isStar,
    isDistinct,
    orderBy: isDistinct ? orderOfDistinct(context, coerced, orderBy) : orderBy,
    filter: bindFilter(place, filter),
    over: windowClause,
    type: signature.result,
    typmod: -1,
    location: at,
  };
}

function bindFilter(place: Place, filter: Node | null): Expression | null {
  if (filter === null) return null;
  return bindCondition({ ...place, noAggregates: 'FILTER' }, filter, 'FILTER');
}

function withinGroupOf(
  inside: Place,
  name: string,
  fields: Fields,
  isWindow: boolean,
): ReturnType<typeof bindWithinGroup> {
  const { context } = inside;
  const at = location(fields);
  const bound = bindWithinGroup(inside, name, fields, (types, isAmbiguous, hint) =>
    noFunction(context, name, types, at, isAmbiguous, hint),
  );
  if (!isWindow) return bound;
  const message = `OVER is not supported for ordered-set aggregate ${name}`;
  throw context.error('0A000', message, at);
}

/** Equal values are found by sorting: only by the arguments. */
function orderOfDistinct(
  context: BindContext,
  parts: readonly Expression[],
  orderBy: readonly SortKey[],
): readonly SortKey[] {
  const keys = new Set(parts.map(expressionKey));
  const stray = orderBy.find(({ expression }) => !keys.has(expressionKey(expression)));
  if (stray === undefined) return orderBy;
  throw context.error(
    '42P10',
    'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list',
    stray.expression.location,
  );
}

export function containsAggregate(expression: Expression): boolean {
  if (expression.kind === 'grouping') return true;
  if (expression.kind === 'aggregate' && expression.over === null) return true;
  return childrenOf(expression).some(containsAggregate);
}

function native(name: string, args: readonly number[], result: number): AggregateSignature {
  return {
    oid: 0,
    name,
    arguments: args,
    result,
    isWindowOnly: ANY_WINDOW_FUNCTIONS.includes(name),
    implementation: { kind: 'sql', emit: (texts) => `${name}(${texts.join(', ')})` },
  };
}

/** Of these, nothing says what the values of a literal are. */
function refuseUnknown(
  context: BindContext,
  name: string,
  types: readonly Oid[],
  location: number | undefined,
): void {
  if (name === 'array_agg') throw noFunction(context, name, types, location, true);
  if (ANY_WINDOW_FUNCTIONS.includes(name) || ['json_agg', 'jsonb_agg'].includes(name)) {
    throw context.error('42804', UNDETERMINED);
  }
}

function resolveAggregate(
  context: BindContext,
  name: string,
  parts: readonly Expression[],
  isStar: boolean,
  location: number | undefined,
): AggregateSignature {
  if (name === 'count') {
    if (isStar || parts.length === 1)
      return native(
        'count',
        parts.map(() => 0),
        INT8,
      );
  } else if (isStar) {
    throw context.error(
      '42809',
      `${name}(*) specified, but ${name} is not an aggregate function`,
      location,
    );
  }
  const [first] = parts;
  const types = parts.map((part) => part.type);
  if (first?.type === UNKNOWN) refuseUnknown(context, name, types, location);
  if (ANY_WINDOW_FUNCTIONS.includes(name) && first !== undefined) {
    const [value, , other] = types;
    const result = other === undefined ? value : tryCommonType([value as Oid, other]);
    if (result === null || result === undefined) {
      throw noFunction(context, name, types, location, false);
    }
    const rest = types.slice(1).map((_type, at) => (at === 0 ? INT4 : result));
    return native(name, [result, ...rest], result);
  }
  if (name === 'array_agg' && first !== undefined) {
    const { arrayOid } = mustType(first.type);
    if (arrayOid === 0) {
      throw context.notSupported(`an array of ${typeDisplay(first.type)}`, location);
    }
    return {
      ...native('array_agg', [first.type], arrayOid),
      leadingArgument: String(first.type),
      sqliteName: 'pg_array_agg',
    };
  }
  const found = chooseOverload(aggregatesNamed(name), (candidate) => candidate, types);
  if (found !== null && found !== 'ambiguous') return found.candidate;
  throw noFunction(context, name, types, location, found !== null);
}
