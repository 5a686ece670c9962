// What bind makes of queries.
import type { Expression, SortKey } from './expression.ts';
import type { ResultColumn } from '../plan.ts';
import type { Oid } from '../../types/pg-type.ts';

export interface Target extends ResultColumn {
  readonly expression: Expression;
}

/** A part of FROM; `alias` is its name in the SQLite text. */
export type FromItem =
  | {
      readonly kind: 'table';
      readonly alias: string;
      readonly sqliteName: string;
      readonly oid: Oid;
    }
  /** A sequence as a table of one row. */
  | { readonly kind: 'sequence'; readonly alias: string; readonly oid: Oid }
  | {
      readonly kind: 'query';
      readonly alias: string;
      readonly query: Query;
      /** Each row is computed once, whatever is made of it: it calls volatile functions. */
      readonly isMaterialized?: boolean;
    }
  /** A query that depends on a row of the items before it. */
  | { readonly kind: 'lateral'; readonly alias: string; readonly query: Query }
  /** A CTE, by its name in the SQLite text. */
  | { readonly kind: 'cte'; readonly alias: string; readonly cteName: string }
  | {
      readonly kind: 'function';
      readonly alias: string;
      readonly sqlName: string;
      readonly arguments: readonly Expression[];
    }
  | {
      readonly kind: 'join';
      readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
      readonly left: FromItem;
      readonly right: FromItem;
      readonly on: Expression | null;
    };

export interface CommonTable {
  readonly cteName: string;
  readonly query: Query;
  /** See FromItem. */
  readonly isMaterialized: boolean;
}

interface QueryTail {
  readonly ctes: readonly CommonTable[];
  readonly orderBy: readonly SortKey[];
  readonly limit: Expression | null;
  readonly offset: Expression | null;
  readonly columns: readonly ResultColumn[];
}

export interface Select extends QueryTail {
  readonly kind: 'select';
  /** By the bytes of the values, as SQLite does it. */
  readonly isDistinct: boolean;
  readonly targets: readonly Target[];
  readonly from: readonly FromItem[];
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[];
  readonly having: Expression | null;
}

export interface Values extends QueryTail {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
}

/** ORDER BY is by position: its expressions are columns of the result, `c1` and so on. */
export interface SetOperation extends QueryTail {
  readonly kind: 'set';
  readonly operator: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly isAll: boolean;
  readonly left: Query;
  readonly right: Query;
}

export type Query = Select | Values | SetOperation;
