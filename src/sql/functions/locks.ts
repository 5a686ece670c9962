// Advisory locks (PG: 9.27.10), and what shows locks. Taking and releasing one goes through the log
// before the statement that asks for it; see CallContext.action().
import { PgError } from '../../errors/pg-error.ts';
import { BOOL, INT2, INT4, INT8, OID, TEXT, VOID } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, sql } from './builders.ts';
import { writeAction } from './lock-actions.ts';
import { EXCLUSIVE, SHARE } from './lock-modes.ts';
import type { LockMode } from './lock-modes.ts';
import { tableResource } from './row-locks.ts';
import type { CallContext, FunctionSignature, SetFunctionSignature } from './signature.ts';

const ACTION = { volatility: 'volatile', needsTransaction: true, settings: ['@pid'] } as const;

/** A key of 64 bits is a space of its own beside keys of twice 32 bits, as in Postgres. */
function advisory(key: readonly SqliteValue[]): string {
  const [first, second] = key as readonly bigint[];
  if (second !== undefined) return `a ${word(first)} ${word(second)} 2`;
  return `a ${word((first ?? 0n) >> 32n)} ${word(first)} 1`;
}

/** As an oid: without a sign. */
function word(value: bigint | undefined): bigint {
  return BigInt.asUintN(32, value ?? 0n);
}

interface Taking {
  readonly mode: LockMode;
  readonly isOfTransaction: boolean;
  readonly mayWait: boolean;
}

function take(
  key: readonly SqliteValue[],
  context: CallContext,
  { mode, isOfTransaction, mayWait }: Taking,
): SqliteValue {
  const resource = advisory(key);
  const action = { kind: 'lock', mode, isOfTransaction, mayWait, resource } as const;
  return context.action(writeAction(action));
}

function takers(
  oids: readonly [big: Oid, small: Oid],
  name: string,
  taking: Taking,
): readonly FunctionSignature[] {
  const result = taking.mayWait ? VOID : BOOL;
  const call = js(name, (key, context) => {
    const isTaken = take(key, context, taking);
    return taking.mayWait ? '' : isTaken;
  });
  return [
    fn(name, [INT8], result, call, { ...ACTION, oid: oids[0] }),
    fn(name, [INT4, INT4], result, call, { ...ACTION, oid: oids[1] }),
  ];
}

type Oid = number;

function releasers(
  oids: readonly [big: Oid, small: Oid],
  name: string,
  mode: LockMode,
): readonly FunctionSignature[] {
  const call = js(name, (key, context) =>
    context.action(writeAction({ kind: 'unlock', mode, resource: advisory(key) })),
  );
  return [
    fn(name, [INT8], BOOL, call, { ...ACTION, oid: oids[0] }),
    fn(name, [INT4, INT4], BOOL, call, { ...ACTION, oid: oids[1] }),
  ];
}

/** What the session holds is a fact of it: tokens by resource. */
function token(key: readonly SqliteValue[], context: CallContext): SqliteValue {
  const tokens = JSON.parse(context.setting('@lock_tokens') ?? '{}') as Record<string, number>;
  const found = tokens[advisory(key)];
  return found === undefined ? null : BigInt(found);
}

const TOKEN = { volatility: 'volatile', settings: ['@lock_tokens'] } as const;

const session = { isOfTransaction: false } as const;
const transaction = { isOfTransaction: true } as const;
const exclusive = { mode: EXCLUSIVE } as const;
const shared = { mode: SHARE } as const;
const wait = { mayWait: true } as const;
const attempt = { mayWait: false } as const;

/** LOCK TABLE: the table, its name, the mode, and whether to wait. */
export const LOCK_TABLE_CALL: FunctionSignature = fn(
  'pg_lock_table',
  [OID, TEXT, INT4, BOOL],
  VOID,
  js('pg_lock_table', ([table = null, name, mode, mayWait], context) => {
    const isTaken = context.action(
      writeAction({
        kind: 'lock',
        mode: Number(mode),
        isOfTransaction: true,
        mayWait: mayWait === 1n,
        resource: tableResource(Number(table)),
      }),
    );
    if (isTaken === 1n) return '';
    throw new PgError('55P03', `could not obtain lock on relation "${String(name)}"`);
  }),
  ACTION,
);

export const LOCK_FUNCTIONS: readonly FunctionSignature[] = [
  ...takers([2880, 2886], 'pg_advisory_lock', { ...session, ...exclusive, ...wait }),
  ...takers([2881, 2887], 'pg_advisory_lock_shared', { ...session, ...shared, ...wait }),
  ...takers([2882, 2888], 'pg_try_advisory_lock', { ...session, ...exclusive, ...attempt }),
  ...takers([2883, 2889], 'pg_try_advisory_lock_shared', { ...session, ...shared, ...attempt }),
  ...takers([3089, 3093], 'pg_advisory_xact_lock', { ...transaction, ...exclusive, ...wait }),
  ...takers([3090, 3094], 'pg_advisory_xact_lock_shared', { ...transaction, ...shared, ...wait }),
  ...takers([3091, 3095], 'pg_try_advisory_xact_lock', {
    ...transaction,
    ...exclusive,
    ...attempt,
  }),
  ...takers([3092, 3096], 'pg_try_advisory_xact_lock_shared', {
    ...transaction,
    ...shared,
    ...attempt,
  }),
  ...releasers([2884, 2890], 'pg_advisory_unlock', EXCLUSIVE),
  ...releasers([2885, 2891], 'pg_advisory_unlock_shared', SHARE),
  fn(
    'pg_advisory_unlock_all',
    [],
    VOID,
    js('pg_advisory_unlock_all', (_key, context) => {
      context.action(writeAction({ kind: 'unlock-all' }));
      return '';
    }),
    { ...ACTION, oid: 2892 },
  ),
  fn('balsa_lock_token', [INT8], INT8, js('pg_balsa_lock_token', token), TOKEN),
  fn('balsa_lock_token', [INT4, INT4], INT8, js('pg_balsa_lock_token', token), TOKEN),
  LOCK_TABLE_CALL,
  // The lock table, for the view pg_locks.
  fn(
    'balsa_lock_list',
    [],
    TEXT,
    sql(
      () => `(SELECT json_group_array(json_array(resource, owner, mode, token > 0)) FROM
        (SELECT resource, owner, mode, token FROM "balsa.lock" ORDER BY log_index, ordinal))`,
    ),
    { volatility: 'volatile' },
  ),
];

const MODE_NAMES = [
  '',
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];

/** As in pg_locks and in messages. */
export function lockModeName(mode: LockMode): string {
  return MODE_NAMES[mode] ?? '';
}

const LOCK_TYPES: Readonly<Record<string, string>> = { a: 'advisory', r: 'tuple', t: 'relation' };

function* lockRows([list]: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const locks = JSON.parse(String(list)) as readonly [string, number, number, number][];
  for (const [resource, pid, mode, isGranted] of locks) {
    const [kind = '', ...parts] = resource.split(' ');
    const numbers = parts.map(BigInt);
    const [classid, objid, objsubid] = kind === 'a' ? numbers : [];
    const [relation, row] = kind === 'a' ? [] : numbers;
    yield [
      LOCK_TYPES[kind] ?? kind,
      relation ?? null,
      row ?? null,
      classid ?? null,
      objid ?? null,
      objsubid ?? null,
      BigInt(pid),
      lockModeName(mode),
      BigInt(isGranted),
    ];
  }
}

export const LOCK_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    oid: 0,
    name: 'balsa_lock_rows',
    arguments: [TEXT],
    columns: [
      { name: 'locktype', type: TEXT },
      { name: 'relation', type: OID },
      { name: 'row', type: INT8 },
      { name: 'classid', type: OID },
      { name: 'objid', type: OID },
      { name: 'objsubid', type: INT2 },
      { name: 'pid', type: INT4 },
      { name: 'mode', type: TEXT },
      { name: 'granted', type: BOOL },
    ],
    isStrict: true,
    volatility: 'volatile',
    sqlName: 'pg_balsa_lock_rows',
    rows: lockRows,
  },
];
