// CREATE SCHEMA and COMMENT ON.
import type { Relation } from '../../catalog/catalog.ts';
import { CLASS_OID, OWNER_OID } from '../../catalog/system/oids.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import {
  asTag,
  child,
  flag,
  inner,
  list,
  stringOf,
  strings,
  text,
  type Fields,
} from '../parse/node.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { findRelation, listName, schemaOid, undefinedSchema } from './target.ts';

export function createSchema(editor: SchemaEditor, fields: Fields): string {
  const role = inner(fields, 'authrole');
  const name = text(fields, 'schemaname') || text(role ?? {}, 'rolename') || editor.settings.user;
  if (list(fields, 'schemaElts').length > 0) throw notSupported('CREATE SCHEMA with objects');
  if (name.startsWith('pg_')) {
    throw new PgError('42939', `unacceptable schema name "${name}"`, {
      detail: 'The prefix "pg_" is reserved for system schemas.',
    });
  }
  if (editor.catalog.hasSchema(name)) {
    if (!flag(fields, 'if_not_exists')) {
      throw new PgError('42P06', `schema "${name}" already exists`);
    }
    editor.notice(`schema "${name}" already exists, skipping`, '42P06');
    return 'CREATE SCHEMA';
  }
  editor.insert('pg_namespace', {
    oid: BigInt(editor.allocateOid()),
    nspname: name,
    nspowner: BigInt(OWNER_OID),
    nspacl: null,
  });
  return 'CREATE SCHEMA';
}

interface Commented {
  readonly oid: Oid;
  readonly classOid: Oid;
  readonly column: number;
}

const RELATION_KINDS: Readonly<Record<string, readonly [kind: Relation['kind'], word: string]>> = {
  OBJECT_TABLE: ['r', 'a table'],
  OBJECT_VIEW: ['v', 'a view'],
  OBJECT_INDEX: ['i', 'an index'],
  OBJECT_SEQUENCE: ['S', 'a sequence'],
};

function undefinedColumn(name: string, table: string): PgError {
  return new PgError('42703', `column "${name}" of relation "${table}" does not exist`);
}

function commented(editor: SchemaEditor, fields: Fields): Commented {
  const type = text(fields, 'objtype');
  const object = child(fields, 'object');
  const parts = strings(list(asTag(object, 'List') ?? {}, 'items'));
  const relationKind = RELATION_KINDS[type];
  if (relationKind !== undefined) {
    const relation = findRelation(editor, listName(parts));
    const [kind, word] = relationKind;
    if (relation.kind !== kind) throw new PgError('42809', `"${relation.name}" is not ${word}`);
    return { oid: relation.oid, classOid: CLASS_OID.pg_class, column: 0 };
  }
  const name = parts.at(-1) ?? '';
  switch (type) {
    case 'OBJECT_COLUMN': {
      const relation = findRelation(editor, listName(parts.slice(0, -1)));
      const column = relation.columns.find((candidate) => candidate.name === name);
      if (column === undefined) throw undefinedColumn(name, relation.name);
      return { oid: relation.oid, classOid: CLASS_OID.pg_class, column: column.number };
    }
    case 'OBJECT_TABCONSTRAINT': {
      const relation = findRelation(editor, listName(parts.slice(0, -1)));
      const constraint = relation.constraints.find((candidate) => candidate.name === name);
      if (constraint === undefined) {
        throw new PgError(
          '42704',
          `constraint "${name}" for table "${relation.name}" does not exist`,
        );
      }
      return { oid: constraint.oid, classOid: CLASS_OID.pg_constraint, column: 0 };
    }
    case 'OBJECT_SCHEMA': {
      const schema = object === null ? '' : stringOf(object);
      if (!editor.catalog.hasSchema(schema)) throw undefinedSchema(schema);
      return { oid: schemaOid(editor, schema), classOid: CLASS_OID.pg_namespace, column: 0 };
    }
    default:
      throw notSupported(`COMMENT ON ${type.replace('OBJECT_', '').replaceAll('_', ' ')}`);
  }
}

export function commentOn(editor: SchemaEditor, fields: Fields): string {
  const { oid, classOid, column } = commented(editor, fields);
  const key = { objoid: BigInt(oid), classoid: BigInt(classOid), objsubid: BigInt(column) };
  const comment = text(fields, 'comment');
  editor.change(
    { kind: 'delete', table: 'pg_description', key },
    // An empty comment is none.
    ...(comment === ''
      ? []
      : [
          {
            kind: 'insert',
            table: 'pg_description',
            row: { ...key, description: comment },
          } as const,
        ]),
  );
  return 'COMMENT';
}
