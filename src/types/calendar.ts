// Days and microseconds since 2000-01-01, as Postgres counts them, in the proleptic Gregorian
// calendar. Pure arithmetic: JavaScript's Date does not reach as far.

export const MICROS_PER_DAY = 86_400_000_000n;
export const INFINITY_MICROS = 9223372036854775807n;
export const MINUS_INFINITY_MICROS = -9223372036854775808n;
export const INFINITY_DAYS = 2147483647n;
export const MINUS_INFINITY_DAYS = -2147483648n;

/** Days from 1970-01-01 to 2000-01-01. */
export const UNIX_DAYS = 10_957;

export interface CivilDate {
  /** Astronomical: 0 is 1 BC. */
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Howard Hinnant's days_from_civil, moved to 2000-01-01. */
export function daysFromCivil({ year, month, day }: CivilDate): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 - UNIX_DAYS;
}

export function civilFromDays(days: number): CivilDate {
  const z = days + UNIX_DAYS + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days and the rest of the day in microseconds. */
export function splitMicros(micros: bigint): readonly [days: number, time: bigint] {
  let days = micros / MICROS_PER_DAY;
  let time = micros % MICROS_PER_DAY;
  if (time < 0n) {
    days -= 1n;
    time += MICROS_PER_DAY;
  }
  return [Number(days), time];
}
