// Choosing among functions or operators of one name (PG: 10.2 Operators, 10.3 Functions).
import { TEXT, UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { typeByOid } from '../../types/registry.ts';
import { canCoerce } from './coerce.ts';
import { concreteType, variablesOf } from './polymorphic.ts';
import type { Variables } from './polymorphic.ts';

/** What of a signature counts. */
export interface Shape {
  readonly arguments: readonly Oid[];
  readonly isVariadic?: boolean | undefined;
}

/** A signature as a call uses it. */
export interface Chosen<T> {
  readonly candidate: T;
  /** Types of the arguments; 0 takes any. */
  readonly arguments: readonly Oid[];
  /** As the signature has them: pseudo-types match nothing exactly. */
  readonly declared: readonly Oid[];
  readonly variables: Variables;
}

/** A type that is not there takes a literal alone, see missing-overloads.ts. */
function takes(wanted: Oid, type: Oid): boolean {
  if (typeByOid(wanted) === null) return type === UNKNOWN;
  return canCoerce(type, wanted, 'implicit');
}

/** The candidate for these argument types, or null. */
function fit<T>(
  candidate: T,
  { arguments: declared, isVariadic = false }: Shape,
  types: readonly Oid[],
): Chosen<T> | null {
  const missing = types.length - declared.length;
  if (isVariadic ? missing < 0 : missing !== 0) return null;
  const last = declared.at(-1) as Oid;
  const wanted = missing > 0 ? [...declared, ...new Array<Oid>(missing).fill(last)] : declared;
  const variables = variablesOf(wanted, types);
  if (variables === null) return null;
  const concrete = wanted.map((type) => concreteType(type, variables));
  if (concrete.some((type, at) => type === 0 && wanted[at] !== 0)) return null;
  const isFitting = concrete.every((type, at) => type === 0 || takes(type, types[at] as Oid));
  return isFitting ? { candidate, arguments: concrete, declared: wanted, variables } : null;
}

/** The best candidate for these argument types; null: none fits. */
export function chooseOverload<T>(
  candidates: readonly T[],
  shapeOf: (candidate: T) => Shape,
  types: readonly Oid[],
): Chosen<T> | null | 'ambiguous' {
  const fitting = candidates
    .map((candidate) => fit(candidate, shapeOf(candidate), types))
    .filter((chosen) => chosen !== null);
  if (fitting.length <= 1) return fitting[0] ?? null;
  let best = mostBy(fitting, (chosen) => exactMatches(chosen.declared, types));
  if (best.length === 1) return best[0] as Chosen<T>;
  best = mostBy(best, (chosen) => preferredMatches(chosen.declared, types));
  if (best.length === 1) return best[0] as Chosen<T>;
  return chooseByUnknowns(best, types);
}

function mostBy<T>(candidates: readonly T[], score: (candidate: T) => number): readonly T[] {
  const highest = Math.max(...candidates.map(score));
  return candidates.filter((candidate) => score(candidate) === highest);
}

function exactMatches(wanted: readonly Oid[], types: readonly Oid[]): number {
  return wanted.filter((type, at) => type === types[at]).length;
}

function preferredMatches(wanted: readonly Oid[], types: readonly Oid[]): number {
  return wanted.filter((type, at) => {
    if (types[at] === UNKNOWN) return false;
    const [wants, has] = [typeByOid(type), typeByOid(types[at] as Oid)];
    return type === types[at] || (wants?.isPreferred === true && wants.category === has?.category);
  }).length;
}

/** Unknown literals: string types win, then what the known arguments are (rules 4e, 4f). */
function chooseByUnknowns<T>(
  candidates: readonly Chosen<T>[],
  types: readonly Oid[],
): Chosen<T> | 'ambiguous' {
  let rest = candidates;
  for (const [at, type] of types.entries()) {
    if (type !== UNKNOWN) continue;
    const narrowed = narrowUnknown(rest, at);
    if (narrowed === null) {
      rest = candidates;
      break;
    }
    rest = narrowed;
  }
  if (rest.length === 1) return rest[0] as Chosen<T>;
  const known = [...new Set(types.filter((type) => type !== UNKNOWN))];
  if (known.length !== 1) return 'ambiguous';
  const same = rest.filter((candidate) =>
    candidate.arguments.every((type) => type === 0 || takes(type, known[0] as Oid)),
  );
  return same.length === 1 ? (same[0] as Chosen<T>) : 'ambiguous';
}

/** By the category of one argument; null: the candidates do not agree on one. */
function narrowUnknown<T>(
  candidates: readonly Chosen<T>[],
  at: number,
): readonly Chosen<T>[] | null {
  const declaredAt = (candidate: Chosen<T>): Oid => candidate.declared[at] as Oid;
  const categoryOf = (candidate: Chosen<T>): string =>
    typeByOid(declaredAt(candidate))?.category ?? 'P';
  const strings = candidates.filter((candidate) => categoryOf(candidate) === 'S');
  const rest = strings.length > 0 ? strings : candidates;
  if (new Set(rest.map(categoryOf)).size > 1) return null;
  const preferred = rest.filter(
    (candidate) =>
      declaredAt(candidate) === TEXT || typeByOid(declaredAt(candidate))?.isPreferred === true,
  );
  return preferred.length > 0 ? preferred : rest;
}
