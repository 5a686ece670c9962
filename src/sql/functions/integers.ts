// Operators and functions of the integer types. They run in SQLite and are checked for overflow,
// which SQLite would turn into a float.
import { PgError } from '../../errors/pg-error.ts';
import { INT2, INT4, INT8, NUMERIC, TEXT } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator, sql } from './builders.ts';
import type { FunctionSignature, Implementation, OperatorSignature } from './signature.ts';

interface IntegerRange {
  readonly oid: Oid;
  readonly display: string;
  readonly bits: number;
}

const INTEGERS: readonly IntegerRange[] = [
  { oid: INT2, display: 'smallint', bits: 16 },
  { oid: INT4, display: 'integer', bits: 32 },
  { oid: INT8, display: 'bigint', bits: 64 },
];

/** The value if it is an integer of the type; SQLite has made a float of it if it overflowed. */
export function checkRange(oid: Oid, value: SqliteValue): SqliteValue {
  const { display, bits } = INTEGERS.find((integer) => integer.oid === oid) as IntegerRange;
  if (typeof value === 'bigint' && BigInt.asIntN(bits, value) === value) return value;
  throw new PgError('22003', `${display} out of range`);
}

/** `pg_check_23(a + b)`: the check that goes around native arithmetic. */
export const RANGE_CHECKS: readonly FunctionSignature[] = INTEGERS.map(({ oid }) =>
  fn(
    `pg_check_${oid}`,
    [oid],
    oid,
    js(`pg_check_${oid}`, ([value]) => checkRange(oid, value ?? null)),
  ),
);

/** Not SQLite's own division: with one side NULL the other one may be zero. */
function division(oid: Oid): Implementation {
  return js(`pg_divide_${oid}`, ([a, b]) => {
    if (b === 0n) throw divisionByZero();
    return checkRange(oid, (a as bigint) / (b as bigint));
  });
}

const REMAINDER = js('pg_remainder', ([a, b]) => {
  if (b === 0n) throw divisionByZero();
  return (a as bigint) % (b as bigint);
});

function divisionByZero(): PgError {
  return new PgError('22012', 'division by zero');
}

/** Between integers of any two widths: the result has the larger one. */
function arithmeticOf(left: IntegerRange, right: IntegerRange): OperatorSignature[] {
  const { oid: result } = left.bits > right.bits ? left : right;
  const define = (symbol: string, emit: (a: string, b: string) => string): OperatorSignature =>
    operator(
      symbol,
      left.oid,
      right.oid,
      result,
      sql((a = '', b = '') => emit(a, b)),
    );
  return [
    ...['+', '-', '*'].map((symbol) =>
      define(symbol, (a, b) => `pg_check_${result}(${a} ${symbol} ${b})`),
    ),
    operator('/', left.oid, right.oid, result, division(result)),
  ];
}

/** The processor takes only the lowest bits of the count; int2 is shifted as int4. */
function shift(symbol: '<<' | '>>', { oid, bits }: IntegerRange): OperatorSignature {
  const mask = bits === 64 ? 63n : 31n;
  const name = symbol === '<<' ? 'left' : 'right';
  return operator(
    symbol,
    oid,
    INT4,
    oid,
    js(`pg_shift_${name}_${oid}`, ([a, count]) => {
      const by = (count as bigint) & mask;
      const value = a as bigint;
      return BigInt.asIntN(bits, symbol === '<<' ? value << by : value >> by);
    }),
  );
}

function operatorsOf(integer: IntegerRange): OperatorSignature[] {
  const { oid } = integer;
  const prefix = (symbol: string, emit: (a: string) => string): OperatorSignature =>
    operator(
      symbol,
      0,
      oid,
      oid,
      sql((a = '') => emit(a)),
    );
  const binary = (symbol: string, emit: (a: string, b: string) => string): OperatorSignature =>
    operator(
      symbol,
      oid,
      oid,
      oid,
      sql((a = '', b = '') => emit(a, b)),
    );
  return [
    operator('%', oid, oid, oid, REMAINDER),
    prefix('-', (a) => `pg_check_${oid}(0 - ${a})`),
    prefix('+', (a) => a),
    prefix('@', (a) => `pg_check_${oid}(abs(${a}))`),
    prefix('~', (a) => `(~${a})`),
    binary('&', (a, b) => `(${a} & ${b})`),
    binary('|', (a, b) => `(${a} | ${b})`),
    operator(
      '#',
      oid,
      oid,
      oid,
      js('pg_integer_xor', ([a, b]) => (a as bigint) ^ (b as bigint)),
    ),
    shift('<<', integer),
    shift('>>', integer),
  ];
}

export const INTEGER_OPERATORS: readonly OperatorSignature[] = [
  ...INTEGERS.flatMap((left) => INTEGERS.flatMap((right) => arithmeticOf(left, right))),
  ...INTEGERS.flatMap(operatorsOf),
];

export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function factorial(value: bigint): string {
  if (value < 0n) throw new PgError('22003', 'factorial of a negative number is undefined');
  if (value > 32_177n) throw new PgError('22003', 'value overflows numeric format');
  let product = 1n;
  for (let factor = 2n; factor <= value; factor++) product *= factor;
  return String(product);
}

const wide = INTEGERS.filter(({ bits }) => bits > 16);

export const INTEGER_FUNCTIONS: readonly FunctionSignature[] = [
  ...RANGE_CHECKS,
  ...INTEGERS.flatMap(({ oid }) => [
    fn(
      'abs',
      [oid],
      oid,
      sql((a = '') => `pg_check_${oid}(abs(${a}))`),
    ),
    fn('mod', [oid, oid], oid, REMAINDER),
  ]),
  ...wide.flatMap(({ oid, bits }) => [
    fn(
      'gcd',
      [oid, oid],
      oid,
      js(`pg_gcd_${oid}`, ([a, b]) =>
        checkRange(oid, greatestCommonDivisor(a as bigint, b as bigint)),
      ),
    ),
    fn(
      'lcm',
      [oid, oid],
      oid,
      js(`pg_lcm_${oid}`, ([a, b]) => {
        const [x, y] = [a as bigint, b as bigint];
        if (x === 0n || y === 0n) return 0n;
        const multiple = (x / greatestCommonDivisor(x, y)) * y;
        return checkRange(oid, multiple < 0n ? -multiple : multiple);
      }),
    ),
    fn(
      'to_hex',
      [oid],
      TEXT,
      js(`pg_to_hex_${oid}`, ([a]) => BigInt.asUintN(bits, a as bigint).toString(16)),
    ),
  ]),
  fn(
    'factorial',
    [INT8],
    NUMERIC,
    js('pg_factorial', ([a]) => factorial(a as bigint)),
  ),
];
