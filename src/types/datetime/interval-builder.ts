// An interval as input adds to it, part by part (PG: AdjustDays, AdjustFractMicroseconds and the like
// in datetime.c): parts of a unit become days or microseconds.
import { DAYS_PER_MONTH, INT4_MAX, INT4_MIN, intervalOf } from './interval.ts';
import type { Interval } from './interval.ts';
import { fieldOverflow, roundHalfEven } from './faults.ts';

const MICROS_PER_DAY = 86_400_000_000;

function int4(value: bigint): number {
  if (value > BigInt(INT4_MAX) || value < BigInt(INT4_MIN)) throw fieldOverflow();
  return Number(value);
}

function int8(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw fieldOverflow();
  return value;
}

export class IntervalBuilder {
  #years = 0;
  #months = 0;
  #days = 0;
  #micros = 0n;

  /** `whole` and `part` of a unit of `scale` years. */
  years(whole: bigint, part: number, scale: number): void {
    this.#years = int4(BigInt(this.#years) + BigInt(int4(BigInt(int4(whole)) * BigInt(scale))));
    this.#months = int4(BigInt(this.#months) + BigInt(roundHalfEven(part * scale * 12)));
  }

  months(whole: bigint, part: number): void {
    this.#months = int4(BigInt(this.#months) + BigInt(int4(whole)));
    this.#partOfDays(part, DAYS_PER_MONTH);
  }

  weeks(whole: bigint, part: number): void {
    this.#addDays(whole, 7);
    this.#partOfDays(part, 7);
  }

  days(whole: bigint, part: number): void {
    this.#addDays(whole, 1);
    this.#partOfMicros(part, MICROS_PER_DAY);
  }

  /** `scale`: microseconds of the unit. */
  time(whole: bigint, part: number, scale: number): void {
    this.#micros = int8(this.#micros + int8(whole * BigInt(scale)));
    this.#partOfMicros(part, scale);
  }

  #addDays(whole: bigint, scale: number): void {
    this.#days = int4(BigInt(this.#days) + BigInt(int4(BigInt(int4(whole)) * BigInt(scale))));
  }

  #partOfDays(part: number, scale: number): void {
    const all = part * scale;
    const whole = Math.trunc(all);
    this.#days = int4(BigInt(this.#days) + BigInt(whole));
    this.#partOfMicros(all - whole, MICROS_PER_DAY);
  }

  #partOfMicros(part: number, scale: number): void {
    const all = part * scale;
    const whole = Math.trunc(all);
    const rest = all - whole;
    const more = rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0;
    this.#micros = int8(this.#micros + BigInt(whole + more));
  }

  /** All that there is, the other way round. */
  negate(): void {
    this.#years = int4(-BigInt(this.#years));
    this.#months = int4(-BigInt(this.#months));
    this.#days = int4(-BigInt(this.#days));
    this.#micros = int8(-this.#micros);
  }

  finish(): Interval {
    return intervalOf(this.#years * 12 + this.#months, this.#days, this.#micros);
  }
}
