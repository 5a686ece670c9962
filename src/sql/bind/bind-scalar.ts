// Expressions over one table alone: defaults, checks, index expressions and predicates.
import type { Catalog, Relation } from '../../catalog/catalog.ts';
import type { Oid } from '../../types/pg-type.ts';
import { asTag, child, list } from '../parse/node.ts';
import type { Node } from '../parse/node.ts';
import { parse } from '../parse/parse.ts';
import type { CompileSettings } from '../plan.ts';
import type { Expression } from '../tree/expression.ts';
import { coerceToBoolean, coerceToColumn, resolveUnknown } from './coerce.ts';
import { BindContext } from './context.ts';
import { bindExpression } from './expression.ts';
import { relationColumns } from './from.ts';
import { Scope } from './scope.ts';

/** What the expression must be: a value for a column, a condition, or anything. */
export type Wanted =
  | { readonly kind: 'column'; readonly name: string; readonly type: Oid; readonly typmod: number }
  | { readonly kind: 'condition'; readonly clause: string }
  | { readonly kind: 'any' };

export interface ScalarInput {
  readonly catalog: Catalog;
  readonly settings: CompileSettings;
  /** A parser's node with the text that its locations count in, or Postgres SQL text. */
  readonly expression: { readonly node: Node; readonly source: string } | string;
  /** Whose columns it may name; null: none. */
  readonly relation: Pick<Relation, 'oid' | 'name' | 'columns'> | null;
  readonly wanted: Wanted;
  /** For the message when an aggregate is used: 'check constraints', 'DEFAULT expressions', ... */
  readonly place: string;
}

export interface BoundScalar {
  readonly expression: Expression;
  /** It calls something that is not immutable. */
  readonly isVolatile: boolean;
}

export function bindScalar(input: ScalarInput): BoundScalar {
  const { node, source } =
    typeof input.expression === 'string' ? parseExpression(input.expression) : input.expression;
  const context = new BindContext(input.catalog, input.settings, source, []);
  const scope = new Scope(null);
  if (input.relation !== null) {
    const columns = relationColumns(input.relation as Relation);
    scope.entries.push({ name: input.relation.name, alias: null, columns });
  }
  const bound = bindExpression({ context, scope, noAggregates: input.place }, node);
  return { expression: coerced(context, bound, input.wanted), isVolatile: context.isVolatile };
}

function parseExpression(text: string): { readonly node: Node; readonly source: string } {
  const source = `SELECT ${text}`;
  const [statement] = parse(source);
  const [target] = list(asTag(statement?.node, 'SelectStmt') ?? {}, 'targetList');
  return { node: child(asTag(target, 'ResTarget') ?? {}, 'val') as Node, source };
}

function coerced(context: BindContext, expression: Expression, wanted: Wanted): Expression {
  if (wanted.kind === 'column') return coerceToColumn(context, expression, wanted);
  if (wanted.kind === 'condition') return coerceToBoolean(context, expression, wanted.clause);
  return resolveUnknown(context, expression);
}
