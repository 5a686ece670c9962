// What SQLite's window functions take, checked as Postgres does: SQLite's own errors are
// not results.
import { PgError } from '../../errors/pg-error.ts';
import { INT8 } from '../../types/oids.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

/** Without names that a statement could use. */
export const WINDOW_SUPPORT: readonly FunctionSignature[] = [
  fn(
    '',
    [INT8],
    INT8,
    js('pg_ntile_argument', ([count = null]) => {
      if (count === null) throw new PgError('0A000', 'ntile() of NULL is not supported');
      if ((count as bigint) > 0n) return count;
      throw new PgError('22014', 'argument of ntile must be greater than zero');
    }),
    { isStrict: false },
  ),
  fn(
    '',
    [INT8],
    INT8,
    js('pg_nth_value_argument', ([position = null]) => {
      if (position === null) throw new PgError('0A000', 'nth_value() at NULL is not supported');
      if ((position as bigint) > 0n) return position;
      throw new PgError('22016', 'argument of nth_value must be greater than zero');
    }),
    { isStrict: false },
  ),
];

/** The SQLite function that looks at an argument of a window function, by its place. */
export const CHECKED_ARGUMENTS: Readonly<Record<string, readonly [at: number, sqlName: string]>> = {
  ntile: [0, 'pg_ntile_argument'],
  nth_value: [1, 'pg_nth_value_argument'],
};
