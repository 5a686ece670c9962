// ALTER ... OWNER TO: one user owns everything, so that nothing changes, as where a dump is restored.
import { notSupported, PgError } from '../../errors/pg-error.ts';
import { asTag, child, inner, text, type Fields } from '../parse/node.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { undefinedSchema } from './target.ts';

const OWNER = 'postgres';

/** Throws 42704 for a role that there is not, 0A000 for another owner than the one there is. */
export function checkOwner(editor: SchemaEditor, role: Fields): void {
  if (text(role, 'roletype') !== 'ROLESPEC_CSTRING') return;
  const name = text(role, 'rolename');
  if (name === OWNER || name === editor.settings.user) return;
  const isThere = editor.catalog.rows('pg_authid').some((row) => row['rolname'] === name);
  if (!isThere) throw new PgError('42704', `role "${name}" does not exist`);
  throw notSupported(`another owner than ${OWNER}`);
}

/** Of a schema; ALTER TABLE has its own. */
export function alterOwner(editor: SchemaEditor, fields: Fields): string {
  const type = text(fields, 'objectType').replace('OBJECT_', '').replaceAll('_', ' ');
  if (type !== 'SCHEMA') throw notSupported(`ALTER ${type} ... OWNER`);
  const name = text(asTag(child(fields, 'object'), 'String') ?? {}, 'sval');
  if (!editor.catalog.hasSchema(name)) throw undefinedSchema(name);
  checkOwner(editor, inner(fields, 'newowner') ?? {});
  return 'ALTER SCHEMA';
}
