// Functions that give rows.
import { PgError } from '../../errors/pg-error.ts';
import { add, compare, formatDecimal, isSpecial, parseDecimal } from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { INT4, INT8, NUMERIC } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { balsaNodes } from './balsa.ts';
import type { SetFunctionSignature } from './signature.ts';

function zeroStep(): PgError {
  return new PgError('22023', 'step size cannot equal zero');
}

function* series(args: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const [first = null, last = null, step = 1n] = args;
  if (first === null || last === null || step === null) return;
  const by = step as bigint;
  if (by === 0n) throw zeroStep();
  for (
    let at = first as bigint;
    by > 0n ? at <= (last as bigint) : at >= (last as bigint);
    at += by
  ) {
    yield [at];
  }
}

const ONE: Decimal = { unscaled: 1n, scale: 0 };

function* numericSeries(args: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const names = ['start', 'stop', 'step size'];
  for (const [at, arg] of args.entries()) {
    const text = String(arg);
    if (!isSpecial(text)) continue;
    const what = text === 'NaN' ? 'NaN' : 'infinity';
    throw new PgError('22023', `${names[at] ?? ''} value cannot be ${what}`);
  }
  const [first, last, step] = args.map((arg) => parseDecimal(String(arg)));
  const by = step ?? ONE;
  if (by.unscaled === 0n) throw zeroStep();
  const sign = by.unscaled > 0n ? 1 : -1;
  for (let at = first as Decimal; sign * compare(at, last as Decimal) <= 0; at = add(at, by)) {
    yield [formatDecimal(at)];
  }
}

function generateSeries(type: number, hasStep: boolean): SetFunctionSignature {
  const isNumeric = type === NUMERIC;
  return {
    oid: 0,
    name: 'generate_series',
    arguments: hasStep ? [type, type, type] : [type, type],
    columns: [{ name: 'generate_series', type }],
    isStrict: true,
    volatility: 'immutable',
    sqlName: `pg_series${isNumeric ? '_numeric' : ''}${hasStep ? '_step' : ''}`,
    rows: isNumeric ? numericSeries : series,
  };
}

export const SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  ...[INT4, INT8, NUMERIC].flatMap((type) => [
    generateSeries(type, false),
    generateSeries(type, true),
  ]),
  balsaNodes,
];
