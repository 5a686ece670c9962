// Functions that do something for the session that calls them: set_config() (PG: 9.27.1) and
// pg_sleep() (PG: 9.9.5). Neither goes through the log: the node that the client is connected to does
// it, see CallContext.action().
import { PgError } from '../../errors/pg-error.ts';
import { BOOL, FLOAT8, INTERVAL, TEXT, TIMESTAMPTZ, VOID } from '../../types/oids.ts';
import { intervalOfStored } from '../../types/datetime/interval.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { writeAction } from './lock-actions.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

const SLEEP = { volatility: 'volatile', needsTransaction: true, settings: ['@pid'] } as const;
const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;

function sleep(seconds: number, context: CallContext): SqliteValue {
  if (seconds > 0) context.action(writeAction({ kind: 'sleep', seconds }));
  return '';
}

function secondsOf(interval: SqliteValue | undefined): number {
  const { months, days, micros } = intervalOfStored(String(interval));
  return months * MONTH_SECONDS + days * DAY_SECONDS + Number(micros) / 1_000_000;
}

export const SESSION_ACTION_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'set_config',
    [TEXT, TEXT, BOOL],
    TEXT,
    js('pg_set_config', ([name = null, value = null, isLocal], context) => {
      if (name === null) throw new PgError('22004', 'SET requires parameter name');
      const text = value === null ? null : String(value);
      const action = { name: String(name), value: text, isLocal: isLocal === 1n };
      return context.action(writeAction({ kind: 'set', ...action }));
    }),
    { oid: 2078, volatility: 'volatile', isStrict: false, isOfSession: true },
  ),
  fn(
    'pg_sleep',
    [FLOAT8],
    VOID,
    js('pg_sleep', ([seconds], context) => sleep(Number(seconds), context)),
    { ...SLEEP, oid: 2626 },
  ),
  fn(
    'pg_sleep_for',
    [INTERVAL],
    VOID,
    js('pg_sleep_for', ([interval], context) => sleep(secondsOf(interval), context)),
    { ...SLEEP, oid: 3935 },
  ),
  fn(
    'pg_sleep_until',
    [TIMESTAMPTZ],
    VOID,
    js('pg_sleep_until', ([until], context) =>
      // The clock of a statement is that of its transaction.
      sleep(Number((until as bigint) - context.now) / 1_000_000, context),
    ),
    { ...SLEEP, oid: 3936 },
  ),
];
