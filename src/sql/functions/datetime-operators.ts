// Arithmetic of dates and times, and OVERLAPS (PG: 9.9 Date/Time Functions and Operators).
import { PgError } from '../../errors/pg-error.ts';
import { INFINITY_DAYS, MINUS_INFINITY_DAYS } from '../../types/calendar.ts';
import {
  addThrough,
  addToTimestamp,
  betweenTimestamps,
  intervalOfStored,
  negateInterval,
  storedInterval,
} from '../../types/datetime/interval.ts';
import type { Interval } from '../../types/datetime/interval.ts';
import { checkedDate, checkedTimestamp } from '../../types/datetime/moments.ts';
import { localToUtc, utcToLocal } from '../../types/datetime/zones.ts';
import {
  BOOL,
  DATE,
  INT4,
  INTERVAL,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMETZ,
} from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { storedZonedTime, timeOfDay, zonedTimeOf } from '../../types/times.ts';
import { fn, js, operator } from './builders.ts';
import { dateToTimestamp } from './datetime-casts.ts';
import { zoneOf } from './datetime.ts';
import type { CallContext, FunctionSignature, OperatorSignature } from './signature.ts';

const ZONED = { volatility: 'stable', settings: ['TimeZone'] } as const;
const SECOND = 1_000_000n;

type Value = SqliteValue | undefined;

function isInfiniteDate(days: bigint): boolean {
  return days === INFINITY_DAYS || days === MINUS_INFINITY_DAYS;
}

function movedDate(date: Value, count: bigint): bigint {
  const days = date as bigint;
  return isInfiniteDate(days) ? days : checkedDate(days + count);
}

function daysBetween(a: Value, b: Value): bigint {
  const [x, y] = [a as bigint, b as bigint];
  if (isInfiniteDate(x) || isInfiniteDate(y)) {
    throw new PgError('22008', 'cannot subtract infinite dates');
  }
  return x - y;
}

function negated(value: Value): Interval {
  return negateInterval(intervalOfStored(value));
}

/** Days are 24 hours only where the clocks do not change. */
export function addToTimestamptz(at: bigint, interval: Interval, zone: string): bigint {
  return addThrough(
    at,
    interval,
    (utc) => utcToLocal(utc, zone),
    (local) => localToUtc(local, zone),
  );
}

function dateAndTime(date: Value, time: Value): bigint {
  const days = date as bigint;
  const start = dateToTimestamp(days);
  return isInfiniteDate(days) ? start : checkedTimestamp(start + (time as bigint));
}

function dateAndZonedTime(date: Value, time: Value): bigint {
  const { micros, eastSeconds } = zonedTimeOf(time);
  const days = date as bigint;
  const start = dateToTimestamp(days);
  if (isInfiniteDate(days)) return start;
  return checkedTimestamp(start + micros - BigInt(eastSeconds) * SECOND);
}

function movedZonedTime(value: Value, micros: bigint): string {
  const time = zonedTimeOf(value);
  return storedZonedTime({ ...time, micros: timeOfDay(time.micros + micros) });
}

type Sum = (value: Value, interval: Interval, context: CallContext) => SqliteValue;

/** What an interval is added to: type, type of the result, name of the function. */
const SUMS: readonly (readonly [type: number, result: number, name: string, sum: Sum])[] = [
  [
    DATE,
    TIMESTAMP,
    'date',
    (value, interval) => addToTimestamp(dateToTimestamp(value as bigint), interval),
  ],
  [
    TIMESTAMP,
    TIMESTAMP,
    'timestamp',
    (value, interval) => addToTimestamp(value as bigint, interval),
  ],
  [
    TIMESTAMPTZ,
    TIMESTAMPTZ,
    'timestamptz',
    (value, interval, context) => addToTimestamptz(value as bigint, interval, zoneOf(context)),
  ],
  [TIME, TIME, 'time', (value, { micros }) => timeOfDay((value as bigint) + micros)],
  [TIMETZ, TIMETZ, 'timetz', (value, { micros }) => movedZonedTime(value, micros)],
];

const SUM_OPERATORS: readonly OperatorSignature[] = SUMS.flatMap(([type, result, name, sum]) => {
  const options = type === TIMESTAMPTZ ? ZONED : {};
  return [
    operator(
      '+',
      type,
      INTERVAL,
      result,
      js(`pg_${name}_plus`, ([a, b], context) => sum(a, intervalOfStored(b), context)),
      options,
    ),
    operator(
      '+',
      INTERVAL,
      type,
      result,
      js(`pg_plus_${name}`, ([a, b], context) => sum(b, intervalOfStored(a), context)),
      options,
    ),
    operator(
      '-',
      type,
      INTERVAL,
      result,
      js(`pg_${name}_minus`, ([a, b], context) => sum(a, negated(b), context)),
      options,
    ),
  ];
});

export const DATETIME_OPERATORS: readonly OperatorSignature[] = [
  ...SUM_OPERATORS,
  operator(
    '-',
    DATE,
    DATE,
    INT4,
    js('pg_days_between', ([a, b]) => daysBetween(a, b)),
  ),
  operator(
    '+',
    DATE,
    INT4,
    DATE,
    js('pg_date_plus_days', ([date, count]) => movedDate(date, count as bigint)),
  ),
  operator(
    '+',
    INT4,
    DATE,
    DATE,
    js('pg_days_plus_date', ([count, date]) => movedDate(date, count as bigint)),
  ),
  operator(
    '-',
    DATE,
    INT4,
    DATE,
    js('pg_date_minus_days', ([date, count]) => movedDate(date, -(count as bigint))),
  ),
  ...[TIMESTAMP, TIMESTAMPTZ].map((type) =>
    operator(
      '-',
      type,
      type,
      INTERVAL,
      js('pg_timestamps_between', ([a, b]) =>
        storedInterval(betweenTimestamps(a as bigint, b as bigint)),
      ),
    ),
  ),
  operator(
    '-',
    TIME,
    TIME,
    INTERVAL,
    js('pg_times_between', ([a, b]) =>
      storedInterval({ months: 0, days: 0, micros: (a as bigint) - (b as bigint) }),
    ),
  ),
  operator(
    '+',
    DATE,
    TIME,
    TIMESTAMP,
    js('pg_date_and_time', ([date, time]) => dateAndTime(date, time)),
  ),
  operator(
    '+',
    TIME,
    DATE,
    TIMESTAMP,
    js('pg_time_and_date', ([time, date]) => dateAndTime(date, time)),
  ),
  operator(
    '+',
    DATE,
    TIMETZ,
    TIMESTAMPTZ,
    js('pg_date_and_timetz', ([date, time]) => dateAndZonedTime(date, time)),
  ),
  operator(
    '+',
    TIMETZ,
    DATE,
    TIMESTAMPTZ,
    js('pg_timetz_and_date', ([time, date]) => dateAndZonedTime(date, time)),
  ),
];

type Key = bigint | null;

/**
 * PG: overlaps_timestamp(). A period from `start` to `end` in whatever order, half open; NULL where
 * what is missing could matter.
 */
function overlap(periods: readonly (readonly [Key, Key])[]): SqliteValue {
  const sorted = periods.map(([a, b]): readonly [Key, Key] => {
    if (a === null || (b !== null && a > b)) return [b, a];
    return [a, b];
  });
  const [[s1, e1], [s2, e2]] = sorted as [readonly [Key, Key], readonly [Key, Key]];
  if (s1 === null || s2 === null) return null;
  if (s1 === s2) return e1 === null || e2 === null ? null : 1n;
  const [earlierEnd, laterStart, laterEnd] = s1 > s2 ? [e2, s1, e1] : [e1, s2, e2];
  if (earlierEnd === null) return null;
  if (laterStart < earlierEnd) return 1n;
  return laterEnd === null ? null : 0n;
}

const PERIODS = [
  [TIMESTAMP, 'timestamp'],
  [TIMESTAMPTZ, 'timestamptz'],
  [TIME, 'time'],
] as const;

/** Each period ends at a moment, or after an interval. */
export const OVERLAPS_FUNCTIONS: readonly FunctionSignature[] = PERIODS.flatMap(([type, name]) =>
  [0, 1, 2, 3].map((form) => {
    const isSpan = [(form & 1) !== 0, (form & 2) !== 0];
    const sum = SUMS.find(([candidate]) => candidate === type)?.[3] as Sum;
    return fn(
      'overlaps',
      [type, isSpan[0] === true ? INTERVAL : type, type, isSpan[1] === true ? INTERVAL : type],
      BOOL,
      js(`pg_overlaps_${name}_${form}`, (args, context) => {
        const period = (at: number): readonly [Key, Key] => {
          const [start = null, end = null] = args.slice(2 * at, 2 * at + 2);
          if (isSpan[at] !== true) return [start as Key, end as Key];
          if (start === null || end === null) return [start as Key, null];
          return [start as Key, sum(start, intervalOfStored(end), context) as Key];
        };
        return overlap([period(0), period(1)]);
      }),
      { isStrict: false, ...(type === TIMESTAMPTZ ? ZONED : {}) },
    );
  }),
);
