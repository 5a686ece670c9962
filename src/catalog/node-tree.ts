// What the columns of type pg_node_tree hold. PostgreSQL keeps parse trees there, opaque to
// clients; here it is each expression's text in both forms that pg_get_expr can show. A relation
// that an expression names (`nextval('t_id_seq'::regclass)`) is kept by its oid, as a number
// between pieces of text, so that renaming it changes nothing here.
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';

export type TextPieces = readonly (string | Oid)[];

export interface ExpressionText {
  /** Fully parenthesised: what bind reads again, and pg_get_expr(..., false) shows. */
  readonly text: TextPieces;
  /** With only the parentheses that a reader needs: pg_get_expr(..., true). */
  readonly pretty: TextPieces;
}

export function encodeNodeTree(expressions: readonly ExpressionText[]): string {
  return JSON.stringify(expressions.map(({ text, pretty }) => [text, pretty]));
}

export function decodeNodeTree(stored: string): readonly ExpressionText[] {
  const pairs = JSON.parse(stored) as readonly (readonly [TextPieces, TextPieces])[];
  return pairs.map(([text, pretty]) => ({ text, pretty }));
}

/** The only expression of a tree. */
export function decodeExpression(stored: string): ExpressionText {
  return must(decodeNodeTree(stored)[0], 'a node tree without an expression');
}

/** As bind reads it: regclass takes the digits of an oid. */
export function sourceText(expression: ExpressionText): string {
  return expression.text.join('');
}

/** As clients see it. */
export function shownText(pieces: TextPieces, relationName: (oid: Oid) => string): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? piece : relationName(piece)))
    .join('');
}
