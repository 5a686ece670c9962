// The numbers of a date and a time as input is read: which of them are there, and what a number means
// by those that came before it (PG: DecodeDate, DecodeNumber, DecodeTime and ValidateDate in datetime.c).
import { daysFromCivil, daysInMonth, civilFromDays } from '../calendar.ts';
import { badFormat, Fault, fieldOverflow, fractionMicros, integerAt } from './faults.ts';
import { dateWord } from './words.ts';

/** What has been seen, as bits. */
export const SEEN = {
  year: 1,
  month: 2,
  day: 4,
  dayOfYear: 8,
  hour: 16,
  minute: 32,
  second: 64,
  fraction: 128,
  zone: 256,
  summer: 512,
  summerWord: 1024,
  half: 2048,
  era: 4096,
  weekday: 8192,
} as const;

export const SEEN_DATE = SEEN.year | SEEN.month | SEEN.day;
export const SEEN_SECONDS = SEEN.second | SEEN.fraction;
export const SEEN_TIME = SEEN.hour | SEEN.minute | SEEN_SECONDS;

export type DateOrder = 'MDY' | 'DMY' | 'YMD';

const MINUTES_PER_HOUR = 60;
const SECOND = 1_000_000;

export class DateFields {
  readonly #order: DateOrder;
  seen = 0;
  year = 0;
  month = 0;
  day = 0;
  dayOfYear = 0;
  hour = 0;
  minute = 0;
  second = 0;
  /** Microseconds of the second. */
  fraction = 0;
  /** The year has one or two digits. */
  isShortYear = false;
  isJulian = false;
  isBc = false;
  hasTextMonth = false;

  constructor(order: DateOrder) {
    this.#order = order;
  }

  has(bits: number): boolean {
    return (this.seen & bits) === bits;
  }

  /** Each thing once. */
  note(bits: number): void {
    if ((this.seen & bits) !== 0) throw badFormat();
    this.seen |= bits;
  }

  /** A field like 2024-02-29, 29-feb-2024 or 2/29/24. */
  readDate(text: string): void {
    const parts = text.match(/\d+|[a-z]+/gi) ?? [];
    if (/[^a-z0-9]$/i.test(text) && !/[a-z0-9][^a-z0-9]$/i.test(text)) throw badFormat();
    let hasTextMonth = false;
    const numbers: string[] = [];
    for (const part of parts) {
      if (/\d/.test(part)) {
        numbers.push(part);
        continue;
      }
      const word = dateWord(part);
      if (word?.kind === 'ignored') continue;
      if (word?.kind !== 'month') throw badFormat();
      this.note(SEEN.month);
      this.month = word.month;
      hasTextMonth = true;
    }
    for (const number of numbers) this.note(this.readNumber(number, hasTextMonth, this.seen));
    const others = SEEN.dayOfYear | SEEN.zone;
    if ((this.seen & ~others) !== SEEN_DATE) throw badFormat();
  }

  /** A number that nothing labels; what it was. `seen`: what is taken to be there already. */
  readNumber(text: string, hasTextMonth: boolean, seen: number): number {
    const [value, end] = integerAt(text, 0);
    if (end === 0) throw badFormat();
    if (text[end] === '.') {
      // A date or a time without separators.
      if (end > 2) return this.readRunTogether(text, seen | SEEN_DATE);
      this.fraction = fractionMicros(text.slice(end));
    } else if (end < text.length) throw badFormat();
    const dateSeen = seen & SEEN_DATE;
    const { length } = text;
    if (length === 3 && dateSeen === SEEN.year && value >= 1 && value <= 366) {
      this.dayOfYear = value;
      return SEEN.dayOfYear | SEEN.month | SEEN.day;
    }
    if (dateSeen === SEEN_DATE) return this.readRunTogether(text, seen);
    return this.#placed(value, length, hasTextMonth, dateSeen);
  }

  #placed(value: number, length: number, hasTextMonth: boolean, seen: number): number {
    const isYear = length >= 3 || this.#order === 'YMD';
    switch (seen) {
      case 0:
        if (isYear) return this.#setYear(value, length);
        return this.#order === 'DMY' ? this.#setDay(value) : this.#setMonth(value);
      case SEEN.year:
      case SEEN.day:
        return this.#setMonth(value);
      case SEEN.month:
        return hasTextMonth && isYear ? this.#setYear(value, length) : this.#setDay(value);
      case SEEN.year | SEEN.month:
        if (hasTextMonth && length >= 3 && this.isShortYear) {
          // The first number was the day after all.
          this.day = this.year;
          this.year = value;
          this.isShortYear = false;
          return SEEN.day;
        }
        return this.#setDay(value);
      case SEEN.month | SEEN.day:
        return this.#setYear(value, length);
      default:
        throw badFormat();
    }
  }

  #setYear(value: number, length: number): number {
    this.year = value;
    this.isShortYear = length <= 2;
    return SEEN.year;
  }

  #setMonth(value: number): number {
    this.month = value;
    return SEEN.month;
  }

  #setDay(value: number): number {
    this.day = value;
    return SEEN.day;
  }

  /** 20240229, 240229, 123456, 1234 or 123456.789; what it was. */
  readRunTogether(text: string, seen: number): number {
    const point = text.indexOf('.');
    const digits = point < 0 ? text : text.slice(0, point);
    if (point >= 0) this.fraction = fractionMicros(text.slice(point));
    else if ((seen & SEEN_DATE) !== SEEN_DATE && digits.length >= 6) {
      const at = digits.length;
      this.day = Number(digits.slice(at - 2));
      this.month = Number(digits.slice(at - 4, at - 2));
      this.year = integerAt(digits.slice(0, at - 4), 0)[0];
      if (at === 6) this.isShortYear = true;
      return SEEN_DATE;
    }
    if ((seen & SEEN_TIME) === SEEN_TIME || (digits.length !== 6 && digits.length !== 4)) {
      throw badFormat();
    }
    this.hour = Number(digits.slice(0, 2));
    this.minute = Number(digits.slice(2, 4));
    this.second = Number(digits.slice(4));
    return SEEN_TIME;
  }

  /** 12:34, 12:34:56, 12:34:56.789. */
  readTime(text: string): void {
    const time = readClock(text, false);
    this.note(SEEN_TIME);
    this.hour = time.hour;
    this.minute = time.minute;
    this.second = time.second;
    this.fraction = time.fraction;
  }

  setJulian(days: number): void {
    const { year, month, day } = civilFromDays(days - JULIAN_OF_2000);
    this.year = year;
    this.month = month;
    this.day = day;
    this.isJulian = true;
  }

  /** The year as astronomers count, and a day that the calendar has. */
  validate(): void {
    if (this.has(SEEN.year) && !this.isJulian) this.#validateYear();
    if (this.has(SEEN.dayOfYear)) {
      const first = daysFromCivil({ year: this.year, month: 1, day: 1 });
      const { year, month, day } = civilFromDays(first + this.dayOfYear - 1);
      this.year = year;
      this.month = month;
      this.day = day;
    }
    if (this.has(SEEN.month) && (this.month < 1 || this.month > 12))
      throw new Fault('month-or-day');
    if (this.has(SEEN.day) && (this.day < 1 || this.day > 31)) throw new Fault('month-or-day');
    if (this.has(SEEN_DATE) && this.day > daysInMonth(this.year, this.month)) throw fieldOverflow();
  }

  #validateYear(): void {
    if (this.isBc) {
      if (this.year <= 0) throw fieldOverflow();
      this.year = 1 - this.year;
    } else if (this.isShortYear) {
      if (this.year < 0) throw fieldOverflow();
      this.year += this.year < 70 ? 2000 : this.year < 100 ? 1900 : 0;
    } else if (this.year <= 0) throw fieldOverflow();
  }

  get isBeyondMidnight(): boolean {
    const { hour, minute, second, fraction } = this;
    return hour > 24 || (hour === 24 && (minute > 0 || second > 0 || fraction > 0));
  }

  get days(): number {
    return daysFromCivil({ year: this.year, month: this.month, day: this.day });
  }

  get timeMicros(): bigint {
    const seconds = (this.hour * MINUTES_PER_HOUR + this.minute) * 60 + this.second;
    return BigInt(seconds * SECOND + this.fraction);
  }
}

/** The julian day of 2000-01-01. */
export const JULIAN_OF_2000 = 2_451_545;

interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: number;
}

/**
 * `isMinutes`: two numbers are minutes and seconds. Hours may be more than a day has. Numbers up to
 * 2^53 for intervals.
 */
export function readClock(text: string, isMinutes: boolean): Clock {
  const match = /^(\d+):(\d*)(?::(\d*))?(\.\d*)?$/.exec(text);
  if (match === null) throw badFormat();
  const [, first = '', secondText = '', third, fractionText] = match;
  const fraction = fractionText === undefined ? 0 : fractionMicros(fractionText);
  const [a, b] = [Number(first), integerAt(secondText, 0)[0]];
  if (a > Number.MAX_SAFE_INTEGER) throw fieldOverflow();
  const isShifted = third === undefined && (fractionText !== undefined || isMinutes);
  const found = isShifted
    ? { hour: 0, minute: a, second: b, fraction }
    : { hour: a, minute: b, second: third === undefined ? 0 : integerAt(third, 0)[0], fraction };
  if (found.minute > 59 || found.second > 60) throw fieldOverflow();
  return found;
}
