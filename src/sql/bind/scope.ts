// Which names an expression can see: the entries of FROM, and those of the queries around it.
import type { Oid } from '../../types/pg-type.ts';
import type { ResultColumn } from '../plan.ts';
import type { ColumnReference, Expression } from '../tree/expression.ts';
import type { BindContext } from './context.ts';

export interface ScopeColumn {
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly sqliteName: string;
  readonly tableOid: Oid;
  readonly columnNumber: number;
  readonly isNotNull: boolean;
}

export interface RangeEntry {
  /** As the statement calls it; null cannot be named. */
  readonly name: string | null;
  /** In the SQLite text. */
  readonly alias: string | null;
  readonly columns: readonly ScopeColumn[];
}

/** A column that JOIN USING merged from both sides. */
export interface MergedColumn {
  readonly name: string;
  readonly expression: Expression;
  /** The columns it stands for: hidden from `*` and from unqualified names. */
  readonly hidden: readonly (readonly [alias: string | null, sqliteName: string])[];
}

export interface CteEntry {
  readonly cteName: string;
  readonly columns: readonly ResultColumn[];
}

export class Scope {
  readonly parent: Scope | null;
  readonly entries: RangeEntry[] = [];
  readonly merged: MergedColumn[] = [];
  readonly ctes = new Map<string, CteEntry>();

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  findCte(name: string): CteEntry | null {
    return this.ctes.get(name) ?? this.parent?.findCte(name) ?? null;
  }

  isHidden(entry: RangeEntry, column: ScopeColumn): boolean {
    return this.merged.some(({ hidden }) =>
      hidden.some(
        ([alias, sqliteName]) => alias === entry.alias && sqliteName === column.sqliteName,
      ),
    );
  }

  /** A column by name alone. Throws 42703, 42702. */
  column(context: BindContext, name: string, location: number | undefined): Expression {
    const found = this.#tryColumn(context, name, location, 0);
    if (found !== null) return found;
    throw context.error('42703', `column "${name}" does not exist`, location);
  }

  #tryColumn(
    context: BindContext,
    name: string,
    location: number | undefined,
    level: number,
  ): Expression | null {
    const merged = this.merged.find((candidate) => candidate.name === name);
    if (merged !== undefined) return merged.expression;
    const matches = this.entries.flatMap((entry) =>
      entry.columns
        .filter((column) => column.name === name && !this.isHidden(entry, column))
        .map((column) => reference(entry, column, level, location)),
    );
    if (matches.length > 1) {
      throw context.error('42702', `column reference "${name}" is ambiguous`, location);
    }
    if (matches[0] !== undefined) return matches[0];
    return this.parent === null ? null : this.parent.#tryColumn(context, name, location, level + 1);
  }

  /** `table.column`. Throws 42P01, 42703, 42P09. */
  qualified(
    context: BindContext,
    table: string,
    name: string,
    location: number | undefined,
  ): ColumnReference {
    let level = 0;
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent, level++) {
      const matches = scope.entries.filter((entry) => entry.name === table);
      if (matches.length > 1) {
        throw context.error('42P09', `table reference "${table}" is ambiguous`, location);
      }
      const [entry] = matches;
      if (entry === undefined) continue;
      const column = entry.columns.find((candidate) => candidate.name === name);
      if (column !== undefined) return reference(entry, column, level, location);
      throw context.error('42703', `column ${table}.${name} does not exist`, location);
    }
    throw context.error('42P01', `missing FROM-clause entry for table "${table}"`, location);
  }
}

export function reference(
  entry: RangeEntry,
  column: ScopeColumn,
  level: number,
  location?: number,
): ColumnReference {
  return {
    kind: 'column',
    alias: entry.alias,
    sqliteName: column.sqliteName,
    name: column.name,
    type: column.type,
    typmod: column.typmod,
    tableOid: column.tableOid,
    columnNumber: column.columnNumber,
    isNotNull: column.isNotNull,
    level,
    location,
  };
}

/** Columns of a query in FROM: `c1`, `c2` in the SQLite text. */
export function resultScopeColumns(columns: readonly ResultColumn[]): readonly ScopeColumn[] {
  return columns.map((column, at) => ({
    name: column.name,
    type: column.type,
    typmod: column.typmod,
    sqliteName: `c${at + 1}`,
    tableOid: column.tableOid,
    columnNumber: column.columnNumber,
    isNotNull: false,
  }));
}
