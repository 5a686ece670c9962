// An expression over one table as SQLite SQL for the schema: values stand in the text.
import type { Expression } from '../tree/expression.ts';
import { Emitter } from './emitter.ts';
import { emitExpression, emitKey } from './expression.ts';

export function emitScalar(expression: Expression): string {
  return emitExpression(new Emitter('inline'), expression);
}

/** In the form that indexes hold: through the type's sort key, if it has one. */
export function emitIndexKey(expression: Expression): string {
  return emitKey(new Emitter('inline'), expression);
}
