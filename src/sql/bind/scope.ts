// Which names an expression can see: the entries of FROM, and those of the queries around it.
import { PgError } from '../../errors/pg-error.ts';
import { BOOL, INT8, OID } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { Fields } from '../parse/node.ts';
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
  /** The row may be missing: the other side of an outer join. */
  readonly isNullable?: boolean;
  /** A table, whose rows have the hidden ctid. */
  readonly hasRowId?: boolean;
}

/** A column that JOIN USING merged from both sides. */
export interface MergedColumn {
  readonly name: string;
  readonly expression: Expression;
  /** The columns it stands for: hidden from `*` and from unqualified names. */
  readonly hidden: readonly (readonly [alias: string | null, sqliteName: string])[];
}

/** A column as `*` shows it: of an entry, or merged. */
export type ShownColumn =
  | { readonly name: string; readonly merged: MergedColumn }
  | {
      readonly name: string;
      readonly merged: null;
      readonly entry: RangeEntry;
      readonly column: ScopeColumn;
    };

export interface CteEntry {
  readonly cteName: string;
  /** A change without RETURNING: it gives no rows. */
  readonly hasNoRows?: boolean;
  readonly columns: readonly ResultColumn[];
}

/** Why entries of FROM cannot be named by other parts of FROM. */
export type Obstacle = 'outer join' | 'parentheses' | 'target';

export class Scope {
  readonly parent: Scope | null;
  readonly entries: RangeEntry[] = [];
  readonly merged: MergedColumn[] = [];
  /** What `*` shows of each item of FROM, in its order. */
  readonly items: (readonly ShownColumn[])[] = [];
  readonly ctes = new Map<string, CteEntry>();
  /** WINDOW: complete definitions, as the parser has them. */
  readonly windows = new Map<string, Fields>();
  /** By alias: entries that are there and must not be named. */
  readonly obstacles = new Map<string | null, Obstacle>();

  /** The FROM that a query stands in, which it does not see. */
  readonly beside: Scope | null;

  constructor(parent: Scope | null, beside: Scope | null = null) {
    this.parent = parent;
    this.beside = beside;
  }

  /** An item of FROM of one entry. */
  add(entry: RangeEntry): void {
    this.entries.push(entry);
    this.items.push(shownColumns(entry));
  }

  findCte(name: string): CteEntry | null {
    return this.ctes.get(name) ?? this.parent?.findCte(name) ?? null;
  }

  /** What LATERAL sees of this FROM so far, and what is around it. */
  forLateral(): Scope {
    const copy = new Scope(this.parent);
    copy.entries.push(...this.entries);
    copy.merged.push(...this.merged);
    for (const [name, cte] of this.ctes) copy.ctes.set(name, cte);
    for (const [alias, obstacle] of this.obstacles) copy.obstacles.set(alias, obstacle);
    return copy;
  }

  /** Nothing bound meanwhile may name these entries. */
  blocking<T>(entries: readonly RangeEntry[], obstacle: Obstacle, bind: () => T): T {
    const free = entries.filter(({ alias }) => !this.obstacles.has(alias));
    for (const { alias } of free) this.obstacles.set(alias, obstacle);
    const bound = bind();
    for (const { alias } of free) this.obstacles.delete(alias);
    return bound;
  }

  /** Entries of FROM beside the queries in FROM that this is in. */
  #siblings(): readonly RangeEntry[] {
    const around = this.parent === null ? [] : this.parent.#siblings();
    return [...(this.beside?.entries ?? []), ...around];
  }

  #mustBeFree(context: BindContext, entry: RangeEntry, location: number | undefined): void {
    const obstacle = this.obstacles.get(entry.alias);
    if (obstacle === undefined) return;
    if (obstacle === 'parentheses') {
      throw context.notSupported('LATERAL from inside a nested join to outside of it', location);
    }
    const name = entry.name ?? '';
    const why =
      obstacle === 'outer join'
        ? { detail: 'The combining JOIN type must be INNER or LEFT for a LATERAL reference.' }
        : { hint: outOfReach(name) };
    const message = `invalid reference to FROM-clause entry for table "${name}"`;
    throw new PgError('42P10', message, { ...why, position: context.position(location) });
  }

  isHidden(entry: RangeEntry, column: ScopeColumn): boolean {
    return this.merged.some(({ hidden }) =>
      hidden.some(
        ([alias, sqliteName]) => alias === entry.alias && sqliteName === column.sqliteName,
      ),
    );
  }

  /** Whether a name alone means a column. */
  hasColumn(name: string): boolean {
    const isHere =
      this.merged.some((candidate) => candidate.name === name) ||
      this.entries.some(({ columns }) => columns.some((column) => column.name === name));
    return isHere || this.parent?.hasColumn(name) === true;
  }

  /** The table that a name means, and how many queries further out it is. */
  entryNamed(name: string): { readonly entry: RangeEntry; readonly level: number } | null {
    const entry = this.entries.find((candidate) => candidate.name === name);
    if (entry !== undefined) return { entry, level: 0 };
    const outer = this.parent?.entryNamed(name) ?? null;
    return outer === null ? null : { entry: outer.entry, level: outer.level + 1 };
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
    const merged = this.merged.filter((candidate) => candidate.name === name);
    const matches = this.entries.flatMap((entry) =>
      entry.columns
        .filter((column) => column.name === name && !this.isHidden(entry, column))
        .map((column) => [entry, column] as const),
    );
    if (merged.length + matches.length > 1) {
      throw context.error('42702', `column reference "${name}" is ambiguous`, location);
    }
    if (merged[0] !== undefined) return fromFurtherIn(merged[0].expression, level, location);
    const [match] = matches;
    if (match !== undefined) {
      this.#mustBeFree(context, match[0], location);
      return reference(...match, level, location);
    }
    const tables = SYSTEM_COLUMNS.includes(name) ? this.entries.filter(isTable) : [];
    if (tables.length > 1) {
      throw context.error('42702', `column reference "${name}" is ambiguous`, location);
    }
    if (tables[0] !== undefined) return systemColumn(context, tables[0], name, level, location);
    return this.parent === null ? null : this.parent.#tryColumn(context, name, location, level + 1);
  }

  /** `table.column`. Throws 42P01, 42703, 42P09. */
  qualified(
    context: BindContext,
    table: string,
    name: string,
    location: number | undefined,
  ): Expression {
    let level = 0;
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent, level++) {
      const matches = scope.entries.filter((entry) => entry.name === table);
      if (matches.length > 1) {
        throw context.error('42P09', `table reference "${table}" is ambiguous`, location);
      }
      const [entry] = matches;
      if (entry === undefined) continue;
      scope.#mustBeFree(context, entry, location);
      const column = entry.columns.find((candidate) => candidate.name === name);
      if (column !== undefined) return reference(entry, column, level, location);
      if (SYSTEM_COLUMNS.includes(name) && isTable(entry)) {
        return systemColumn(context, entry, name, level, location);
      }
      throw context.error('42703', `column ${table}.${name} does not exist`, location);
    }
    const isThere = this.#siblings().some(({ name: other }) => other === table);
    const problem = isThere ? 'invalid reference to' : 'missing';
    const message = `${problem} FROM-clause entry for table "${table}"`;
    throw context.error('42P01', message, location, isThere ? outOfReach(table) : undefined);
  }
}

function outOfReach(table: string): string {
  return `There is an entry for table "${table}", but it cannot be referenced from this part of the query.`;
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

/** Of every table, and not shown by `*` (PG: 5.5 System Columns). */
const SYSTEM_COLUMNS = ['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'];

function isTable({ hasRowId, columns }: RangeEntry): boolean {
  return hasRowId === true && columns.length > 0;
}

/** The oid of the table; there are no versions of rows that the others could tell of. */
function systemColumn(
  context: BindContext,
  entry: RangeEntry,
  name: string,
  level: number,
  location: number | undefined,
): Expression {
  if (name !== 'tableoid') throw context.notSupported(`the system column ${name}`, location);
  const oid = BigInt(entry.columns[0]?.tableOid ?? 0);
  const tableOid: Expression = { kind: 'constant', type: OID, typmod: -1, value: oid, location };
  if (entry.isNullable !== true) return tableOid;
  const isMissing = isMissingRow(entry, level, location);
  const none: Expression = { ...tableOid, value: null };
  return {
    kind: 'case',
    branches: [{ when: isMissing, then: none }],
    otherwise: tableOid,
    type: OID,
    typmod: -1,
    location,
  };
}

/** Of a table: an outer join has no row of it. */
export function isMissingRow(
  entry: RangeEntry,
  level: number,
  location: number | undefined,
): Expression {
  const [first] = entry.columns;
  const rowId = { ...first, name: 'ctid', sqliteName: 'ctid', type: INT8, columnNumber: 0 };
  return {
    kind: 'test',
    test: 'null',
    isNegated: false,
    argument: reference(entry, rowId as ScopeColumn, level, location),
    type: BOOL,
    typmod: -1,
  };
}

export function shownColumns(entry: RangeEntry): readonly ShownColumn[] {
  return entry.columns.map((column) => ({ name: column.name, merged: null, entry, column }));
}

/** A merged column as a query `level` further in sees it. */
function fromFurtherIn(
  expression: Expression,
  level: number,
  location: number | undefined,
): Expression {
  switch (expression.kind) {
    case 'column':
      return { ...expression, level, location };
    case 'cast':
      return {
        ...expression,
        argument: fromFurtherIn(expression.argument, level, location),
        location,
      };
    case 'coalesce': {
      const parts = expression.arguments.map((part) => fromFurtherIn(part, level, location));
      return { ...expression, arguments: parts, location };
    }
    default:
      return expression;
  }
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
