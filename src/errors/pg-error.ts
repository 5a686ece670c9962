// The user's kind of error: what Postgres would answer, with Postgres' code and words. Thrown
// anywhere below the session, turned into an ErrorResponse there and nowhere else.
import type { SqlState } from './sqlstate.ts';

/** Fields of an ErrorResponse beyond code and message (PG: 55.8 Error and Notice Fields). */
export interface PgErrorFields {
  readonly severity?: 'ERROR' | 'FATAL' | 'PANIC' | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** 1-based, in characters of the query text. */
  readonly position?: number | undefined;
  readonly where?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  /** Of a COPY, from 1: the session makes its line of it, and the client does not see it. */
  readonly row?: number | undefined;
}

export class PgError extends Error {
  override readonly name = 'PgError';
  readonly code: SqlState;
  readonly fields: PgErrorFields;

  constructor(code: SqlState, message: string, fields: PgErrorFields = {}) {
    super(message);
    this.code = code;
    this.fields = fields;
  }

  /** The same error at a place in the query text; a position already known wins. */
  at(position: number | undefined): PgError {
    if (position === undefined || this.fields.position !== undefined) return this;
    return new PgError(this.code, this.message, { ...this.fields, position });
  }
}

/** What is not supported says so, and names the feature (design promise 6). */
export function notSupported(feature: string, position?: number): PgError {
  return new PgError('0A000', `${feature} is not supported`, { position });
}
