// The rows of a LATERAL subquery: SQLite has none, but its table-valued functions may depend on other
// items of FROM. An aggregate packs the rows of the query in a value, a function unpacks them.
import { BYTEA, INT4 } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { VALUE_ROWS_WIDTHS } from '../../types/value-rows-name.ts';
import { ValueRowsReader, ValueRowsWriter } from '../../types/value-rows.ts';
import { bytesOfRow, checkLength } from './bounds.ts';
import { aggregate } from './builders.ts';
import type { AggregateSignature, SetFunctionSignature } from './signature.ts';

export const LATERAL_ROWS = 'pg_lateral_rows';

export function lateralTable(columnCount: number): string {
  const width = VALUE_ROWS_WIDTHS.find((candidate) => candidate >= columnCount) ?? columnCount;
  return `pg_lateral_${width}`;
}

/** NULL of no rows, for which SQLite does not call the function. */
export const LATERAL_AGGREGATES: readonly AggregateSignature[] = [
  // Without a name that a statement could use.
  aggregate('', [0], BYTEA, {
    kind: 'js',
    sqlName: LATERAL_ROWS,
    start: () => null,
    step(state, row, context) {
      const writer = (state as ValueRowsWriter | null) ?? new ValueRowsWriter(row.length);
      context.keep(bytesOfRow(row));
      for (const value of row) writer.value(value);
      checkLength(writer.length);
      return writer;
    },
    finish: (state) => (state as ValueRowsWriter | null)?.take().bytes ?? null,
  }),
];

function* unpacked(width: number, packed: SqliteValue): Iterable<readonly SqliteValue[]> {
  const reader = new ValueRowsReader(packed as Uint8Array);
  const row = new Array<SqliteValue>(width).fill(null);
  // SQLite looks at a row only until it asks for the next: one array serves for all.
  while (reader.next(row)) yield row;
}

export const LATERAL_SET_FUNCTIONS: readonly SetFunctionSignature[] = VALUE_ROWS_WIDTHS.map(
  (width) => ({
    oid: 0,
    name: '',
    arguments: [BYTEA],
    columns: Array.from({ length: width }, () => ({ name: '', type: INT4 })),
    isStrict: true,
    volatility: 'immutable',
    sqlName: `pg_lateral_${width}`,
    rows: ([packed = null]) => unpacked(width, packed),
  }),
);
