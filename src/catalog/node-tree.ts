// What the columns of type pg_node_tree hold. PostgreSQL keeps parse trees there, opaque to
// clients; here it is each expression's text in the forms that pg_get_expr and bind want. A relation
// that an expression names (`nextval('t_id_seq'::regclass)`) is kept by its oid, as a number
// between pieces of text, so that renaming it changes nothing here.
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';

export type TextPieces = readonly (string | Oid)[];

export interface ExpressionText {
  /** Fully parenthesised: pg_get_expr(..., false). */
  readonly text: TextPieces;
  /** With only the parentheses that a reader needs: pg_get_expr(..., true). */
  readonly pretty: TextPieces;
  /** What bind reads again, where that is not `text`. */
  readonly source?: TextPieces;
}

export function encodeNodeTree(expressions: readonly ExpressionText[]): string {
  return JSON.stringify(
    expressions.map(({ text, pretty, source }) =>
      source === undefined ? [text, pretty] : [text, pretty, source],
    ),
  );
}

export function decodeNodeTree(stored: string): readonly ExpressionText[] {
  const forms = JSON.parse(stored) as readonly (readonly [TextPieces, TextPieces, TextPieces?])[];
  return forms.map(([text, pretty, source]) =>
    source === undefined ? { text, pretty } : { text, pretty, source },
  );
}

/** The only expression of a tree. */
export function decodeExpression(stored: string): ExpressionText {
  return must(decodeNodeTree(stored)[0], 'a node tree without an expression');
}

/** As bind reads it: regclass takes the digits of an oid. */
export function sourceText(expression: ExpressionText): string {
  return (expression.source ?? expression.text).join('');
}

/** As clients see it. */
export function shownText(pieces: TextPieces, relationName: (oid: Oid) => string): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : relationName(piece))).join('');
}
