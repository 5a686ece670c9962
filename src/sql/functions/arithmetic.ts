// Arithmetic operators and functions of the number types. Integers run in SQLite and are checked
// for overflow, which SQLite would turn into a float; numerics are exact.
import { PgError } from '../../errors/pg-error.ts';
import * as decimal from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { fromFloat, toFloat } from '../../types/floats.ts';
import { FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator, sql } from './builders.ts';
import type { FunctionSignature, OperatorSignature } from './signature.ts';

interface IntegerRange {
  readonly oid: Oid;
  readonly display: string;
  readonly first: bigint;
  readonly last: bigint;
}

const INTEGERS: readonly IntegerRange[] = [
  { oid: INT2, display: 'smallint', first: -32768n, last: 32767n },
  { oid: INT4, display: 'integer', first: -2147483648n, last: 2147483647n },
  {
    oid: INT8,
    display: 'bigint',
    first: -9223372036854775808n,
    last: 9223372036854775807n,
  },
];

/** The value if it is an integer of the type; SQLite has made a float of it if it overflowed. */
export function checkRange(oid: Oid, value: SqliteValue): SqliteValue {
  const range = INTEGERS.find((integer) => integer.oid === oid) as IntegerRange;
  if (typeof value === 'bigint' && value >= range.first && value <= range.last) return value;
  throw new PgError('22003', `${range.display} out of range`);
}

/** `pg_check_int4(a + b)`: the check that goes around native arithmetic. */
export const RANGE_CHECKS: readonly FunctionSignature[] = INTEGERS.map(({ oid }) =>
  fn(
    `pg_check_${oid}`,
    [oid],
    oid,
    js(`pg_check_${oid}`, ([value]) => checkRange(oid, value ?? null)),
  ),
);

const NONZERO = fn(
  'pg_nonzero',
  [INT8],
  INT8,
  js('pg_nonzero', ([value]) => {
    if (value === 0n) throw new PgError('22012', 'division by zero');
    return value ?? null;
  }),
);

function integerOperators(): OperatorSignature[] {
  const found: OperatorSignature[] = [];
  for (const [at, left] of INTEGERS.entries()) {
    for (const [other, right] of INTEGERS.entries()) {
      const result = INTEGERS[Math.max(at, other)] as IntegerRange;
      const checked = (symbol: string): OperatorSignature =>
        operator(
          symbol,
          left.oid,
          right.oid,
          result.oid,
          sql((a = '', b = '') => `pg_check_${result.oid}(${a} ${symbol} ${b})`),
        );
      found.push(checked('+'), checked('-'), checked('*'));
      found.push(
        operator(
          '/',
          left.oid,
          right.oid,
          result.oid,
          sql((a = '', b = '') => `pg_check_${result.oid}(${a} / pg_nonzero(${b}))`),
        ),
        operator(
          '%',
          left.oid,
          right.oid,
          result.oid,
          sql((a = '', b = '') => `(${a} % pg_nonzero(${b}))`),
        ),
      );
    }
    const { oid } = left;
    found.push(
      operator(
        '-',
        0,
        oid,
        oid,
        sql((a = '') => `pg_check_${oid}(0 - ${a})`),
      ),
      operator(
        '+',
        0,
        oid,
        oid,
        sql((a = '') => a),
      ),
      operator(
        '&',
        oid,
        oid,
        oid,
        sql((a = '', b = '') => `(${a} & ${b})`),
      ),
      operator(
        '|',
        oid,
        oid,
        oid,
        sql((a = '', b = '') => `(${a} | ${b})`),
      ),
      operator(
        '~',
        0,
        oid,
        oid,
        sql((a = '') => `(~${a})`),
      ),
      operator(
        '<<',
        oid,
        INT4,
        oid,
        sql((a = '', b = '') => `pg_check_${oid}(${a} << ${b})`),
      ),
      operator(
        '>>',
        oid,
        INT4,
        oid,
        sql((a = '', b = '') => `(${a} >> ${b})`),
      ),
    );
  }
  return found;
}

function checkFloat(result: number, ...inputs: readonly number[]): SqliteValue {
  if (!Number.isFinite(result) && !Number.isNaN(result) && inputs.every(Number.isFinite)) {
    throw new PgError('22003', 'value out of range: overflow');
  }
  return fromFloat(result);
}

function floatOperators(): OperatorSignature[] {
  const operations: readonly (readonly [string, string, (a: number, b: number) => number])[] = [
    ['+', 'add', (a, b) => a + b],
    ['-', 'subtract', (a, b) => a - b],
    ['*', 'multiply', (a, b) => a * b],
    ['/', 'divide', divideFloats],
    ['^', 'power', (a, b) => a ** b],
  ];
  return [FLOAT4, FLOAT8].flatMap((oid) => {
    const fit = (value: number): number => (oid === FLOAT4 ? Math.fround(value) : value);
    const found = operations.map(([symbol, name, compute]) =>
      operator(
        symbol,
        oid,
        oid,
        oid,
        js(`pg_float_${name}_${oid}`, ([a = null, b = null]) => {
          const [x, y] = [toFloat(a), toFloat(b)];
          return checkFloat(fit(compute(x, y)), x, y);
        }),
      ),
    );
    return [
      ...found,
      operator(
        '-',
        0,
        oid,
        oid,
        js(`pg_float_negate_${oid}`, ([a = null]) => fromFloat(-toFloat(a))),
      ),
    ];
  });
}

function divideFloats(a: number, b: number): number {
  if (b === 0 && !Number.isNaN(a)) throw new PgError('22012', 'division by zero');
  return a / b;
}

type DecimalOperation = (a: Decimal, b: Decimal) => Decimal;

/** Numbers too large for a float compare like infinities: good enough to tell signs apart. */
function onSpecials(symbol: string, a: string, b: string): string {
  const [x, y] = [Number(a), Number(b)];
  const results: Readonly<Record<string, number>> = {
    '+': x + y,
    '-': x - y,
    '*': x * y,
    '/': x / y,
    '%': x % y,
  };
  if (symbol === '/' && y === 0 && a !== 'NaN') throw new PgError('22012', 'division by zero');
  return String(results[symbol]);
}

function numericOperators(): OperatorSignature[] {
  const operations: readonly (readonly [string, string, DecimalOperation])[] = [
    ['+', 'add', decimal.add],
    ['-', 'subtract', decimal.subtract],
    ['*', 'multiply', decimal.multiply],
    ['/', 'divide', decimal.divide],
    ['%', 'modulo', decimal.modulo],
  ];
  const found = operations.map(([symbol, name, compute]) =>
    operator(
      symbol,
      NUMERIC,
      NUMERIC,
      NUMERIC,
      js(`pg_numeric_${name}`, ([a, b]) => {
        const [x, y] = [String(a), String(b)];
        if (decimal.isSpecial(x) || decimal.isSpecial(y)) return onSpecials(symbol, x, y);
        return decimal.formatDecimal(compute(decimal.parseDecimal(x), decimal.parseDecimal(y)));
      }),
    ),
  );
  return [
    ...found,
    operator(
      '-',
      0,
      NUMERIC,
      NUMERIC,
      js('pg_numeric_negate', ([a]) => negate(String(a))),
    ),
  ];
}

function negate(text: string): string {
  if (decimal.isSpecial(text)) return String(-Number(text));
  const value = decimal.parseDecimal(text);
  return decimal.formatDecimal({ ...value, unscaled: -value.unscaled });
}

export const ARITHMETIC_OPERATORS: readonly OperatorSignature[] = [
  ...integerOperators(),
  ...floatOperators(),
  ...numericOperators(),
];

function onDecimal(compute: (value: Decimal) => Decimal): (args: readonly SqliteValue[]) => string {
  return ([value]) => {
    const text = String(value);
    return decimal.isSpecial(text)
      ? text
      : decimal.formatDecimal(compute(decimal.parseDecimal(text)));
  };
}

function floor(value: Decimal): Decimal {
  const cut = decimal.truncate(value, 0);
  const isExact = cut.unscaled * decimal.power10(value.scale) === value.unscaled;
  return value.unscaled < 0n && !isExact ? { unscaled: cut.unscaled - 1n, scale: 0 } : cut;
}

function ceil(value: Decimal): Decimal {
  const down = floor({ ...value, unscaled: -value.unscaled });
  return { unscaled: -down.unscaled, scale: 0 };
}

function abs(value: Decimal): Decimal {
  return value.unscaled < 0n ? { ...value, unscaled: -value.unscaled } : value;
}

function floatFunction(name: string, compute: (value: number) => number): FunctionSignature {
  return fn(
    name,
    [FLOAT8],
    FLOAT8,
    js(`pg_float_${name}`, ([a = null]) => {
      const x = toFloat(a);
      return checkFloat(compute(x), x);
    }),
  );
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function positive(code: '2201E' | '2201F', message: string, compute: (value: number) => number) {
  return (value: number): number => {
    if (value < 0) throw new PgError(code, message);
    return compute(value);
  };
}

export const ARITHMETIC_FUNCTIONS: readonly FunctionSignature[] = [
  ...RANGE_CHECKS,
  NONZERO,
  ...INTEGERS.map(({ oid }) =>
    fn(
      'abs',
      [oid],
      oid,
      sql((a = '') => `pg_check_${oid}(abs(${a}))`),
    ),
  ),
  ...INTEGERS.map(({ oid }) =>
    fn(
      'mod',
      [oid, oid],
      oid,
      sql((a = '', b = '') => `(${a} % pg_nonzero(${b}))`),
    ),
  ),
  fn('abs', [NUMERIC], NUMERIC, js('pg_numeric_abs', onDecimal(abs))),
  fn('ceil', [NUMERIC], NUMERIC, js('pg_numeric_ceil', onDecimal(ceil))),
  fn('ceiling', [NUMERIC], NUMERIC, js('pg_numeric_ceil', onDecimal(ceil))),
  fn('floor', [NUMERIC], NUMERIC, js('pg_numeric_floor', onDecimal(floor))),
  fn(
    'round',
    [NUMERIC],
    NUMERIC,
    js(
      'pg_numeric_round',
      onDecimal((value) => decimal.round(value, 0)),
    ),
  ),
  fn(
    'round',
    [NUMERIC, INT4],
    NUMERIC,
    js('pg_numeric_round_to', ([a, digits]) =>
      onDecimal((value) => decimal.round(value, Number(digits)))([a ?? null]),
    ),
  ),
  fn(
    'trunc',
    [NUMERIC],
    NUMERIC,
    js(
      'pg_numeric_trunc',
      onDecimal((value) => decimal.truncate(value, 0)),
    ),
  ),
  fn(
    'trunc',
    [NUMERIC, INT4],
    NUMERIC,
    js('pg_numeric_trunc_to', ([a, digits]) =>
      onDecimal((value) => decimal.truncate(value, Number(digits)))([a ?? null]),
    ),
  ),
  fn(
    'pg_numeric_key',
    [NUMERIC],
    25,
    js('pg_numeric_key', ([a]) => decimal.decimalSortKey(String(a))),
  ),
  floatFunction('abs', Math.abs),
  floatFunction('ceil', Math.ceil),
  floatFunction('floor', Math.floor),
  floatFunction('round', roundHalfEven),
  floatFunction('trunc', Math.trunc),
  floatFunction('sign', Math.sign),
  floatFunction(
    'sqrt',
    positive('2201F', 'cannot take square root of a negative number', Math.sqrt),
  ),
  floatFunction('exp', Math.exp),
  floatFunction('ln', positive('2201E', 'cannot take logarithm of a negative number', Math.log)),
  fn(
    'power',
    [FLOAT8, FLOAT8],
    FLOAT8,
    js('pg_float_power', ([a = null, b = null]) => {
      const [x, y] = [toFloat(a), toFloat(b)];
      return checkFloat(x ** y, x, y);
    }),
  ),
];
