// An expression over one table as SQLite SQL for the schema: values stand in the text.
import type { Expression } from '../tree/expression.ts';
import { Emitter } from './emitter.ts';
import { emitExpression, emitKey } from './expression.ts';

export function emitScalar(expression: Expression): string {
  return emitExpression(new Emitter('inline'), expression);
}

/** In the form that indexes hold: through the type's sort key, if it has one. */
export function emitIndexKey(expression: Expression): string {
  const key = emitKey(new Emitter('inline'), expression);
  // A text by itself SQLite takes for the name of a column there.
  return expression.kind === 'constant' ? `ifnull(${key}, NULL)` : key;
}
