// The schema that a function is called by: all there are stand in those of the catalog.
import { list, location, strings } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { BindContext } from './context.ts';

const SCHEMAS = ['pg_catalog', 'information_schema'];

/** Throws 3F000 for a schema that there is not, 0A000 for one without functions. */
export function checkFunctionSchema(context: BindContext, call: Fields): void {
  const [schema = '', ...rest] = strings(list(call, 'funcname')).slice(-2);
  if (rest.length === 0 || SCHEMAS.includes(schema)) return;
  if (context.catalog.hasSchema(schema)) {
    throw context.notSupported(`a function in schema "${schema}"`, location(call));
  }
  throw context.error('3F000', `schema "${schema}" does not exist`, location(call));
}
