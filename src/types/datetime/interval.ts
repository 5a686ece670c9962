// Intervals: months, days and microseconds, none of which turns into another by itself, and their
// arithmetic (PG: 9.9 Date/Time Functions and Operators, interval_* in timestamp.c).
import { PgError } from '../../errors/pg-error.ts';
import {
  MICROS_PER_DAY,
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  splitMicros,
} from '../calendar.ts';
import type { SqliteValue } from '../sqlite-value.ts';
import { roundHalfEven } from './faults.ts';
import { checkedTimestamp, isFinite, timestampOutOfRange } from './moments.ts';

export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

export const DAYS_PER_MONTH = 30;
export const INT4_MAX = 2_147_483_647;
export const INT4_MIN = -2_147_483_648;
const SECONDS_PER_DAY = 86_400;
const MICROS_PER_SECOND = 1_000_000;

export function intervalOutOfRange(): PgError {
  return new PgError('22008', 'interval out of range');
}

function int4(value: number): number {
  if (value > INT4_MAX || value < INT4_MIN || Number.isNaN(value)) throw intervalOutOfRange();
  return value;
}

function int8(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw intervalOutOfRange();
  return value;
}

/** Throws 22008 for parts that do not fit. */
export function intervalOf(months: number, days: number, micros: bigint): Interval {
  return { months: int4(months), days: int4(days), micros: int8(micros) };
}

/** As it is stored: `months days micros`. */
export function storedInterval({ months, days, micros }: Interval): string {
  return `${months} ${days} ${micros}`;
}

export function intervalOfStored(value: SqliteValue | undefined): Interval {
  const [months = '0', days = '0', micros = '0'] = String(value).split(' ');
  return { months: Number(months), days: Number(days), micros: BigInt(micros) };
}

/** What comparison goes by: months of 30 days, days of 24 hours. */
export function intervalSpan({ months, days, micros }: Interval): bigint {
  return (BigInt(months) * 30n + BigInt(days)) * MICROS_PER_DAY + micros;
}

export function addIntervals(a: Interval, b: Interval): Interval {
  return intervalOf(a.months + b.months, a.days + b.days, a.micros + b.micros);
}

export function negateInterval({ months, days, micros }: Interval): Interval {
  return intervalOf(-months, -days, -micros);
}

/** Rounds away what is below a microsecond, as Postgres does between the steps. */
function rounded(value: number): number {
  return roundHalfEven(value * MICROS_PER_SECOND) / MICROS_PER_SECOND;
}

/** `scale`: by the factor, or divided by it. Parts of months become days, parts of days seconds. */
function scaled({ months, days, micros }: Interval, scale: (value: number) => number): Interval {
  const wholeMonths = Math.trunc(int4Like(scale(months)));
  let wholeDays = Math.trunc(int4Like(scale(days)));
  const daysOfMonths = rounded((scale(months) - wholeMonths) * DAYS_PER_MONTH);
  let seconds = rounded(
    (scale(days) - wholeDays + daysOfMonths - Math.trunc(daysOfMonths)) * SECONDS_PER_DAY,
  );
  if (Math.abs(seconds) >= SECONDS_PER_DAY) {
    const more = Math.trunc(seconds / SECONDS_PER_DAY);
    wholeDays += more;
    seconds -= more * SECONDS_PER_DAY;
  }
  wholeDays += Math.trunc(daysOfMonths);
  const total = roundHalfEven(scale(Number(micros)) + seconds * MICROS_PER_SECOND);
  if (Number.isNaN(total) || total >= 2 ** 63 || total < -(2 ** 63)) throw intervalOutOfRange();
  return intervalOf(wholeMonths + 0, wholeDays + 0, BigInt(total));
}

function int4Like(value: number): number {
  if (Number.isNaN(value) || value > INT4_MAX || value < INT4_MIN) throw intervalOutOfRange();
  return value;
}

export function multiplyInterval(interval: Interval, factor: number): Interval {
  return scaled(interval, (value) => value * factor);
}

export function divideInterval(interval: Interval, divisor: number): Interval {
  if (divisor === 0) throw new PgError('22012', 'division by zero');
  return scaled(interval, (value) => value / divisor);
}

/** Whole days out of the time, and the signs of both made the same. */
export function justifyHours({ months, days, micros }: Interval): Interval {
  let whole = days + Number(micros / MICROS_PER_DAY);
  let rest = micros % MICROS_PER_DAY;
  if (whole > 0 && rest < 0n) {
    rest += MICROS_PER_DAY;
    whole -= 1;
  } else if (whole < 0 && rest > 0n) {
    rest -= MICROS_PER_DAY;
    whole += 1;
  }
  return intervalOf(months, whole, rest);
}

export function justifyDays({ months, days, micros }: Interval): Interval {
  let whole = months + Math.trunc(days / DAYS_PER_MONTH);
  let rest = (days % DAYS_PER_MONTH) + 0;
  if (whole > 0 && rest < 0) {
    rest += DAYS_PER_MONTH;
    whole -= 1;
  } else if (whole < 0 && rest > 0) {
    rest -= DAYS_PER_MONTH;
    whole += 1;
  }
  return intervalOf(whole, rest, micros);
}

export function justifyInterval(interval: Interval): Interval {
  let days = interval.days + Number(interval.micros / MICROS_PER_DAY);
  let micros = interval.micros % MICROS_PER_DAY;
  let months = interval.months + Math.trunc(days / DAYS_PER_MONTH);
  days = (days % DAYS_PER_MONTH) + 0;
  if (months > 0 && (days < 0 || (days === 0 && micros < 0n))) {
    days += DAYS_PER_MONTH;
    months -= 1;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0n))) {
    days -= DAYS_PER_MONTH;
    months += 1;
  }
  if (days > 0 && micros < 0n) {
    micros += MICROS_PER_DAY;
    days -= 1;
  } else if (days < 0 && micros > 0n) {
    micros -= MICROS_PER_DAY;
    days += 1;
  }
  return intervalOf(months, days, micros);
}

/** Of days since 2000; the last of the month where that is shorter. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = civilFromDays(days);
  const count = year * 12 + (month - 1) + months;
  const [y, m] = [Math.floor(count / 12), (((count % 12) + 12) % 12) + 1];
  return daysFromCivil({ year: y, month: m, day: Math.min(day, daysInMonth(y, m)) });
}

/** A timestamp without zone; infinities stay. Throws 22008. */
export function addToTimestamp(micros: bigint, interval: Interval): bigint {
  return addThrough(
    micros,
    interval,
    (value) => value,
    (value) => value,
  );
}

/** `toLocal` and `toUtc`: months and days are those of the calendar there. */
export function addThrough(
  micros: bigint,
  { months, days, micros: time }: Interval,
  toLocal: (utc: bigint) => bigint,
  toUtc: (local: bigint) => bigint,
): bigint {
  if (!isFinite(micros)) return micros;
  let at = micros;
  if (months !== 0) {
    const [day, rest] = splitMicros(toLocal(at));
    at = checkedTimestamp(toUtc(BigInt(addMonths(day, months)) * MICROS_PER_DAY + rest));
  }
  if (days !== 0) at = checkedTimestamp(toUtc(toLocal(at) + BigInt(days) * MICROS_PER_DAY));
  return checkedTimestamp(at + time);
}

/** What is between two timestamps: days and time. Throws 22008 for infinities. */
export function betweenTimestamps(a: bigint, b: bigint): Interval {
  if (!isFinite(a) || !isFinite(b)) {
    throw new PgError('22008', 'cannot subtract infinite timestamps');
  }
  return justifyHours(intervalOf(0, 0, a - b));
}

/** What is between two local timestamps in years, months and days, as people count. */
export function ageBetween(a: bigint, b: bigint): Interval {
  if (!isFinite(a) || !isFinite(b)) throw timestampOutOfRange();
  const isNegative = a < b;
  const [later, earlier] = isNegative ? [b, a] : [a, b];
  const [laterDays, laterTime] = splitMicros(later);
  const [earlierDays, earlierTime] = splitMicros(earlier);
  const [x, y] = [civilFromDays(laterDays), civilFromDays(earlierDays)];
  let micros = laterTime - earlierTime;
  let days = x.day - y.day;
  let months = (x.year - y.year) * 12 + x.month - y.month;
  if (micros < 0n) {
    micros += MICROS_PER_DAY;
    days -= 1;
  }
  // The month that the days are borrowed from is that of the second argument, or of the first.
  const lender = civilFromDays(earlierDays);
  while (days < 0) {
    days += daysInMonth(lender.year, lender.month);
    months -= 1;
  }
  const age = { months, days, micros };
  return isNegative ? negateInterval(age) : age;
}
