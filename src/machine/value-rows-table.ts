// Rows of values as a table of SQLite: `INSERT ... SELECT ... FROM "balsa_rows_4"(?)` writes all
// the rows of a value (types/value-rows.ts) in one statement. So they take effect as a whole, and
// foreign keys are checked where it ends, as Postgres does for a COPY.
import type { FunctionHost } from '../sql/functions/register.ts';
import { VALUE_ROWS_WIDTHS, valueRowsTable } from '../types/value-rows-name.ts';
import { ValueRowsReader } from '../types/value-rows.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { RequestContext } from './call-context.ts';

export function registerValueRows(host: FunctionHost, context: RequestContext): void {
  for (const width of VALUE_ROWS_WIDTHS) {
    host.table(valueRowsTable(width), {
      columns: Array.from({ length: width }, (_none, at) => `c${at + 1}`),
      parameters: ['rows'],
      safeIntegers: true,
      *rows(bytes: Uint8Array) {
        const reader = new ValueRowsReader(bytes);
        const row = new Array<SqliteValue>(width).fill(null);
        // SQLite looks at a row only until it asks for the next: one array serves for all.
        while (reader.next(row)) {
          context.noteValueRow(reader);
          yield row;
        }
        // What fails from here on is not about the row that was read last.
        context.endValueRows();
      },
    });
  }
}
