// pg_notify and what belongs to it (PG: NOTIFY). A notification is told to listeners when its
// transaction has committed.
import { PgError } from '../../errors/pg-error.ts';
import { FLOAT8, TEXT, VOID } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, sql } from './builders.ts';
import type { CallContext, FunctionSignature, SetFunctionSignature } from './signature.ts';

export interface Notification {
  readonly channel: string;
  readonly payload: string;
  /** The backend process that sent it. */
  readonly pid: number;
}

const CHANNEL_BYTES_MAX = 63;
const PAYLOAD_BYTES_MAX = 7999;

function notify([channel, payload]: readonly SqliteValue[], context: CallContext): SqliteValue {
  const notification = {
    channel: String(channel ?? ''),
    payload: String(payload ?? ''),
    pid: Number(context.setting('@pid') ?? 0),
  };
  if (notification.channel === '') throw new PgError('22023', 'channel name cannot be empty');
  if (Buffer.byteLength(notification.channel) > CHANNEL_BYTES_MAX) {
    throw new PgError('22023', 'channel name too long');
  }
  if (Buffer.byteLength(notification.payload) > PAYLOAD_BYTES_MAX) {
    throw new PgError('22023', 'payload string too long');
  }
  context.notify(notification);
  return '';
}

/** Facts and effects of a call, for statements that emit it by themselves. */
export const NOTIFY_CALL = {
  volatility: 'volatile',
  hasEffects: true,
  settings: ['@pid'],
} as const;

export const NOTIFY_FUNCTIONS: readonly FunctionSignature[] = [
  fn('pg_notify', [TEXT, TEXT], VOID, js('pg_notify', notify), {
    ...NOTIFY_CALL,
    isStrict: false,
    oid: 3036,
  }),
  // There is no queue: listeners are told at once.
  fn(
    'pg_notification_queue_usage',
    [],
    FLOAT8,
    sql(() => '0.0'),
    { volatility: 'volatile', oid: 3296 },
  ),
];

export const NOTIFY_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    oid: 3035,
    name: 'pg_listening_channels',
    arguments: [],
    columns: [{ name: 'pg_listening_channels', type: TEXT }],
    isStrict: true,
    volatility: 'stable',
    settings: ['@channels'],
    sqlName: 'pg_listening_channels',
    rows: (_args, context) =>
      (JSON.parse(context.setting('@channels') ?? '[]') as readonly string[]).map((name) => [name]),
  },
];
