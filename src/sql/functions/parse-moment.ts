// to_timestamp(text, text) and to_date() (PG: DCH_from_char() and do_to_timestamp() in formatting.c).
import { PgError } from '../../errors/pg-error.ts';
import { civilFromDays, daysFromCivil, daysInMonth } from '../../types/calendar.ts';
import { JULIAN_OF_2000 } from '../../types/datetime/date-fields.ts';
import { faultError } from '../../types/datetime/faults.ts';
import { isDigitCode } from './date-template.ts';
import type { Code, TemplatePart } from './date-template.ts';
import { mondayOf } from './datetime-fields.ts';
import { DAY_NAMES, MONTH_NAMES, ROMAN_MONTHS } from './format-moment.ts';

const INT4_MAX = 2_147_483_647;
const SPACE = /[ \t\n\v\f\r]/;
const SEPARATOR = /[!-/:-@[-`{-~]/;
const SHORT = (name: string): string => name.slice(0, 3);

type Field =
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'microsecond'
  | 'secondOfDay'
  | 'month'
  | 'day'
  | 'weekday'
  | 'dayOfYear'
  | 'week'
  | 'weekOfMonth'
  | 'century'
  | 'year'
  | 'julian'
  | 'zoneHour'
  | 'zoneMinute';

/** How many digits a code reads where the next one begins with a digit. */
const WIDTHS: Readonly<Record<string, number>> = {
  HH: 2,
  HH12: 2,
  HH24: 2,
  IDDD: 3,
  ID: 1,
};

interface ReadText {
  readonly days: number;
  readonly micros: number;
  /** null: the text has no offset. */
  readonly eastSeconds: number | null;
}

export function readMomentByTemplate(text: string, parts: readonly TemplatePart[]): ReadText {
  return new TemplateReader(text, parts).read();
}

class TemplateReader {
  readonly #text: string;
  readonly #parts: readonly TemplatePart[];
  readonly #fields = new Map<Field, number>();
  #at = 0;
  /** FX: the text has the very form of the template. */
  #isExact = false;
  /** Spaces and separators that were skipped beyond those of the template. */
  #skipped = 0;
  #isTwelveHours = false;
  #isAfternoon: boolean | null = null;
  #isBc = false;
  /** Digits of the year code. */
  #yearWidth = 0;
  #zoneSign = 0;
  #calendar: 'gregorian' | 'iso' | null = null;

  constructor(text: string, parts: readonly TemplatePart[]) {
    this.#text = text;
    this.#parts = parts;
  }

  read(): ReadText {
    for (const [index, part] of this.#parts.entries()) {
      if (this.#at >= this.#text.length) break;
      if (!this.#isExact && (part.kind === 'code' || index === 0)) this.#skipSpaces();
      if (part.kind === 'code') {
        this.#code(part, index);
        if (!this.#isExact) {
          this.#skipped = 0;
          this.#skipSpaces();
        }
      } else this.#literal(part.kind);
    }
    return this.#result();
  }

  #skipSpaces(): void {
    while (SPACE.test(this.#text[this.#at] ?? '')) {
      this.#at += 1;
      this.#skipped += 1;
    }
  }

  #literal(kind: 'space' | 'separator' | 'character'): void {
    const next = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    if (this.#isExact) {
      this.#at += next.length;
      return;
    }
    if (kind === 'character') {
      if (this.#skipped > 0) this.#skipped -= 1;
      else this.#at += next.length;
      return;
    }
    this.#skipped -= 1;
    if (SPACE.test(next) || SEPARATOR.test(next)) {
      this.#at += 1;
      this.#skipped += 1;
    }
  }

  #set(field: Field, value: number, code: Code): void {
    const before = this.#fields.get(field);
    if (before !== undefined && before !== 0 && before !== value) {
      throw new PgError(
        '22007',
        `conflicting values for "${code.written}" field in formatting string`,
        { detail: 'This value contradicts a previous setting for the same field type.' },
      );
    }
    this.#fields.set(field, value);
  }

  #useCalendar(calendar: 'gregorian' | 'iso'): void {
    if (this.#calendar !== null && this.#calendar !== calendar) {
      throw new PgError('22007', 'invalid combination of date conventions', {
        hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
      });
    }
    this.#calendar = calendar;
  }

  /** Is what comes after this code sure to be no digit? */
  #endsByItself(index: number): boolean {
    const part = this.#parts[index] as Code;
    if (part.ordinal !== null) return true;
    const next = this.#parts[index + 1];
    if (next === undefined) return true;
    if (next.kind === 'code') return !isDigitCode(next);
    return !/^\d$/.test(next.text);
  }

  /** The number, and how many characters it has. */
  #integer(code: Code, index: number, width: number): readonly [value: number, length: number] {
    while (SPACE.test(this.#text[this.#at] ?? '')) this.#at += 1;
    const rest = this.#text.slice(this.#at);
    const copy = rest.slice(0, width);
    const invalid = (detail: string, hint?: string): PgError =>
      new PgError('22007', `invalid value "${copy}" for "${code.written}"`, { detail, hint });
    const isFree = code.isFilled || this.#endsByItself(index);
    const hint = 'If your source string is not fixed-width, try using the "FM" modifier.';
    if (!isFree && rest.length < width) {
      throw new PgError('22007', `source string too short for "${code.written}" formatting field`, {
        detail: `Field requires ${width} characters, but only ${rest.length} remain.`,
        hint,
      });
    }
    const digits = /^\s*[+-]?\d+/.exec(isFree ? rest : copy)?.[0] ?? '';
    if (digits === '') throw invalid('Value must be an integer.');
    if (!isFree && digits.length < width) {
      throw invalid(
        `Field requires ${width} characters, but only ${digits.length} could be parsed.`,
        hint,
      );
    }
    const value = Number(digits);
    if (Math.abs(value) > INT4_MAX) {
      throw new PgError('22008', `value for "${code.written}" in source string is out of range`, {
        detail: `Value must be in the range ${-INT4_MAX - 1} to ${INT4_MAX}.`,
      });
    }
    this.#at += digits.length;
    return [value, digits.length];
  }

  #number(field: Field, code: Code, index: number, width = WIDTHS[code.name]): number {
    const [value, length] = this.#integer(code, index, width ?? code.written.length);
    this.#set(field, value, code);
    this.#skipOrdinal(code);
    return length;
  }

  #skipOrdinal({ ordinal }: Code): void {
    if (ordinal !== null) this.#at += 2;
  }

  /** Which of the names comes now, in any case. */
  #name(code: Code, names: readonly string[]): number {
    const rest = this.#text.slice(this.#at, this.#at + 20).toLowerCase();
    const found = names.findIndex((name) => rest.startsWith(name.toLowerCase()));
    if (found < 0) {
      const word = this.#text.slice(this.#at).split(SPACE)[0] ?? '';
      throw new PgError('22007', `invalid value "${word}" for "${code.written}"`, {
        detail: 'The given value did not match any of the allowed values for this field.',
      });
    }
    this.#at += (names[found] as string).length;
    return found;
  }

  #code(code: Code, index: number): void {
    const { name } = code;
    if (/^(?:IYYY|IYY|IY|I|IW|IDDD|ID)$/.test(name)) this.#useCalendar('iso');
    else if (
      /^(?:Y,YYY|Y+|MM|MON|MONTH|DD?D?|DAY|DY|WW|W|RM)$/.test(name) &&
      !/^DA?Y$/.test(name)
    ) {
      this.#useCalendar('gregorian');
    }
    if (this.#clockCode(code, index) || this.#yearCode(code, index)) return;
    switch (name) {
      case 'MONTH':
        return this.#set('month', this.#name(code, MONTH_NAMES) + 1, code);
      case 'MON':
        return this.#set('month', this.#name(code, MONTH_NAMES.map(SHORT)) + 1, code);
      case 'RM': {
        const descending = [...ROMAN_MONTHS].reverse();
        return this.#set('month', 12 - this.#name(code, descending), code);
      }
      case 'MM':
        this.#number('month', code, index);
        return;
      case 'DAY':
        return this.#set('weekday', this.#name(code, DAY_NAMES) + 1, code);
      case 'DY':
        return this.#set('weekday', this.#name(code, DAY_NAMES.map(SHORT)) + 1, code);
      case 'DDD':
      case 'IDDD':
        this.#number('dayOfYear', code, index);
        return;
      case 'DD':
        this.#number('day', code, index);
        return;
      case 'D':
        this.#number('weekday', code, index);
        return;
      case 'ID': {
        const [value] = this.#integer(code, index, 1);
        this.#set('weekday', value + 1 > 7 ? 1 : value + 1, code);
        this.#skipOrdinal(code);
        return;
      }
      case 'WW':
      case 'IW':
        this.#number('week', code, index);
        return;
      case 'W':
        this.#number('weekOfMonth', code, index);
        return;
      case 'Q':
        this.#integer(code, index, 1);
        return;
      case 'J':
        this.#number('julian', code, index);
        return;
      case 'FX':
        this.#isExact = true;
        return;
      case 'AD':
      case 'BC':
        this.#isBc = this.#name(code, ['AD', 'BC']) === 1;
        return;
      case 'A.D.':
      case 'B.C.':
        this.#isBc = this.#name(code, ['A.D.', 'B.C.']) === 1;
        return;
      default:
        throw new PgError(
          '0A000',
          `formatting field "${code.written}" is only supported in to_char`,
        );
    }
  }

  #clockCode(code: Code, index: number): boolean {
    switch (code.name) {
      case 'HH':
      case 'HH12':
        this.#number('hour', code, index);
        this.#isTwelveHours = true;
        return true;
      case 'HH24':
        this.#number('hour', code, index);
        return true;
      case 'MI':
        this.#number('minute', code, index);
        return true;
      case 'SS':
        this.#number('second', code, index);
        return true;
      case 'SSSS':
      case 'SSSSS':
        this.#number('secondOfDay', code, index);
        return true;
      case 'MS':
        this.#fraction('millisecond', code, index, 3);
        return true;
      case 'US':
        this.#fraction('microsecond', code, index, 6);
        return true;
      case 'AM':
      case 'PM':
        this.#isAfternoon = this.#name(code, ['AM', 'PM']) === 1;
        this.#isTwelveHours = true;
        return true;
      case 'A.M.':
      case 'P.M.':
        this.#isAfternoon = this.#name(code, ['A.M.', 'P.M.']) === 1;
        this.#isTwelveHours = true;
        return true;
      case 'TZH':
        this.#zoneHours(code, index);
        return true;
      case 'TZM':
        if (this.#zoneSign === 0) this.#zoneSign = 1;
        this.#number('zoneMinute', code, index, 2);
        return true;
      default:
        if (!code.name.startsWith('FF')) return false;
        this.#fraction('microsecond', code, index, Number(code.name[2]));
        return true;
    }
  }

  /** 25 is .25, and 250 too. */
  #fraction(field: 'millisecond' | 'microsecond', code: Code, index: number, width: number): void {
    const [value, length] = this.#integer(code, index, width);
    const digits = field === 'millisecond' ? 3 : 6;
    this.#set(field, value * 10 ** Math.max(digits - length, 0), code);
    this.#skipOrdinal(code);
  }

  #zoneHours(code: Code, index: number): void {
    const next = this.#text[this.#at] ?? '';
    if (next === '+' || next === '-' || next === ' ') {
      this.#zoneSign = next === '-' ? -1 : 1;
      this.#at += 1;
    } else {
      const isNegative = this.#skipped > 0 && this.#text[this.#at - 1] === '-';
      this.#zoneSign = isNegative ? -1 : 1;
    }
    this.#number('zoneHour', code, index, 2);
  }

  #yearCode(code: Code, index: number): boolean {
    switch (code.name) {
      case 'Y,YYY': {
        const match = /^\s*([+-]?\d+),(\d{1,3})/.exec(this.#text.slice(this.#at));
        if (match === null) throw new PgError('22007', 'invalid input string for "Y,YYY"');
        this.#set('year', Number(match[1]) * 1000 + Number(match[2]), code);
        this.#at += match[0].length;
        this.#yearWidth = 4;
        return true;
      }
      case 'YYYY':
      case 'IYYY':
        this.#number('year', code, index);
        this.#yearWidth = 4;
        return true;
      case 'YYY':
      case 'IYY':
      case 'YY':
      case 'IY':
      case 'Y':
      case 'I': {
        const [value, length] = this.#integer(code, index, code.written.length);
        this.#set('year', length < 4 ? near2020(value) : value, code);
        this.#yearWidth = code.name.length;
        this.#skipOrdinal(code);
        return true;
      }
      case 'CC':
        this.#number('century', code, index);
        return true;
      default:
        return false;
    }
  }

  #value(field: Field): number {
    return this.#fields.get(field) ?? 0;
  }

  #overflow(): PgError {
    return faultError('field', this.#text, 'timestamp');
  }

  #result(): ReadText {
    const clock = this.#clock();
    const days = this.#days();
    const micros = clock + this.#value('millisecond') * 1000 + this.#value('microsecond');
    return { days, micros, eastSeconds: this.#zone() };
  }

  #zone(): number | null {
    if (this.#zoneSign === 0) return null;
    const [hours, minutes] = [this.#value('zoneHour'), this.#value('zoneMinute')];
    if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) {
      throw faultError('displacement', this.#text, 'timestamp');
    }
    return this.#zoneSign * (hours * 60 + minutes) * 60;
  }

  #clock(): number {
    const ofDay = this.#value('secondOfDay');
    let hour = this.#value('hour') || Math.trunc(ofDay / 3600);
    const minute = this.#value('minute') || Math.trunc((ofDay % 3600) / 60);
    const second = this.#value('second') || ofDay % 60;
    if (this.#isTwelveHours) {
      if (hour < 1 || hour > 12) {
        throw new PgError('22007', `hour "${hour}" is invalid for the 12-hour clock`, {
          hint: 'Use the 24-hour clock, or give an hour between 1 and 12.',
        });
      }
      if (this.#isAfternoon === true && hour < 12) hour += 12;
      else if (this.#isAfternoon !== true && hour === 12) hour = 0;
    }
    const isOk = (value: number, end: number): boolean => value >= 0 && value < end;
    if (!isOk(hour, 24) || !isOk(minute, 60) || !isOk(second, 60)) throw this.#overflow();
    return ((hour * 60 + minute) * 60 + second) * 1_000_000;
  }

  /** Astronomical; 0 where none was given. */
  #year(): number {
    const year = this.#value('year');
    const century = this.#isBc ? -this.#value('century') : this.#value('century');
    if (year !== 0 && !(century !== 0 && this.#yearWidth <= 2)) {
      const signed = this.#isBc ? -year : year;
      return signed < 0 ? signed + 1 : signed;
    }
    if (year !== 0) {
      const inCentury = year % 100;
      if (inCentury === 0) return century * 100 + (century >= 0 ? 0 : 1);
      return century >= 0 ? inCentury + (century - 1) * 100 : (century + 1) * 100 - inCentury + 1;
    }
    if (century === 0) return 0;
    return century > 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
  }

  #days(): number {
    const julian = this.#value('julian');
    let year = this.#year();
    let month = 1;
    let day = 1;
    const place = (days: number): void => {
      ({ year, month, day } = civilFromDays(days));
    };
    if (julian !== 0) place(julian - JULIAN_OF_2000);
    let dayOfYear = this.#value('dayOfYear');
    const week = this.#value('week');
    if (week !== 0 && this.#calendar === 'iso') {
      const weekday = this.#value('weekday');
      const monday = mondayOf(daysFromCivil({ year, month: 1, day: 4 })) + (week - 1) * 7;
      place(monday + (weekday === 0 ? 0 : weekday > 1 ? weekday - 2 : 6));
    } else if (week !== 0) dayOfYear = (week - 1) * 7 + 1;
    const weekOfMonth = this.#value('weekOfMonth');
    const givenDay = weekOfMonth !== 0 ? (weekOfMonth - 1) * 7 + 1 : this.#value('day');
    if (givenDay !== 0) day = givenDay;
    if (this.#value('month') !== 0) month = this.#value('month');
    if (dayOfYear !== 0 && (month <= 1 || day <= 1)) {
      if (year === 0 && !this.#isBc) {
        throw new PgError('22007', 'cannot calculate day of year without year information');
      }
      const first =
        this.#calendar === 'iso'
          ? mondayOf(daysFromCivil({ year, month: 1, day: 4 }))
          : daysFromCivil({ year, month: 1, day: 1 });
      const isInYear = dayOfYear >= 1 && dayOfYear <= (daysInMonth(year, 2) === 29 ? 366 : 365);
      if (this.#calendar !== 'iso' && !isInYear) throw this.#overflow();
      place(first + dayOfYear - 1);
    }
    if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
      throw this.#overflow();
    }
    return daysFromCivil({ year, month, day });
  }
}

/** The year with these last digits that is nearest to 2020. */
function near2020(year: number): number {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}
