// Expressions: the table from node tags to handlers, and the handlers that need no other file.
import { PgError } from '../../errors/pg-error.ts';
import { BOOL, INT4, INT8, NUMERIC, TEXT, UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import {
  asTag,
  child,
  fieldsOf,
  flag,
  inner,
  integer,
  list,
  location,
  stringOf,
  strings,
  tagOf,
  text,
} from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import { bindFunctionCall } from './call.ts';
import {
  coerceToBoolean,
  commonType,
  commonTypmod,
  mustCoerce,
  resolveUnknown,
  tryCoerce,
  tryCommonType,
  typeDisplay,
} from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindGrouping } from './grouping-sets.ts';
import { bindAnyArray, bindOperator } from './operator.ts';
import type { Scope } from './scope.ts';
import { bindRowComparison, bindRowDistinct, bindRowIn, bindRowNullTest, rowItems } from './row.ts';
import { bindSubLink } from './sublink.ts';
import { bindSubscript } from './subscript.ts';
import { bindTypeName } from './type-name.ts';
import type { DeclaredType } from './type-name.ts';

/** Where an expression stands: what it sees, and what is allowed there. */
export interface Place {
  readonly context: BindContext;
  readonly scope: Scope;
  /** Why aggregates are not allowed here ("WHERE"), or null: they are. */
  readonly noAggregates: string | null;
}

type Handler = (place: Place, fields: Fields) => Expression;

const HANDLERS: Readonly<Record<string, Handler>> = {
  A_Const: bindConstant,
  ParamRef: bindParameter,
  ColumnRef: bindColumn,
  A_Expr: bindAExpr,
  BoolExpr: bindBoolExpr,
  NullTest: bindNullTest,
  BooleanTest: bindBooleanTest,
  CaseExpr: bindCase,
  CoalesceExpr: (place, fields) => bindVariadic(place, fields, 'coalesce', 'COALESCE'),
  MinMaxExpr: (place, fields) =>
    text(fields, 'op') === 'IS_LEAST'
      ? bindVariadic(place, fields, 'least', 'LEAST')
      : bindVariadic(place, fields, 'greatest', 'GREATEST'),
  TypeCast: bindTypeCast,
  FuncCall: bindFunctionCall,
  GroupingFunc: bindGrouping,
  SubLink: bindSubLink,
  SQLValueFunction: bindSqlValueFunction,
  A_ArrayExpr: bindArray,
  CollateClause: bindCollate,
  A_Indirection: bindSubscript,
  RowExpr: ({ context }, fields) => {
    throw context.notSupported('a row value here', location(fields));
  },
};

export function bindExpression(place: Place, node: Node): Expression {
  const handler = HANDLERS[tagOf(node)];
  const fields = fieldsOf(node);
  if (handler !== undefined) return handler(place, fields);
  throw place.context.notSupported(`an expression of kind ${tagOf(node)}`, location(fields));
}

/** A condition of a clause, as boolean. */
export function bindCondition(place: Place, node: Node, clause: string): Expression {
  return coerceToBoolean(place.context, bindExpression(place, node), clause);
}

const typed = { typmod: -1 } as const;

function bindConstant(_place: Place, fields: Fields): Expression {
  const at = location(fields);
  const base = { kind: 'constant', ...typed, location: at } as const;
  if (flag(fields, 'isnull')) return { ...base, type: UNKNOWN, value: null };
  const string = inner(fields, 'sval');
  if (string !== null) return { ...base, type: UNKNOWN, value: text(string, 'sval') };
  const boolean = inner(fields, 'boolval');
  if (boolean !== null) return { ...base, type: BOOL, value: flag(boolean, 'boolval') ? 1n : 0n };
  const float = inner(fields, 'fval');
  if (float !== null) return numberConstant(text(float, 'fval'), at);
  const bits = inner(fields, 'bsval');
  if (bits !== null) throw new PgError('0A000', 'bit strings are not supported');
  return { ...base, type: INT4, value: BigInt(integer(inner(fields, 'ival') ?? {}, 'ival')) };
}

/** Integers beyond int4 are int8 if they fit, else numeric. A minus sign is in the digits. */
function numberConstant(digits: string, at: number | undefined): Expression {
  const base = { kind: 'constant', ...typed, location: at } as const;
  // More digits than that are of no integer, and take long to read.
  if (digits.length <= 20 && /^-?\d+$/.test(digits)) {
    const value = BigInt(digits);
    if (value === -2147483648n) return { ...base, type: INT4, value };
    if (BigInt.asIntN(64, value) === value) return { ...base, type: INT8, value };
  }
  const value = mustType(NUMERIC).parse(digits, -1, {
    timeZone: 'UTC',
    dateStyle: 'ISO, MDY',
    intervalStyle: 'postgres',
    extraFloatDigits: 1,
    byteaOutput: 'hex',
  });
  return { ...base, type: NUMERIC, value };
}

function bindParameter({ context }: Place, fields: Fields): Expression {
  const number = integer(fields, 'number');
  const at = location(fields);
  const type = context.parameterType(number, at);
  return { kind: 'parameter', number, type, typmod: -1, location: at };
}

function bindColumn({ context, scope }: Place, fields: Fields): Expression {
  const parts = list(fields, 'fields');
  const at = location(fields);
  if (parts.some((part) => asTag(part, 'A_Star') !== null)) {
    throw context.notSupported('a whole-row reference', at);
  }
  const names = strings(parts);
  const name = names.at(-1) ?? '';
  const table = names.at(-2);
  if (table === undefined && !scope.hasColumn(name) && scope.entryNamed(name) !== null) {
    throw context.notSupported('a whole-row reference', at);
  }
  return table === undefined
    ? scope.column(context, name, at)
    : scope.qualified(context, table, name, at);
}

function bindAExpr(place: Place, fields: Fields): Expression {
  const kind = text(fields, 'kind');
  const operator = stringOf(list(fields, 'name').at(-1) ?? {});
  const at = location(fields);
  const left = child(fields, 'lexpr');
  const right = child(fields, 'rexpr') as Node;
  const { context } = place;
  switch (kind) {
    case 'AEXPR_OP':
      if (left !== null && rowItems(left) !== null)
        return bindRowComparison(place, operator, left, right, at);
      return bindOperator(
        context,
        operator,
        left === null ? null : bindExpression(place, left),
        bindExpression(place, right),
        at,
      );
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
    case 'AEXPR_SIMILAR':
      return bindOperator(
        context,
        operator,
        bindExpression(place, left as Node),
        bindExpression(place, right),
        at,
      );
    case 'AEXPR_IN':
      return bindIn(place, operator === '<>', left as Node, right, at);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return bindBetween(place, kind, left as Node, right, at);
    case 'AEXPR_DISTINCT':
    case 'AEXPR_NOT_DISTINCT':
      return bindDistinct(place, kind === 'AEXPR_NOT_DISTINCT', left as Node, right, at);
    case 'AEXPR_NULLIF':
      return bindNullIf(place, left as Node, right, at);
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return bindAnyArray(
        context,
        operator,
        bindExpression(place, left as Node),
        bindExpression(place, right),
        kind === 'AEXPR_OP_ALL',
        at,
      );
    default:
      throw context.notSupported(`the expression ${kind.replace('AEXPR_', '')}`, at);
  }
}

function itemsOf(node: Node): readonly Node[] {
  return list(asTag(node, 'List') ?? {}, 'items');
}

export function logical(
  operator: 'and' | 'or' | 'not',
  parts: readonly Expression[],
  at?: number,
): Expression {
  if (operator !== 'not' && parts.length === 1) return parts[0] as Expression;
  return { kind: 'logical', operator, arguments: parts, type: BOOL, typmod: -1, location: at };
}

function bindIn(
  place: Place,
  isNegated: boolean,
  leftNode: Node,
  rightNode: Node,
  at: number | undefined,
): Expression {
  const { context } = place;
  const nodes = itemsOf(rightNode);
  if (rowItems(leftNode) !== null) return bindRowIn(place, isNegated, leftNode, nodes, at);
  const left = bindExpression(place, leftNode);
  const items = nodes.map((node) => bindExpression(place, node));
  const type = tryCommonType([left, ...items].map((part) => part.type));
  const comparisons = (): readonly Expression[] =>
    items.map((item) => bindOperator(context, isNegated ? '<>' : '=', left, item, at));
  if (type === null) return logical(isNegated ? 'and' : 'or', comparisons(), at);
  const shared = type === UNKNOWN ? TEXT : type;
  const coerced = [left, ...items].map((item) => mustCoerce(context, item, shared, 'IN'));
  const [first, second] = coerced as [Expression, Expression];
  // Throws where the type has no equality.
  bindOperator(context, '=', first, second, at);
  return {
    kind: 'in-list',
    left: first,
    items: coerced.slice(1),
    isNegated,
    type: BOOL,
    typmod: -1,
    location: at,
  };
}

function bindBetween(
  place: Place,
  kind: string,
  left: Node,
  right: Node,
  at: number | undefined,
): Expression {
  const { context } = place;
  const [low, high] = itemsOf(right);
  const compare = (operator: string, bound: Node): Expression =>
    rowItems(left) !== null
      ? bindRowComparison(place, operator, left, bound, at)
      : bindOperator(
          context,
          operator,
          bindExpression(place, left),
          bindExpression(place, bound),
          at,
        );
  const isNegated = kind.startsWith('AEXPR_NOT');
  const within = ([first, last]: readonly (Node | undefined)[]): Expression =>
    isNegated
      ? logical('or', [compare('<', first as Node), compare('>', last as Node)], at)
      : logical('and', [compare('>=', first as Node), compare('<=', last as Node)], at);
  const bounds = [low, high];
  if (!kind.endsWith('_SYM')) return within(bounds);
  return logical(isNegated ? 'and' : 'or', [within(bounds), within(bounds.toReversed())], at);
}

export function bindDistinct(
  place: Place,
  isNegated: boolean,
  leftNode: Node,
  rightNode: Node,
  at: number | undefined,
): Expression {
  const { context } = place;
  if (rowItems(leftNode) !== null || rowItems(rightNode) !== null) {
    return bindRowDistinct(place, isNegated, leftNode, rightNode, at);
  }
  const sides = [bindExpression(place, leftNode), bindExpression(place, rightNode)] as const;
  const equal = bindOperator(context, '=', ...sides, at);
  if (equal.kind !== 'operator') throw context.notSupported('IS DISTINCT FROM here', at);
  return {
    kind: 'distinct',
    isNegated,
    left: equal.left as Expression,
    right: equal.right,
    type: BOOL,
    typmod: -1,
    location: at,
  };
}

const MOMENTS: readonly Oid[] = [1082, 1114, 1184];

/** Its type is that of the left side as `=` takes it. */
function bindNullIf(place: Place, left: Node, right: Node, at: number | undefined): Expression {
  const { context } = place;
  const sides = [bindExpression(place, left), bindExpression(place, right)] as const;
  const equal = bindOperator(context, '=', ...sides, at);
  const taken = equal.kind === 'operator' && equal.left !== null ? equal.left : sides[0];
  // Postgres compares dates with timestamps as they are.
  const value = sides.every(({ type }) => MOMENTS.includes(type)) ? sides[0] : taken;
  const none: Expression = { kind: 'constant', type: value.type, typmod: -1, value: null };
  return {
    kind: 'case',
    branches: [{ when: equal, then: none }],
    otherwise: value,
    type: value.type,
    typmod: value.typmod,
    location: at,
  };
}

function bindBoolExpr(place: Place, fields: Fields): Expression {
  const operator = text(fields, 'boolop').replace('_EXPR', '').toLowerCase() as
    'and' | 'or' | 'not';
  const parts = list(fields, 'args').map((node) =>
    bindCondition(place, node, operator.toUpperCase()),
  );
  return logical(operator, parts, location(fields));
}

export function bindNullTest(place: Place, fields: Fields): Expression {
  const node = child(fields, 'arg') as Node;
  const items = rowItems(node);
  if (items !== null) return bindRowNullTest(place, fields, items);
  const operand = bindExpression(place, node);
  // This tells nothing of the type of a parameter.
  const argument = operand.kind === 'parameter' ? operand : resolveUnknown(place.context, operand);
  return {
    kind: 'test',
    test: 'null',
    isNegated: text(fields, 'nulltesttype') === 'IS_NOT_NULL',
    argument,
    type: BOOL,
    typmod: -1,
    location: location(fields),
  };
}

function bindBooleanTest(place: Place, fields: Fields): Expression {
  const words = text(fields, 'booltesttype').split('_');
  const test = (words.at(-1) ?? '').toLowerCase() as 'true' | 'false' | 'unknown';
  const argument = bindCondition(
    place,
    child(fields, 'arg') as Node,
    `IS ${words.slice(1).join(' ')}`,
  );
  const isNegated = words.includes('NOT');
  return {
    kind: 'test',
    test,
    isNegated,
    argument,
    type: BOOL,
    typmod: -1,
    location: location(fields),
  };
}

function bindCase(place: Place, fields: Fields): Expression {
  const { context } = place;
  const subject = child(fields, 'arg');
  const branches = list(fields, 'args').map((node) => {
    const branch = fieldsOf(node);
    const condition = child(branch, 'expr') as Node;
    const when =
      subject === null
        ? bindCondition(place, condition, 'CASE/WHEN')
        : bindOperator(
            context,
            '=',
            bindExpression(place, subject),
            bindExpression(place, condition),
            location(branch),
          );
    return { when, then: bindExpression(place, child(branch, 'result') as Node) };
  });
  const otherwiseNode = child(fields, 'defresult');
  const otherwise = otherwiseNode === null ? null : bindExpression(place, otherwiseNode);
  const results = [...(otherwise === null ? [] : [otherwise]), ...branches.map(({ then }) => then)];
  const type = commonType(context, results, 'CASE');
  const converted = branches.map(({ when, then }) => ({
    when,
    then: mustCoerce(context, then, type, 'CASE/WHEN'),
  }));
  const last = otherwise === null ? null : mustCoerce(context, otherwise, type, 'CASE/ELSE');
  return {
    kind: 'case',
    branches: converted,
    otherwise: last,
    type,
    typmod: last === null ? -1 : commonTypmod([last, ...converted.map(({ then }) => then)]),
    location: location(fields),
  };
}

function bindVariadic(
  place: Place,
  fields: Fields,
  kind: 'coalesce' | 'greatest' | 'least',
  construct: string,
): Expression {
  const { context } = place;
  const parts = list(fields, 'args').map((node) => bindExpression(place, node));
  const type = commonType(context, parts, construct);
  const converted = parts.map((part) => mustCoerce(context, part, type, construct));
  return {
    kind,
    arguments: converted,
    type,
    typmod: commonTypmod(converted),
    location: location(fields),
  };
}

function bindTypeCast(place: Place, fields: Fields): Expression {
  const { context } = place;
  const declared = bindTypeName(context, inner(fields, 'typeName') ?? {});
  const node = child(fields, 'arg') as Node;
  const { elementOid } = mustType(declared.type);
  // The elements of a constructor are converted one by one.
  const constructor = elementOid === 0 ? null : asTag(node, 'A_ArrayExpr');
  const argument =
    constructor === null ? bindExpression(place, node) : bindArray(place, constructor, elementOid);
  return mustCast(context, argument, declared, location(fields));
}

function mustCast(
  context: BindContext,
  argument: Expression,
  { type, typmod }: DeclaredType,
  at: number | undefined,
): Expression {
  const found = tryCoerce(context, argument, type, typmod, 'explicit');
  if (found !== null) return found;
  throw context.error(
    '42846',
    `cannot cast type ${typeDisplay(argument.type)} to ${typeDisplay(type)}`,
    at,
  );
}

/** CURRENT_TIMESTAMP and the like are functions without parentheses. */
function bindSqlValueFunction(place: Place, fields: Fields): Expression {
  const operation = text(fields, 'op').replace('SVFOP_', '');
  const at = location(fields);
  const names: Readonly<Record<string, string>> = {
    CURRENT_TIMESTAMP: 'now',
    CURRENT_TIMESTAMP_N: 'now',
    CURRENT_TIME: 'pg_current_time',
    CURRENT_TIME_N: 'pg_current_time',
    LOCALTIME: 'pg_localtime',
    LOCALTIME_N: 'pg_localtime',
    CURRENT_DATE: 'pg_current_date',
    LOCALTIMESTAMP: 'pg_localtimestamp',
    LOCALTIMESTAMP_N: 'pg_localtimestamp',
    CURRENT_USER: 'current_user',
    CURRENT_ROLE: 'current_role',
    USER: 'user',
    SESSION_USER: 'session_user',
    CURRENT_CATALOG: 'current_catalog',
    CURRENT_SCHEMA: 'current_schema',
  };
  const name = names[operation];
  if (name === undefined) throw place.context.notSupported(operation, at);
  const call = bindFunctionCall(place, { funcname: [{ String: { sval: name } }], location: at });
  if (!operation.endsWith('_N')) return call;
  const typmod = Math.min(integer(fields, 'typmod'), 6);
  return tryCoerce(place.context, call, call.type, typmod, 'explicit') ?? call;
}

function bindArray(place: Place, fields: Fields, element: Oid | null = null): Expression {
  const { context } = place;
  const at = location(fields);
  const items = list(fields, 'elements').map((node) => bindExpression(place, node));
  if (items.length === 0 && element === null) {
    throw context.error(
      '42P18',
      'cannot determine type of empty array',
      at,
      'Explicitly cast to the desired type, for example ARRAY[]::integer[].',
    );
  }
  const type = element ?? commonType(context, items, 'ARRAY');
  const { arrayOid, displayName, elementOid } = mustType(type);
  if (elementOid !== 0 || arrayOid === 0)
    throw context.notSupported(`an array of ${displayName}`, at);
  const elements = items.map((item) =>
    element === null
      ? mustCoerce(context, item, type, 'ARRAY')
      : mustCast(context, item, { type, typmod: -1 }, at),
  );
  return { kind: 'array', items: elements, type: arrayOid, typmod: -1, location: at };
}

function bindCollate(place: Place, fields: Fields): Expression {
  const name = strings(list(inner(fields, 'collClause') ?? fields, 'collname')).at(-1) ?? '';
  if (!['default', 'C', 'POSIX', 'ucs_basic'].includes(name)) {
    throw place.context.error(
      '42704',
      `collation "${name}" for encoding "UTF8" does not exist`,
      location(fields),
    );
  }
  return resolveUnknown(place.context, bindExpression(place, child(fields, 'arg') as Node));
}
