// The names of the tables that give rows of values (machine/value-rows-table.ts) to the SQL that
// reads from them. SQLite wants to know the number of columns beforehand: there is a table for each
// of some widths, and rows use the first columns of the smallest that has enough.

/** Postgres' limit for the columns of a table is 1600. */
export const VALUE_ROWS_WIDTHS: readonly number[] = [4, 16, 64, 256, 1664];

export function valueRowsTable(columnCount: number): string {
  const width = VALUE_ROWS_WIDTHS.find((candidate) => candidate >= columnCount) ?? columnCount;
  return `balsa_rows_${width}`;
}
