// How much one statement may ask of a node: nothing that a client sends may take it down.
import { PgError } from '../../errors/pg-error.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';

/** The function that long loops of a statement call, see emit/ticks.ts. Gives 1. */
export const TICK = 'balsa_tick';
/** Called with the lengths of what a row has that is written, see ddl/row-meter.ts. Gives 1. */
export const WRITTEN = 'balsa_written';
/** Called for values that are kept until the statement ends. Gives its argument. */
export const KEEP = 'balsa_keep';

/** Of a value that a function takes or gives: characters, or bytes of bytea. */
export const VALUE_LENGTH_MAX = 16 * 1024 * 1024;

/** What a row takes in memory beside the bytes of its texts. */
const ROW_BYTES = 64;
const VALUE_BYTES = 16;

export function checkLength(length: number): void {
  if (length <= VALUE_LENGTH_MAX) return;
  throw new PgError('54000', 'requested length too large');
}

/** Of to_char() and its like: what is made of each of their characters is large. */
const TEMPLATE_LENGTH_MAX = 64 * 1024;

export function checkTemplate(template: string): void {
  if (template.length > TEMPLATE_LENGTH_MAX) checkLength(Infinity);
}

export function lengthOf(value: SqliteValue): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}

/** About what a row takes in memory. */
export function bytesOfRow(row: readonly SqliteValue[]): number {
  let bytes = ROW_BYTES;
  for (const value of row) bytes += VALUE_BYTES + lengthOf(value);
  return bytes;
}
