// Functions that show the session and the server. What they ask the context for is pinned in
// replicated commands.
import { BOOL, FLOAT8, INT4, NAME, TEXT, TIMESTAMPTZ } from '../../types/oids.ts';
import { fn, js } from './builders.ts';
import { BY_PATH, viewerOf } from './catalog-context.ts';
import { ANY_SETTING } from './signature.ts';
import type { CallContext, FunctionSignature } from './signature.ts';
import { PgError } from '../../errors/pg-error.ts';

export const VERSION_TEXT = 'PostgreSQL 15.0 (BalsaDB) on SQLite, replicated by Raft';

/** Milliseconds between 1970 and 2000, from which timestamptz counts. */
const EPOCH_MS = 946_684_800_000n;

function fact(name: string): Pick<FunctionSignature, 'volatility' | 'settings' | 'isStrict'> {
  return { volatility: 'stable', settings: [name], isStrict: false };
}

/** 53 random bits. */
function random(context: CallContext): number {
  return ((context.randomUint32() >>> 5) * 67108864 + (context.randomUint32() >>> 6)) / 2 ** 53;
}

export const SESSION_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'version',
    [],
    TEXT,
    js('pg_version', () => VERSION_TEXT),
    { volatility: 'stable' },
  ),
  fn(
    'pg_is_in_recovery',
    [],
    BOOL,
    js('pg_is_in_recovery', (_args, context) =>
      context.setting('@in_recovery') === 'on' ? 1n : 0n,
    ),
    { ...fact('@in_recovery'), volatility: 'volatile' },
  ),
  fn(
    'pg_backend_pid',
    [],
    INT4,
    js('pg_backend_pid', (_args, context) => BigInt(context.setting('@pid') ?? 0)),
    fact('@pid'),
  ),
  // When the node that the client is connected to was started; its configuration is read then.
  ...[['pg_postmaster_start_time', 2560] as const, ['pg_conf_load_time', 2034] as const].map(
    ([name, oid]) =>
      fn(
        name,
        [],
        TIMESTAMPTZ,
        js('pg_node_start_time', (_args, context) => {
          const started = context.setting('@started_ms');
          return started === null ? null : (BigInt(started) - EPOCH_MS) * 1000n;
        }),
        { ...fact('@started_ms'), oid },
      ),
  ),
  ...['current_user', 'session_user', 'user', 'current_role'].map((name) =>
    fn(
      name,
      [],
      NAME,
      js('pg_current_user', (_args, context) => context.setting('@user')),
      fact('@user'),
    ),
  ),
  ...['current_database', 'current_catalog'].map((name) =>
    fn(
      name,
      [],
      NAME,
      js('pg_current_database', (_args, context) => context.setting('@database')),
      fact('@database'),
    ),
  ),
  fn(
    'current_schema',
    [],
    NAME,
    js('pg_current_schema', (_args, context) => {
      const { catalog, path } = viewerOf(context);
      return path.find((name) => catalog.hasSchema(name)) ?? null;
    }),
    { ...BY_PATH, isStrict: false },
  ),
  fn(
    'current_setting',
    [TEXT],
    TEXT,
    js('pg_current_setting', ([name], context) => {
      const value = context.setting(String(name));
      if (value === null)
        throw new PgError('42704', `unrecognized configuration parameter "${String(name)}"`);
      return value;
    }),
    { volatility: 'stable', settings: [ANY_SETTING] },
  ),
  fn(
    'current_setting',
    [TEXT, BOOL],
    TEXT,
    js('pg_current_setting_if', ([name, isMissingOk], context) => {
      const value = context.setting(String(name));
      if (value === null && isMissingOk === 0n) {
        throw new PgError('42704', `unrecognized configuration parameter "${String(name)}"`);
      }
      return value;
    }),
    { volatility: 'stable', settings: [ANY_SETTING] },
  ),
  fn(
    'random',
    [],
    FLOAT8,
    js('pg_random', (_args, context) => random(context)),
    { volatility: 'volatile' },
  ),
];
