// What the columns of type pg_node_tree hold. PostgreSQL keeps parse trees there, opaque to
// clients; here it is each expression's text in both forms that pg_get_expr can show.
import { must } from '../util/assert.ts';

export interface ExpressionText {
  /** Fully parenthesised: what bind reads again, and pg_get_expr(..., false) shows. */
  readonly text: string;
  /** With only the parentheses that a reader needs: pg_get_expr(..., true). */
  readonly pretty: string;
}

export function encodeNodeTree(expressions: readonly ExpressionText[]): string {
  return JSON.stringify(expressions.map(({ text, pretty }) => [text, pretty]));
}

export function decodeNodeTree(stored: string): readonly ExpressionText[] {
  const pairs = JSON.parse(stored) as readonly (readonly [string, string])[];
  return pairs.map(([text, pretty]) => ({ text, pretty }));
}

/** The only expression of a tree. */
export function decodeExpression(stored: string): ExpressionText {
  return must(decodeNodeTree(stored)[0], 'a node tree without an expression');
}
