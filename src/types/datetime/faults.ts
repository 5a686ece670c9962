// How date and time input fails (PG: DateTimeParseError), before the whole text and the type are known.
import { PgError } from '../../errors/pg-error.ts';

export type FaultKind = 'format' | 'field' | 'month-or-day' | 'interval' | 'displacement';

export class Fault extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind) {
    super(kind);
    this.kind = kind;
  }
}

export function badFormat(): Fault {
  return new Fault('format');
}

export function fieldOverflow(): Fault {
  return new Fault('field');
}

export function faultError(kind: FaultKind, text: string, typeName: string): PgError {
  switch (kind) {
    case 'field':
      return new PgError('22008', `date/time field value out of range: "${text}"`);
    case 'month-or-day':
      return new PgError('22008', `date/time field value out of range: "${text}"`, {
        hint: 'Perhaps you need a different "datestyle" setting.',
      });
    case 'interval':
      return new PgError('22015', `interval field value out of range: "${text}"`);
    case 'displacement':
      return new PgError('22009', `time zone displacement out of range: "${text}"`);
    default:
      return new PgError('22007', `invalid input syntax for type ${typeName}: "${text}"`);
  }
}

/** What `read` gives; its faults as errors about the text. */
export function reading<T>(text: string, typeName: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Fault ? faultError(error.kind, text, typeName) : error;
  }
}

/** As strtoint: all that there is of an integer at `at`; throws where it is no int4. */
export function integerAt(text: string, at: number): readonly [value: number, end: number] {
  const digits = /^[+-]?\d+/.exec(text.slice(at))?.[0] ?? '';
  const value = digits === '' ? 0 : Number(digits);
  if (value > 2_147_483_647 || value < -2_147_483_648) throw fieldOverflow();
  return [value, at + digits.length];
}

/** As C's rint(). */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `.5` as a part of one; throws for what is no fraction. */
export function fractionOf(text: string): number {
  if (text === '.') return 0;
  if (!/^\.\d*(?:e[+-]?\d+)?$/i.test(text)) throw badFormat();
  return Number(text);
}

/** Microseconds of a fraction of a second. */
export function fractionMicros(text: string): number {
  return roundHalfEven(fractionOf(text) * 1_000_000);
}
