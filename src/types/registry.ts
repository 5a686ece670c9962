// All types. Adding one touches its own file and one line here.
import { must } from '../util/assert.ts';
import { defineArray } from './arrays.ts';
import { CATALOG_TYPES } from './catalog-types.ts';
import { DATETIME_TYPES } from './datetime.ts';
import { FLOAT_TYPES } from './floats.ts';
import { INTERVAL } from './intervals.ts';
import { JSONPATH } from './jsonpath.ts';
import { INTEGER_TYPES } from './integers.ts';
import { JSON_TYPES } from './json.ts';
import { NUMERIC } from './numeric.ts';
import type { Oid, PgType } from './pg-type.ts';
import { BYTEA } from './bytea.ts';
import { BOOL, UUID, VOID } from './scalars.ts';
import { TEXT_TYPES } from './texts.ts';
import { TIME_TYPES } from './times.ts';

const SCALARS: readonly PgType[] = [
  BOOL,
  ...INTEGER_TYPES,
  ...FLOAT_TYPES,
  NUMERIC,
  ...TEXT_TYPES,
  BYTEA,
  UUID,
  ...DATETIME_TYPES,
  ...TIME_TYPES,
  INTERVAL,
  ...JSON_TYPES,
  JSONPATH,
  VOID,
  ...CATALOG_TYPES,
];

const ALL: readonly PgType[] = [
  ...SCALARS,
  ...SCALARS.filter((type) => type.arrayOid !== 0).map((type) => defineArray(type, displayNameOf)),
];

function displayNameOf(oid: Oid): string | null {
  return BY_OID.get(oid)?.displayName ?? null;
}

const BY_OID = new Map(ALL.map((type) => [type.oid, type]));
const BY_NAME = new Map(ALL.map((type) => [type.name, type]));

export function allTypes(): readonly PgType[] {
  return ALL;
}

export function typeByOid(oid: Oid): PgType | null {
  return BY_OID.get(oid) ?? null;
}

/** By pg_type.typname. */
export function typeByName(name: string): PgType | null {
  return BY_NAME.get(name) ?? null;
}

export function mustType(oid: Oid): PgType {
  return must(BY_OID.get(oid), `type ${oid}`);
}

/** How a text is read depends on settings. */
export function isStableInput(oid: Oid): boolean {
  return mustType(oid).stableText !== undefined;
}

/** How a value is written depends on settings, as Postgres has it. */
export function isStableOutput(oid: Oid): boolean {
  return mustType(oid).stableText === 'both';
}
