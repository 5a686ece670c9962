// PREPARE (PG: prepare.c): what is prepared, and the types of its parameters.
import { UNKNOWN } from '../types/oids.ts';
import type { BindContext } from './bind/context.ts';
import { bindTypeName } from './bind/type-name.ts';
import { child, fieldsOf, list, text } from './parse/node.ts';
import type { Fields, Node } from './parse/node.ts';
import type { ParsedStatement } from './parse/parse.ts';
import type { Utility } from './plan.ts';

type Prepare = Extract<Utility, { kind: 'prepare' }>;

/** Throws 42704 for a type that there is not. */
export function prepareStatement(
  context: BindContext,
  fields: Fields,
  statement: ParsedStatement,
): Prepare {
  const types = list(fields, 'argtypes').map((node) => {
    const { type } = bindTypeName(context, fieldsOf(node));
    return type === UNKNOWN ? 0 : type;
  });
  const node = child(fields, 'query') as Node;
  // A text of its own, by which its plan is remembered.
  const query = { node, source: statement.source, text: `${statement.text} -- prepared` };
  return { kind: 'prepare', name: text(fields, 'name'), types, query };
}
