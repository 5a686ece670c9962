// Choosing among functions or operators of one name (PG: 10.2 Operators, 10.3 Functions).
import { TEXT, UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType, typeByOid } from '../../types/registry.ts';
import { canCoerce } from './coerce.ts';

/** The best candidate for these argument types; null: none fits, or several fit equally well. */
export function chooseOverload<T>(
  candidates: readonly T[],
  argumentsOf: (candidate: T) => readonly Oid[],
  types: readonly Oid[],
): T | null | 'ambiguous' {
  const fitting = candidates.filter((candidate) => {
    const wanted = argumentsOf(candidate);
    return (
      wanted.length === types.length &&
      wanted.every((type, at) => type === 0 || canCoerce(types[at] as Oid, type, 'implicit'))
    );
  });
  if (fitting.length <= 1) return fitting[0] ?? null;
  let best = mostBy(fitting, (candidate) => exactMatches(argumentsOf(candidate), types));
  if (best.length === 1) return best[0] as T;
  best = mostBy(best, (candidate) => preferredMatches(argumentsOf(candidate), types));
  if (best.length === 1) return best[0] as T;
  return chooseByUnknowns(best, argumentsOf, types);
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
    return type === types[at] || typeByOid(type)?.isPreferred === true;
  }).length;
}

/** Unknown literals: string types win, then what the known arguments are (rules 4e, 4f). */
function chooseByUnknowns<T>(
  candidates: readonly T[],
  argumentsOf: (candidate: T) => readonly Oid[],
  types: readonly Oid[],
): T | 'ambiguous' {
  const known = [...new Set(types.filter((type) => type !== UNKNOWN))];
  if (known.length === 1 && known.length < types.length) {
    const same = candidates.filter((candidate) =>
      argumentsOf(candidate).every((type) => type === known[0]),
    );
    if (same.length === 1) return same[0] as T;
  }
  let rest = candidates;
  for (const [at, type] of types.entries()) {
    if (type !== UNKNOWN) continue;
    const categoryOf = (candidate: T): string =>
      mustType(argumentsOf(candidate)[at] as Oid).category;
    const strings = rest.filter((candidate) => categoryOf(candidate) === 'S');
    if (strings.length > 0) rest = strings;
    else if (new Set(rest.map(categoryOf)).size > 1) return 'ambiguous';
    const preferred = rest.filter((candidate) => {
      const wanted = argumentsOf(candidate)[at] as Oid;
      return wanted === TEXT || mustType(wanted).isPreferred;
    });
    if (preferred.length > 0) rest = preferred;
  }
  return rest.length === 1 ? (rest[0] as T) : 'ambiguous';
}
