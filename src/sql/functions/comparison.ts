// = <> < <= > >= between values of one type, and between the integer types. Emitted as SQLite's own
// comparison, over sort keys where a type has one, so that indexes serve them.
import { REFERENCE_TYPES } from '../../types/catalog-types.ts';
import { BOOL, FLOAT4, FLOAT8, INT2, INT4, INT8 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { allTypes, mustType } from '../../types/registry.ts';
import { operator } from './builders.ts';
import { ANYARRAY } from './pseudo-types.ts';
import type { OperatorSignature } from './signature.ts';

const COMPARISONS: readonly (readonly [postgres: string, sqlite: string])[] = [
  ['=', '='],
  ['<>', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
];
const ORDERED_CATEGORIES = ['B', 'N', 'S', 'U', 'D', 'T', 'Z', 'A'];
/** They have no equality in Postgres. */
const UNEQUAL = ['json', 'jsonpath'];
const INCOMPARABLE = [...UNEQUAL, 'varchar'];

/** Rows can be told apart by values of the type: DISTINCT, GROUP BY and set operations ask. */
export function hasEquality(type: Oid): boolean {
  const { name, elementOid } = mustType(type);
  return !UNEQUAL.includes(name) && (elementOid === 0 || hasEquality(elementOid));
}

/** References compare as the oids that they are. */
const REFERENCES = new Set(REFERENCE_TYPES.map(({ oid }) => oid));
const MIXED: readonly (readonly number[])[] = [
  [INT2, INT4, INT8],
  [FLOAT4, FLOAT8],
];

function same(): OperatorSignature[] {
  const types = allTypes().filter(
    (type) =>
      ORDERED_CATEGORIES.includes(type.category) &&
      !INCOMPARABLE.includes(type.name) &&
      !REFERENCES.has(type.oid) &&
      !type.name.startsWith('_'),
  );
  return types.flatMap((type) =>
    COMPARISONS.map(([name, sqlite]) =>
      operator(name, type.oid, type.oid, BOOL, { kind: 'comparison', sqlite }),
    ),
  );
}

function mixed(): OperatorSignature[] {
  return MIXED.flatMap((group) =>
    group.flatMap((left) =>
      group
        .filter((right) => right !== left)
        .flatMap((right) =>
          COMPARISONS.map(([name, sqlite]) =>
            operator(name, left, right, BOOL, { kind: 'comparison', sqlite }),
          ),
        ),
    ),
  );
}

/** Of one and the same element type. */
const ARRAYS = COMPARISONS.map(([name, sqlite]) =>
  operator(name, ANYARRAY, ANYARRAY, BOOL, { kind: 'comparison', sqlite }),
);

export const COMPARISON_OPERATORS: readonly OperatorSignature[] = [
  ...same(),
  ...mixed(),
  ...ARRAYS,
];
