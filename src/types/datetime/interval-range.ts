// The fields and digits that a declaration of an interval names: `interval day to second(3)` (PG:
// intervaltypmodin and AdjustIntervalForTypmod in timestamp.c).
import { PgError } from '../../errors/pg-error.ts';
import type { Interval } from './interval.ts';
import type { Unit } from './words.ts';

const MONTH = 1 << 1;
const YEAR = 1 << 2;
const DAY = 1 << 3;
const HOUR = 1 << 10;
const MINUTE = 1 << 11;
const SECOND = 1 << 12;
const ALL_FIELDS = 0x7fff;
const ALL_DIGITS = 0xffff;
const DIGITS_MAX = 6;

export const RANGES_OF_MINUTES_AND_SECONDS = MINUTE | SECOND;

interface Range {
  readonly text: string;
  /** The smallest field. */
  readonly unit: Unit;
}

const RANGES = new Map<number, Range>([
  [YEAR, { text: ' year', unit: 'year' }],
  [MONTH, { text: ' month', unit: 'month' }],
  [DAY, { text: ' day', unit: 'day' }],
  [HOUR, { text: ' hour', unit: 'hour' }],
  [MINUTE, { text: ' minute', unit: 'minute' }],
  [SECOND, { text: ' second', unit: 'second' }],
  [YEAR | MONTH, { text: ' year to month', unit: 'month' }],
  [DAY | HOUR, { text: ' day to hour', unit: 'hour' }],
  [DAY | HOUR | MINUTE, { text: ' day to minute', unit: 'minute' }],
  [DAY | HOUR | MINUTE | SECOND, { text: ' day to second', unit: 'second' }],
  [HOUR | MINUTE, { text: ' hour to minute', unit: 'minute' }],
  [HOUR | MINUTE | SECOND, { text: ' hour to second', unit: 'second' }],
  [MINUTE | SECOND, { text: ' minute to second', unit: 'second' }],
]);

export function rangeOf(typmod: number): number {
  return typmod < 0 ? ALL_FIELDS : (typmod >> 16) & ALL_FIELDS;
}

/** null: all that there are. */
function digitsOf(typmod: number): number | null {
  const digits = typmod < 0 ? ALL_DIGITS : typmod & 0xffff;
  return digits === ALL_DIGITS ? null : digits;
}

/** What a number without a unit counts. */
export function rightmostUnit(range: number): Unit {
  return RANGES.get(range)?.unit ?? 'second';
}

export function intervalTypmod([range = ALL_FIELDS, digits]: readonly number[]): number {
  if (digits === undefined) return range === ALL_FIELDS ? -1 : (range << 16) | ALL_DIGITS;
  if (digits < 0) {
    throw new PgError('22023', `INTERVAL(${digits}) precision must not be negative`);
  }
  return ((range & ALL_FIELDS) << 16) | Math.min(digits, DIGITS_MAX);
}

export function intervalTypmodText(typmod: number): string {
  const digits = digitsOf(typmod);
  return `${RANGES.get(rangeOf(typmod))?.text ?? ''}${digits === null ? '' : `(${digits})`}`;
}

const MICROS: Readonly<Partial<Record<Unit, bigint>>> = {
  hour: 3_600_000_000n,
  minute: 60_000_000n,
};

/** Without what the declaration has no place for. */
export function coerceInterval(interval: Interval, typmod: number): Interval {
  const unit = RANGES.get(rangeOf(typmod))?.unit;
  let { months, days, micros } = interval;
  if (unit === 'year') months -= months % 12;
  if (unit === 'year' || unit === 'month') {
    days = 0;
    micros = 0n;
  } else if (unit === 'day') micros = 0n;
  else {
    const step = MICROS[unit ?? 'second'];
    if (step !== undefined) micros -= micros % step;
  }
  return { months, days, micros: roundedTime(micros, digitsOf(typmod)) };
}

function roundedTime(micros: bigint, digits: number | null): bigint {
  if (digits === null || digits >= DIGITS_MAX) return micros;
  const unit = 10n ** BigInt(DIGITS_MAX - digits);
  const half = unit / 2n;
  return ((micros >= 0n ? micros + half : micros - half) / unit) * unit;
}
