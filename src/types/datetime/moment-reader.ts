// Input of dates and timestamps, and of times of day (PG: DecodeDateTime and DecodeTimeOnly in
// datetime.c, which this follows case by case).
import type { FormatSettings } from '../pg-type.ts';
import { PgError } from '../../errors/pg-error.ts';
import { MICROS_PER_DAY } from '../calendar.ts';
import { abbreviationNamed } from './abbreviations.ts';
import { DateFields, SEEN, SEEN_DATE, SEEN_SECONDS, SEEN_TIME } from './date-fields.ts';
import type { DateOrder } from './date-fields.ts';
import {
  badFormat,
  Fault,
  fieldOverflow,
  fractionMicros,
  fractionOf,
  integerAt,
  roundHalfEven,
} from './faults.ts';
import { tokensOf } from './tokens.ts';
import type { Token, TokenKind } from './tokens.ts';
import { dateWord } from './words.ts';
import type { DateWord, Unit } from './words.ts';
import { zoneNamed } from './zones.ts';

/** Bytes of Postgres' work area. */
const LENGTH_MAX = 153;
const HOURS_MAX = 15;

/** Where a time is: an offset, the name of a zone, or nothing was said. */
export type ReadZone =
  | { readonly kind: 'offset'; readonly eastSeconds: number }
  | { readonly kind: 'zone'; readonly name: string }
  | null;

export interface ReadMoment {
  /** Days since 2000; null: none were given (of a time of day). */
  readonly days: number | null;
  readonly year: number;
  readonly timeMicros: bigint;
  readonly zone: ReadZone;
  /** A word instead of a date. */
  readonly special: 'epoch' | 'infinity' | '-infinity' | 'now' | null;
}

export function orderOf(dateStyle: string): DateOrder {
  return dateStyle.endsWith('DMY') ? 'DMY' : dateStyle.endsWith('YMD') ? 'YMD' : 'MDY';
}

/** Of `today` and `tomorrow`: days since 2000 in the session's zone. */
export type Today = () => number;

export function readMoment(text: string, settings: FormatSettings, today: Today): ReadMoment {
  return new MomentReader(tokensOf(text, LENGTH_MAX), settings, today, false).read();
}

export function readTimeOfDay(text: string, settings: FormatSettings, today: Today): ReadMoment {
  return new MomentReader(tokensOf(text, LENGTH_MAX), settings, today, true).read();
}

/** `+05:30`, `-0800`, `+5`; seconds east. */
export function readDisplacement(text: string): number {
  const match = /^([+-])(\d*)(?::(\d*)(?::(\d*))?)?(.*)$/.exec(text);
  if (match === null) throw badFormat();
  const [, sign, hoursText = '', minutesText, secondsText, rest] = match;
  let hours = Number(hoursText);
  let minutes = Number(minutesText ?? 0);
  const seconds = Number(secondsText ?? 0);
  if (minutesText === undefined && rest === '' && text.length > 3) {
    minutes = hours % 100;
    hours = Math.floor(hours / 100);
  }
  if (hours > HOURS_MAX || minutes > 59 || seconds > 59) throw new Fault('displacement');
  if (rest !== '') throw badFormat();
  const total = (hours * 60 + minutes) * 60 + seconds;
  return sign === '-' ? -total : total;
}

class MomentReader {
  readonly #tokens: readonly Token[];
  readonly #kinds: TokenKind[];
  readonly #today: Today;
  readonly #isTime: boolean;
  readonly #fields: DateFields;
  /** What the field before says of this one. */
  #label: Unit | 'time' | null = null;
  #half: 'am' | 'pm' | null = null;
  #zone: ReadZone = null;
  #summerSeconds = 0;
  #special: ReadMoment['special'] = null;

  constructor(tokens: readonly Token[], settings: FormatSettings, today: Today, isTime: boolean) {
    this.#tokens = tokens;
    this.#kinds = tokens.map(({ kind }) => kind);
    this.#today = today;
    this.#isTime = isTime;
    this.#fields = new DateFields(orderOf(settings.dateStyle));
  }

  read(): ReadMoment {
    for (const [at, token] of this.#tokens.entries()) this.#token(token, at);
    const fields = this.#fields;
    if (this.#special === null) fields.validate();
    this.#applyHalf();
    if (this.#isTime) this.#checkTime();
    else if (this.#special === null && !fields.has(SEEN_DATE)) throw badFormat();
    const isNamed = this.#zone?.kind === 'zone';
    if ((isNamed || this.#zone === null) && fields.has(SEEN.summerWord)) throw badFormat();
    return {
      days: fields.has(SEEN_DATE) && this.#special === null ? fields.days : null,
      year: fields.year,
      timeMicros: fields.timeMicros,
      zone: this.#shifted(),
      special: this.#special,
    };
  }

  #shifted(): ReadZone {
    if (this.#zone?.kind !== 'offset') return this.#zone;
    return { kind: 'offset', eastSeconds: this.#zone.eastSeconds + this.#summerSeconds };
  }

  #applyHalf(): void {
    const fields = this.#fields;
    if (this.#half === null) return;
    if (fields.hour > 12) throw fieldOverflow();
    if (this.#half === 'am' && fields.hour === 12) fields.hour = 0;
    else if (this.#half === 'pm' && fields.hour !== 12) fields.hour += 12;
  }

  #checkTime(): void {
    const fields = this.#fields;
    if (fields.minute > 59 || fields.second > 60 || fields.isBeyondMidnight) throw fieldOverflow();
    if (this.#special === null && !fields.has(SEEN_TIME)) throw badFormat();
    if (
      (fields.seen & SEEN_DATE) !== 0 &&
      !fields.has(SEEN_DATE) &&
      this.#zone?.kind !== 'offset'
    ) {
      throw badFormat();
    }
  }

  #token(token: Token, at: number): void {
    switch (token.kind) {
      case 'date':
        this.#date(token.text, at);
        return;
      case 'time':
        if (this.#label !== null && this.#label !== 'time') throw badFormat();
        this.#label = null;
        this.#fields.readTime(token.text);
        if (!this.#isTime && this.#fields.isBeyondMidnight) throw fieldOverflow();
        return;
      case 'zone':
        this.#setOffset(readDisplacement(token.text), SEEN.zone);
        return;
      case 'number':
        this.#number(token.text, at);
        return;
      default:
        this.#word(token.text, at);
    }
  }

  #setOffset(eastSeconds: number, bits: number): void {
    this.#fields.note(bits);
    this.#zone = { kind: 'offset', eastSeconds };
  }

  #setZone(name: string, bits: number): void {
    this.#fields.note(bits);
    this.#zone = { kind: 'zone', name };
  }

  /** A date, or the name of a zone with punctuation, or a time with an offset like 123456-08. */
  #date(text: string, at: number): void {
    const fields = this.#fields;
    if (!this.#isTime && this.#label === 'julian') return this.#julianWithZone(text);
    const isDate = this.#isTime
      ? at === 0 &&
        this.#kinds.length >= 2 &&
        (this.#kinds.at(-1) === 'date' || this.#kinds[1] === 'time')
      : this.#label === null && !fields.has(SEEN.month | SEEN.day);
    if (isDate) return fields.readDate(text);
    if (/^\d/.test(text) || (!this.#isTime && this.#label !== null)) {
      if (this.#label !== null && this.#label !== 'time') throw badFormat();
      this.#label = null;
      if (fields.has(SEEN_TIME)) throw badFormat();
      const dash = text.indexOf('-');
      if (dash < 0) throw badFormat();
      const eastSeconds = readDisplacement(text.slice(dash));
      const seen = this.#isTime ? fields.seen | SEEN_DATE : fields.seen;
      fields.note(fields.readRunTogether(text.slice(0, dash), seen));
      this.#setOffset(eastSeconds, SEEN.zone);
      return;
    }
    const name = zoneNamed(text);
    if (name === null) throw new PgError('22023', `time zone "${text}" not recognized`);
    this.#setZone(name, SEEN.zone);
  }

  #julianWithZone(text: string): void {
    const [value, end] = integerAt(text, 0);
    if (value < 0) throw fieldOverflow();
    const eastSeconds = readDisplacement(text.slice(end));
    this.#fields.setJulian(value);
    this.#fields.note(SEEN_DATE | SEEN_TIME);
    this.#setOffset(eastSeconds, SEEN.zone);
    this.#label = null;
  }

  #number(text: string, at: number): void {
    if (this.#label !== null) {
      const label = this.#label;
      this.#label = null;
      this.#labelled(label, text);
      return;
    }
    const fields = this.#fields;
    const point = text.indexOf('.');
    if (this.#isTime) {
      const seen = fields.seen | SEEN_DATE;
      if (point >= 0 && at === 0 && this.#kinds.length >= 2 && this.#kinds.at(-1) === 'date') {
        fields.readDate(text);
      } else if (point > 2 || (point < 0 && text.length > 4)) {
        fields.note(fields.readRunTogether(text, seen));
      } else if (point >= 0) throw badFormat();
      else fields.note(fields.readNumber(text, false, seen));
      return;
    }
    const isWhole = fields.has(SEEN_DATE) && fields.has(SEEN_TIME);
    if (point >= 0 && (fields.seen & SEEN_DATE) === 0) fields.readDate(text);
    else if (point > 2 || (point < 0 && text.length >= 6 && !isWhole)) {
      fields.note(fields.readRunTogether(text, fields.seen));
    } else fields.note(fields.readNumber(text, fields.hasTextMonth, fields.seen));
  }

  /** `j 2451187`, `t 123456`, `y 2024`. */
  #labelled(label: Unit | 'time', text: string): void {
    const fields = this.#fields;
    const [value, end] = integerAt(text, 0);
    const rest = text.slice(end);
    const takesFraction = label === 'julian' || label === 'time' || label === 'second';
    if (rest !== '' && !(rest.startsWith('.') && takesFraction)) throw badFormat();
    switch (label) {
      case 'year':
        fields.note(SEEN.year);
        fields.year = value;
        return;
      case 'month':
        if (fields.has(SEEN.month | SEEN.hour)) {
          fields.note(SEEN.minute);
          fields.minute = value;
        } else {
          fields.note(SEEN.month);
          fields.month = value;
        }
        return;
      case 'day':
        fields.note(SEEN.day);
        fields.day = value;
        return;
      case 'hour':
        fields.note(SEEN.hour);
        fields.hour = value;
        return;
      case 'minute':
        fields.note(SEEN.minute);
        fields.minute = value;
        return;
      case 'second':
        fields.note(rest === '' ? SEEN.second : SEEN_SECONDS);
        fields.second = value;
        if (rest !== '') fields.fraction = fractionMicros(rest);
        return;
      case 'julian':
        if (value < 0) throw fieldOverflow();
        fields.setJulian(value);
        fields.note(SEEN_DATE);
        if (rest !== '') this.#partOfDay(fractionOf(rest));
        return;
      case 'time': {
        const found = fields.readRunTogether(text, fields.seen | SEEN_DATE);
        if (found !== SEEN_TIME) throw badFormat();
        fields.note(found);
        return;
      }
      default:
        throw badFormat();
    }
  }

  #partOfDay(part: number): void {
    const fields = this.#fields;
    const micros = Math.trunc(part * Number(MICROS_PER_DAY));
    fields.note(SEEN_TIME);
    fields.hour = Math.floor(micros / 3_600_000_000);
    fields.minute = Math.floor(micros / 60_000_000) % 60;
    fields.second = Math.floor(micros / 1_000_000) % 60;
    fields.fraction = roundHalfEven(micros % 1_000_000);
  }

  #word(text: string, at: number): void {
    // Abbreviations of zones come before all other words.
    const abbreviation = abbreviationNamed(text);
    if (abbreviation?.kind === 'zone') return this.#setZone(abbreviation.zone, SEEN.zone);
    if (abbreviation !== null) {
      const bits = abbreviation.isSummer ? SEEN.zone | SEEN.summer : SEEN.zone;
      return this.#setOffset(abbreviation.eastSeconds, bits);
    }
    const word = dateWord(text);
    if (word !== null) return this.#known(word, at);
    const name = zoneNamed(text);
    if (name === null) throw badFormat();
    this.#setZone(name, SEEN.zone);
  }

  #known(word: DateWord, at: number): void {
    const fields = this.#fields;
    switch (word.kind) {
      case 'ignored':
        return;
      case 'weekday':
        if (this.#isTime) throw badFormat();
        fields.note(SEEN.weekday);
        return;
      case 'month':
        if (this.#isTime) throw badFormat();
        this.#textMonth(word.month);
        return;
      case 'half':
        fields.note(SEEN.half);
        this.#half = word.isAfternoon ? 'pm' : 'am';
        return;
      case 'era':
        fields.note(SEEN.era);
        fields.isBc = word.isBc;
        return;
      case 'summer':
        fields.note(SEEN.summer | SEEN.summerWord);
        this.#summerSeconds = 3600;
        return;
      case 'unit':
        this.#label = word.unit;
        return;
      case 'iso-time': {
        const next = this.#kinds[at + 1];
        if (!this.#isTime && !fields.has(SEEN_DATE)) throw badFormat();
        if (next !== 'number' && next !== 'time' && next !== 'date') throw badFormat();
        this.#label = 'time';
        return;
      }
      default:
        this.#moment(word.moment);
    }
  }

  #textMonth(month: number): void {
    const fields = this.#fields;
    const isDayBefore =
      fields.has(SEEN.month) &&
      !fields.hasTextMonth &&
      !fields.has(SEEN.day) &&
      fields.month >= 1 &&
      fields.month <= 31;
    if (isDayBefore) {
      // The number before was the day.
      fields.day = fields.month;
      fields.note(SEEN.day);
    } else fields.note(SEEN.month);
    fields.hasTextMonth = true;
    fields.month = month;
  }

  #moment(moment: Extract<DateWord, { kind: 'moment' }>['moment']): void {
    const fields = this.#fields;
    switch (moment) {
      case 'midnight':
        fields.note(SEEN_TIME | SEEN.zone);
        this.#zone = { kind: 'offset', eastSeconds: 0 };
        return;
      case 'now':
        fields.note(this.#isTime ? SEEN_TIME : SEEN_DATE | SEEN_TIME | SEEN.zone);
        this.#special = 'now';
        return;
      case 'today':
      case 'tomorrow':
      case 'yesterday':
        if (this.#isTime) throw badFormat();
        fields.note(SEEN_DATE);
        fields.setJulian(JULIAN_BASE + this.#today() + DAYS_AWAY[moment]);
        return;
      default:
        if (this.#isTime) throw badFormat();
        fields.note(SEEN_DATE | SEEN_TIME | SEEN.zone);
        this.#special = moment;
    }
  }
}

const JULIAN_BASE = 2_451_545;
const DAYS_AWAY = { today: 0, tomorrow: 1, yesterday: -1 } as const;
