// All functions, operators and casts: what bind resolves against.
import { must } from '../../util/assert.ts';
import { REFERENCE_TYPES } from '../../types/catalog-types.ts';
import { INT4, INT8, OID } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { ACTIVITY_FUNCTIONS, ACTIVITY_SET_FUNCTIONS } from './activity.ts';
import { AGGREGATES, WINDOW_FUNCTIONS } from './aggregates.ts';
import { ARRAY_CASTS } from './array-casts.ts';
import { ARRAY_FUNCTIONS, ARRAY_OPERATORS, SUBSCRIPTS } from './arrays.ts';
import { cast, sql } from './builders.ts';
import { BYTEA_FUNCTIONS, BYTEA_OPERATORS } from './bytes.ts';
import { JSON_FUNCTIONS, JSON_OPERATORS } from './json.ts';
import { JSON_AGGREGATES, ROW_TO_JSON } from './json-construction.ts';
import { JSON_PATH_FUNCTIONS, JSON_PATH_OPERATORS, JSON_PATH_SET_FUNCTIONS } from './json-paths.ts';
import { JSON_FIELD, JSON_RECORDS } from './json-records.ts';
import { JSON_SET_FUNCTIONS } from './json-rows.ts';
import { CASTS, CAST_FUNCTIONS } from './casts.ts';
import { CATALOG_FUNCTIONS } from './catalog-functions.ts';
import { CATALOG_CASTS } from './catalog-names.ts';
import { COMPARISON_OPERATORS } from './comparison.ts';
import { DATETIME_FUNCTIONS } from './datetime.ts';
import { DATETIME_OPERATORS, OVERLAPS_FUNCTIONS } from './datetime-operators.ts';
import {
  INTERVAL_AGGREGATES,
  INTERVAL_FUNCTIONS,
  INTERVAL_OPERATORS,
  INTERVAL_SET_FUNCTIONS,
} from './intervals.ts';
import { EXTREME_FUNCTIONS } from './extremes.ts';
import { FORMATTING_FUNCTIONS } from './formatting.ts';
import { FLOAT_FUNCTIONS, FLOAT_OPERATORS } from './floats.ts';
import { NULL_COUNT_FUNCTIONS } from './null-counts.ts';
import { INTEGER_FUNCTIONS, INTEGER_OPERATORS, RANGE_CHECKS } from './integers.ts';
import { NUMERIC_FUNCTIONS, NUMERIC_OPERATORS } from './numerics.ts';
import { KEPT_SET_FUNCTIONS } from './kept-rows.ts';
import { LATERAL_AGGREGATES, LATERAL_SET_FUNCTIONS } from './lateral.ts';
import { WINDOW_SUPPORT } from './windows.ts';
import { LOCK_FUNCTIONS, LOCK_SET_FUNCTIONS } from './locks.ts';
import { NOTIFY_FUNCTIONS, NOTIFY_SET_FUNCTIONS } from './notify.ts';
import { PREPARED_STATEMENT_SET_FUNCTIONS } from './prepared-statements.ts';
import { SEQUENCE_FUNCTIONS, SEQUENCE_SET_FUNCTIONS } from './sequences.ts';
import { IDEMPOTENCY_FUNCTIONS } from './idempotency.ts';
import { QUANTIFIERS } from './quantifiers.ts';
import { SESSION_FUNCTIONS } from './session.ts';
import { SESSION_ACTION_FUNCTIONS } from './session-actions.ts';
import { CATALOG_SET_FUNCTIONS } from './catalog-set-functions.ts';
import { SIZE_FUNCTIONS } from './sizes.ts';
import { SORT_KEY_FUNCTIONS } from './sort-keys.ts';
import { SUPPORT_AGGREGATES, SUPPORT_FUNCTIONS } from './support.ts';
import { UNNEST_FUNCTIONS, UNNEST_SUPPORT } from './unnest.ts';
import { SET_FUNCTIONS } from './set-returning.ts';
import type {
  AggregateSignature,
  CastSignature,
  FunctionSignature,
  OperatorSignature,
  SetFunctionSignature,
} from './signature.ts';
import { PATTERN_FUNCTIONS, PATTERN_MATCHING_OPERATORS } from './patterns.ts';
import { REGEXP_FUNCTIONS, REGEXP_SET_FUNCTIONS } from './regexp.ts';
import { TIME_ZONE_SET_FUNCTIONS } from './time-zones.ts';
import { UPSERT_FUNCTIONS } from './upserts.ts';
import { TEXT_FUNCTIONS, TEXT_OPERATORS, TEXT_SET_FUNCTIONS } from './text.ts';

export const ALL_FUNCTIONS: readonly FunctionSignature[] = [
  ...INTEGER_FUNCTIONS,
  ...FLOAT_FUNCTIONS,
  ...NUMERIC_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...PATTERN_FUNCTIONS,
  ...REGEXP_FUNCTIONS,
  ...BYTEA_FUNCTIONS,
  ...DATETIME_FUNCTIONS,
  ...OVERLAPS_FUNCTIONS,
  ...FORMATTING_FUNCTIONS,
  ...SIZE_FUNCTIONS,
  ...NULL_COUNT_FUNCTIONS,
  ...JSON_FUNCTIONS,
  ROW_TO_JSON,
  JSON_FIELD,
  ...JSON_PATH_FUNCTIONS,
  ...INTERVAL_FUNCTIONS,
  ...SESSION_FUNCTIONS,
  ...SESSION_ACTION_FUNCTIONS,
  ...ACTIVITY_FUNCTIONS,
  ...CAST_FUNCTIONS,
  ...SUPPORT_FUNCTIONS,
  ...SORT_KEY_FUNCTIONS,
  ...EXTREME_FUNCTIONS,
  ...ARRAY_FUNCTIONS,
  ...SUBSCRIPTS,
  ...ARRAY_CASTS,
  ...QUANTIFIERS,
  ...WINDOW_SUPPORT,
  ...CATALOG_FUNCTIONS,
  ...IDEMPOTENCY_FUNCTIONS,
  ...SEQUENCE_FUNCTIONS,
  ...NOTIFY_FUNCTIONS,
  ...LOCK_FUNCTIONS,
  ...UPSERT_FUNCTIONS,
];
export const ALL_OPERATORS: readonly OperatorSignature[] = [
  ...INTEGER_OPERATORS,
  ...FLOAT_OPERATORS,
  ...NUMERIC_OPERATORS,
  ...COMPARISON_OPERATORS,
  ...TEXT_OPERATORS,
  ...PATTERN_MATCHING_OPERATORS,
  ...BYTEA_OPERATORS,
  ...JSON_OPERATORS,
  ...JSON_PATH_OPERATORS,
  ...ARRAY_OPERATORS,
  ...DATETIME_OPERATORS,
  ...INTERVAL_OPERATORS,
];
export const ALL_AGGREGATES: readonly AggregateSignature[] = [
  ...AGGREGATES,
  ...INTERVAL_AGGREGATES,
  ...JSON_AGGREGATES,
  ...WINDOW_FUNCTIONS,
  ...SUPPORT_AGGREGATES,
  ...LATERAL_AGGREGATES,
];
export const ALL_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  ...SET_FUNCTIONS,
  ...INTERVAL_SET_FUNCTIONS,
  ...JSON_SET_FUNCTIONS,
  JSON_RECORDS,
  ...JSON_PATH_SET_FUNCTIONS,
  ...UNNEST_FUNCTIONS,
  ...UNNEST_SUPPORT,
  ...LATERAL_SET_FUNCTIONS,
  ...KEPT_SET_FUNCTIONS,
  ...TEXT_SET_FUNCTIONS,
  ...REGEXP_SET_FUNCTIONS,
  ...CATALOG_SET_FUNCTIONS,
  ...SEQUENCE_SET_FUNCTIONS,
  ...NOTIFY_SET_FUNCTIONS,
  ...PREPARED_STATEMENT_SET_FUNCTIONS,
  ...TIME_ZONE_SET_FUNCTIONS,
  ...LOCK_SET_FUNCTIONS,
  ...ACTIVITY_SET_FUNCTIONS,
];
export const ALL_CASTS: readonly CastSignature[] = [
  ...CASTS,
  ...CATALOG_CASTS,
  ...referenceCasts(),
];

/** References by oid convert to and from numbers as they are. */
function referenceCasts(): CastSignature[] {
  return REFERENCE_TYPES.flatMap(({ oid }) => [
    cast(
      oid,
      OID,
      'implicit',
      sql((a = '') => a),
    ),
    cast(
      OID,
      oid,
      'implicit',
      sql((a = '') => a),
    ),
    cast(
      INT4,
      oid,
      'implicit',
      sql((a = '') => a),
    ),
    cast(
      INT8,
      oid,
      'implicit',
      sql((a = '') => a),
    ),
    cast(
      oid,
      INT8,
      'assignment',
      sql((a = '') => a),
    ),
    cast(
      oid,
      INT4,
      'assignment',
      sql((a = '') => a),
    ),
  ]);
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const group = found.get(item.name);
    if (group === undefined) found.set(item.name, [item]);
    else group.push(item);
  }
  return found;
}

const functions = byName(ALL_FUNCTIONS);
const operators = byName(ALL_OPERATORS);
const aggregates = byName(ALL_AGGREGATES);
const setFunctions = byName(ALL_SET_FUNCTIONS);
const casts = new Map(
  ALL_CASTS.map((signature) => [`${signature.source} ${signature.target}`, signature]),
);

/**
 * What only the compiler calls. They take it on trust that their arguments are of the types that they
 * are told: called by a statement they would end the machine.
 */
const SUPPORT_NAMES: ReadonlySet<string> = new Set([
  ...[
    ...SUPPORT_FUNCTIONS,
    ...SORT_KEY_FUNCTIONS,
    ...EXTREME_FUNCTIONS,
    ...CAST_FUNCTIONS,
    ...ARRAY_CASTS,
    ...QUANTIFIERS,
    ...WINDOW_SUPPORT,
    ...UPSERT_FUNCTIONS,
    ...RANGE_CHECKS,
    ...SUBSCRIPTS,
    ROW_TO_JSON,
    ...SUPPORT_AGGREGATES,
    ...UNNEST_SUPPORT,
  ].map(({ name }) => name),
  'pg_byte_of_name',
  'pg_lock_table',
]);

/** Those that a statement may call. */
export function functionsNamed(name: string): readonly FunctionSignature[] {
  return SUPPORT_NAMES.has(name) ? [] : (functions.get(name) ?? []);
}

/** One that only the compiler calls. */
export function supportFunction(name: string): FunctionSignature {
  return must(functions.get(name)?.[0], name);
}

export function operatorsNamed(name: string): readonly OperatorSignature[] {
  return operators.get(name) ?? [];
}

export function aggregatesNamed(name: string): readonly AggregateSignature[] {
  return SUPPORT_NAMES.has(name) ? [] : (aggregates.get(name) ?? []);
}

export function setFunctionsNamed(name: string): readonly SetFunctionSignature[] {
  return SUPPORT_NAMES.has(name) ? [] : (setFunctions.get(name) ?? []);
}

export function castBetween(source: Oid, target: Oid): CastSignature | null {
  return casts.get(`${source} ${target}`) ?? null;
}
