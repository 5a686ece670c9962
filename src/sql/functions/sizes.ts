// Sizes in bytes as text with a unit, and back (PG: 9.27.7 Database Object Management Functions).
import { PgError } from '../../errors/pg-error.ts';
import { CANONICAL } from '../../types/arrays.ts';
import { formatDecimal, isSpecial, multiply, parseDecimal, round } from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { NUMERIC as NUMERIC_TYPE } from '../../types/numeric.ts';
import { INT8, NUMERIC, TEXT } from '../../types/oids.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

interface Unit {
  readonly name: string;
  /** Up to here; what is at least as much is shown in the next unit. */
  readonly limit: bigint;
  readonly isRounded: boolean;
  /** One is a power of two. */
  readonly bits: bigint;
}

const HALVED = { limit: 20n * 1024n - 1n, isRounded: true } as const;
const UNITS: readonly Unit[] = [
  { name: 'bytes', limit: 10n * 1024n, isRounded: false, bits: 0n },
  { name: 'kB', ...HALVED, bits: 10n },
  { name: 'MB', ...HALVED, bits: 20n },
  { name: 'GB', ...HALVED, bits: 30n },
  { name: 'TB', ...HALVED, bits: 40n },
  { name: 'PB', ...HALVED, bits: 50n },
];

function halfRounded(size: bigint): bigint {
  return (size + (size < 0n ? -1n : 1n)) / 2n;
}

function isWithin(size: Decimal, limit: bigint): boolean {
  const bound = limit * 10n ** BigInt(size.scale);
  return size.unscaled < bound && size.unscaled > -bound;
}

/** Fractions are shown as long as the unit is bytes. */
function pretty(size: Decimal): string {
  let whole = size.unscaled / 10n ** BigInt(size.scale);
  let shown = size;
  for (const [at, { name, limit, isRounded, bits }] of UNITS.entries()) {
    const next = UNITS[at + 1];
    if (next === undefined || isWithin(shown, limit)) {
      if (isRounded) return `${halfRounded(whole)} ${name}`;
      return `${formatDecimal(shown)} ${name}`;
    }
    const shift = next.bits - bits - (next.isRounded ? 1n : 0n) + (isRounded ? 1n : 0n);
    whole /= 1n << shift;
    shown = { unscaled: whole, scale: 0 };
  }
  return '';
}

const SIZE =
  /^(?<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][ \t\n\v\f\r]*[+-]?\d+)?)\s*(?<unit>[^]*)$/;

function bytesOf(text: string): bigint {
  const match = SIZE.exec(text.replace(/^[ \t\n\v\f\r]+/, ''));
  if (match === null) throw new PgError('22023', `invalid size: "${text}"`);
  const { number = '', unit: rest = '' } = match.groups ?? {};
  const read = parseDecimal(String(NUMERIC_TYPE.parse(number, -1, CANONICAL)));
  const wanted = rest.replace(/[ \t\n\v\f\r]+$/, '');
  const unit = UNITS.find(({ name }) => name.toLowerCase() === (wanted || 'bytes').toLowerCase());
  if (unit === undefined) {
    throw new PgError('22023', `invalid size: "${text}"`, {
      detail: `Invalid size unit: "${wanted}".`,
      hint: 'Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".',
    });
  }
  const bytes = round(multiply(read, { unscaled: 1n << unit.bits, scale: 0 }), 0).unscaled;
  if (BigInt.asIntN(64, bytes) !== bytes) throw new PgError('22003', 'bigint out of range');
  return bytes;
}

export const SIZE_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'pg_size_pretty',
    [INT8],
    TEXT,
    js('pg_size_pretty', ([size]) => pretty({ unscaled: size as bigint, scale: 0 })),
  ),
  fn(
    'pg_size_pretty',
    [NUMERIC],
    TEXT,
    js('pg_size_pretty_numeric', ([size]) => {
      const text = String(size);
      return isSpecial(text) ? `${text} PB` : pretty(parseDecimal(text));
    }),
  ),
  fn(
    'pg_size_bytes',
    [TEXT],
    INT8,
    js('pg_size_bytes', ([text]) => bytesOf(String(text))),
  ),
];
