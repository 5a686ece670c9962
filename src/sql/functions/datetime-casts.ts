// Casts among the types of dates and times.
import { PgError } from '../../errors/pg-error.ts';
import {
  INFINITY_DAYS,
  INFINITY_MICROS,
  MICROS_PER_DAY,
  MINUS_INFINITY_DAYS,
  MINUS_INFINITY_MICROS,
  splitMicros,
} from '../../types/calendar.ts';
import { intervalOfStored, storedInterval } from '../../types/datetime/interval.ts';
import { isFinite, isTimestamp } from '../../types/datetime/moments.ts';
import { localToUtc, utcToLocal, zoneOffsetMicros } from '../../types/datetime/zones.ts';
import { DATE, INTERVAL, TIME, TIMESTAMP, TIMESTAMPTZ, TIMETZ } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { storedZonedTime, timeOfDay, zonedTimeOf } from '../../types/times.ts';
import { cast, js } from './builders.ts';
import { timeZoneOf } from './format-settings.ts';
import type { CallContext, CastSignature } from './signature.ts';

const ZONED = { volatility: 'stable', settings: ['TimeZone'] } as const;
const SECOND = 1_000_000n;
const ZONE_WORK = 5;

type Value = SqliteValue | undefined;

function zoneOf(context: CallContext): string {
  context.spend(ZONE_WORK);
  return timeZoneOf(context);
}

/** Midnight. Throws 22008: there are more dates than timestamps. */
export function dateToTimestamp(days: bigint): bigint {
  if (days === INFINITY_DAYS) return INFINITY_MICROS;
  if (days === MINUS_INFINITY_DAYS) return MINUS_INFINITY_MICROS;
  const micros = days * MICROS_PER_DAY;
  if (isTimestamp(micros)) return micros;
  throw new PgError('22008', 'date out of range for timestamp');
}

function timestampToDate(micros: bigint): bigint {
  if (micros === INFINITY_MICROS) return INFINITY_DAYS;
  if (micros === MINUS_INFINITY_MICROS) return MINUS_INFINITY_DAYS;
  return BigInt(splitMicros(micros)[0]);
}

function timestampToTime(micros: bigint): SqliteValue {
  return isFinite(micros) ? timeOfDay(micros) : null;
}

function local(value: Value, context: CallContext): bigint {
  return utcToLocal(value as bigint, zoneOf(context));
}

function timeHere(micros: bigint, context: CallContext): string {
  const [today] = splitMicros(local(context.now, context));
  const at = BigInt(today) * MICROS_PER_DAY + micros;
  const offset = at - localToUtc(at, timeZoneOf(context));
  return storedZonedTime({ micros, eastSeconds: Number(offset / SECOND) });
}

function zonedTimeOfMoment(utc: bigint, context: CallContext): SqliteValue {
  if (!isFinite(utc)) return null;
  const offset = zoneOffsetMicros(zoneOf(context), utc);
  const micros = timeOfDay(utc + offset);
  return storedZonedTime({ micros, eastSeconds: Number(offset / SECOND) });
}

export const DATETIME_CASTS: readonly CastSignature[] = [
  cast(
    DATE,
    TIMESTAMP,
    'implicit',
    js('pg_date_to_timestamp', ([a]) => dateToTimestamp(a as bigint)),
  ),
  cast(
    DATE,
    TIMESTAMPTZ,
    'implicit',
    js('pg_date_to_timestamptz', ([a], context) =>
      localToUtc(dateToTimestamp(a as bigint), zoneOf(context)),
    ),
    ZONED,
  ),
  cast(
    TIMESTAMP,
    TIMESTAMPTZ,
    'implicit',
    js('pg_timestamp_to_tz', ([a], context) => localToUtc(a as bigint, zoneOf(context))),
    ZONED,
  ),
  cast(
    TIMESTAMPTZ,
    TIMESTAMP,
    'assignment',
    js('pg_tz_to_timestamp', ([a], context) => local(a, context)),
    ZONED,
  ),
  cast(
    TIMESTAMP,
    DATE,
    'assignment',
    js('pg_timestamp_to_date', ([a]) => timestampToDate(a as bigint)),
  ),
  cast(
    TIMESTAMPTZ,
    DATE,
    'assignment',
    js('pg_tz_to_date', ([a], context) => timestampToDate(local(a, context))),
    ZONED,
  ),
  cast(
    TIMESTAMP,
    TIME,
    'assignment',
    js('pg_timestamp_to_time', ([a]) => timestampToTime(a as bigint)),
  ),
  cast(
    TIMESTAMPTZ,
    TIME,
    'assignment',
    js('pg_tz_to_time', ([a], context) => timestampToTime(local(a, context))),
    ZONED,
  ),
  cast(
    TIMESTAMPTZ,
    TIMETZ,
    'assignment',
    js('pg_tz_to_timetz', ([a], context) => zonedTimeOfMoment(a as bigint, context)),
    ZONED,
  ),
  cast(
    TIME,
    TIMETZ,
    'implicit',
    js('pg_time_to_timetz', ([a], context) => timeHere(a as bigint, context)),
    ZONED,
  ),
  cast(
    TIMETZ,
    TIME,
    'assignment',
    js('pg_timetz_to_time', ([a]) => zonedTimeOf(a).micros),
  ),
  cast(
    TIME,
    INTERVAL,
    'implicit',
    js('pg_time_to_interval', ([a]) => storedInterval({ months: 0, days: 0, micros: a as bigint })),
  ),
  cast(
    INTERVAL,
    TIME,
    'assignment',
    js('pg_interval_to_time', ([a]) => timeOfDay(intervalOfStored(a).micros)),
  ),
];
