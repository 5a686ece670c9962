// SQLite statements of a table, written from its value in the catalog. Constraints are named by
// their oids, so that renaming one needs nothing here and an error names exactly one.
import type { Column, Constraint, Index, Relation } from '../../catalog/catalog.ts';
import { accessMethodName } from '../../catalog/definition-text.ts';
import { quoteSqlite, sqliteRelationName } from '../../catalog/sqlite-name.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import { must } from '../../util/assert.ts';
import { emitIndexKey } from '../emit/emit-scalar.ts';
import { TICK } from '../functions/bounds.ts';
import { countKeysSql, rowCheckSql } from './row-meter.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { bindStored, sqliteKeyOf, sqliteOf } from './stored-expression.ts';

const ACTIONS: Readonly<Record<string, string>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

/** Access methods that are an index in SQLite too; of the others only the catalog knows. */
const INDEXED_METHODS = ['btree', 'hash'];

function columnSql(column: Column): string {
  const { storage } = mustType(column.type);
  return `${quoteSqlite(column.sqliteName)} ${storage}${column.notNull ? ' NOT NULL' : ''}`;
}

function columnList(relation: Relation, numbers: readonly number[]): string {
  return numbers.map((n) => quoteSqlite(columnNumbered(relation, n).sqliteName)).join(', ');
}

export function columnNumbered(relation: Relation, n: number): Column {
  return must(
    relation.columns.find((column) => column.number === n),
    `column ${String(n)} of ${relation.name}`,
  );
}

function constraintSql(
  editor: SchemaEditor,
  relation: Relation,
  constraint: Constraint,
): string | null {
  const name = `CONSTRAINT ${quoteSqlite(String(constraint.oid))}`;
  if (constraint.checkText !== null) {
    return `${name} CHECK (${sqliteOf(bindStored(editor, constraint.checkText, relation))})`;
  }
  const { referenced } = constraint;
  if (referenced === null) return null;
  const target = editor.relation(referenced.relationOid);
  return [
    `${name} FOREIGN KEY (${columnList(relation, constraint.columns)})`,
    ` REFERENCES ${quoteSqlite(target.sqliteName)} (${columnList(target, referenced.columns)})`,
    ` ON UPDATE ${ACTIONS[referenced.onUpdate] ?? 'NO ACTION'}`,
    ` ON DELETE ${ACTIONS[referenced.onDelete] ?? 'NO ACTION'}`,
    // Whether it is deferred is said by SET CONSTRAINTS too: see machine/deferred-keys.ts.
    constraint.isDeferrable ? ' DEFERRABLE INITIALLY DEFERRED' : '',
  ].join('');
}

interface TableOptions {
  /** Not while a column goes: SQLite would miss it in the check. */
  readonly isMetered: boolean;
}

export function createTableSql(
  editor: SchemaEditor,
  relation: Relation,
  { isMetered }: TableOptions = { isMetered: true },
): string {
  const constraints = relation.constraints
    .map((constraint) => constraintSql(editor, relation, constraint))
    .filter((sql) => sql !== null);
  const parts = ['ctid INTEGER PRIMARY KEY', ...relation.columns.map(columnSql), ...constraints];
  if (isMetered) parts.push(rowCheckSql(relation));
  return `CREATE TABLE ${quoteSqlite(relation.sqliteName)} (${parts.join(', ')}) STRICT`;
}

export function indexSqliteName(relation: Relation, index: Index): string {
  return quoteSqlite(sqliteRelationName(relation.schema, index.name));
}

interface IndexParts {
  /** As SQLite is to hold them, with their direction. */
  readonly keys: readonly string[];
  /** Those that may be long, as values of the table. */
  readonly longValues: readonly string[];
  /** Of a partial index, else empty. */
  readonly where: string;
}

/** null: the index exists in the catalog alone. */
function indexParts(editor: SchemaEditor, relation: Relation, index: Index): IndexParts | null {
  if (!INDEXED_METHODS.includes(accessMethodName(editor.catalog, index.oid))) return null;
  const longValues: string[] = [];
  const keys = index.columns.map((key) => {
    const direction = key.isDescending ? ' DESC' : '';
    if (key.expressionText === null) {
      const column = columnNumbered(relation, key.column);
      longValues.push(...longValueOf(column));
      return sqliteKeyOf(quoteSqlite(column.sqliteName), column.type) + direction;
    }
    const expression = bindStored(editor, key.expressionText, relation);
    if (isLong(expression.type)) longValues.push(emitIndexKey(expression));
    return emitIndexKey(expression) + direction;
  });
  const where =
    index.predicateText === null
      ? ''
      : ` WHERE ${sqliteOf(bindStored(editor, index.predicateText, relation))}`;
  return { keys, longValues, where };
}

function isLong(type: Oid): boolean {
  return ['TEXT', 'BLOB'].includes(mustType(type).storage);
}

function longValueOf({ sqliteName, type }: Column): readonly string[] {
  return isLong(type) ? [quoteSqlite(sqliteName)] : [];
}

function createIndexSql(
  relation: Relation,
  index: Index,
  { keys, where }: Pick<IndexParts, 'keys' | 'where'>,
): string {
  return [
    `CREATE ${index.isUnique ? 'UNIQUE ' : ''}INDEX ${indexSqliteName(relation, index)}`,
    ` ON ${quoteSqlite(relation.sqliteName)} (${keys.join(', ')})${where}`,
  ].join('');
}

/** `isEmpty`: there are no rows so far, so that none needs to be counted. */
export function buildIndex(
  editor: SchemaEditor,
  relation: Relation,
  index: Index,
  { isEmpty }: { readonly isEmpty: boolean },
): void {
  const parts = indexParts(editor, relation, index);
  if (parts === null) return;
  if (!isEmpty) countKeys(editor, relation, parts);
  editor.sqlite(createIndexSql(relation, index, parts));
}

/** What an index takes of the work and the room of a statement: nothing can end SQLite while it makes it. */
function countKeys(editor: SchemaEditor, relation: Relation, parts: IndexParts): void {
  const sql = countKeysSql(parts.keys.length, parts.longValues);
  editor.sqlite(`${sql} FROM ${quoteSqlite(relation.sqliteName)}${parts.where}`, [], true);
}

export function dropIndexSql(relation: Relation, index: Index): string {
  return `DROP INDEX IF EXISTS ${indexSqliteName(relation, index)}`;
}

function foreignKeyIndexName(constraint: Constraint): string {
  return quoteSqlite(`balsa.fkey.${constraint.oid}`);
}

/** Of the rows that a cascade deletes nothing else tells. */
const COUNT_DELETED = `SELECT ${TICK}()`;

/**
 * An index that is not in the catalog: without one, each row of the other table that is deleted has
 * SQLite look at all rows here, which nothing can end.
 */
function createForeignKeyIndexSql(relation: Relation, constraint: Constraint): string {
  const columns = columnList(relation, constraint.columns);
  return `CREATE INDEX ${foreignKeyIndexName(constraint)} ON ${quoteSqlite(relation.sqliteName)} (${columns})`;
}

/** What a foreign key has in SQLite beside itself; see buildIndex(). */
export function createForeignKeyParts(
  editor: SchemaEditor,
  relation: Relation,
  constraint: Constraint,
  { isEmpty }: { readonly isEmpty: boolean },
): void {
  if (!isEmpty) {
    const columns = constraint.columns.map((number) => columnNumbered(relation, number));
    const keys = columns.map(({ sqliteName }) => sqliteName);
    countKeys(editor, relation, { keys, longValues: columns.flatMap(longValueOf), where: '' });
  }
  editor.sqlite(createForeignKeyIndexSql(relation, constraint));
  if (constraint.referenced?.onDelete !== 'c') return;
  editor.sqlite(
    `CREATE TRIGGER ${foreignKeyIndexName(constraint)} AFTER DELETE ON ${quoteSqlite(relation.sqliteName)} BEGIN ${COUNT_DELETED}; END`,
  );
}

export function dropForeignKeyParts(editor: SchemaEditor, constraint: Constraint): void {
  editor.sqlite(`DROP INDEX IF EXISTS ${foreignKeyIndexName(constraint)}`);
  editor.sqlite(`DROP TRIGGER IF EXISTS ${foreignKeyIndexName(constraint)}`);
}

/** A view that is made and dropped: SQLite then knows that the schema has changed. */
const SCHEMA_MARK = quoteSqlite('balsa.schema-mark');

/**
 * Puts the table's present definition in place of the one that SQLite keeps. Rows are not touched:
 * for constraints, which do not show in how rows are stored (SQLite: ALTER TABLE, "Making Other
 * Kinds Of Table Schema Changes"). Needs a connection that may write its schema.
 */
export function rewriteTable(
  editor: SchemaEditor,
  relation: Relation,
  options?: TableOptions,
): void {
  editor.sqlite('PRAGMA writable_schema = ON');
  editor.sqlite("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", [
    createTableSql(editor, relation, options),
    relation.sqliteName,
  ]);
  editor.sqlite(`CREATE VIEW ${SCHEMA_MARK} AS SELECT 1`);
  editor.sqlite(`DROP VIEW ${SCHEMA_MARK}`);
  editor.sqlite('PRAGMA writable_schema = RESET');
}
