// extract(), date_part() and date_trunc() (PG: 9.9.1, 9.9.2).
import { PgError } from '../../errors/pg-error.ts';
import {
  INFINITY_DAYS,
  INFINITY_MICROS,
  MICROS_PER_DAY,
  MINUS_INFINITY_DAYS,
  MINUS_INFINITY_MICROS,
  UNIX_DAYS,
  civilFromDays,
  daysFromCivil,
  splitMicros,
} from '../../types/calendar.ts';
import { JULIAN_OF_2000 } from '../../types/datetime/date-fields.ts';
import { storedInterval } from '../../types/datetime/interval.ts';
import type { Interval } from '../../types/datetime/interval.ts';
import { dateWord, unitNamed } from '../../types/datetime/words.ts';
import type { Unit } from '../../types/datetime/words.ts';
import { add, divide, formatDecimal } from '../../types/decimal.ts';
import type { ZonedTime } from '../../types/datetime/moments.ts';

const SECOND = 1_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const GROWING: readonly Unit[] = [
  'year',
  'decade',
  'century',
  'millennium',
  'julian',
  'isoyear',
  'epoch',
];
const CHANGING: readonly Unit[] = [
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'month',
  'quarter',
  'week',
  'dow',
  'isodow',
  'doy',
  'timezone',
  'timezone_hour',
  'timezone_minute',
];

function notSupported(name: string, typeName: string, detail?: string): PgError {
  const message = `unit "${name.toLowerCase()}" not supported for type ${typeName}`;
  return new PgError('0A000', message, { detail });
}

/** The unit that a text names. Throws 22023. */
function unitOf(name: string, typeName: string): Unit {
  const lower = name.toLowerCase();
  const unit = unitNamed(lower);
  if (unit !== null) return unit;
  const word = dateWord(lower);
  if (word?.kind === 'unit') return word.unit;
  if (word?.kind === 'moment' && word.moment === 'epoch') return 'epoch';
  throw new PgError('22023', `unit "${lower}" not recognized for type ${typeName}`);
}

/** Exactly `digits` of them behind the point. */
function decimal(value: bigint, digits: number): string {
  return formatDecimal({ unscaled: value, scale: digits });
}

/** The first day of the ISO week that the day is in. */
export function mondayOf(days: number): number {
  return days - ((((days + 5) % 7) + 7) % 7);
}

/** The ISO year and week of a day. */
export function isoWeek(days: number): readonly [year: number, week: number] {
  const thursday = mondayOf(days) + 3;
  const { year } = civilFromDays(thursday);
  const first = daysFromCivil({ year, month: 1, day: 1 });
  return [year, Math.floor((thursday - first) / 7) + 1];
}

export function dayOfYear(days: number): number {
  return days - daysFromCivil({ year: civilFromDays(days).year, month: 1, day: 1 }) + 1;
}

/** 0 is Sunday. */
export function weekday(days: number): number {
  return (((days + 6) % 7) + 7) % 7;
}

/** Years of the calendar have no zero. */
export function shownYear(year: number): number {
  return year > 0 ? year : year - 1;
}

/** Which group of so many years: the first begins with the year 1. */
function periodOf(year: number, length: number): number {
  if (year > 0) return Math.trunc((year + length - 1) / length);
  return -Math.trunc((length - 1 - (year - 1)) / length);
}

function decadeOf(year: number): number {
  return year >= 0 ? Math.trunc(year / 10) : -Math.trunc((8 - (year - 1)) / 10);
}

/** A field of a day; null: days have no such field. */
function dayField(unit: Unit, days: number): number | null {
  const { year, month, day } = civilFromDays(days);
  switch (unit) {
    case 'year':
      return shownYear(year);
    case 'month':
      return month;
    case 'day':
      return day;
    case 'quarter':
      return Math.trunc((month - 1) / 3) + 1;
    case 'decade':
      return decadeOf(year);
    case 'century':
      return periodOf(year, 100);
    case 'millennium':
      return periodOf(year, 1000);
    case 'week':
      return isoWeek(days)[1];
    case 'isoyear':
      return shownYear(isoWeek(days)[0]);
    case 'dow':
      return weekday(days);
    case 'isodow':
      return weekday(days) === 0 ? 7 : weekday(days);
    case 'doy':
      return dayOfYear(days);
    default:
      return null;
  }
}

/** A field of a time of day; null: times have no such field. */
function timeField(unit: Unit, micros: bigint): string | null {
  switch (unit) {
    case 'microsecond':
      return String(micros % MINUTE);
    case 'millisecond':
      return decimal(micros % MINUTE, 3);
    case 'second':
      return decimal(micros % MINUTE, 6);
    case 'minute':
      return String((micros / MINUTE) % 60n);
    case 'hour':
      return String(micros / HOUR);
    default:
      return null;
  }
}

/** Of infinity: what only grows is infinite, what comes again is not known. */
function infiniteField(
  name: string,
  unit: Unit,
  isNegative: boolean,
  typeName: string,
): string | null {
  if (GROWING.includes(unit)) return isNegative ? '-Infinity' : 'Infinity';
  if (CHANGING.includes(unit)) return null;
  throw notSupported(name, typeName);
}

export function fieldOfDate(name: string, days: bigint): string | null {
  const typeName = 'date';
  const unit = unitOf(name, typeName);
  const field = (): string | null => {
    if (unit === 'epoch') return String((days + BigInt(UNIX_DAYS)) * 86_400n);
    if (unit === 'julian') return String(days + BigInt(JULIAN_OF_2000));
    const value = dayField(unit, Number(days));
    return value === null ? null : String(value);
  };
  if (days === INFINITY_DAYS || days === MINUS_INFINITY_DAYS) {
    if (dayField(unit, 0) === null && unit !== 'epoch' && unit !== 'julian') {
      throw notSupported(name, typeName);
    }
    return infiniteField(name, unit, days === MINUS_INFINITY_DAYS, typeName);
  }
  const found = field();
  if (found === null) throw notSupported(name, typeName);
  return found;
}

function julianOf(days: number, time: bigint): string {
  const part = divide({ unscaled: time, scale: 0 }, { unscaled: MICROS_PER_DAY, scale: 0 });
  return formatDecimal(add({ unscaled: BigInt(days + JULIAN_OF_2000), scale: 0 }, part));
}

/** `offset`: of a timestamptz in its zone, in microseconds; null for a plain timestamp. */
export function fieldOfTimestamp(name: string, utc: bigint, offset: bigint | null): string | null {
  const typeName = `timestamp ${offset === null ? 'without' : 'with'} time zone`;
  const unit = unitOf(name, typeName);
  const isZone = unit.startsWith('timezone');
  if (isZone && offset === null) throw notSupported(name, typeName);
  if (utc === INFINITY_MICROS || utc === MINUS_INFINITY_MICROS) {
    return infiniteField(name, unit, utc === MINUS_INFINITY_MICROS, typeName);
  }
  if (unit === 'epoch') return decimal(utc + BigInt(UNIX_DAYS) * MICROS_PER_DAY, 6);
  if (isZone) return zoneField(unit, (offset ?? 0n) / SECOND);
  const [days, time] = splitMicros(utc + (offset ?? 0n));
  if (unit === 'julian') return julianOf(days, time);
  const found = dayField(unit, days) ?? timeField(unit, time);
  if (found === null) throw notSupported(name, typeName);
  return String(found);
}

function zoneField(unit: Unit, seconds: bigint): string {
  if (unit === 'timezone_hour') return String(seconds / 3600n);
  return String(unit === 'timezone_minute' ? (seconds / 60n) % 60n : seconds);
}

export function fieldOfTime(name: string, micros: bigint): string {
  const typeName = 'time without time zone';
  const unit = unitOf(name, typeName);
  const found = unit === 'epoch' ? decimal(micros, 6) : timeField(unit, micros);
  if (found === null) throw notSupported(name, typeName);
  return found;
}

export function fieldOfZonedTime(name: string, { micros, eastSeconds }: ZonedTime): string {
  const typeName = 'time with time zone';
  const unit = unitOf(name, typeName);
  const offset = BigInt(eastSeconds);
  if (unit === 'epoch') return decimal(micros - offset * SECOND, 6);
  if (unit.startsWith('timezone')) return zoneField(unit, offset);
  const found = timeField(unit, micros);
  if (found === null) throw notSupported(name, typeName);
  return found;
}

export function fieldOfInterval(name: string, { months, days, micros }: Interval): string {
  const unit = unitOf(name, 'interval');
  const years = Math.trunc(months / 12);
  const rest = months % 12;
  switch (unit) {
    case 'day':
      return String(days);
    case 'month':
      return String(rest);
    case 'quarter':
      return String(Math.trunc(rest / 3) + 1);
    case 'year':
      return String(years);
    case 'decade':
      return String(Math.trunc(years / 10));
    case 'century':
      return String(Math.trunc(years / 100));
    case 'millennium':
      return String(Math.trunc(years / 1000));
    case 'epoch': {
      const seconds = BigInt(years) * 31_557_600n + BigInt(rest * 30 + days) * 86_400n;
      return decimal(seconds * SECOND + micros, 6);
    }
    default: {
      const found = timeField(unit, micros);
      if (found === null) throw notSupported(name, 'interval');
      return found;
    }
  }
}

const TIME_STEPS: Readonly<Partial<Record<Unit, bigint>>> = {
  microsecond: 1n,
  millisecond: 1000n,
  second: SECOND,
  minute: MINUTE,
  hour: HOUR,
};

function firstDay(unit: Unit, days: number): number | null {
  const { year, month } = civilFromDays(days);
  const january = (first: number): number => daysFromCivil({ year: first, month: 1, day: 1 });
  switch (unit) {
    case 'day':
      return days;
    case 'week':
      return mondayOf(days);
    case 'month':
      return daysFromCivil({ year, month, day: 1 });
    case 'quarter':
      return daysFromCivil({ year, month: month - ((month - 1) % 3), day: 1 });
    case 'year':
      return january(year);
    case 'decade':
      return january(year > 0 ? Math.trunc(year / 10) * 10 : decadeOf(year) * 10);
    case 'century':
      return january(firstYear(year, 100));
    case 'millennium':
      return january(firstYear(year, 1000));
    default:
      return null;
  }
}

function firstYear(year: number, length: number): number {
  const period = periodOf(year, length) * length;
  return year > 0 ? period - length + 1 : period + 1;
}

/** `zone`: between the local time and the moment, for a timestamptz. */
export function truncated(
  name: string,
  micros: bigint,
  zone: { offsetAt(utc: bigint): bigint; toUtc(local: bigint): bigint } | null,
): bigint {
  const typeName = `timestamp ${zone === null ? 'without' : 'with'} time zone`;
  const unit = unitOf(name, typeName);
  const step = TIME_STEPS[unit];
  if (step === undefined && firstDay(unit, 0) === null) throw notSupported(name, typeName);
  if (micros === INFINITY_MICROS || micros === MINUS_INFINITY_MICROS) return micros;
  const offset = zone?.offsetAt(micros) ?? 0n;
  const [days, time] = splitMicros(micros + offset);
  if (step !== undefined) {
    return BigInt(days) * MICROS_PER_DAY + (time / step) * step - offset;
  }
  const local = BigInt(firstDay(unit, days) ?? days) * MICROS_PER_DAY;
  return zone === null ? local : zone.toUtc(local);
}

export function truncatedInterval(name: string, { months, days, micros }: Interval): string {
  const unit = unitOf(name, 'interval');
  const step = TIME_STEPS[unit];
  if (step !== undefined) return storedInterval({ months, days, micros: micros - (micros % step) });
  if (unit === 'day') return storedInterval({ months, days, micros: 0n });
  const monthsOf: Readonly<Partial<Record<Unit, number>>> = {
    month: 1,
    quarter: 3,
    year: 12,
    decade: 120,
    century: 1200,
    millennium: 12_000,
  };
  const count = monthsOf[unit];
  if (count === undefined) {
    const detail = unit === 'week' ? 'Months usually have fractional weeks.' : undefined;
    throw notSupported(name, 'interval', detail);
  }
  return storedInterval({ months: months - (months % count), days: 0, micros: 0n });
}
