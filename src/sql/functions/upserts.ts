// An ON CONFLICT DO UPDATE of several rows may not meet a row that it has written itself: what came of
// it would depend on the order of the rows (PG: 21000). SQLite does not care.
import { PgError } from '../../errors/pg-error.ts';
import { BOOL, INT8 } from '../../types/oids.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

/** What a set of row numbers takes of memory, for each. */
const ROW_BYTES = 64;

/** Of the running step. Rows are known by their ctid, which grows with each row that is inserted. */
export class UpsertedRows {
  #last: bigint | null = null;
  readonly #updated = new Set<bigint>();

  /** `last`: the last row of the table. Called for each proposed row; the first call counts. */
  begin(last: bigint): void {
    this.#last ??= last;
  }

  /** Throws PgError for a row that the statement has written. */
  meet(row: bigint): void {
    if (row <= (this.#last ?? row) && !this.#updated.has(row)) return;
    throw new PgError('21000', 'ON CONFLICT DO UPDATE command cannot affect row a second time', {
      hint: 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.',
    });
  }

  update(row: bigint): void {
    this.#updated.add(row);
  }
}

const OPTIONS = { volatility: 'volatile', isStrict: false } as const;

/** All of them are conditions that hold. */
export const UPSERT_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'pg_upsert_begin',
    [INT8],
    BOOL,
    js('pg_upsert_begin', ([last], context) => {
      context.upserted().begin((last ?? 0n) as bigint);
      return 1n;
    }),
    OPTIONS,
  ),
  fn(
    'pg_upsert_meet',
    [INT8],
    BOOL,
    js('pg_upsert_meet', ([row], context) => {
      context.upserted().meet(row as bigint);
      return 1n;
    }),
    OPTIONS,
  ),
  fn(
    'pg_upsert_update',
    [INT8],
    BOOL,
    js('pg_upsert_update', ([row], context) => {
      context.keep(ROW_BYTES);
      context.upserted().update(row as bigint);
      return 1n;
    }),
    OPTIONS,
  ),
];
