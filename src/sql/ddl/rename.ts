// ALTER ... RENAME.
import type { CatalogRow, Index, Relation } from '../../catalog/catalog.ts';
import { decodeNodeTree, encodeNodeTree, sourceText } from '../../catalog/node-tree.ts';
import { quoteSqlite } from '../../catalog/sqlite-name.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { deparse } from '../deparse/deparse.ts';
import { flag, inner, text, type Fields } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import { isRelationName } from './constraints.ts';
import { clipName } from './object-name.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { bindStored } from './stored-expression.ts';
import { checkColumnName } from './table-spec.ts';
import { buildIndex, dropIndexSql } from './table-sql.ts';
import { checkNotSystem, findRelation, findTable, rangeName, tryFind } from './target.ts';

const TAGS: Readonly<Record<string, string>> = {
  OBJECT_INDEX: 'ALTER INDEX',
  OBJECT_SEQUENCE: 'ALTER SEQUENCE',
  OBJECT_SCHEMA: 'ALTER SCHEMA',
  OBJECT_VIEW: 'ALTER VIEW',
};

export function renameObject(editor: SchemaEditor, fields: Fields): string {
  const type = text(fields, 'renameType');
  const target = { ...rangeName(editor, inner(fields, 'relation') ?? {}), position: undefined };
  const name = clipName(text(fields, 'newname'));
  if (flag(fields, 'missing_ok') && tryFind(editor, target) === null) {
    editor.notice(`relation "${target.name}" does not exist, skipping`);
    return TAGS[type] ?? 'ALTER TABLE';
  }
  switch (type) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_INDEX':
    case 'OBJECT_SEQUENCE':
      renameRelation(editor, findRelation(editor, target), name);
      break;
    case 'OBJECT_COLUMN':
      renameColumn(editor, findTable(editor, target), text(fields, 'subname'), name);
      break;
    case 'OBJECT_TABCONSTRAINT':
      renameConstraint(editor, findTable(editor, target), text(fields, 'subname'), name);
      break;
    default:
      throw notSupported(`RENAME of ${type.replace('OBJECT_', '').toLowerCase()}`);
  }
  return TAGS[type] ?? 'ALTER TABLE';
}

function renameRelation(editor: SchemaEditor, relation: Relation, name: string): void {
  checkNotSystem(relation);
  if (isRelationName(editor, relation.schema, name)) {
    throw new PgError('42P07', `relation "${name}" already exists`);
  }
  const table = relation.kind === 'i' ? tableOfIndex(editor, relation.oid) : null;
  const indexBefore = table?.indexes.find(({ oid }) => oid === relation.oid);
  editor.update('pg_class', { oid: BigInt(relation.oid) }, { relname: name });
  if (table !== null && indexBefore !== undefined) {
    renameConstraintOfIndex(editor, relation.oid, name);
    recreateIndex(editor, table, indexBefore);
    return;
  }
  // SQLite knows no views, and sequences not by name.
  if (relation.kind === 'S' || relation.kind === 'v') return;
  const renamed = editor.relation(relation.oid);
  editor.sqlite(
    `ALTER TABLE ${quoteSqlite(relation.sqliteName)} RENAME TO ${quoteSqlite(renamed.sqliteName)}`,
  );
}

function tableOfIndex(editor: SchemaEditor, index: Oid): Relation | null {
  const row = editor.catalog
    .rows('pg_index')
    .find((entry) => entry['indexrelid'] === BigInt(index));
  return row === undefined ? null : editor.catalog.relationByOid(Number(row['indrelid']));
}

/** SQLite cannot rename an index. */
function recreateIndex(editor: SchemaEditor, table: Relation, before: Index): void {
  const relation = editor.relation(table.oid);
  const index = relation.indexes.find(({ oid }) => oid === before.oid);
  if (index === undefined) return;
  editor.sqlite(dropIndexSql(table, before));
  buildIndex(editor, relation, index, { isEmpty: false });
}

function renameConstraintOfIndex(editor: SchemaEditor, index: Oid, name: string): void {
  const row = editor.catalog
    .rows('pg_constraint')
    .find((entry) => entry['conindid'] === BigInt(index) && entry['contype'] !== 'f');
  if (row !== undefined)
    editor.update('pg_constraint', { oid: row['oid'] ?? 0n }, { conname: name });
}

function renameConstraint(
  editor: SchemaEditor,
  relation: Relation,
  before: string,
  name: string,
): void {
  const constraint = relation.constraints.find((candidate) => candidate.name === before);
  if (constraint === undefined) {
    throw new PgError(
      '42704',
      `constraint "${before}" for table "${relation.name}" does not exist`,
    );
  }
  if (relation.constraints.some((candidate) => candidate.name === name)) {
    throw new PgError(
      '42710',
      `constraint "${name}" for relation "${relation.name}" already exists`,
    );
  }
  const isKey = constraint.kind === 'p' || constraint.kind === 'u';
  if (isKey) renameRelation(editor, editor.relation(constraint.indexOid), name);
  else editor.update('pg_constraint', { oid: BigInt(constraint.oid) }, { conname: name });
}

/** The expression with the column under its new name. */
function renamed(expression: Expression, attnum: number, name: string): Expression {
  return JSON.parse(JSON.stringify(expression, marshal), (_key, value: unknown) => {
    const restored = unmarshal(value);
    if (typeof restored !== 'object' || restored === null) return restored;
    const node = restored as { readonly kind?: string; readonly columnNumber?: number };
    return node.kind === 'column' && node.columnNumber === attnum ? { ...node, name } : restored;
  }) as Expression;
}

/** JSON has no bigint. */
function marshal(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { bigint: String(value) } : value;
}

function unmarshal(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('bigint' in value)) return value;
  return BigInt(String(value.bigint));
}

function renameColumn(
  editor: SchemaEditor,
  relation: Relation,
  before: string,
  name: string,
): void {
  const column = relation.columns.find((candidate) => candidate.name === before);
  if (column === undefined) throw new PgError('42703', `column "${before}" does not exist`);
  if (relation.columns.some((candidate) => candidate.name === name)) {
    throw new PgError('42701', `column "${name}" of relation "${relation.name}" already exists`);
  }
  checkColumnName(name);
  const rewrite = (stored: CatalogRow[string] | undefined): string | null =>
    stored === null || stored === undefined
      ? null
      : encodeNodeTree(
          decodeNodeTree(String(stored)).map((entry) =>
            deparse(renamed(bindStored(editor, sourceText(entry), relation), column.number, name)),
          ),
        );
  const { catalog } = editor;
  const id = BigInt(relation.oid);
  const checks = catalog
    .rows('pg_constraint')
    .filter((row) => row['conrelid'] === id && (row['conbin'] ?? null) !== null)
    .map((row) => ({ oid: row['oid'] ?? 0n, conbin: rewrite(row['conbin']) }));
  const indexes = catalog
    .rows('pg_index')
    .filter((row) => row['indrelid'] === id)
    .map((row) => ({
      indexrelid: row['indexrelid'] ?? 0n,
      indexprs: rewrite(row['indexprs']),
      indpred: rewrite(row['indpred']),
    }))
    .filter((row) => row.indexprs !== null || row.indpred !== null);
  editor.change(
    {
      kind: 'update',
      table: 'pg_attribute',
      key: { attrelid: id, attnum: BigInt(column.number) },
      set: { attname: name },
    },
    ...checks.map(
      ({ oid, conbin }) =>
        ({ kind: 'update', table: 'pg_constraint', key: { oid }, set: { conbin } }) as const,
    ),
    ...indexes.map(
      ({ indexrelid, indexprs, indpred }) =>
        ({
          kind: 'update',
          table: 'pg_index',
          key: { indexrelid },
          set: { indexprs, indpred },
        }) as const,
    ),
  );
  const after = editor.relation(relation.oid).columns.find((c) => c.number === column.number);
  editor.sqlite(
    `ALTER TABLE ${quoteSqlite(relation.sqliteName)} RENAME COLUMN ${quoteSqlite(column.sqliteName)} TO ${quoteSqlite(after?.sqliteName ?? '')}`,
  );
}
