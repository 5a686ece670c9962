// Where neither queries nor parameters have a place: definitions, arguments of EXECUTE.
import { asTag, location } from '../parse/node.ts';
import type { BindContext } from './context.ts';

/** Throws 0A000, 42P02, as Postgres does before all else (PG: parse_expr.c). */
export function refuseQueries(context: BindContext, node: unknown, clause: string): void {
  if (typeof node !== 'object' || node === null) return;
  const link = asTag(node, 'SubLink');
  if (link !== null) {
    throw context.error('0A000', `cannot use subquery in ${clause}`, location(link));
  }
  const parameter = asTag(node, 'ParamRef');
  if (parameter !== null) {
    throw context.error(
      '42P02',
      `there is no parameter $${String(parameter['number'] ?? 0)}`,
      location(parameter),
    );
  }
  for (const child of Object.values(node)) refuseQueries(context, child, clause);
}
