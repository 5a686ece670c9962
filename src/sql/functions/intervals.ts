// Functions, operators and aggregates of intervals (PG: 9.9 Date/Time Functions and Operators).
import {
  addIntervals,
  divideInterval,
  intervalOf,
  intervalOfStored,
  intervalOutOfRange,
  intervalSpan,
  justifyDays,
  justifyHours,
  justifyInterval,
  multiplyInterval,
  negateInterval,
  storedInterval,
} from '../../types/datetime/interval.ts';
import type { Interval } from '../../types/datetime/interval.ts';
import { roundHalfEven } from '../../types/datetime/faults.ts';
import { PgError } from '../../errors/pg-error.ts';
import { toFloat } from '../../types/floats.ts';
import { FLOAT8, INT4, INTERVAL, TIMESTAMP, TIMESTAMPTZ } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { aggregate, fn, js, operator } from './builders.ts';
import { addToTimestamptz } from './datetime-operators.ts';
import { timeZoneOf } from './format-settings.ts';
import type {
  AggregateSignature,
  CallContext,
  FunctionSignature,
  OperatorSignature,
  SetFunctionSignature,
} from './signature.ts';
import { addToTimestamp } from '../../types/datetime/interval.ts';

const ZONED = { volatility: 'stable', settings: ['TimeZone'] } as const;

function by(value: SqliteValue | undefined, factor: SqliteValue | undefined): string {
  return storedInterval(multiplyInterval(intervalOfStored(value), toFloat(factor ?? null)));
}

export const INTERVAL_OPERATORS: readonly OperatorSignature[] = [
  operator(
    '+',
    INTERVAL,
    INTERVAL,
    INTERVAL,
    js('pg_interval_add', ([a, b]) =>
      storedInterval(addIntervals(intervalOfStored(a), intervalOfStored(b))),
    ),
  ),
  operator(
    '-',
    INTERVAL,
    INTERVAL,
    INTERVAL,
    js('pg_interval_subtract', ([a, b]) => {
      const [x, y] = [intervalOfStored(a), intervalOfStored(b)];
      return storedInterval(intervalOf(x.months - y.months, x.days - y.days, x.micros - y.micros));
    }),
  ),
  operator(
    '*',
    INTERVAL,
    FLOAT8,
    INTERVAL,
    js('pg_interval_by', ([a, b]) => by(a, b)),
  ),
  operator(
    '*',
    FLOAT8,
    INTERVAL,
    INTERVAL,
    js('pg_by_interval', ([a, b]) => by(b, a)),
  ),
  operator(
    '/',
    INTERVAL,
    FLOAT8,
    INTERVAL,
    js('pg_interval_divide', ([a, b = null]) =>
      storedInterval(divideInterval(intervalOfStored(a), toFloat(b))),
    ),
  ),
  operator(
    '-',
    0,
    INTERVAL,
    INTERVAL,
    js('pg_interval_negate', ([a]) => storedInterval(negateInterval(intervalOfStored(a)))),
  ),
];

/** Years, months, weeks, days, hours, minutes, seconds. */
function made(args: readonly SqliteValue[]): string {
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0] = args
    .slice(0, 6)
    .map(Number);
  const seconds = toFloat(args[6] ?? null);
  if (!Number.isFinite(seconds)) throw intervalOutOfRange();
  const micros =
    (BigInt(hours) * 3600n + BigInt(minutes) * 60n) * 1_000_000n +
    BigInt(roundHalfEven(seconds * 1e6));
  return storedInterval(intervalOf(years * 12 + months, weeks * 7 + days, micros));
}

function justification(name: string, justify: (interval: Interval) => Interval): FunctionSignature {
  return fn(
    name,
    [INTERVAL],
    INTERVAL,
    js(`pg_${name}`, ([value]) => storedInterval(justify(intervalOfStored(value)))),
  );
}

export const INTERVAL_FUNCTIONS: readonly FunctionSignature[] = [
  justification('justify_days', justifyDays),
  justification('justify_hours', justifyHours),
  justification('justify_interval', justifyInterval),
  fn(
    'make_interval',
    [INT4, INT4, INT4, INT4, INT4, INT4, FLOAT8],
    INTERVAL,
    js('pg_make_interval', made),
    {
      parameterNames: ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs'],
      defaults: [0n, 0n, 0n, 0n, 0n, 0n, 0],
    },
  ),
];

interface Total {
  readonly sum: Interval;
  readonly count: number;
}

function total(name: 'sum' | 'avg', finish: (total: Total) => Interval): AggregateSignature {
  return aggregate(name, [INTERVAL], INTERVAL, {
    kind: 'js',
    sqlName: `pg_${name}_interval`,
    start: () => null,
    step(state, [value = null]) {
      if (value === null) return state;
      const interval = intervalOfStored(value);
      if (state === null) return { sum: interval, count: 1 };
      const { sum, count } = state as Total;
      return { sum: addIntervals(sum, interval), count: count + 1 };
    },
    finish: (state) => (state === null ? null : storedInterval(finish(state as Total))),
  });
}

export const INTERVAL_AGGREGATES: readonly AggregateSignature[] = [
  total('sum', ({ sum }) => sum),
  total('avg', ({ sum, count }) => divideInterval(sum, count)),
];

function* series(
  args: readonly SqliteValue[],
  next: (at: bigint, step: Interval) => bigint,
): Iterable<readonly SqliteValue[]> {
  const [first, last, stepValue] = args;
  const step = intervalOfStored(stepValue);
  const span = intervalSpan(step);
  if (span === 0n) throw new PgError('22023', 'step size cannot equal zero');
  const end = last as bigint;
  for (let at = first as bigint; span > 0n ? at <= end : at >= end; at = next(at, step)) yield [at];
}

function seriesOf(
  type: number,
  sqlName: string,
  next: (at: bigint, step: Interval, context: CallContext) => bigint,
): SetFunctionSignature {
  return {
    oid: 0,
    name: 'generate_series',
    arguments: [type, type, INTERVAL],
    columns: [{ name: 'generate_series', type }],
    isStrict: true,
    ...(type === TIMESTAMPTZ ? ZONED : { volatility: 'immutable' }),
    sqlName,
    rows: (args, context) => series(args, (at, step) => next(at, step, context)),
  };
}

export const INTERVAL_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  seriesOf(TIMESTAMP, 'pg_series_timestamp', (at, step) => addToTimestamp(at, step)),
  seriesOf(TIMESTAMPTZ, 'pg_series_timestamptz', (at, step, context) =>
    addToTimestamptz(at, step, timeZoneOf(context)),
  ),
];
