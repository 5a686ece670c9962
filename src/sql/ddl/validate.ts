// Checks of rows that are already there, before a constraint is put on them. SQLite would check
// too, but not in Postgres' words.
import type { Column, Constraint, Relation } from '../../catalog/catalog.ts';
import { quoteSqlite } from '../../catalog/sqlite-name.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { bindStored, sqliteOf } from './stored-expression.ts';
import { columnNumbered } from './table-sql.ts';

/** Fails the statement with this error if the condition holds for a row. */
function failIf(
  editor: SchemaEditor,
  relation: Relation,
  failure: { readonly code: string; readonly message: string; readonly detail?: string },
  condition: string,
): void {
  // The detail is SQL of its own: it shows values of the row.
  const detail = failure.detail ?? 'NULL';
  editor.sqlite(
    `SELECT pg_raise(?, ?, ${detail}) FROM ${quoteSqlite(relation.sqliteName)} AS t WHERE ${condition} LIMIT 1`,
    [failure.code, failure.message],
    true,
  );
  editor.reads(relation.oid);
}

export function validateNotNull(editor: SchemaEditor, relation: Relation, column: Column): void {
  failIf(
    editor,
    relation,
    {
      code: '23502',
      message: `column "${column.name}" of relation "${relation.name}" contains null values`,
    },
    `${quoteSqlite(column.sqliteName)} IS NULL`,
  );
}

export function validateCheck(
  editor: SchemaEditor,
  relation: Relation,
  constraint: Constraint,
): void {
  const condition = sqliteOf(bindStored(editor, constraint.checkText ?? '', relation));
  failIf(
    editor,
    relation,
    {
      code: '23514',
      message: `check constraint "${constraint.name}" of relation "${relation.name}" is violated by some row`,
    },
    `NOT (${condition})`,
  );
}

/** `Key (a, b)=(1, 2) is not present in table "p".`, as a SQLite expression. */
function missingKeyDetail(own: readonly Column[], target: Relation): string {
  const names = own.map((column) => column.name).join(', ');
  const values = own
    .map((column) => `CAST(t.${quoteSqlite(column.sqliteName)} AS TEXT)`)
    .join(" || ', ' || ");
  const head = sqliteText(`Key (${names})=(`);
  const tail = sqliteText(`) is not present in table "${target.name}".`);
  return `${head} || ${values} || ${tail}`;
}

function sqliteText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

export function validateForeignKey(
  editor: SchemaEditor,
  relation: Relation,
  constraint: Constraint,
): void {
  const { referenced } = constraint;
  if (referenced === null) return;
  const target = editor.relation(referenced.relationOid);
  const own = constraint.columns.map((n) => columnNumbered(relation, n));
  const theirs = referenced.columns.map((n) => columnNumbered(target, n));
  const present = own.map((column) => `t.${quoteSqlite(column.sqliteName)} IS NOT NULL`);
  const equal = own.map(
    (column, i) =>
      `p.${quoteSqlite(theirs[i]?.sqliteName ?? '')} = t.${quoteSqlite(column.sqliteName)}`,
  );
  failIf(
    editor,
    relation,
    {
      code: '23503',
      message: `insert or update on table "${relation.name}" violates foreign key constraint "${constraint.name}"`,
      detail: missingKeyDetail(own, target),
    },
    `${present.join(' AND ')} AND NOT EXISTS (SELECT 1 FROM ${quoteSqlite(target.sqliteName)} AS p WHERE ${equal.join(' AND ')})`,
  );
  editor.reads(target.oid);
}
