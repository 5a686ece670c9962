// Functions of dates and times (PG: 9.9 Date/Time Functions and Operators).
import { PgError } from '../../errors/pg-error.ts';
import {
  INFINITY_DAYS,
  INFINITY_MICROS,
  MICROS_PER_DAY,
  MINUS_INFINITY_DAYS,
  MINUS_INFINITY_MICROS,
  UNIX_DAYS,
  daysFromCivil,
  daysInMonth,
  splitMicros,
} from '../../types/calendar.ts';
import { abbreviationNamed } from '../../types/datetime/abbreviations.ts';
import { roundHalfEven } from '../../types/datetime/faults.ts';
import { ageBetween, intervalOfStored, storedInterval } from '../../types/datetime/interval.ts';
import {
  checkedTimestamp,
  isDate,
  isFinite,
  timestampOutOfRange,
} from '../../types/datetime/moments.ts';
import {
  localToUtc,
  utcToLocal,
  zoneNamed,
  zoneOfOffset,
  zoneOffsetMicros,
} from '../../types/datetime/zones.ts';
import { toFloat } from '../../types/floats.ts';
import {
  BOOL,
  DATE,
  FLOAT8,
  INT4,
  INTERVAL,
  NUMERIC,
  TEXT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
} from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { storedZonedTime, timeOfDay, zonedTimeOf } from '../../types/times.ts';
import { fn, js, sql } from './builders.ts';
import {
  fieldOfDate,
  fieldOfInterval,
  fieldOfTime,
  fieldOfTimestamp,
  fieldOfZonedTime,
  truncated,
  truncatedInterval,
} from './datetime-fields.ts';
import { timeZoneOf } from './format-settings.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

const STABLE = { volatility: 'stable' } as const;
const ZONED = { volatility: 'stable', settings: ['TimeZone'] } as const;
/** Of finding the offset of a zone. */
const ZONE_WORK = 5;
const SECOND = 1_000_000n;

/** The session's time zone, charged for. */
export function zoneOf(context: CallContext): string {
  context.spend(ZONE_WORK);
  return timeZoneOf(context);
}

export function local(micros: SqliteValue | undefined, context: CallContext): bigint {
  return utcToLocal(micros as bigint, zoneOf(context));
}

/** A zone as AT TIME ZONE names it: an abbreviation, a name, or an offset. Throws 22023. */
function namedZone(name: string): string {
  const abbreviation = abbreviationNamed(name);
  if (abbreviation?.kind === 'zone') return abbreviation.zone;
  if (abbreviation !== null) return zoneOfOffset(abbreviation.eastSeconds);
  const bare = /^[+-]/.test(name) ? zoneNamed(`<XXX>${name}`) : zoneNamed(name);
  if (bare !== null) return bare;
  throw new PgError('22023', `time zone "${name}" not recognized`);
}

function zoneOfInterval(value: SqliteValue | undefined): string {
  const { months, days, micros } = intervalOfStored(value);
  if (months !== 0 || days !== 0) {
    throw new PgError('22023', 'interval time zone must not include months or days');
  }
  return zoneOfOffset(Number(micros / SECOND));
}

function calendarZone(zone: string): { offsetAt(utc: bigint): bigint; toUtc(at: bigint): bigint } {
  return {
    offsetAt: (utc) => zoneOffsetMicros(zone, utc),
    toUtc: (at) => localToUtc(at, zone),
  };
}

function madeDate(yearGiven: number, month: number, day: number): bigint {
  const year = yearGiven < 0 ? yearGiven + 1 : yearGiven;
  const isOk =
    yearGiven !== 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    day <= daysInMonth(year, month);
  const days = isOk ? BigInt(daysFromCivil({ year, month, day })) : 0n;
  if (isOk && isDate(days)) return days;
  const two = (value: number): string => String(value).padStart(2, '0');
  const shown = `${yearGiven}-${two(month)}-${two(day)}`;
  throw new PgError('22008', `date ${isOk ? '' : 'field value '}out of range: ${shown}`);
}

function madeTime(hour: number, minute: number, second: number): bigint {
  const micros = roundHalfEven(second * 1e6);
  const total = (hour * 60 + minute) * 60e6 + micros;
  const isOk =
    hour >= 0 &&
    hour <= 24 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    second <= 60 &&
    total <= Number(MICROS_PER_DAY);
  if (isOk) return BigInt(total);
  const two = (value: number): string => String(value).padStart(2, '0');
  const shown = `${hour}:${two(minute)}:${two(Number(second.toPrecision(6)))}`;
  throw new PgError('22008', `time field value out of range: ${shown}`);
}

function madeTimestamp(args: readonly SqliteValue[]): bigint {
  const [year, month, day, hour, minute] = args.slice(0, 5).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const days = madeDate(year, month, day);
  const time = madeTime(hour, minute, toFloat(args[5] ?? null));
  return checkedTimestamp(days * MICROS_PER_DAY + time);
}

function ofUnixSeconds(value: SqliteValue): bigint {
  const seconds = toFloat(value);
  if (Number.isNaN(seconds)) throw new PgError('22008', 'timestamp cannot be NaN');
  if (seconds === Infinity) return INFINITY_MICROS;
  if (seconds === -Infinity) return MINUS_INFINITY_MICROS;
  const since = roundHalfEven((seconds - UNIX_DAYS * 86_400) * 1e6);
  if (Math.abs(since) < 2 ** 63) return checkedTimestamp(BigInt(since));
  throw timestampOutOfRange(seconds.toPrecision(6));
}

/** The last moment before `at` that is a number of strides from the origin. */
function binned(strideValue: SqliteValue | undefined, at: bigint, origin: bigint): bigint {
  const { months, days, micros } = intervalOfStored(strideValue);
  if (!isFinite(at)) return at;
  if (!isFinite(origin)) throw new PgError('22008', 'origin out of range');
  if (months !== 0) {
    throw new PgError(
      '0A000',
      'timestamps cannot be binned into intervals containing months or years',
    );
  }
  const stride = BigInt(days) * MICROS_PER_DAY + micros;
  if (stride <= 0n) throw new PgError('22008', 'stride must be greater than zero');
  const rest = (at - origin) % stride;
  return checkedTimestamp(at - rest - (rest < 0n ? stride : 0n));
}

function isFiniteDate(value: SqliteValue | undefined): boolean {
  return value !== INFINITY_DAYS && value !== MINUS_INFINITY_DAYS;
}

const bool = (value: boolean): bigint => (value ? 1n : 0n);

type Field = readonly [
  type: number,
  suffix: string,
  call: Parameters<typeof js>[1],
  isZoned: boolean,
];

const FIELDS: readonly Field[] = [
  [TIMESTAMP, '', ([name, at]) => fieldOfTimestamp(String(name), at as bigint, null), false],
  [DATE, '_date', ([name, at]) => fieldOfDate(String(name), at as bigint), false],
  [TIME, '_time', ([name, at]) => fieldOfTime(String(name), at as bigint), false],
  [TIMETZ, '_timetz', ([name, at]) => fieldOfZonedTime(String(name), zonedTimeOf(at)), false],
  [
    INTERVAL,
    '_interval',
    ([name, at]) => fieldOfInterval(String(name), intervalOfStored(at)),
    false,
  ],
  [
    TIMESTAMPTZ,
    '_tz',
    ([name, at], context) => {
      const utc = at as bigint;
      const offset = isFinite(utc) ? zoneOffsetMicros(zoneOf(context), utc) : 0n;
      return fieldOfTimestamp(String(name), utc, offset);
    },
    true,
  ],
];

const FIELD_FUNCTIONS: readonly FunctionSignature[] = FIELDS.flatMap(
  ([type, suffix, call, isZoned]) => {
    const options = isZoned ? ZONED : {};
    return [
      fn('extract', [TEXT, type], NUMERIC, js(`pg_extract${suffix}`, call), options),
      fn(
        'date_part',
        [TEXT, type],
        FLOAT8,
        sql((unit = '', at = '') => `pg_numeric_to_float8(pg_extract${suffix}(${unit}, ${at}))`),
        options,
      ),
    ];
  },
);

const CLOCK_FUNCTIONS: readonly FunctionSignature[] = [
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
    'pg_localtime',
    [],
    TIME,
    js('pg_localtime', (_args, context) => timeOfDay(local(context.now, context))),
    ZONED,
  ),
  fn(
    'pg_current_time',
    [],
    TIMETZ,
    js('pg_current_time', (_args, context) => {
      const offset = zoneOffsetMicros(zoneOf(context), context.now);
      const micros = timeOfDay(context.now + offset);
      return storedZonedTime({ micros, eastSeconds: Number(offset / SECOND) });
    }),
    ZONED,
  ),
];

const TRUNCATIONS: readonly FunctionSignature[] = [
  fn(
    'date_trunc',
    [TEXT, TIMESTAMP],
    TIMESTAMP,
    js('pg_date_trunc', ([unit, at]) => truncated(String(unit), at as bigint, null)),
  ),
  fn(
    'date_trunc',
    [TEXT, TIMESTAMPTZ],
    TIMESTAMPTZ,
    js('pg_date_trunc_tz', ([unit, at], context) =>
      truncated(String(unit), at as bigint, calendarZone(zoneOf(context))),
    ),
    ZONED,
  ),
  fn(
    'date_trunc',
    [TEXT, TIMESTAMPTZ, TEXT],
    TIMESTAMPTZ,
    js('pg_date_trunc_zone', ([unit, at, zone]) =>
      truncated(String(unit), at as bigint, calendarZone(namedZone(String(zone)))),
    ),
    STABLE,
  ),
  fn(
    'date_trunc',
    [TEXT, INTERVAL],
    INTERVAL,
    js('pg_date_trunc_interval', ([unit, value]) =>
      truncatedInterval(String(unit), intervalOfStored(value)),
    ),
  ),
  ...[TIMESTAMP, TIMESTAMPTZ].map((type) =>
    fn(
      'date_bin',
      [INTERVAL, type, type],
      type,
      js('pg_date_bin', ([stride, at, origin]) => binned(stride, at as bigint, origin as bigint)),
    ),
  ),
];

const CONSTRUCTORS: readonly FunctionSignature[] = [
  fn(
    'make_date',
    [INT4, INT4, INT4],
    DATE,
    js('pg_make_date', ([year, month, day]) => madeDate(Number(year), Number(month), Number(day))),
  ),
  fn(
    'make_time',
    [INT4, INT4, FLOAT8],
    TIME,
    js('pg_make_time', ([hour, minute, second = null]) =>
      madeTime(Number(hour), Number(minute), toFloat(second)),
    ),
  ),
  fn(
    'make_timestamp',
    [INT4, INT4, INT4, INT4, INT4, FLOAT8],
    TIMESTAMP,
    js('pg_make_timestamp', madeTimestamp),
  ),
  fn(
    'make_timestamptz',
    [INT4, INT4, INT4, INT4, INT4, FLOAT8],
    TIMESTAMPTZ,
    js('pg_make_timestamptz', (args, context) => localToUtc(madeTimestamp(args), zoneOf(context))),
    ZONED,
  ),
  fn(
    'make_timestamptz',
    [INT4, INT4, INT4, INT4, INT4, FLOAT8, TEXT],
    TIMESTAMPTZ,
    js('pg_make_timestamptz_zone', (args) =>
      localToUtc(madeTimestamp(args), namedZone(String(args[6]))),
    ),
    STABLE,
  ),
  fn(
    'to_timestamp',
    [FLOAT8],
    TIMESTAMPTZ,
    js('pg_to_timestamp', ([seconds = null]) => ofUnixSeconds(seconds)),
  ),
];

const ZONE_FUNCTIONS: readonly FunctionSignature[] = (
  [
    [TEXT, 'pg_timezone', (value: SqliteValue | undefined) => namedZone(String(value))],
    [INTERVAL, 'pg_timezone_interval', zoneOfInterval],
  ] as const
).flatMap(([type, name, zone]) => [
  fn(
    'timezone',
    [type, TIMESTAMPTZ],
    TIMESTAMP,
    js(name, ([where, at], context) => {
      context.spend(ZONE_WORK);
      return utcToLocal(at as bigint, zone(where));
    }),
  ),
  fn(
    'timezone',
    [type, TIMESTAMP],
    TIMESTAMPTZ,
    js(`${name}_local`, ([where, at], context) => {
      context.spend(ZONE_WORK);
      return localToUtc(at as bigint, zone(where));
    }),
  ),
  fn(
    'timezone',
    [type, TIMETZ],
    TIMETZ,
    js(`${name}_timetz`, ([where, value], context) => {
      const { micros, eastSeconds } = zonedTimeOf(value);
      const offset = zoneOffsetMicros(zone(where), context.now);
      const moved = micros - BigInt(eastSeconds) * SECOND + offset;
      return storedZonedTime({ micros: timeOfDay(moved), eastSeconds: Number(offset / SECOND) });
    }),
    STABLE,
  ),
]);

export const DATETIME_FUNCTIONS: readonly FunctionSignature[] = [
  ...CLOCK_FUNCTIONS,
  ...FIELD_FUNCTIONS,
  ...TRUNCATIONS,
  ...CONSTRUCTORS,
  ...ZONE_FUNCTIONS,
  fn(
    'age',
    [TIMESTAMP, TIMESTAMP],
    INTERVAL,
    js('pg_age', ([a, b]) => storedInterval(ageBetween(a as bigint, b as bigint))),
  ),
  fn(
    'age',
    [TIMESTAMPTZ, TIMESTAMPTZ],
    INTERVAL,
    js('pg_age_tz', ([a, b], context) =>
      storedInterval(ageBetween(local(a, context), local(b, context))),
    ),
    ZONED,
  ),
  ...([TIMESTAMP, TIMESTAMPTZ] as const).map((type) =>
    fn(
      'age',
      [type],
      INTERVAL,
      js(type === TIMESTAMP ? 'pg_age_today' : 'pg_age_today_tz', ([value], context) => {
        const [today] = splitMicros(local(context.now, context));
        const at = type === TIMESTAMP ? (value as bigint) : local(value, context);
        return storedInterval(ageBetween(BigInt(today) * MICROS_PER_DAY, at));
      }),
      ZONED,
    ),
  ),
  ...[TIMESTAMP, TIMESTAMPTZ].map((type) =>
    fn(
      'isfinite',
      [type],
      BOOL,
      js('pg_isfinite', ([at]) => bool(isFinite(at as bigint))),
    ),
  ),
  fn(
    'isfinite',
    [DATE],
    BOOL,
    js('pg_isfinite_date', ([days]) => bool(isFiniteDate(days))),
  ),
  fn(
    'isfinite',
    [INTERVAL],
    BOOL,
    js('pg_isfinite_interval', () => 1n),
  ),
];
