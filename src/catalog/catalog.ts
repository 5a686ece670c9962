// The schema as an immutable value: what bind resolves names against. It is an index over the rows
// of the catalog tables and nothing else, so the tables are the only source of the schema.
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';

export interface Column {
  /** pg_attribute.attnum, from 1. */
  readonly number: number;
  readonly name: string;
  /** The column's name in the SQLite table, unquoted. */
  readonly sqliteName: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly notNull: boolean;
  /** The default as Postgres SQL text (what pg_get_expr shows), or null. */
  readonly defaultText: string | null;
  /** An identity column: a GENERATED ALWAYS, d BY DEFAULT. */
  readonly identity?: 'a' | 'd';
}

export interface Constraint {
  readonly oid: Oid;
  readonly name: string;
  /** p primary key, u unique, c check, f foreign key. */
  readonly kind: 'p' | 'u' | 'c' | 'f';
  /** Column numbers of the constrained columns. */
  readonly columns: readonly number[];
  /** Of a check: its expression as Postgres SQL text. */
  readonly checkText: string | null;
  /** Of p and u: the index behind it. */
  readonly indexOid: Oid;
  /** Of f: where it points. Actions as pg_constraint has them: a r c n d. */
  readonly referenced: {
    readonly relationOid: Oid;
    readonly columns: readonly number[];
    readonly onUpdate: string;
    readonly onDelete: string;
  } | null;
  readonly isDeferrable: boolean;
  readonly isDeferred: boolean;
}

export interface IndexColumn {
  /** A column number, or 0 if `expressionText` is set. */
  readonly column: number;
  readonly expressionText: string | null;
  readonly isDescending: boolean;
  readonly isNullsFirst: boolean;
}

export interface Index {
  readonly oid: Oid;
  readonly name: string;
  readonly columns: readonly IndexColumn[];
  readonly isUnique: boolean;
  readonly isPrimary: boolean;
  /** The WHERE of a partial index as Postgres SQL text, or null. */
  readonly predicateText: string | null;
}

export interface Relation {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind: r table, v view, i index, S sequence. */
  readonly kind: 'r' | 'v' | 'i' | 'S';
  /** The table's name in SQLite, unquoted; empty for views and sequences. */
  readonly sqliteName: string;
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
  /** Of a view: its query as Postgres SQL text, bound in place of the view's name. */
  readonly viewText: string | null;
  /** Part of the system: users read it and cannot change it. */
  readonly isSystem: boolean;
}

/** One change to a row of a catalog table; the same list changes the value and the tables. */
export type CatalogChange =
  | { readonly kind: 'insert'; readonly table: string; readonly row: CatalogRow }
  | {
      readonly kind: 'update';
      readonly table: string;
      readonly key: CatalogRow;
      readonly set: CatalogRow;
    }
  | { readonly kind: 'delete'; readonly table: string; readonly key: CatalogRow };

/** Column name to stored value. */
export type CatalogRow = Readonly<Record<string, SqliteValue>>;

export interface Catalog {
  /** Rises with every change of the schema; commands carry the version they were compiled for. */
  readonly version: number;
  hasSchema(name: string): boolean;
  relation(schema: string, name: string): Relation | null;
  relationByOid(oid: Oid): Relation | null;
  relations(): Iterable<Relation>;
  /** The catalog after the changes, with the next version. */
  apply(changes: readonly CatalogChange[]): Catalog;
  /** A number that no object of the catalog has; the next call gives the next one. */
  nextOid: Oid;
  /** Rows of a catalog table, for functions that show them. */
  rows(table: string): readonly CatalogRow[];
}
