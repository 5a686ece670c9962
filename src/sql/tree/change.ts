// What bind makes of INSERT, UPDATE and DELETE.
import type { Column, Relation } from '../../catalog/catalog.ts';
import type { Expression } from './expression.ts';
import type { CommonTable, FromItem, Query, Target } from './query.ts';

export interface Assignment {
  readonly column: Column;
  readonly value: Expression;
}

export interface ConflictClause {
  /** Columns of the unique index; empty: any conflict. */
  readonly columns: readonly Column[];
  /** null: DO NOTHING. */
  readonly set: readonly Assignment[] | null;
  readonly where: Expression | null;
  /** Carried out twice it might do something else. */
  readonly isVolatile: boolean;
}

export interface Insert {
  readonly kind: 'insert';
  readonly relation: Relation;
  readonly alias: string;
  readonly ctes: readonly CommonTable[];
  /** Every column of the table, in order. */
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Expression[])[] | null;
  /** INSERT ... SELECT: the query, its alias, and the values of each row over its columns. */
  readonly source: {
    readonly query: Query;
    readonly alias: string;
    readonly values: readonly Expression[];
    /** See FromItem. */
    readonly isMaterialized: boolean;
  } | null;
  readonly conflict: ConflictClause | null;
  readonly returning: readonly Target[] | null;
  /** Of other tables, or of the table as it was: RETURNING of SQLite cannot. */
  readonly isTellingMore: boolean;
}

export interface Update {
  readonly kind: 'update';
  readonly relation: Relation;
  readonly alias: string;
  readonly ctes: readonly CommonTable[];
  readonly set: readonly Assignment[];
  readonly from: readonly FromItem[];
  readonly where: Expression | null;
  readonly returning: readonly Target[] | null;
  /** Of other tables, or of the table as it was: RETURNING of SQLite cannot. */
  readonly isTellingMore: boolean;
}

export interface Delete {
  readonly kind: 'delete';
  readonly relation: Relation;
  readonly alias: string;
  readonly ctes: readonly CommonTable[];
  readonly using: readonly FromItem[];
  readonly where: Expression | null;
  /** Or else SQLite drops all rows at once, without looking at them. */
  readonly isRowByRow: boolean;
  readonly returning: readonly Target[] | null;
  /** Of other tables, or of the table as it was: RETURNING of SQLite cannot. */
  readonly isTellingMore: boolean;
}

export type Change = Insert | Update | Delete;
