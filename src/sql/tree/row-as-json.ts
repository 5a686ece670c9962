// A row of a table where only JSON is made of it: bind/whole-row.ts makes a call of ROW_TO_JSON, which
// is NULL where an outer join has no row.
import { ROW_TO_JSON } from '../functions/json-construction.ts';
import type { Expression } from './expression.ts';

export function isRowAsJson(expression: Expression): boolean {
  if (expression.kind === 'function') return expression.signature === ROW_TO_JSON;
  return (
    expression.kind === 'case' &&
    expression.otherwise?.kind === 'function' &&
    expression.otherwise.signature === ROW_TO_JSON
  );
}
