// Bound expressions -> SQLite SQL: a table from kind to writer.
import { PgError, notSupported } from '../../errors/pg-error.ts';
import { BOOL, BYTEA, FLOAT4, FLOAT8 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { isStableInput, isStableOutput, mustType } from '../../types/registry.ts';
import { unreachable } from '../../util/assert.ts';
import { ROW_AS_JSON } from '../functions/json-construction.ts';
import { PATTERN_OPERATORS } from '../functions/quantifiers.ts';
import type { Implementation } from '../functions/signature.ts';
import type {
  AggregateCall,
  ArrayQuantifier,
  Cast,
  Expression,
  FrameBound,
  OperatorCall,
  QueryComparison,
  RowComparison,
  SortKey,
  WindowClause,
} from '../tree/expression.ts';
import { someExpression } from '../tree/expression.ts';
import { CHECKED_ARGUMENTS } from '../functions/windows.ts';
import { isRowAsJson } from '../tree/row-as-json.ts';
import type { Emitter } from './emitter.ts';
import { quoteName } from './names.ts';
import { emitQuery } from './query.ts';

export function emitExpression(emitter: Emitter, expression: Expression): string {
  const emit = (part: Expression): string => emitExpression(emitter, part);
  switch (expression.kind) {
    case 'constant':
      return emitter.value(expression.value);
    case 'parameter':
      return emitter.parameter(expression.number);
    case 'column':
      return emitColumn(expression);
    case 'function':
      return call(expression.signature.implementation, [
        ...elementTypeOf(expression),
        ...withTypes(expression.signature, expression.arguments, expression.arguments.map(emit)),
      ]);
    case 'operator':
      return emitOperator(emitter, expression);
    case 'cast':
      return emitCast(emitter, expression);
    case 'logical':
      if (expression.operator === 'not')
        return `(NOT ${emit(expression.arguments[0] as Expression)})`;
      return balanced(expression.arguments.map(emit), expression.operator === 'and' ? 'AND' : 'OR');
    case 'test':
      return emitTest(emit(expression.argument), expression.test, expression.isNegated);
    case 'distinct': {
      const operator = expression.isNegated ? 'IS' : 'IS NOT';
      return `(${emitKey(emitter, expression.left)} ${operator} ${emitKey(emitter, expression.right)})`;
    }
    case 'case':
      return emitCase(emitter, expression);
    case 'coalesce':
      if (expression.arguments.length === 1) return emit(expression.arguments[0] as Expression);
      return `coalesce(${expression.arguments.map(emit).join(', ')})`;
    case 'greatest':
    case 'least':
      return `pg_${expression.kind}(${[String(expression.type), ...expression.arguments.map(emit)].join(', ')})`;
    case 'in-list': {
      const items = expression.items.map((item) => emitKey(emitter, item)).join(', ');
      return `(${emitKey(emitter, expression.left)} ${expression.isNegated ? 'NOT IN' : 'IN'} (${items}))`;
    }
    case 'subquery':
      return emitSubquery(emitter, expression);
    case 'row-comparison':
      return emitRowComparison(emitter, expression);
    case 'in-subquery':
      return emitQueryComparison(emitter, expression);
    case 'any-array':
      return emitAnyArray(emitter, expression);
    case 'array':
      return `pg_array(${[String(mustType(expression.type).elementOid), ...expression.items.map(emit)].join(', ')})`;
    case 'aggregate':
      return emitAggregate(emitter, expression);
    case 'grouping':
      throw notSupported('GROUPING of a query further out');
    default:
      return unreachable(expression);
  }
}

/** Each text behind the type of its argument, where the signature asks for that. */
function withTypes(
  { takesTypes = false }: { readonly takesTypes?: boolean },
  parts: readonly Expression[],
  texts: readonly string[],
): readonly string[] {
  if (!takesTypes) return texts;
  return texts.flatMap((text, at) => {
    const part = parts[at] as Expression;
    return [String(isRowAsJson(part) ? ROW_AS_JSON : part.type), text];
  });
}

function emitColumn(column: Extract<Expression, { kind: 'column' }>): string {
  const name = quoteName(column.sqliteName);
  return column.alias === null ? name : `${quoteName(column.alias)}.${name}`;
}

function call(implementation: Implementation, args: readonly string[]): string {
  if (implementation.kind === 'sql') return implementation.emit(args);
  return `${implementation.sqlName}(${args.join(', ')})`;
}

/** The form of a value that SQLite may compare, sort, group and index. */
export function emitKey(emitter: Emitter, expression: Expression): string {
  return keyOf(expression.type, emitExpression(emitter, expression));
}

/**
 * A key in ORDER BY or GROUP BY. SQLite takes a number there for the position of a column, also where
 * it finds the number itself: `1 IS NULL`, `x AND false`. A volatile key must stay the same text as in
 * the select list: SQLite would call it twice.
 */
export function emitFreeKey(emitter: Emitter, expression: Expression): string {
  const text = emitKey(emitter, expression);
  if (someExpression(expression, isVolatileCall)) return text;
  const mayBeNumber = expression.type === BOOL || !someExpression(expression, isFromRow);
  return mayBeNumber && expression.kind !== 'column' ? `ifnull(${text}, NULL)` : text;
}

function isVolatileCall(part: Expression): boolean {
  return part.kind === 'function' && part.signature.volatility === 'volatile';
}

function isFromRow({ kind }: Expression): boolean {
  return kind === 'column' || kind === 'aggregate' || kind === 'subquery' || kind === 'in-subquery';
}

export function keyOf(type: Oid, text: string): string {
  const { sortKey } = mustType(type);
  return sortKey === null ? text : `${sortKey}(${text})`;
}

function elementTypeOf({ elementType }: { readonly elementType?: Oid | undefined }): string[] {
  return elementType === undefined ? [] : [String(elementType)];
}

function emitOperator(emitter: Emitter, operator: OperatorCall): string {
  const { left, right } = operator;
  const { implementation } = operator.signature;
  if (implementation.kind === 'comparison') {
    return `(${emitKey(emitter, left as Expression)} ${implementation.sqlite} ${emitKey(emitter, right)})`;
  }
  const args = left === null ? [right] : [left, right];
  return call(implementation, [
    ...elementTypeOf(operator),
    ...args.map((part) => emitExpression(emitter, part)),
  ]);
}

function emitCast(emitter: Emitter, cast: Cast): string {
  const argument = emitExpression(emitter, cast.argument);
  switch (cast.how) {
    case 'function':
      return cast.signature === null ? argument : call(cast.signature.implementation, [argument]);
    case 'input':
      return `${isStableInput(cast.type) ? 'pg_input' : 'pg_fixed_input'}(${argument}, ${cast.type}, ${cast.typmod})`;
    case 'output':
      return emitOutput(emitter, cast.argument.type, argument);
    case 'length':
      return `pg_coerce(${argument}, ${cast.type}, ${cast.typmod}, ${cast.isExplicit ? 1 : 0})`;
    case 'array': {
      const [from, to] = [cast.argument.type, cast.type].map((type) => mustType(type).elementOid);
      return `pg_array_cast(${argument}, ${from}, ${to})`;
    }
    case 'relabel':
      return argument;
    default:
      return unreachable(cast.how);
  }
}

const PLAIN_OUTPUT: readonly Oid[] = [20, 21, 23, 26];

/** In the schema the settings are those of nobody. */
const OUTPUT_BY_SETTINGS: readonly Oid[] = [BYTEA, FLOAT4, FLOAT8];

function emitOutput(emitter: Emitter, type: Oid, text: string): string {
  if (mustType(type).category === 'S') return text;
  if (PLAIN_OUTPUT.includes(type)) return `CAST(${text} AS TEXT)`;
  const bySettings =
    isStableOutput(type) || (!emitter.isInline && OUTPUT_BY_SETTINGS.includes(type));
  return `${bySettings ? 'pg_output' : 'pg_fixed_output'}(${text}, ${type})`;
}

/** SQLite limits the depth of expressions: a long chain is written as a tree. */
function balanced(parts: readonly string[], operator: 'AND' | 'OR'): string {
  if (parts.length === 1) return parts[0] as string;
  const middle = Math.ceil(parts.length / 2);
  return `(${balanced(parts.slice(0, middle), operator)} ${operator} ${balanced(parts.slice(middle), operator)})`;
}

function emitTest(argument: string, test: string, isNegated: boolean): string {
  const not = isNegated ? ' NOT' : '';
  if (test === 'true') return `((${argument}) IS${not} 1)`;
  if (test === 'false') return `((${argument}) IS${not} 0)`;
  return `((${argument}) IS${not} NULL)`;
}

function emitCase(
  emitter: Emitter,
  { branches, otherwise }: Extract<Expression, { kind: 'case' }>,
): string {
  const parts = branches.map(
    ({ when, then }) =>
      `WHEN ${emitExpression(emitter, when)} THEN ${emitExpression(emitter, then)}`,
  );
  if (otherwise !== null) parts.push(`ELSE ${emitExpression(emitter, otherwise)}`);
  return `(CASE ${parts.join(' ')} END)`;
}

function emitSubquery(
  emitter: Emitter,
  { form, query, type }: Extract<Expression, { kind: 'subquery' }>,
): string {
  const text = emitQuery(emitter, query);
  if (form === 'exists') return `EXISTS (${text})`;
  if (form === 'array') {
    const { elementOid } = mustType(type);
    return `(SELECT pg_array_of_rows(${elementOid}, c1) FROM (${text}))`;
  }
  // More than one row is an error in Postgres, where SQLite takes the first.
  return `(SELECT pg_single_row(c1, count(*) OVER ()) FROM (SELECT * FROM (${text}) LIMIT 2))`;
}

function emitRow(emitter: Emitter, values: readonly Expression[]): string {
  const texts = values.map((value) => emitKey(emitter, value)).join(', ');
  return values.length === 1 ? texts : `(${texts})`;
}

/** SQLite compares rows as Postgres does, and with an index. */
function emitRowComparison(emitter: Emitter, { operator, pairs }: RowComparison): string {
  const left = pairs.map((pair) => pair.left as Expression);
  const right = pairs.map((pair) => pair.right);
  return `(${emitRow(emitter, left)} ${operator} ${emitRow(emitter, right)})`;
}

function emitQueryComparison(emitter: Emitter, comparison: QueryComparison): string {
  const { query, alias, pairs, condition, quantifier } = comparison;
  const text = emitQuery(emitter, query);
  const name = quoteName(alias);
  if (quantifier === 'one') {
    if (pairs.some((pair) => hasAggregate(pair.left as Expression))) throw rowOfAggregates();
    const columns = query.columns.map((_column, at) =>
      at === 0 ? 'pg_single_row(c1, count(*) OVER ()) AS c1' : `c${at + 1}`,
    );
    const row = `SELECT ${columns.join(', ')} FROM (SELECT * FROM (${text}) LIMIT 2)`;
    return `(SELECT ${emitExpression(emitter, condition)} FROM (${row}) AS ${name})`;
  }
  const isAll = quantifier === 'all';
  const native = isAll ? '<>' : '=';
  const isNative = pairs.every(
    ({ signature: { implementation } }) =>
      implementation.kind === 'comparison' && implementation.sqlite === native,
  );
  if (!isNative) {
    if (pairs.some((pair) => hasAggregate(pair.left as Expression))) {
      return emitCollectedComparison(emitter, comparison, text);
    }
    return quantified(emitExpression(emitter, condition), `FROM (${text}) AS ${name}`, isAll);
  }
  const left = emitRow(
    emitter,
    pairs.map((pair) => pair.left as Expression),
  );
  const right = pairs.map((pair) => emitKey(emitter, pair.right)).join(', ');
  return `(${left} ${isAll ? 'NOT IN' : 'IN'} (SELECT ${right} FROM (${text}) AS ${name}))`;
}

/** In a query inside, an aggregate would be one of that query. */
function hasAggregate(expression: Expression): boolean {
  return someExpression(expression, ({ kind }) => kind === 'aggregate');
}

function rowOfAggregates(): PgError {
  return new PgError('0A000', 'comparing a row of aggregates with a query is not supported');
}

/** The rows of the query in an array, for a function to compare with. */
function emitCollectedComparison(
  emitter: Emitter,
  { alias, pairs, quantifier }: QueryComparison,
  text: string,
): string {
  const [pair, ...others] = pairs;
  if (pair === undefined || others.length > 0) throw rowOfAggregates();
  const { signature, left, right } = pair;
  const rows = `SELECT pg_array_of_rows(${right.type}, ${emitExpression(emitter, right)}) FROM (${text}) AS ${quoteName(alias)}`;
  return emitQuantifierCall(
    emitter,
    { signature, left: left as Expression, isAll: quantifier === 'all' },
    { items: `(${rows})`, elementType: right.type },
  );
}

function emitAnyArray(emitter: Emitter, expression: ArrayQuantifier): string {
  const { signature, left, array, isAll } = expression;
  const { implementation } = signature;
  const { elementOid } = mustType(array.type);
  const items = emitExpression(emitter, array);
  const isAside = hasAggregate(array) || (hasAggregate(left) && !isAmong(expression));
  if (emitter.isInline || isAside) {
    return emitQuantifierCall(emitter, expression, { items, elementType: elementOid });
  }
  // A table-valued function is not called for NULL at all.
  const source = `FROM pg_array_items(ifnull(${items}, ''), ${elementOid})`;
  if (implementation.kind !== 'comparison') {
    return quantified(call(implementation, [emitExpression(emitter, left), 'c1']), source, isAll);
  }
  const key = emitKey(emitter, left);
  const element = keyOf(signature.right, 'c1');
  if (!isAll && implementation.sqlite === '=') return `(${key} IN (SELECT ${element} ${source}))`;
  if (isAll && implementation.sqlite === '<>') {
    return `(${key} NOT IN (SELECT ${element} ${source}))`;
  }
  return quantified(`${key} ${implementation.sqlite} ${element}`, source, isAll);
}

/** IN and NOT IN have what is on the left outside of their query. */
function isAmong({ signature: { implementation }, isAll }: ArrayQuantifier): boolean {
  return implementation.kind === 'comparison' && implementation.sqlite === (isAll ? '<>' : '=');
}

/** Without a query: the schema takes none. */
function emitQuantifierCall(
  emitter: Emitter,
  { signature, left, isAll }: Pick<ArrayQuantifier, 'signature' | 'left' | 'isAll'>,
  { items, elementType }: { readonly items: string; readonly elementType: Oid },
): string {
  const { implementation } = signature;
  if (implementation.kind === 'js') {
    if (!PATTERN_OPERATORS.includes(signature.name)) {
      throw new PgError('0A000', `${signature.name} ANY/ALL (array) here is not supported`);
    }
    const text = emitExpression(emitter, left);
    return `pg_quantified('${implementation.sqlName}', ${isAll ? 1 : 0}, ${elementType}, ${text}, ${items})`;
  }
  const symbol = implementation.kind === 'comparison' ? implementation.sqlite : signature.name;
  const key = emitKey(emitter, left);
  return `pg_compared('${symbol}', ${isAll ? 1 : 0}, ${signature.right}, ${key}, ${items})`;
}

/** True if any is; else NULL if one is not known; else false. And ALL the other way round. */
function quantified(condition: string, source: string, isAll: boolean): string {
  const [decisive, otherwise] = isAll ? [0, 1] : [1, 0];
  const extreme = isAll ? 'min' : 'max';
  const known = `CASE WHEN ${extreme}(v) = ${decisive} THEN ${decisive} WHEN count(*) > count(v) THEN NULL ELSE ${otherwise} END`;
  return `(SELECT ${known} FROM (SELECT ${condition} AS v ${source}))`;
}

function emitAggregate(emitter: Emitter, aggregate: AggregateCall): string {
  const { signature, isStar } = aggregate;
  const texts = aggregate.arguments.map((part) => emitExpression(emitter, part));
  const args = [...withTypes(signature, aggregate.arguments, texts)];
  const { name, prefix, orderBy } = aggregateForm(aggregate);
  if (signature.leadingArgument !== undefined) args.unshift(signature.leadingArgument);
  const [first] = aggregate.arguments;
  if (aggregate.isDistinct && name === 'count' && first !== undefined) {
    args[0] = keyOf(first.type, args[0] ?? '');
  }
  const check = aggregate.over === null ? undefined : CHECKED_ARGUMENTS[name];
  if (check !== undefined) args[check[0]] = `${check[1]}(${args[check[0]] ?? ''})`;
  const order = orderBy.length === 0 ? '' : ` ORDER BY ${emitSortKeys(emitter, orderBy)}`;
  const body = isStar ? '*' : `${prefix}${args.join(', ')}${order}`;
  const filter =
    aggregate.filter === null ? '' : ` FILTER (WHERE ${emitExpression(emitter, aggregate.filter)})`;
  const over = aggregate.over === null ? '' : ` OVER (${emitWindow(emitter, aggregate.over)})`;
  return `${name}(${body})${filter}${over}`;
}

interface AggregateForm {
  readonly name: string;
  /** What goes before the arguments. */
  readonly prefix: string;
  readonly orderBy: readonly SortKey[];
}

/** Functions of ours are there three times: see registerAggregate(). */
function aggregateForm({ signature, ...aggregate }: AggregateCall): AggregateForm {
  const { implementation } = signature;
  const { isDistinct, orderBy, over } = aggregate;
  const isOurs = implementation.kind === 'js' || signature.sqliteName !== undefined;
  const name =
    signature.sqliteName ??
    (implementation.kind === 'js' ? implementation.sqlName : nativeName(implementation.emit([''])));
  if (!isOurs) {
    const isIdempotent = ['min', 'max'].includes(name);
    return { name, prefix: isDistinct && !isIdempotent ? 'DISTINCT ' : '', orderBy };
  }
  if (over !== null) return { name: `${name}_over`, prefix: '', orderBy };
  if (!isDistinct) return { name, prefix: '', orderBy };
  // Postgres finds equal values by sorting, so they come sorted.
  const sorted = aggregate.arguments.map((expression): SortKey => ({
    expression,
    isDescending: false,
    isNullsFirst: false,
  }));
  const type = aggregate.arguments[0]?.type ?? 0;
  return {
    name: `${name}_distinct`,
    prefix: `${type}, `,
    orderBy: orderBy.length > 0 ? orderBy : sorted,
  };
}

function nativeName(text: string): string {
  return text.slice(0, text.indexOf('('));
}

function emitWindow(emitter: Emitter, window: WindowClause): string {
  const parts: string[] = [];
  if (window.partitionBy.length > 0) {
    parts.push(
      `PARTITION BY ${window.partitionBy.map((part) => emitKey(emitter, part)).join(', ')}`,
    );
  }
  if (window.orderBy.length > 0) parts.push(`ORDER BY ${emitSortKeys(emitter, window.orderBy)}`);
  if (window.frame !== null) {
    const { mode, start, end } = window.frame;
    const bounds = [start, end].map(emitBound).join(' AND ');
    parts.push(`${mode} BETWEEN ${bounds}`);
    if (window.exclusion !== null) parts.push(`EXCLUDE ${window.exclusion}`);
  }
  return parts.join(' ');
}

function emitBound({ direction, offset }: FrameBound): string {
  if (direction === 'CURRENT ROW') return direction;
  return `${offset === null ? 'UNBOUNDED' : offset} ${direction}`;
}

export function emitSortKeys(emitter: Emitter, keys: readonly SortKey[]): string {
  return keys
    .map(({ expression, isDescending, isNullsFirst }) => {
      const direction = isDescending ? ' DESC' : '';
      // SQLite takes NULLs for the smallest values. Saying what it does anyway, or what cannot
      // matter, would keep it from using an index.
      const isDefault = isNullsFirst === !isDescending;
      const isNever = expression.kind === 'column' && expression.isNotNull;
      const nulls = isDefault || isNever ? '' : isNullsFirst ? ' NULLS FIRST' : ' NULLS LAST';
      return `${emitFreeKey(emitter, expression)}${direction}${nulls}`;
    })
    .join(', ');
}
