// The table that a utility statement names: Postgres tells its errors without a position.
import type { Relation } from '../../catalog/catalog.ts';
import { PgError } from '../../errors/pg-error.ts';
import { text } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { BindContext } from './context.ts';

/** A relation of any kind. `range`: of a RangeVar. Throws 42P01, 3F000. */
export function utilityRelation(context: BindContext, range: Fields): Relation {
  const schema = text(range, 'schemaname') || null;
  const name = text(range, 'relname');
  const relation = context.tryRelation(schema, name);
  if (relation !== null) return relation;
  if (schema !== null && !context.catalog.hasSchema(schema)) {
    throw new PgError('3F000', `schema "${schema}" does not exist`);
  }
  const shown = schema === null ? name : `${schema}.${name}`;
  throw new PgError('42P01', `relation "${shown}" does not exist`);
}
