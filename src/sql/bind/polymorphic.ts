// Signatures over any type (PG: 38.2.5 Polymorphic Types): what their variables stand for in a call.
import { TEXT, UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import {
  ANYARRAY,
  ANYCOMPATIBLE,
  ANYCOMPATIBLEARRAY,
  ANYELEMENT,
  ANYNONARRAY,
} from '../functions/pseudo-types.ts';
import { tryCommonType } from './coerce.ts';

/** Element types; null: the signature has no such variable. */
export interface Variables {
  /** Of anyelement and anyarray: the same type everywhere. */
  readonly element: Oid | null;
  /** Of anycompatible and anycompatiblearray: the common type. */
  readonly compatible: Oid | null;
}

const EXACT = [ANYELEMENT, ANYNONARRAY, ANYARRAY];
const ARRAYS = [ANYARRAY, ANYCOMPATIBLEARRAY];

/** The element types that arguments of these pseudo-types have; null: one is no array. */
function elementTypes(
  pseudoTypes: readonly Oid[],
  wanted: readonly Oid[],
  types: readonly Oid[],
): readonly Oid[] | null {
  const found: Oid[] = [];
  for (const [at, pseudo] of wanted.entries()) {
    const type = types[at] as Oid;
    if (!pseudoTypes.includes(pseudo) || type === UNKNOWN) continue;
    const { elementOid } = mustType(type);
    if (ARRAYS.includes(pseudo) && elementOid === 0) return null;
    if (pseudo === ANYNONARRAY && elementOid !== 0) return null;
    found.push(ARRAYS.includes(pseudo) ? elementOid : type);
  }
  return found;
}

/** null: the arguments do not fit the signature. */
export function variablesOf(wanted: readonly Oid[], types: readonly Oid[]): Variables | null {
  const isExact = wanted.some((type) => EXACT.includes(type));
  const compatibles = [ANYCOMPATIBLE, ANYCOMPATIBLEARRAY];
  const isCompatible = wanted.some((type) => compatibles.includes(type));
  let element: Oid | null = null;
  let compatible: Oid | null = null;
  if (isExact) {
    const found = elementTypes(EXACT, wanted, types);
    const [first] = found ?? [];
    if (found === null || first === undefined || found.some((type) => type !== first)) return null;
    element = first;
  }
  if (isCompatible) {
    const found = elementTypes(compatibles, wanted, types);
    if (found === null) return null;
    compatible = found.length === 0 ? TEXT : tryCommonType(found);
    if (compatible === null) return null;
  }
  return { element, compatible };
}

/** The type itself, or what the pseudo-type stands for; 0 if there is no such array type. */
export function concreteType(type: Oid, { element, compatible }: Variables): Oid {
  switch (type) {
    case ANYELEMENT:
    case ANYNONARRAY:
      return element ?? type;
    case ANYARRAY:
      return element === null ? type : mustType(element).arrayOid;
    case ANYCOMPATIBLE:
      return compatible ?? type;
    case ANYCOMPATIBLEARRAY:
      return compatible === null ? type : mustType(compatible).arrayOid;
    default:
      return type;
  }
}
