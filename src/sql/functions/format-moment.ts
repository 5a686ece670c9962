// to_char() of timestamps and intervals (PG: DCH_to_char() in formatting.c).
import { PgError } from '../../errors/pg-error.ts';
import { civilFromDays, splitMicros } from '../../types/calendar.ts';
import { JULIAN_OF_2000 } from '../../types/datetime/date-fields.ts';
import type { Interval } from '../../types/datetime/interval.ts';
import { dayOfYear, isoWeek, mondayOf, weekday } from './datetime-fields.ts';
import type { Code, TemplatePart } from './date-template.ts';
import { daysFromCivil } from '../../types/calendar.ts';

export const MONTH_NAMES =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
export const DAY_NAMES = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
export const ROMAN_MONTHS = 'I II III IV V VI VII VIII IX X XI XII'.split(' ');
const NAME_WIDTH = 9;
const SECOND = 1_000_000;

/** What the codes show. */
export interface Shown {
  readonly isInterval: boolean;
  /** Astronomical. */
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly dayOfYear: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  /** Days since 2000; 0 for an interval. */
  readonly days: number;
  /** Seconds east, and what the zone is called; null for a timestamp without zone. */
  readonly zone: { readonly eastSeconds: number; readonly name: string } | null;
}

export function shownTimestamp(localMicros: bigint, zone: Shown['zone']): Shown {
  const [days, time] = splitMicros(localMicros);
  const { year, month, day } = civilFromDays(days);
  const clock = clockOf(Number(time));
  return { isInterval: false, year, month, day, dayOfYear: dayOfYear(days), ...clock, days, zone };
}

function clockOf(micros: number): Pick<Shown, 'hour' | 'minute' | 'second' | 'micros'> {
  return {
    hour: Math.trunc(micros / (3600 * SECOND)),
    minute: Math.trunc(micros / (60 * SECOND)) % 60,
    second: Math.trunc(micros / SECOND) % 60,
    micros: micros % SECOND,
  };
}

export function shownInterval({ months, days, micros }: Interval): Shown {
  const [year, month] = [Math.trunc(months / 12), months % 12];
  const hour = Number(micros / BigInt(3600 * SECOND));
  const rest = clockOf(Number(micros % BigInt(3600 * SECOND)));
  const dayOfYear = months * 30 + days;
  return {
    isInterval: true,
    year,
    month,
    day: days,
    dayOfYear,
    ...rest,
    hour,
    days: 0,
    zone: null,
  };
}

export function formatMoment(parts: readonly TemplatePart[], shown: Shown): string {
  return parts.map((part) => (part.kind === 'code' ? codeText(part, shown) : part.text)).join('');
}

function codeText(code: Code, shown: Shown): string {
  if (
    shown.isInterval &&
    /^(?:TZ|TZH|TZM|OF|A\.D\.|B\.C\.|AD|BC|MONTH|MON|DAY|DY|D|ID)$/.test(code.name)
  ) {
    throw new PgError('22007', 'invalid format specification for an interval value', {
      hint: 'Intervals are not tied to specific calendar dates.',
    });
  }
  return (
    clockText(code, shown) ??
    nameText(code, shown) ??
    zoneText(code, shown) ??
    dateText(code, shown)
  );
}

/** With zeros before it, one place more where there is a sign. */
function padded(code: Code, value: number, width: number): string {
  const places = code.isFilled ? 0 : width;
  const text = `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(places, '0')}`;
  return code.ordinal === null ? text : text + ordinal(text, code.ordinal);
}

/** Of a width that counts the sign. */
function fixed(code: Code, value: number, width: number): string {
  const places = code.isFilled ? 0 : width - (value < 0 ? 1 : 0);
  const text = `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(places, '0')}`;
  return code.ordinal === null ? text : text + ordinal(text, code.ordinal);
}

export function ordinal(digits: string, form: 'TH' | 'th'): string {
  const isTeen = digits.length > 1 && digits.at(-2) === '1';
  const ends: Readonly<Record<string, string>> = { '1': 'st', '2': 'nd', '3': 'rd' };
  const end = isTeen ? 'th' : (ends[digits.at(-1) ?? ''] ?? 'th');
  return form === 'TH' ? end.toUpperCase() : end;
}

function clockText(code: Code, shown: Shown): string | null {
  const { hour, minute, second, micros } = shown;
  switch (code.name) {
    case 'HH':
    case 'HH12':
      return padded(code, hour % 12 === 0 ? 12 : hour % 12, 2);
    case 'HH24':
      return padded(code, hour, 2);
    case 'MI':
      return padded(code, minute, 2);
    case 'SS':
      return padded(code, second, 2);
    case 'SSSS':
    case 'SSSSS':
      return padded(code, hour * 3600 + minute * 60 + second, 0);
    case 'MS':
      return fraction(code, micros, 3);
    case 'US':
      return fraction(code, micros, 6);
    default:
      return code.name.startsWith('FF') ? fraction(code, micros, Number(code.name[2])) : null;
  }
}

function fraction(code: Code, micros: number, digits: number): string {
  const value = Math.trunc(micros / 10 ** (6 - digits));
  return fixed({ ...code, isFilled: false }, value, digits);
}

/** In the case that the code is written in. */
function cased(code: Code, text: string): string {
  const { written } = code;
  if (written === written.toUpperCase()) return text.toUpperCase();
  return written === written.toLowerCase() ? text.toLowerCase() : text;
}

function nameText(code: Code, shown: Shown): string | null {
  const { hour, year, month, days } = shown;
  const isFull = code.isFilled;
  const wide = (name: string): string => (isFull ? name : name.padEnd(NAME_WIDTH));
  switch (code.name) {
    case 'AM':
    case 'PM':
      return cased(code, hour % 24 >= 12 ? 'PM' : 'AM');
    case 'A.M.':
    case 'P.M.':
      return cased(code, hour % 24 >= 12 ? 'P.M.' : 'A.M.');
    case 'AD':
    case 'BC':
      return cased(code, year <= 0 ? 'BC' : 'AD');
    case 'A.D.':
    case 'B.C.':
      return cased(code, year <= 0 ? 'B.C.' : 'A.D.');
    case 'MONTH':
      return wide(cased(code, MONTH_NAMES[month - 1] ?? ''));
    case 'MON':
      return cased(code, (MONTH_NAMES[month - 1] ?? '').slice(0, 3));
    case 'DAY':
      return wide(cased(code, DAY_NAMES[weekday(days)] ?? ''));
    case 'DY':
      return cased(code, (DAY_NAMES[weekday(days)] ?? '').slice(0, 3));
    case 'RM':
      return romanText(code, shown);
    default:
      return null;
  }
}

function romanText(code: Code, { month, year }: Shown): string {
  if (month === 0 && year === 0) return '';
  const index = month === 0 ? (year >= 0 ? 11 : 0) : month < 0 ? 11 + month : month - 1;
  const text = cased(code, ROMAN_MONTHS[index] ?? '');
  return code.isFilled ? text : text.padEnd(4);
}

function zoneText(code: Code, { zone }: Shown): string | null {
  const east = zone?.eastSeconds ?? 0;
  const absolute = Math.abs(east);
  const two = (value: number): string => String(value).padStart(2, '0');
  const sign = east < 0 ? '-' : '+';
  const minutes = Math.trunc((absolute % 3600) / 60);
  const hours = Math.trunc(absolute / 3600);
  switch (code.name) {
    case 'TZ':
      return cased(code, zone?.name ?? '');
    case 'TZH':
      return sign + two(hours);
    case 'TZM':
      return two(minutes);
    case 'OF':
      return `${sign}${code.isFilled ? hours : two(hours)}${absolute % 3600 === 0 ? '' : `:${two(minutes)}`}`;
    default:
      return null;
  }
}

function dateText(code: Code, shown: Shown): string {
  const { month, day, days, isInterval, dayOfYear: inYear } = shown;
  const adjusted = (year: number): number => (isInterval || year > 0 ? year : 1 - year);
  const isIso = code.name.startsWith('I') && code.name !== 'ID' && code.name !== 'IDDD';
  const year = adjusted(isIso ? isoWeek(days)[0] : shown.year);
  switch (code.name) {
    case 'Y,YYY': {
      const thousands = Math.trunc(year / 1000);
      const text = `${thousands},${String(year - thousands * 1000).padStart(3, '0')}`;
      return code.ordinal === null ? text : text + ordinal(text, code.ordinal);
    }
    case 'YYYY':
    case 'IYYY':
      return padded(code, year, 4);
    case 'YYY':
    case 'IYY':
      return fixed(code, year % 1000, year >= 0 ? 3 : 4);
    case 'YY':
    case 'IY':
      return fixed(code, year % 100, year >= 0 ? 2 : 3);
    case 'Y':
    case 'I':
      return fixed(code, year % 10, 1);
    case 'MM':
      return padded(code, month, 2);
    case 'DD':
      return fixed(code, day, 2);
    case 'DDD':
      return fixed(code, inYear, 3);
    case 'IDDD': {
      const first = mondayOf(daysFromCivil({ year: isoWeek(days)[0], month: 1, day: 4 }));
      return fixed(code, days - first + 1, 3);
    }
    case 'D':
      return padded(code, weekday(days) + 1, 0);
    case 'ID':
      return padded(code, weekday(days) === 0 ? 7 : weekday(days), 0);
    case 'WW':
      return fixed(code, Math.trunc((inYear - 1) / 7) + 1, 2);
    case 'IW':
      return fixed(code, isoWeek(days)[1], 2);
    case 'W':
      return padded(code, Math.trunc((day - 1) / 7) + 1, 0);
    case 'Q':
      return month === 0 ? '' : padded(code, Math.trunc((month - 1) / 3) + 1, 0);
    case 'J':
      return padded(code, days + JULIAN_OF_2000, 0);
    case 'CC':
      return padded(code, centuryOf(shown), 2);
    default:
      // FX says how to_timestamp() reads.
      return '';
  }
}

function centuryOf({ isInterval, year }: Shown): number {
  if (isInterval) return Math.trunc(year / 100);
  return year > 0 ? Math.trunc((year - 1) / 100) + 1 : Math.trunc(year / 100) - 1;
}
