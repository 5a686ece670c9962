// Privileges: there is one owner of everything, so whoever is connected holds every privilege.
import { BOOL, INT2, NAME, OID, TEXT } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { fn, js } from './builders.ts';
import { STABLE } from './catalog-context.ts';
import type { FunctionSignature } from './signature.ts';

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

export const PRIVILEGE_FUNCTIONS: readonly FunctionSignature[] = [
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
