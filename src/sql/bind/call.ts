// Function calls: scalar functions, aggregates, window functions.
import { INT4, INT8, TEXT, UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType, typeByName } from '../../types/registry.ts';
import { ANY_WINDOW_FUNCTIONS } from '../functions/aggregates.ts';
import { ANYARRAY, ANYELEMENT } from '../functions/pseudo-types.ts';
import { aggregatesNamed, functionsNamed, setFunctionsNamed } from '../functions/registry.ts';
import { ANY_SETTING } from '../functions/signature.ts';
import type { AggregateSignature, FunctionSignature } from '../functions/signature.ts';
import { asTag, child, flag, inner, list, location, strings, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { childrenOf, expressionKey, someExpression } from '../tree/expression.ts';
import type { AggregateCall, Expression, SortKey, WindowClause } from '../tree/expression.ts';
import { isRowAsJson } from '../tree/row-as-json.ts';
import {
  canCoerce,
  mustCoerce,
  resolveUnknown,
  tryCoerce,
  tryCommonType,
  typeDisplay,
} from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindCondition, bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { checkFunctionSchema } from './function-schema.ts';
import { chooseOverload } from './overload.ts';
import type { Chosen } from './overload.ts';
import { concreteType } from './polymorphic.ts';
import { bindSortKeys } from './sort.ts';
import { bindWindow } from './window.ts';
import { prettyRow, rowArgument } from './whole-row.ts';

const UNDETERMINED = 'could not determine polymorphic type because input has type unknown';
const NO_FUNCTION_HINT =
  'No function matches the given name and argument types. You might need to add explicit type casts.';

export function bindFunctionCall(place: Place, fields: Fields): Expression {
  const { context } = place;
  const names = strings(list(fields, 'funcname'));
  const name = names.at(-1) ?? '';
  const at = location(fields);
  const nodes = list(fields, 'args');
  const over = inner(fields, 'over');
  checkFunctionSchema(context, fields);
  if (flag(fields, 'agg_within_group')) throw context.notSupported('WITHIN GROUP', at);
  if (isAggregateCall(name, fields)) return bindAggregate(place, name, fields, nodes, over);
  if (over !== null) {
    throw context.error(
      '42809',
      `OVER specified, but ${name} is not a window function nor an aggregate function`,
      at,
    );
  }
  const parts = bindArguments(place, name, nodes, at);
  if (name === 'pg_typeof' && parts[0] !== undefined && parts.length === 1) {
    return typeOf(parts[0], at);
  }
  const [row, pretty] = parts;
  if (name === 'row_to_json' && row !== undefined && isRowAsJson(row)) {
    const isPretty = pretty?.kind === 'constant' && pretty.value === 1n;
    return isPretty ? prettyRow(row) : row;
  }
  const types = parts.map((part) => part.type);
  if (flag(fields, 'func_variadic')) throw context.notSupported('VARIADIC in a call', at);
  const found = chooseOverload(functionsNamed(name), (candidate) => candidate, types);
  if (found !== null && found !== 'ambiguous') return callOf(context, found, parts, at);
  if (found === null && setFunctionsNamed(name).length > 0) {
    throw context.notSupported(`${name} outside of FROM`, at);
  }
  const converted = found === null ? castByName(context, name, parts) : null;
  if (converted !== null) return converted;
  throw noFunction(context, names.join('.'), types, at, found !== null);
}

/** In the order of the parameters, with defaults for those that are left out. */
function bindArguments(
  place: Place,
  name: string,
  nodes: readonly Node[],
  at: number | undefined,
): Expression[] {
  const isNamed = nodes.some((node) => asTag(node, 'NamedArgExpr') !== null);
  const signature = functionsNamed(name).find(({ parameterNames }) => parameterNames !== undefined);
  if (signature === undefined) {
    if (isNamed) throw place.context.notSupported(`a call of ${name} with named arguments`, at);
    return nodes.map((node) => rowArgument(place, name, node) ?? bindExpression(place, node));
  }
  const { parameterNames = [], defaults = [], arguments: types } = signature;
  const given = new Map<number, Expression>();
  for (const [position, node] of nodes.entries()) {
    const named = asTag(node, 'NamedArgExpr');
    const index = named === null ? position : parameterNames.indexOf(text(named, 'name'));
    const value = named === null ? node : (child(named, 'arg') as Node);
    const part = bindExpression(place, value);
    if (index < 0 || given.has(index))
      throw noFunction(place.context, name, [part.type], at, false);
    given.set(index, part);
  }
  const count = Math.max(types.length, ...[...given.keys()].map((index) => index + 1));
  const firstDefault = types.length - defaults.length;
  const parts: Expression[] = [];
  for (let index = 0; index < count; index++) {
    const part = given.get(index);
    if (part !== undefined) parts.push(part);
    else if (index >= firstDefault) {
      const value = defaults[index - firstDefault] ?? null;
      parts.push({ kind: 'constant', type: types[index] as number, typmod: -1, value });
    }
  }
  return parts;
}

/** `type(value)` is a cast if no function has that name (PG: 4.2.9). */
function castByName(
  context: BindContext,
  name: string,
  parts: readonly Expression[],
): Expression | null {
  const [part] = parts;
  const type = typeByName(name);
  if (type === null || part === undefined || parts.length > 1) return null;
  return tryCoerce(context, part, type.oid, -1, 'explicit');
}

const REGTYPE = 2206;

/** pg_typeof(): known before the statement runs. */
function typeOf({ type }: Expression, location: number | undefined): Expression {
  return { kind: 'constant', type: REGTYPE, typmod: -1, value: BigInt(type), location };
}

function callOf(
  context: BindContext,
  { candidate: signature, arguments: wanted, variables }: Chosen<FunctionSignature>,
  parts: readonly Expression[],
  location: number | undefined,
): Expression {
  context.noteCall({ ...signature, settings: settingsOf(signature, parts) });
  const { takesElementType = false, takesTexts = false } = signature;
  return {
    kind: 'function',
    signature,
    arguments: parts.map((part, at) => {
      const type = wanted[at] as number;
      if (type !== 0) return mustCoerce(context, part, type, signature.name);
      return takesTexts ? asText(context, part) : resolveUnknown(context, part);
    }),
    elementType: takesElementType
      ? (variables.element ?? variables.compatible ?? undefined)
      : undefined,
    type: concreteType(signature.result, variables),
    typmod: -1,
    location,
  };
}

/** Of Postgres, and not there yet: the message must not say that there is no such function. */
const MISSING = /^jsonb?_(?:path_|populate_record|to_record)|^jsonb_set_lax$/;

/** It would fit, if it were known what anyelement or anyarray stands for. */
function isUndetermined(
  { arguments: wanted }: FunctionSignature,
  types: readonly number[],
): boolean {
  const isOpen = (at: number): boolean => [ANYELEMENT, ANYARRAY].includes(wanted[at] as number);
  return (
    wanted.length === types.length &&
    wanted.some((_type, at) => isOpen(at)) &&
    types.every((type, at) =>
      isOpen(at) ? type === UNKNOWN : canCoerce(type, wanted[at] as number, 'implicit'),
    )
  );
}

function noFunction(
  context: BindContext,
  name: string,
  types: readonly number[],
  location: number | undefined,
  isAmbiguous: boolean,
): Error {
  if (MISSING.test(name)) return context.notSupported(`${name}()`, location);
  if (functionsNamed(name).some((candidate) => isUndetermined(candidate, types))) {
    return context.error('42804', UNDETERMINED);
  }
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

/** The setting that is asked for, where the statement names it. */
function settingsOf(
  { settings = [] }: FunctionSignature,
  [first]: readonly Expression[],
): readonly string[] {
  const isNamed = first?.kind === 'constant' && typeof first.value === 'string';
  return isNamed && settings.includes(ANY_SETTING) ? [String(first.value)] : settings;
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
  const parts = nodes.map(
    (node) => rowArgument(inside, name, node) ?? bindExpression(inside, node),
  );
  if (isWindow) refuseNestedWindows(context, parts);
  const isStar = flag(fields, 'agg_star');
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
    filter:
      filter === null
        ? null
        : bindCondition({ ...place, noAggregates: 'FILTER' }, filter, 'FILTER'),
    over: windowClause,
    type: signature.result,
    typmod: -1,
    location: at,
  };
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
