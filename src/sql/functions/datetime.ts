// Functions of dates and times.
import {
  MICROS_PER_DAY,
  civilFromDays,
  daysFromCivil,
  localToUtc,
  splitMicros,
  zoneOffsetMicros,
} from '../../types/calendar.ts';
import { PgError } from '../../errors/pg-error.ts';
import { DATE, FLOAT8, INT4, NUMERIC, TEXT, TIMESTAMP, TIMESTAMPTZ } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator, sql } from './builders.ts';
import type { CallContext, FunctionSignature, OperatorSignature } from './signature.ts';

const STABLE = { volatility: 'stable' } as const;
const ZONED = { volatility: 'stable', settings: ['TimeZone'] } as const;

function zone(context: CallContext): string {
  return context.setting('TimeZone') ?? 'UTC';
}

function local(micros: SqliteValue | undefined, context: CallContext): bigint {
  const utc = micros as bigint;
  return utc + zoneOffsetMicros(zone(context), utc);
}

const UNITS = [
  'microseconds',
  'milliseconds',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
];
const SECOND = 1_000_000n;

function truncated(unitText: string, micros: bigint): bigint {
  const unit = unitText.toLowerCase();
  if (!UNITS.includes(unit)) {
    throw new PgError(
      '22023',
      `unit "${unitText}" not recognized for type timestamp without time zone`,
    );
  }
  const fixed: Readonly<Record<string, bigint>> = {
    microseconds: 1n,
    milliseconds: 1000n,
    second: SECOND,
    minute: 60n * SECOND,
    hour: 3600n * SECOND,
    day: MICROS_PER_DAY,
  };
  const step = fixed[unit];
  const [days, time] = splitMicros(micros);
  const dayStart = BigInt(days) * MICROS_PER_DAY;
  if (step !== undefined) return dayStart + (time / step) * step;
  if (unit === 'week') return BigInt(days - ((((days + 5) % 7) + 7) % 7)) * MICROS_PER_DAY;
  const { year, month } = civilFromDays(days);
  const first = unit === 'month' ? month : unit === 'quarter' ? month - ((month - 1) % 3) : 1;
  return BigInt(daysFromCivil({ year, month: first, day: 1 })) * MICROS_PER_DAY;
}

/** Fields of a timestamp as numeric text, as extract() gives them since Postgres 14. */
function field(nameText: string, micros: bigint): string {
  const [days, time] = splitMicros(micros);
  const { year, month, day } = civilFromDays(days);
  const seconds = time % (60n * SECOND);
  const decimal = (value: bigint, digits: number): string => {
    const unit = 10n ** BigInt(digits);
    const sign = value < 0n ? '-' : '';
    const magnitude = value < 0n ? -value : value;
    return `${sign}${magnitude / unit}.${(magnitude % unit).toString().padStart(digits, '0')}`;
  };
  switch (nameText.toLowerCase()) {
    case 'year':
      return String(year <= 0 ? year - 1 : year);
    case 'month':
      return String(month);
    case 'day':
      return String(day);
    case 'hour':
      return String(time / (3600n * SECOND));
    case 'minute':
      return String((time / (60n * SECOND)) % 60n);
    case 'second':
      return decimal(seconds, 6);
    case 'milliseconds':
      return decimal(seconds, 3);
    case 'microseconds':
      return String(seconds);
    case 'quarter':
      return String(Math.floor((month - 1) / 3) + 1);
    case 'dow':
      return String((((days + 6) % 7) + 7) % 7);
    case 'isodow':
      return String(((((days + 5) % 7) + 7) % 7) + 1);
    case 'doy':
      return String(days - daysFromCivil({ year, month: 1, day: 1 }) + 1);
    case 'epoch':
      return decimal(micros + 10_957n * MICROS_PER_DAY, 6);
    default:
      throw new PgError(
        '22023',
        `unit "${nameText}" not recognized for type timestamp without time zone`,
      );
  }
}

export const DATETIME_OPERATORS: readonly OperatorSignature[] = [
  operator(
    '-',
    DATE,
    DATE,
    INT4,
    sql((a = '', b = '') => `(${a} - ${b})`),
  ),
  operator(
    '+',
    DATE,
    INT4,
    DATE,
    sql((a = '', b = '') => `(${a} + ${b})`),
  ),
  operator(
    '-',
    DATE,
    INT4,
    DATE,
    sql((a = '', b = '') => `(${a} - ${b})`),
  ),
];

export const DATETIME_FUNCTIONS: readonly FunctionSignature[] = [
  ...['now', 'transaction_timestamp', 'statement_timestamp', 'clock_timestamp'].map((name) =>
    fn(
      name,
      [],
      TIMESTAMPTZ,
      js('pg_now', (_args, context) => context.now),
      STABLE,
    ),
  ),
  fn(
    'pg_current_date',
    [],
    DATE,
    js('pg_current_date', (_args, context) => BigInt(splitMicros(local(context.now, context))[0])),
    ZONED,
  ),
  fn(
    'pg_localtimestamp',
    [],
    TIMESTAMP,
    js('pg_localtimestamp', (_args, context) => local(context.now, context)),
    ZONED,
  ),
  fn(
    'date_trunc',
    [TEXT, TIMESTAMP],
    TIMESTAMP,
    js('pg_date_trunc', ([unit, at]) => truncated(String(unit), at as bigint)),
  ),
  fn(
    'date_trunc',
    [TEXT, TIMESTAMPTZ],
    TIMESTAMPTZ,
    js('pg_date_trunc_tz', ([unit, at], context) =>
      localToUtc(truncated(String(unit), local(at, context)), zone(context)),
    ),
    ZONED,
  ),
  fn(
    'extract',
    [TEXT, TIMESTAMP],
    NUMERIC,
    js('pg_extract', ([name, at]) => field(String(name), at as bigint)),
  ),
  fn(
    'extract',
    [TEXT, DATE],
    NUMERIC,
    js('pg_extract_date', ([name, at]) =>
      field(String(name), (at as bigint) * MICROS_PER_DAY).replace(/\.0+$/, ''),
    ),
  ),
  fn(
    'extract',
    [TEXT, TIMESTAMPTZ],
    NUMERIC,
    js('pg_extract_tz', ([name, at], context) =>
      field(
        String(name),
        String(name).toLowerCase() === 'epoch' ? (at as bigint) : local(at, context),
      ),
    ),
    ZONED,
  ),
  ...(
    [
      ['pg_extract', TIMESTAMP],
      ['pg_extract_date', DATE],
      ['pg_extract_tz', TIMESTAMPTZ],
    ] as const
  ).map(([name, type]) =>
    fn(
      'date_part',
      [TEXT, type],
      FLOAT8,
      sql((unit = '', at = '') => `CAST(${name}(${unit}, ${at}) AS REAL)`),
      type === TIMESTAMPTZ ? ZONED : {},
    ),
  ),
  fn(
    'to_timestamp',
    [FLOAT8],
    TIMESTAMPTZ,
    js(
      'pg_to_timestamp',
      ([seconds]) => BigInt(Math.round(Number(seconds) * 1e6)) - 10_957n * MICROS_PER_DAY,
    ),
  ),
  fn(
    'timezone',
    [TEXT, TIMESTAMPTZ],
    TIMESTAMP,
    js(
      'pg_timezone',
      ([name, at]) => (at as bigint) + zoneOffsetMicros(String(name), at as bigint),
    ),
  ),
  fn(
    'timezone',
    [TEXT, TIMESTAMP],
    TIMESTAMPTZ,
    js('pg_timezone_local', ([name, at]) => localToUtc(at as bigint, String(name))),
  ),
];
