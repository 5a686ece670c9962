// What a DDL statement names: where a new object goes, and the object to change.
import type { Relation } from '../../catalog/catalog.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { effectivePath } from '../../catalog/search-path.ts';
import { PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { must } from '../../util/assert.ts';
import { characterPosition } from '../parse/parse.ts';
import { location, text, type Fields } from '../parse/node.ts';
import type { SchemaEditor } from './schema-editor.ts';

export interface QualifiedName {
  readonly schema: string | null;
  readonly name: string;
  readonly position?: number | undefined;
}

const SYSTEM_SCHEMAS = ['pg_catalog', 'information_schema', 'pg_toast'];

export function isSystemSchema(schema: string): boolean {
  return SYSTEM_SCHEMAS.includes(schema);
}

export function searchPath(editor: SchemaEditor): readonly string[] {
  const { searchPath: names, user } = editor.settings;
  return names.map((name) => (name === '$user' ? user : name));
}

/** Of a RangeVar. */
export function rangeName(editor: SchemaEditor, range: Fields): QualifiedName {
  const schema = text(range, 'schemaname');
  return {
    schema: schema === '' ? null : schema,
    name: text(range, 'relname'),
    position: characterPosition(editor.source, location(range)),
  };
}

/** Of a list of name parts, the last two of which count. */
export function listName(parts: readonly string[]): QualifiedName {
  return { schema: parts.length > 1 ? (parts.at(-2) ?? null) : null, name: parts.at(-1) ?? '' };
}

export function displayName({ schema, name }: QualifiedName): string {
  return schema === null ? name : `${schema}.${name}`;
}

export function schemaOid(editor: SchemaEditor, schema: string): Oid {
  const row = editor.catalog.rows('pg_namespace').find((entry) => entry['nspname'] === schema);
  return number(must(row, `schema ${schema}`), 'oid');
}

export function undefinedSchema(schema: string, position?: number): PgError {
  return new PgError('3F000', `schema "${schema}" does not exist`, { position });
}

/** The schema in which a new object is made. Throws 3F000, 42501. */
export function creationSchema(editor: SchemaEditor, target: QualifiedName): string {
  const { schema, name, position } = target;
  if (schema === null) {
    const found = searchPath(editor).find((candidate) => editor.catalog.hasSchema(candidate));
    if (found === undefined) {
      throw new PgError('3F000', 'no schema has been selected to create in', { position });
    }
    return creationSchema(editor, { ...target, schema: found });
  }
  if (!editor.catalog.hasSchema(schema)) throw undefinedSchema(schema, position);
  if (isSystemSchema(schema)) {
    throw new PgError('42501', `permission denied to create "${schema}.${name}"`, {
      detail: 'System catalog modifications are currently disallowed.',
    });
  }
  return schema;
}

/** A relation of any kind, or null. */
export function tryFind(editor: SchemaEditor, target: QualifiedName): Relation | null {
  const { catalog } = editor;
  if (target.schema !== null) return catalog.relation(target.schema, target.name);
  for (const schema of effectivePath(catalog, searchPath(editor))) {
    const relation = catalog.relation(schema, target.name);
    if (relation !== null) return relation;
  }
  return null;
}

export function undefinedRelation(target: QualifiedName): PgError {
  return new PgError('42P01', `relation "${displayName(target)}" does not exist`, {
    position: target.position,
  });
}

/** Throws 42P01, 3F000. */
export function findRelation(editor: SchemaEditor, target: QualifiedName): Relation {
  const relation = tryFind(editor, target);
  if (relation !== null) return relation;
  throw undefinedRelation(target);
}

/** A table of users, to be changed. Throws 42P01, 42809, 42501. */
export function findTable(editor: SchemaEditor, target: QualifiedName): Relation {
  const relation = findRelation(editor, target);
  checkNotSystem(relation);
  if (relation.kind !== 'r') {
    throw new PgError('42809', `"${relation.name}" is not a table`);
  }
  return relation;
}

export function checkNotSystem(relation: Relation): void {
  if (relation.isSystem) {
    throw new PgError('42501', `permission denied: "${relation.name}" is a system catalog`);
  }
}
