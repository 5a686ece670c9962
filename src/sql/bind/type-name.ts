// TypeName nodes -> types (PG: 8 Data Types).
import { PgError } from '../../errors/pg-error.ts';
import type { Oid, PgType } from '../../types/pg-type.ts';
import { typeByName } from '../../types/registry.ts';
import { asTag, fieldsOf, integer, list, location, strings } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { BindContext } from './context.ts';

export interface DeclaredType {
  readonly type: Oid;
  readonly typmod: number;
}

/** Types of Postgres that are known to exist but not here: the message must not say otherwise. */
const MISSING = ['money', 'inet', 'cidr', 'xml', 'bit', 'varbit', 'point'];

export function bindTypeName(context: BindContext, typeName: Fields): DeclaredType {
  const names = strings(list(typeName, 'names'));
  const name = names.at(-1) ?? '';
  const at = location(typeName);
  const type = typeByName(name);
  if (type === null) {
    if (MISSING.includes(name)) throw context.notSupported(`type ${name}`, at);
    if (['serial', 'bigserial', 'smallserial', 'serial4', 'serial8'].includes(name)) {
      throw context.notSupported(`type ${name}`, at);
    }
    throw context.error('42704', `type "${names.join('.')}" does not exist`, at);
  }
  const modifiers = list(typeName, 'typmods').map((node) => {
    const constant = asTag(node, 'A_Const');
    return integer(fieldsOf({ ival: constant?.['ival'] ?? {} }), 'ival');
  });
  const isArray = list(typeName, 'arrayBounds').length > 0;
  const typmod =
    modifiers.length > 0 ? typmodOf(context, type, modifiers, at) : implied(names, name);
  if (!isArray) return { type: type.oid, typmod };
  if (type.arrayOid === 0) throw context.notSupported(`an array of ${type.displayName}`, at);
  return { type: type.arrayOid, typmod };
}

function typmodOf(
  context: BindContext,
  type: PgType,
  modifiers: readonly number[],
  at: number | undefined,
): number {
  if (type.parseTypmod === undefined) {
    throw context.error('42601', `type modifier is not allowed for type "${type.displayName}"`, at);
  }
  try {
    return type.parseTypmod(modifiers);
  } catch (error) {
    throw error instanceof PgError ? error.at(context.position(at)) : error;
  }
}

/** `char` alone is char(1). */
function implied(names: readonly string[], name: string): number {
  return name === 'bpchar' && names[0] === 'pg_catalog' ? 5 : -1;
}
