// Privileges: there is one owner of everything, so whoever is connected holds every privilege.
import { PgError } from '../../errors/pg-error.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { BOOL, CHAR, INT2, NAME, OID, TEXT } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { fn, js } from './builders.ts';
import { catalogOf, rowByOid, STABLE } from './catalog-context.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

const ACLITEM_ARRAY = 1034;

const KINDS = [
  'any_column',
  'database',
  'foreign_data_wrapper',
  'function',
  'language',
  'schema',
  'sequence',
  'server',
  'table',
  'tablespace',
  'type',
];

const granted = js('pg_has_privilege', () => 1n);

/** With and without the role, which comes as a name or an oid; the object too. */
function variants(name: string, tail: readonly Oid[]): readonly FunctionSignature[] {
  const objects = [TEXT, OID];
  return objects.flatMap((object) =>
    [[], [NAME], [OID]].map((role) => fn(name, [...role, object, ...tail], BOOL, granted, STABLE)),
  );
}

/** By kind of object, what everybody may do, and what its owner (PG: acldefault). */
const DEFAULTS: Readonly<Record<string, readonly [all: string, owner: string]>> = {
  r: ['', 'arwdDxt'],
  s: ['', 'rwU'],
  d: ['Tc', 'CTc'],
  f: ['X', 'X'],
  l: ['U', 'U'],
  L: ['', 'rw'],
  n: ['', 'UC'],
  p: ['', 'sA'],
  t: ['', 'C'],
  F: ['', 'U'],
  S: ['', 'U'],
  T: ['U', 'U'],
};

function defaultPrivileges(
  [kind, owner]: readonly SqliteValue[],
  context: CallContext,
): SqliteValue {
  if (kind === 'c') return '{}';
  const found = DEFAULTS[String(kind)];
  if (found === undefined) {
    throw new PgError('XX000', `unrecognized objtype abbreviation: ${String(kind)}`);
  }
  const role = rowByOid(catalogOf(context), 'pg_authid', owner);
  const name = role === null ? String(owner) : String(role['rolname']);
  const [all, own] = found;
  const items = [...(all === '' ? [] : [`=${all}/${name}`]), `${name}=${own}/${name}`];
  return `{${items.join(',')}}`;
}

export const PRIVILEGE_FUNCTIONS: readonly FunctionSignature[] = [
  fn('acldefault', [CHAR, OID], ACLITEM_ARRAY, js('pg_acldefault', defaultPrivileges), STABLE),
  ...KINDS.flatMap((kind) => variants(`has_${kind}_privilege`, [TEXT])),
  ...[TEXT, INT2].flatMap((column) => variants('has_column_privilege', [column, TEXT])),
  fn('has_parameter_privilege', [TEXT, TEXT], BOOL, granted, STABLE),
  ...[NAME, OID].flatMap((role) => [
    fn('pg_has_role', [role, TEXT], BOOL, granted, STABLE),
    ...[NAME, OID].map((member) => fn('pg_has_role', [member, role, TEXT], BOOL, granted, STABLE)),
  ]),
  fn(
    'row_security_active',
    [TEXT],
    BOOL,
    js('pg_row_security_active', () => 0n),
    STABLE,
  ),
  fn(
    'row_security_active',
    [OID],
    BOOL,
    js('pg_row_security_active', () => 0n),
    STABLE,
  ),
];
