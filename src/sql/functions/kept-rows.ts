// Rows that one step of a statement keeps for those behind it: SQLite changes one table in one
// statement, where Postgres' WITH changes several (sql/parts.ts). They are in memory, by the number of
// their set, until the statement ends.
import { PgError } from '../../errors/pg-error.ts';
import { INT4 } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { VALUE_ROWS_WIDTHS } from '../../types/value-rows-name.ts';
import { bytesOfRow } from './bounds.ts';
import type { CallContext, SetFunctionSignature } from './signature.ts';

/** Called with the number of the set and the values. Gives 1. */
export const KEEP_ROW = 'balsa_keep_row';
/** Called where two parts of a statement change one row. */
export const CHANGED_TWICE = 'balsa_changed_twice';

/** The table of rows with so many columns; its argument is the number of the set. */
export function keptTable(columnCount: number): string {
  return `pg_kept_${widthOf(columnCount)}`;
}

function widthOf(columnCount: number): number {
  return VALUE_ROWS_WIDTHS.find((candidate) => candidate >= columnCount) ?? columnCount;
}

export function keepRow([set = null, ...row]: readonly SqliteValue[], context: CallContext): 1 {
  context.keep(bytesOfRow(row));
  context.keepRow(Number(set), row);
  return 1;
}

export function changedTwice(): never {
  throw new PgError('0A000', 'a row that two parts of one statement change is not supported');
}

function* kept(
  width: number,
  set: SqliteValue,
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  const shown = new Array<SqliteValue>(width).fill(null);
  for (const row of context.keptRows(Number(set))) {
    for (const [at, value] of row.entries()) shown[at] = value;
    // SQLite looks at a row only until it asks for the next: one array serves for all.
    yield shown;
  }
}

export const KEPT_SET_FUNCTIONS: readonly SetFunctionSignature[] = VALUE_ROWS_WIDTHS.map(
  (width) => ({
    oid: 0,
    name: '',
    arguments: [INT4],
    columns: Array.from({ length: width }, () => ({ name: '', type: INT4 })),
    isStrict: true,
    volatility: 'volatile',
    sqlName: `pg_kept_${width}`,
    rows: ([set = null], context) => kept(width, set, context),
  }),
);
