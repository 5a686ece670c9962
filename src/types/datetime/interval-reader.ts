// Input of intervals (PG: DecodeInterval and DecodeISO8601Interval in datetime.c).
import { readClock } from './date-fields.ts';
import { Fault, badFormat, fieldOverflow, fractionOf } from './faults.ts';
import type { Interval } from './interval.ts';
import { IntervalBuilder } from './interval-builder.ts';
import { readIsoInterval } from './iso-interval-reader.ts';
import { RANGES_OF_MINUTES_AND_SECONDS, rightmostUnit } from './interval-range.ts';
import { tokensOf } from './tokens.ts';
import type { Token } from './tokens.ts';
import { unitNamed } from './words.ts';
import type { Unit } from './words.ts';
import { integerOf } from '../integers.ts';

const LENGTH_MAX = 256;
const SECOND = 1_000_000;

interface Options {
  /** Which fields the declaration names. */
  readonly range: number;
  /** IntervalStyle sql_standard: a leading sign counts for all. */
  readonly isSqlStandard: boolean;
}

/** Throws faults; 22008 where the whole does not fit. */
export function readInterval(text: string, options: Options): Interval {
  try {
    return new IntervalReader(tokensOf(text, LENGTH_MAX), options).read();
  } catch (error) {
    if (error instanceof Fault && error.kind === 'format')
      return withOverflow(() => readIsoInterval(text));
    throw intervalFault(error);
  }
}

function withOverflow<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw intervalFault(error);
  }
}

function intervalFault(error: unknown): unknown {
  return error instanceof Fault && error.kind === 'field' ? new Fault('interval') : error;
}

class IntervalReader {
  readonly #tokens: readonly Token[];
  readonly #options: Options;
  readonly #isAllNegative: boolean;
  readonly #builder = new IntervalBuilder();
  readonly #seen = new Set<Unit | 'fraction'>();
  /** From right to left: units come before their numbers. */
  #unit: Unit | null = null;
  #isAgo = false;

  constructor(tokens: readonly Token[], options: Options) {
    this.#tokens = tokens;
    this.#options = options;
    const [first, ...others] = tokens;
    this.#isAllNegative =
      options.isSqlStandard &&
      first?.text.startsWith('-') === true &&
      !others.some(({ text }) => /^[+-]/.test(text));
  }

  read(): Interval {
    for (let at = this.#tokens.length - 1; at >= 0; at--) this.#token(this.#tokens[at] as Token);
    if (this.#seen.size === 0) throw badFormat();
    if (this.#isAgo) this.#builder.negate();
    return this.#builder.finish();
  }

  #note(...units: readonly (Unit | 'fraction')[]): void {
    if (units.some((unit) => this.#seen.has(unit))) throw badFormat();
    for (const unit of units) this.#seen.add(unit);
  }

  #token({ kind, text }: Token): void {
    switch (kind) {
      case 'time':
        this.#clock(text, this.#isAllNegative);
        return;
      case 'zone':
        if (text.includes(':'))
          this.#clock(text.slice(1), text.startsWith('-') || this.#isAllNegative);
        else this.#number(text);
        return;
      case 'date':
      case 'number':
        this.#number(text);
        return;
      default:
        this.#word(text);
    }
  }

  #clock(text: string, isNegative: boolean): void {
    const isMinutes = this.#options.range === RANGES_OF_MINUTES_AND_SECONDS;
    const { hour, minute, second, fraction } = readClock(text, isMinutes);
    this.#note('hour', 'minute', 'second', 'fraction', 'millisecond', 'microsecond');
    const seconds = (BigInt(hour) * 60n + BigInt(minute)) * 60n + BigInt(second);
    const micros = seconds * BigInt(SECOND) + BigInt(fraction);
    this.#builder.time(isNegative ? -micros : micros, 0, 1);
    this.#unit = 'day';
  }

  #number(text: string): void {
    let unit = this.#unit ?? rightmostUnit(this.#options.range);
    const [, digits = '', rest = ''] = /^([+-]?\d*)(.*)$/.exec(text) ?? [];
    let whole = /\d/.test(digits) ? integerOf(digits) : 0n;
    if (BigInt.asIntN(64, whole) !== whole) throw fieldOverflow();
    let part = 0;
    if (rest.startsWith('-')) {
      if (!/^-\d*$/.test(rest)) throw badFormat();
      const months = Number(rest.slice(1));
      if (months >= 12) throw fieldOverflow();
      whole = whole * 12n + BigInt(text.startsWith('-') ? -months : months);
      unit = 'month';
    } else if (rest.startsWith('.')) {
      part = fractionOf(rest);
      if (text.startsWith('-')) part = -part;
    } else if (rest !== '') throw badFormat();
    if (this.#isAllNegative) {
      if (whole > 0n) whole = -whole;
      if (part > 0) part = -part;
    }
    this.#unit = unit === 'hour' ? 'day' : unit;
    this.#add(unit, whole, part);
  }

  #add(unit: Unit, whole: bigint, part: number): void {
    if (unit === 'second' && part !== 0) {
      this.#note('second', 'fraction', 'millisecond', 'microsecond');
    } else this.#note(unit);
    const builder = this.#builder;
    switch (unit) {
      case 'microsecond':
        return builder.time(whole, part, 1);
      case 'millisecond':
        return builder.time(whole, part, 1000);
      case 'second':
        return builder.time(whole, part, SECOND);
      case 'minute':
        return builder.time(whole, part, 60 * SECOND);
      case 'hour':
        return builder.time(whole, part, 3600 * SECOND);
      case 'day':
        return builder.days(whole, part);
      case 'week':
        return builder.weeks(whole, part);
      case 'month':
        return builder.months(whole, part);
      case 'year':
        return builder.years(whole, part, 1);
      case 'decade':
        return builder.years(whole, part, 10);
      case 'century':
        return builder.years(whole, part, 100);
      case 'millennium':
        return builder.years(whole, part, 1000);
      default:
        throw badFormat();
    }
  }

  #word(text: string): void {
    if (text === 'ago') {
      this.#isAgo = true;
      this.#unit = null;
      return;
    }
    const unit = unitNamed(text);
    if (unit === null) throw badFormat();
    this.#unit = unit;
  }
}
