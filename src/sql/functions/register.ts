// Puts our functions on a SQLite connection.
import type { SqliteValue } from '../../types/sqlite-value.ts';
import {
  ALL_AGGREGATES,
  ALL_CASTS,
  ALL_FUNCTIONS,
  ALL_OPERATORS,
  ALL_SET_FUNCTIONS,
} from './registry.ts';
import type {
  AggregateSignature,
  CallContext,
  SetFunctionSignature,
  Volatility,
} from './signature.ts';

interface FunctionOptions {
  readonly deterministic: boolean;
  readonly safeIntegers: true;
  readonly varargs: true;
}

/** The part of a better-sqlite3 connection that is needed. */
export interface FunctionHost {
  function(name: string, options: FunctionOptions, call: (...args: never[]) => unknown): unknown;
  aggregate(name: string, options: object): unknown;
  table(name: string, options: object): unknown;
}

const ROWS_BETWEEN_REPORTS = 1024;

type Call = (args: readonly SqliteValue[], context: CallContext) => SqliteValue;

export function registerFunctions(host: FunctionHost, context: CallContext): void {
  const done = new Set<string>();
  const scalar = (sqlName: string, call: Call, isStrict: boolean, volatility: Volatility): void => {
    if (done.has(sqlName)) return;
    done.add(sqlName);
    const options = {
      deterministic: volatility === 'immutable',
      safeIntegers: true,
      varargs: true,
    } as const;
    host.function(sqlName, options, (...args: SqliteValue[]) =>
      isStrict && args.includes(null) ? null : call(args, context),
    );
  };
  for (const { implementation, isStrict, volatility } of [...ALL_FUNCTIONS, ...ALL_OPERATORS]) {
    if (implementation.kind === 'js')
      scalar(implementation.sqlName, implementation.call, isStrict, volatility);
  }
  for (const { implementation, volatility } of ALL_CASTS) {
    if (implementation.kind === 'js')
      scalar(implementation.sqlName, implementation.call, true, volatility);
  }
  for (const signature of ALL_AGGREGATES) registerAggregate(host, signature, context, done);
  for (const signature of ALL_SET_FUNCTIONS) registerTable(host, signature, context, done);
}

function registerAggregate(
  host: FunctionHost,
  { implementation }: AggregateSignature,
  context: CallContext,
  done: Set<string>,
): void {
  if (implementation.kind !== 'js' || done.has(implementation.sqlName)) return;
  done.add(implementation.sqlName);
  host.aggregate(implementation.sqlName, {
    start: implementation.start,
    step: (state: unknown, ...args: SqliteValue[]) => implementation.step(state, args, context),
    result: (state: unknown) => implementation.finish(state, context),
    safeIntegers: true,
    deterministic: true,
    varargs: true,
  });
}

function registerTable(
  host: FunctionHost,
  signature: SetFunctionSignature,
  context: CallContext,
  done: Set<string>,
): void {
  if (done.has(signature.sqlName)) return;
  done.add(signature.sqlName);
  host.table(signature.sqlName, {
    columns: signature.columns.map((_column, at) => `c${at + 1}`),
    parameters: signature.arguments.map((_argument, at) => `p${at + 1}`),
    safeIntegers: true,
    *rows(...args: SqliteValue[]) {
      let count = 0;
      for (const row of signature.rows(args, context)) {
        yield row;
        count += 1;
        if (count % ROWS_BETWEEN_REPORTS === 0) context.rowsGiven(ROWS_BETWEEN_REPORTS);
      }
    },
  });
}
