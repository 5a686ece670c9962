// Identifiers in SQLite SQL: always quoted, so that none is ever taken for anything else.
import { PgError } from '../../errors/pg-error.ts';

export function quoteName(name: string): string {
  if (name.includes('\0') || name.includes(PLACEHOLDER_MARK)) {
    throw new PgError('42602', 'an identifier holds a control character');
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** Stands in the text around the number of a binding until the text is complete. */
export const PLACEHOLDER_MARK = '\u0001';
