// Arguments of calls, which may be named, and left out where they have defaults (PG: 4.3).
import type { FunctionSignature } from '../functions/signature.ts';
import { asTag, child, text } from '../parse/node.ts';
import type { Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { rowArgument } from './whole-row.ts';
import { noFunction } from './no-function.ts';

type Signature = Pick<FunctionSignature, 'parameterNames' | 'defaults' | 'arguments'>;

/** In the order of the parameters, with defaults for those that are left out. */
export function bindArguments(
  place: Place,
  name: string,
  nodes: readonly Node[],
  at: number | undefined,
  candidates: readonly Signature[],
): Expression[] {
  const isNamed = nodes.some((node) => asTag(node, 'NamedArgExpr') !== null);
  const signature = candidates.find(({ parameterNames }) => parameterNames !== undefined);
  if (signature === undefined) {
    if (isNamed) throw place.context.notSupported(`a call of ${name} with named arguments`, at);
    return nodes.map((node) => rowArgument(place, name, node) ?? bindExpression(place, node));
  }
  const { parameterNames = [], defaults = [], arguments: types } = signature;
  const given = new Map<number, Expression>();
  for (const [position, node] of nodes.entries()) {
    const named = asTag(node, 'NamedArgExpr');
    const index = named === null ? position : parameterNames.indexOf(text(named, 'name'));
    const value = named === null ? node : (child(named, 'arg') as Node);
    const part = bindExpression(place, value);
    if (index < 0 || given.has(index))
      throw noFunction(place.context, name, [part.type], at, false);
    given.set(index, part);
  }
  const firstDefault = types.length - defaults.length;
  if ([...types.keys()].some((index) => index < firstDefault && !given.has(index))) {
    return [...given.values()];
  }
  const count = Math.max(types.length, ...[...given.keys()].map((index) => index + 1));
  const parts: Expression[] = [];
  for (let index = 0; index < count; index++) {
    const part = given.get(index);
    if (part !== undefined) parts.push(part);
    else if (index >= firstDefault) {
      const value = defaults[index - firstDefault] ?? null;
      parts.push({ kind: 'constant', type: types[index] as number, typmod: -1, value });
    }
  }
  return parts;
}
