// Functions that give rows.
import { PgError } from '../../errors/pg-error.ts';
import { INT4, INT8 } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { balsaNodes } from './balsa.ts';
import type { SetFunctionSignature } from './signature.ts';

function* series(args: readonly SqliteValue[]): Iterable<readonly SqliteValue[]> {
  const [first = null, last = null, step = 1n] = args;
  if (first === null || last === null || step === null) return;
  const by = step as bigint;
  if (by === 0n) throw new PgError('22023', 'step size cannot equal zero');
  for (
    let at = first as bigint;
    by > 0n ? at <= (last as bigint) : at >= (last as bigint);
    at += by
  ) {
    yield [at];
  }
}

function generateSeries(type: number, hasStep: boolean): SetFunctionSignature {
  return {
    oid: 0,
    name: 'generate_series',
    arguments: hasStep ? [type, type, type] : [type, type],
    columns: [{ name: 'generate_series', type }],
    isStrict: true,
    volatility: 'immutable',
    sqlName: hasStep ? 'pg_series_step' : 'pg_series',
    rows: series,
  };
}

export const SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  ...[INT4, INT8].flatMap((type) => [generateSeries(type, false), generateSeries(type, true)]),
  balsaNodes,
];
