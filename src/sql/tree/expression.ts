// What bind makes of expressions: names resolved, types known, every conversion explicit. Plain
// data; emit writes it as SQLite SQL, deparse as Postgres SQL.
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { unreachable } from '../../util/assert.ts';
import type {
  AggregateSignature,
  CastSignature,
  FunctionSignature,
  OperatorSignature,
} from '../functions/signature.ts';
import type { Query } from './query.ts';

interface Typed {
  readonly type: Oid;
  /** -1: none. */
  readonly typmod: number;
  /** Byte offset in the query text, for errors. */
  readonly location?: number | undefined;
}

/** With type unknown: a literal whose type the context decides; its value is the text. */
export interface Constant extends Typed {
  readonly kind: 'constant';
  readonly value: SqliteValue;
}

export interface Parameter extends Typed {
  readonly kind: 'parameter';
  /** From 1. */
  readonly number: number;
}

export interface ColumnReference extends Typed {
  readonly kind: 'column';
  /** The range entry's name in the SQLite text; null in an expression over one table alone. */
  readonly alias: string | null;
  readonly sqliteName: string;
  readonly name: string;
  readonly tableOid: Oid;
  readonly columnNumber: number;
  readonly isNotNull: boolean;
  /** How many queries further out the range entry is. */
  readonly level: number;
}

export interface FunctionCall extends Typed {
  readonly kind: 'function';
  readonly signature: FunctionSignature;
  readonly arguments: readonly Expression[];
  /** For a signature that takes it: what anyelement or anycompatible is here. */
  readonly elementType?: Oid | undefined;
}

export interface OperatorCall extends Typed {
  readonly kind: 'operator';
  readonly signature: OperatorSignature;
  /** null for a prefix operator. */
  readonly left: Expression | null;
  readonly right: Expression;
  readonly elementType?: Oid | undefined;
}

/** `signature` null: through the text form, or for a length coercion only. */
export interface Cast extends Typed {
  readonly kind: 'cast';
  readonly signature: CastSignature | null;
  readonly how: 'function' | 'input' | 'output' | 'length' | 'relabel' | 'array';
  readonly isExplicit: boolean;
  readonly argument: Expression;
}

export interface Logical extends Typed {
  readonly kind: 'logical';
  readonly operator: 'and' | 'or' | 'not';
  readonly arguments: readonly Expression[];
}

/** IS [NOT] NULL, IS [NOT] TRUE/FALSE/UNKNOWN. */
export interface Test extends Typed {
  readonly kind: 'test';
  readonly test: 'null' | 'true' | 'false' | 'unknown';
  readonly isNegated: boolean;
  readonly argument: Expression;
}

export interface Distinctness extends Typed {
  readonly kind: 'distinct';
  readonly isNegated: boolean;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Case extends Typed {
  readonly kind: 'case';
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise: Expression | null;
}

export interface Variadic extends Typed {
  readonly kind: 'coalesce' | 'greatest' | 'least';
  readonly arguments: readonly Expression[];
}

/** `left IN (...)`; both sides have one type that has an equality. */
export interface InList extends Typed {
  readonly kind: 'in-list';
  readonly left: Expression;
  readonly items: readonly Expression[];
  readonly isNegated: boolean;
}

export interface Subquery extends Typed {
  readonly kind: 'subquery';
  readonly form: 'scalar' | 'exists' | 'array';
  readonly query: Query;
}

/** (a, b) < (c, d): the first pair that is not equal decides. */
export interface RowComparison extends Typed {
  readonly kind: 'row-comparison';
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly pairs: readonly OperatorCall[];
}

/** What is on the left, one value or a row, compared with the rows of a query. */
export interface QueryComparison extends Typed {
  readonly kind: 'in-subquery';
  /** `one`: the query may have one row only. */
  readonly quantifier: 'any' | 'all' | 'one';
  readonly left: readonly Expression[];
  readonly query: Query;
  /** Of the query, in the comparisons. */
  readonly alias: string;
  readonly pairs: readonly OperatorCall[];
  /** The pairs together. */
  readonly condition: Expression;
}

/** `left operator ANY (array)` and ALL. */
export interface ArrayQuantifier extends Typed {
  readonly kind: 'any-array';
  readonly signature: OperatorSignature;
  readonly isAll: boolean;
  readonly left: Expression;
  readonly array: Expression;
}

export interface ArrayConstructor extends Typed {
  readonly kind: 'array';
  readonly items: readonly Expression[];
}

export interface AggregateCall extends Typed {
  readonly kind: 'aggregate';
  readonly signature: AggregateSignature;
  readonly arguments: readonly Expression[];
  /** Of WITHIN GROUP: how many of the arguments, the first ones, are the same for a whole group. */
  readonly directCount?: number;
  readonly isStar: boolean;
  readonly isDistinct: boolean;
  readonly orderBy: readonly SortKey[];
  readonly filter: Expression | null;
  readonly over: WindowClause | null;
}

/** GROUPING(): gone when its query is bound, see bind/grouping-sets.ts. */
export interface GroupingCall extends Typed {
  readonly kind: 'grouping';
  readonly arguments: readonly Expression[];
}

export interface SortKey {
  readonly expression: Expression;
  readonly isDescending: boolean;
  readonly isNullsFirst: boolean;
}

export interface WindowClause {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortKey[];
  /** null: the default. */
  readonly frame: {
    readonly mode: 'ROWS' | 'GROUPS' | 'RANGE';
    readonly start: FrameBound;
    readonly end: FrameBound;
  } | null;
  readonly exclusion: 'CURRENT ROW' | 'GROUP' | 'TIES' | null;
}

export interface FrameBound {
  readonly direction: 'PRECEDING' | 'FOLLOWING' | 'CURRENT ROW';
  /** null: unbounded. */
  readonly offset: bigint | number | null;
}

export type Expression =
  | Constant
  | Parameter
  | ColumnReference
  | FunctionCall
  | OperatorCall
  | Cast
  | Logical
  | Test
  | Distinctness
  | Case
  | Variadic
  | InList
  | Subquery
  | RowComparison
  | QueryComparison
  | ArrayQuantifier
  | ArrayConstructor
  | AggregateCall
  | GroupingCall;

/** The expressions directly inside; queries inside are not entered. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'column':
    case 'subquery':
      return [];
    case 'function':
    case 'logical':
    case 'coalesce':
    case 'greatest':
    case 'least':
    case 'grouping':
      return expression.arguments;
    case 'operator':
      return expression.left === null ? [expression.right] : [expression.left, expression.right];
    case 'cast':
    case 'test':
      return [expression.argument];
    case 'distinct':
      return [expression.left, expression.right];
    case 'case':
      return [
        ...expression.branches.flatMap(({ when, then }) => [when, then]),
        ...(expression.otherwise === null ? [] : [expression.otherwise]),
      ];
    case 'in-list':
      return [expression.left, ...expression.items];
    case 'row-comparison':
      return expression.pairs;
    case 'in-subquery':
      return expression.left;
    case 'any-array':
      return [expression.left, expression.array];
    case 'array':
      return expression.items;
    case 'aggregate':
      return [
        ...expression.arguments,
        ...expression.orderBy.map((key) => key.expression),
        ...(expression.filter === null ? [] : [expression.filter]),
        ...(expression.over?.partitionBy ?? []),
        ...(expression.over?.orderBy.map((key) => key.expression) ?? []),
      ];
    default:
      return unreachable(expression);
  }
}

export function someExpression(
  expression: Expression,
  isWanted: (candidate: Expression) => boolean,
): boolean {
  return (
    isWanted(expression) || childrenOf(expression).some((child) => someExpression(child, isWanted))
  );
}

/** Where its text begins: the first of all its parts. */
export function startOf(expression: Expression): number | undefined {
  const starts = [expression.location, ...childrenOf(expression).map(startOf)];
  return starts.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a));
}

/** Equal for equal expressions, wherever they stand in the text. */
export function expressionKey(expression: Expression): string {
  return JSON.stringify(expression, (name, value: unknown) => {
    if (name === 'location' || name === 'isNotNull') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    return value;
  });
}

/** The expression with columns of the range entry `alias` as columns of `replacement`. */
export function withAlias<T>(part: T, alias: string, replacement: string): T {
  if (Array.isArray(part)) {
    return part.map((item: unknown) => withAlias(item, alias, replacement)) as T;
  }
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return part;
  const copy = Object.fromEntries(
    Object.entries(part).map(([name, value]) => [
      name,
      name === 'signature' ? value : withAlias<unknown>(value, alias, replacement),
    ]),
  );
  const isOfEntry = copy['kind'] === 'column' && copy['alias'] === alias;
  return (isOfEntry ? { ...copy, alias: replacement } : copy) as T;
}

/** Whether any node of the tree is wanted, those of queries inside included. */
export function someNode(
  part: unknown,
  isWanted: (node: Readonly<Record<string, unknown>>) => boolean,
): boolean {
  if (Array.isArray(part)) return part.some((item) => someNode(item, isWanted));
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return false;
  const node = part as Readonly<Record<string, unknown>>;
  if (isWanted(node)) return true;
  return Object.entries(node).some(
    ([name, value]) => name !== 'signature' && someNode(value, isWanted),
  );
}

/**
 * The part with expressions replaced where `replace` gives one, in queries inside too; it is not asked
 * inside of what it replaces.
 */
export function replaceExpressions<T>(
  part: T,
  replace: (expression: Expression, isInQuery: boolean) => Expression | null,
  isInQuery = false,
): T {
  if (Array.isArray(part)) {
    return part.map((item: unknown) => replaceExpressions(item, replace, isInQuery)) as T;
  }
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return part;
  const replaced = 'kind' in part ? replace(part as unknown as Expression, isInQuery) : null;
  if (replaced !== null) return replaced as T;
  const parts = Object.entries(part).map(([name, value]: [string, unknown]) => [
    name,
    name === 'signature'
      ? value
      : replaceExpressions(value, replace, isInQuery || name === 'query'),
  ]);
  return Object.fromEntries(parts) as T;
}
