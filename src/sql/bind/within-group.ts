// WITHIN GROUP: ordered-set aggregates, which know the order of their rows, and hypothetical-set
// aggregates, which rank a row that is not there among them (PG: 4.2.7, 9.21).
import { UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { HYPOTHETICAL_SET_AGGREGATES, ORDERED_SET_AGGREGATES } from '../functions/ordered-sets.ts';
import { aggregatesNamed, functionsNamed } from '../functions/registry.ts';
import type { AggregateSignature } from '../functions/signature.ts';
import { flag, list, location } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { AggregateCall, Expression, SortKey } from '../tree/expression.ts';
import { commonType, mustCoerce } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { UNDETERMINED } from './no-function.ts';
import { chooseOverload } from './overload.ts';
import type { Shape } from './overload.ts';
import { concreteType } from './polymorphic.ts';
import { bindSortBy, sortKey } from './sort.ts';

export function orderedSetsNamed(name: string): readonly AggregateSignature[] {
  return ORDERED_SET_AGGREGATES.filter((signature) => signature.name === name);
}

function hypotheticalNamed(name: string): AggregateSignature | undefined {
  return HYPOTHETICAL_SET_AGGREGATES.find((signature) => signature.name === name);
}

type Bound = Pick<AggregateCall, 'signature' | 'arguments' | 'orderBy' | 'type' | 'directCount'>;
/** Of the error for what no aggregate fits. */
type NoFunction = (types: readonly Oid[], isAmbiguous: boolean, hint?: string) => Error;

/** The call but for FILTER; `inside` is the place of its arguments. */
export function bindWithinGroup(
  inside: Place,
  name: string,
  fields: Fields,
  noFunction: NoFunction,
): Bound {
  const { context } = inside;
  const direct = list(fields, 'args').map((node) => bindExpression(inside, node));
  const sorts = list(fields, 'agg_order').map((node) => bindSortBy(inside, node));
  const given = [...direct, ...sorts.map(([expression]) => expression)];
  const types = given.map(({ type }) => type);
  const keyOf = (position: number, expression: Expression): SortKey =>
    sortKey(context, sorts[position]?.[1] ?? {}, expression);
  const ranking = hypotheticalNamed(name);
  if (ranking !== undefined) {
    if (direct.length !== sorts.length)
      throw noFunction(types, false, countHint(name, given, sorts));
    return rankingOf(context, ranking, given, keyOf);
  }
  if (orderedSetsNamed(name).length === 0) {
    throw notOrdered(context, name, flag(fields, 'agg_star') ? null : types, fields, noFunction);
  }
  const found = chooseOverload(orderedSetsNamed(name), (candidate) => candidate, types);
  if (found === null || found === 'ambiguous') {
    if (found === null && types.at(-1) === UNKNOWN && sorts.length === 1) {
      throw context.error('42804', UNDETERMINED);
    }
    throw noFunction(types, found !== null);
  }
  const { candidate, arguments: wanted, variables } = found;
  const parts = given.map((part, position) =>
    mustCoerce(context, part, wanted[position] as Oid, candidate.name),
  );
  return {
    signature: candidate,
    arguments: parts,
    directCount: direct.length,
    orderBy: [keyOf(0, parts.at(-1) as Expression)],
    type: concreteType(candidate.result, variables),
  };
}

/** It is no aggregate of that kind, or there is none at all. */
function notOrdered(
  context: BindContext,
  name: string,
  types: readonly Oid[] | null,
  fields: Fields,
  noFunction: NoFunction,
): Error {
  const isKnown = (candidates: readonly Shape[]): boolean =>
    types === null || chooseOverload(candidates, (candidate) => candidate, types) !== null;
  const isAggregate = name === 'count' || name === 'array_agg' || aggregatesNamed(name).length > 0;
  if (isAggregate ? !isKnown(aggregatesNamed(name)) : !isKnown(functionsNamed(name))) {
    return noFunction(types ?? [], false);
  }
  const message = isAggregate
    ? `${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`
    : `WITHIN GROUP specified, but ${name} is not an aggregate function`;
  return context.error('42809', message, location(fields));
}

function countHint(name: string, given: readonly unknown[], sorts: readonly unknown[]): string {
  const count = given.length - sorts.length;
  return `To use the hypothetical-set aggregate ${name}, the number of hypothetical direct arguments (here ${count}) must match the number of ordering columns (here ${sorts.length}).`;
}

function rankingOf(
  context: BindContext,
  signature: AggregateSignature,
  given: readonly Expression[],
  keyOf: (position: number, expression: Expression) => SortKey,
): Bound {
  const { name, result } = signature;
  const count = given.length / 2;
  const direct: Expression[] = [];
  const keys: SortKey[] = [];
  for (let at = 0; at < count; at++) {
    const [part, value] = [given[at] as Expression, given[at + count] as Expression];
    const type = commonType(context, [value, part], 'WITHIN GROUP');
    direct.push(mustCoerce(context, part, type, name));
    keys.push(keyOf(at, mustCoerce(context, value, type, name)));
  }
  const directions = keys.map(
    ({ isDescending, isNullsFirst }) => `${isDescending ? 'd' : 'a'}${isNullsFirst ? 'f' : 'l'}`,
  );
  return {
    signature: { ...signature, leadingArgument: `'${directions.join(' ')}'` },
    arguments: [...direct, ...keys.map((key) => key.expression)],
    directCount: count,
    orderBy: [],
    type: result,
  };
}

/** Called without WITHIN GROUP; rank() and its like are window functions without arguments. */
export function needsWithinGroup(name: string, types: readonly Oid[]): boolean {
  if (hypotheticalNamed(name) !== undefined) return types.length > 0;
  return chooseOverload(orderedSetsNamed(name), (candidate) => candidate, types) !== null;
}
