// Function calls: scalar functions, aggregates, window functions.
import { INT4, INT8, TEXT, UNKNOWN } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { ANY_WINDOW_FUNCTIONS } from '../functions/aggregates.ts';
import { aggregatesNamed, functionsNamed, setFunctionsNamed } from '../functions/registry.ts';
import type { AggregateSignature, FunctionSignature } from '../functions/signature.ts';
import { child, flag, inner, list, location, strings, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { childrenOf } from '../tree/expression.ts';
import type { AggregateCall, Expression, WindowClause } from '../tree/expression.ts';
import { mustCoerce, resolveUnknown, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindCondition, bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { chooseOverload } from './overload.ts';
import { bindSortKeys, bindWindow } from './sort.ts';

const NO_FUNCTION_HINT =
  'No function matches the given name and argument types. You might need to add explicit type casts.';

export function bindFunctionCall(place: Place, fields: Fields): Expression {
  const { context } = place;
  const names = strings(list(fields, 'funcname'));
  const name = names.at(-1) ?? '';
  const at = location(fields);
  const nodes = list(fields, 'args');
  const over = inner(fields, 'over');
  if (isAggregateCall(name, fields)) return bindAggregate(place, name, fields, nodes, over);
  if (over !== null) {
    throw context.error(
      '42809',
      `OVER specified, but ${name} is not a window function nor an aggregate function`,
      at,
    );
  }
  const parts = nodes.map((node) => bindExpression(place, node));
  if (name === 'pg_typeof' && parts[0] !== undefined && parts.length === 1) {
    return typeOf(parts[0], at);
  }
  if (name === 'concat' || name === 'concat_ws') return bindConcat(context, name, parts, at);
  const types = parts.map((part) => part.type);
  const found = chooseOverload(functionsNamed(name), (candidate) => candidate.arguments, types);
  if (found === null && setFunctionsNamed(name).length > 0) {
    throw context.notSupported(`${name} outside of FROM`, at);
  }
  if (found === null || found === 'ambiguous')
    throw noFunction(context, name, types, at, found !== null);
  context.noteCall(found);
  return callOf(context, found, parts, at);
}

const REGTYPE = 2206;

/** pg_typeof(): known before the statement runs. */
function typeOf({ type }: Expression, location: number | undefined): Expression {
  return { kind: 'constant', type: REGTYPE, typmod: -1, value: BigInt(type), location };
}

function callOf(
  context: BindContext,
  signature: FunctionSignature,
  parts: readonly Expression[],
  location: number | undefined,
): Expression {
  return {
    kind: 'function',
    signature,
    arguments: parts.map((part, at) => {
      const wanted = signature.arguments[at] as number;
      return wanted === 0
        ? resolveUnknown(context, part)
        : mustCoerce(context, part, wanted, signature.name);
    }),
    type: signature.result,
    typmod: -1,
    location,
  };
}

function noFunction(
  context: BindContext,
  name: string,
  types: readonly number[],
  location: number | undefined,
  isAmbiguous: boolean,
): Error {
  const shown = `${name}(${types.map((type) => typeDisplay(type)).join(', ')})`;
  if (isAmbiguous) {
    return context.error(
      '42725',
      `function ${shown} is not unique`,
      location,
      'Could not choose a best candidate function. You might need to add explicit type casts.',
    );
  }
  return context.error('42883', `function ${shown} does not exist`, location, NO_FUNCTION_HINT);
}

/** concat() takes values of any type and skips NULLs. */
function bindConcat(
  context: BindContext,
  name: string,
  parts: readonly Expression[],
  location: number | undefined,
): Expression {
  const texts = parts.map((part) => asText(context, part));
  const signature: FunctionSignature = {
    oid: 0,
    name,
    arguments: texts.map(() => TEXT),
    result: TEXT,
    volatility: 'stable',
    isStrict: false,
    implementation: { kind: 'sql', emit: (args) => `${name}(${args.join(', ')})` },
  };
  if (texts.length === 0) throw noFunction(context, name, [], location, false);
  return { kind: 'function', signature, arguments: texts, type: TEXT, typmod: -1, location };
}

function asText(context: BindContext, part: Expression): Expression {
  const value = resolveUnknown(context, part);
  if (value.type === TEXT) return value;
  context.noteCall({ volatility: 'stable' });
  return {
    kind: 'cast',
    signature: null,
    how: 'output',
    isExplicit: false,
    argument: value,
    type: TEXT,
    typmod: -1,
    location: value.location,
  };
}

function isAggregateCall(name: string, fields: Fields): boolean {
  return (
    flag(fields, 'agg_star') ||
    name === 'count' ||
    name === 'array_agg' ||
    ANY_WINDOW_FUNCTIONS.includes(name) ||
    aggregatesNamed(name).length > 0
  );
}

function bindAggregate(
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
    throw context.error(
      '42803',
      `aggregate functions are not allowed in ${place.noAggregates}`,
      at,
    );
  }
  const inside: Place = { ...place, noAggregates: isWindow ? place.noAggregates : 'an aggregate' };
  const parts = nodes.map((node) => bindExpression(inside, node));
  if (!isWindow && parts.some(containsAggregate)) {
    throw context.error('42803', 'aggregate function calls cannot be nested', at);
  }
  const isStar = flag(fields, 'agg_star');
  const signature = resolveAggregate(context, name, parts, isStar, at);
  if (signature.isWindowOnly && !isWindow) {
    throw context.error('42809', `window function ${name} requires an OVER clause`, at);
  }
  const filter = child(fields, 'agg_filter');
  const isNullsIgnored = text(fields, 'ignore_nulls') !== '';
  if (isNullsIgnored) throw context.notSupported('IGNORE NULLS', at);
  if (flag(fields, 'agg_within_group')) throw context.notSupported('WITHIN GROUP', at);
  const windowClause: WindowClause | null = over === null ? null : bindWindow(inside, over);
  return {
    kind: 'aggregate',
    signature,
    arguments: parts.map((part, position) => {
      const wanted = signature.arguments[position] ?? 0;
      return wanted === 0 ? resolveUnknown(context, part) : mustCoerce(context, part, wanted, name);
    }),
    isStar,
    isDistinct: flag(fields, 'agg_distinct'),
    orderBy: bindSortKeys(inside, list(fields, 'agg_order')),
    filter: filter === null ? null : bindCondition(inside, filter, 'FILTER'),
    over: windowClause,
    type: signature.result,
    typmod: -1,
    location: at,
  };
}

export function containsAggregate(expression: Expression): boolean {
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
  if (ANY_WINDOW_FUNCTIONS.includes(name) && first !== undefined) {
    const result = first.type === UNKNOWN ? TEXT : first.type;
    const rest = parts
      .slice(1)
      .map((_part, at) => (name === 'nth_value' || at === 0 ? INT4 : result));
    return native(name, [result, ...rest], result);
  }
  const types = parts.map((part) => part.type);
  if (name === 'array_agg' && first !== undefined) {
    const element = first.type === UNKNOWN ? TEXT : first.type;
    const { arrayOid } = mustType(element);
    if (arrayOid === 0) throw context.notSupported(`an array of ${typeDisplay(element)}`, location);
    return {
      ...native('array_agg', [element], arrayOid),
      leadingArgument: String(element),
      sqliteName: 'pg_array_agg',
    };
  }
  const found = chooseOverload(aggregatesNamed(name), (candidate) => candidate.arguments, types);
  if (found === null || found === 'ambiguous')
    throw noFunction(context, name, types, location, found !== null);
  return found;
}
