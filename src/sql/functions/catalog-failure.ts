// The error that a step of a plan raises when it meets a row that must not be there.
import { PgError } from '../../errors/pg-error.ts';
import { SQLSTATES, type SqlState } from '../../errors/sqlstate.ts';
import { TEXT, VOID } from '../../types/oids.ts';
import { assert } from '../../util/assert.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

function isSqlState(code: string): code is SqlState {
  return code in SQLSTATES;
}

export const FAILURE_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'balsa_raise',
    [TEXT, TEXT, TEXT],
    VOID,
    js('pg_raise', ([code, message, detail]) => {
      const state = String(code);
      assert(isSqlState(state), `no SQLSTATE ${state}`);
      const isPlain = detail === null || detail === undefined;
      throw new PgError(state, String(message), isPlain ? {} : { detail: String(detail) });
    }),
    // Volatile: it must run for the row it is about, and not before.
    { volatility: 'volatile', isStrict: false },
  ),
];
