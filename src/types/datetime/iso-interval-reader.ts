// Intervals as ISO 8601 writes them: P1Y2M3DT4H5M6S, P0001-02-03T04:05:06 (PG: DecodeISO8601Interval).
import { badFormat, fieldOverflow } from './faults.ts';
import type { Interval } from './interval.ts';
import { IntervalBuilder } from './interval-builder.ts';

const SECOND = 1_000_000;
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const VALUE_MAX = 1e15;

interface IsoNumber {
  readonly whole: bigint;
  readonly part: number;
  /** Digits before the point. */
  readonly width: number;
}

export function readIsoInterval(text: string): Interval {
  return new IsoIntervalReader(text).read();
}

class IsoIntervalReader {
  readonly #text: string;
  readonly #builder = new IntervalBuilder();
  #at = 1;
  #isDate = true;
  #hasField = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Interval {
    if (this.#text.length < 2 || !this.#text.startsWith('P')) throw badFormat();
    while (this.#at < this.#text.length) {
      if (this.#accept('T')) this.#beginTime();
      else if (this.#isDate) this.#dateField();
      else this.#timeField();
    }
    return this.#builder.finish();
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  get #isOver(): boolean {
    return this.#at >= this.#text.length;
  }

  #beginTime(): void {
    this.#isDate = false;
    this.#hasField = false;
  }

  #number(): IsoNumber {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text)?.[0];
    if (found === undefined) throw badFormat();
    this.#at += found.length;
    const value = Number(found);
    if (value > VALUE_MAX || value < -VALUE_MAX) throw fieldOverflow();
    const whole = Math.trunc(value);
    const width = /^-?(\d*)/.exec(found)?.[1]?.length ?? 0;
    return { whole: BigInt(whole), part: value - whole, width };
  }

  #dateField(): void {
    const number = this.#number();
    const { whole, part } = number;
    const builder = this.#builder;
    if (this.#accept('Y')) builder.years(whole, part, 1);
    else if (this.#accept('M')) builder.months(whole, part);
    else if (this.#accept('W')) builder.weeks(whole, part);
    else if (this.#accept('D')) builder.days(whole, part);
    else return this.#alternativeDate(number);
    this.#hasField = true;
  }

  /** 20240229 or 2024-02-29. */
  #alternativeDate({ whole, part, width }: IsoNumber): void {
    const builder = this.#builder;
    const isEnd = this.#isOver || this.#text[this.#at] === 'T';
    if (isEnd && width === 8 && !this.#hasField) {
      builder.years(whole / 10_000n, 0, 1);
      builder.months((whole / 100n) % 100n, 0);
      builder.days(whole % 100n, part);
      if (!this.#isOver) this.#hasField = false;
      return;
    }
    if (this.#hasField || (!isEnd && this.#text[this.#at] !== '-')) throw badFormat();
    builder.years(whole, part, 1);
    if (isEnd) return;
    this.#at += 1;
    const months = this.#number();
    builder.months(months.whole, months.part);
    if (this.#isOver || this.#text[this.#at] === 'T') return;
    if (!this.#accept('-')) throw badFormat();
    const days = this.#number();
    builder.days(days.whole, days.part);
    if (!this.#isOver && this.#text[this.#at] !== 'T') throw badFormat();
  }

  #timeField(): void {
    const number = this.#number();
    const { whole, part } = number;
    const builder = this.#builder;
    if (this.#accept('H')) builder.time(whole, part, 3600 * SECOND);
    else if (this.#accept('M')) builder.time(whole, part, 60 * SECOND);
    else if (this.#accept('S')) builder.time(whole, part, SECOND);
    else return this.#alternativeTime(number);
    this.#hasField = true;
  }

  /** 040506 or 04:05:06. */
  #alternativeTime({ whole, part, width }: IsoNumber): void {
    const builder = this.#builder;
    if (this.#isOver && width === 6 && !this.#hasField) {
      builder.time(whole / 10_000n, 0, 3600 * SECOND);
      builder.time((whole / 100n) % 100n, 0, 60 * SECOND);
      builder.time(whole % 100n, 0, SECOND);
      builder.time(0n, part, 1);
      return;
    }
    if (this.#hasField || (!this.#isOver && this.#text[this.#at] !== ':')) throw badFormat();
    builder.time(whole, part, 3600 * SECOND);
    for (const scale of [60 * SECOND, SECOND]) {
      if (this.#isOver) return;
      if (!this.#accept(':')) throw badFormat();
      const next = this.#number();
      builder.time(next.whole, next.part, scale);
    }
    if (!this.#isOver) throw badFormat();
  }
}
