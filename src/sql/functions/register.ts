// Puts our functions on a SQLite connection.
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { KEEP, TICK, bytesOfRow, checkLength, lengthOf } from './bounds.ts';
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
  readonly safeIntegers: boolean;
  readonly varargs: true;
}

/** The part of a better-sqlite3 connection that is needed. */
export interface FunctionHost {
  function(name: string, options: FunctionOptions, call: (...args: never[]) => unknown): unknown;
  aggregate(name: string, options: object): unknown;
  table(name: string, options: object): unknown;
}

/** Values are copied, and looked at: work in proportion to their bytes. */
const BYTES_PER_WORK = 32;
/** A row of a function goes through a generator. */
const ROW_WORK = 2;

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
    host.function(sqlName, options, (...args: SqliteValue[]) => {
      context.spend(workOf(args));
      if (isStrict && args.includes(null)) return null;
      return checked(call(args, context), context);
    });
  };
  for (const { implementation, isStrict, volatility } of [...ALL_FUNCTIONS, ...ALL_OPERATORS]) {
    if (implementation.kind === 'js')
      scalar(implementation.sqlName, implementation.call, isStrict, volatility);
  }
  for (const { implementation, volatility } of ALL_CASTS) {
    if (implementation.kind === 'js')
      scalar(implementation.sqlName, implementation.call, true, volatility);
  }
  registerBounds(host, context);
  for (const signature of ALL_AGGREGATES) registerAggregate(host, signature, context, done);
  for (const signature of ALL_SET_FUNCTIONS) registerTable(host, signature, context, done);
}

/** Not deterministic: SQLite is to call it each time. */
function registerBounds(host: FunctionHost, context: CallContext): void {
  const options = { deterministic: false, safeIntegers: false, varargs: true } as const;
  host.function(TICK, options, (...sizes: number[]) => {
    let work = 1;
    for (const bytes of sizes) work += bytes / BYTES_PER_WORK;
    context.spend(work);
    return 1;
  });
  host.function(KEEP, { ...options, safeIntegers: true }, (...row: SqliteValue[]) => {
    context.keep(bytesOfRow(row));
    return row[0] ?? null;
  });
}

function workOf(values: readonly SqliteValue[]): number {
  let work = 1;
  for (const value of values) {
    const length = lengthOf(value);
    if (length <= BYTES_PER_WORK) continue;
    checkLength(length);
    work += length / BYTES_PER_WORK;
  }
  return work;
}

function checked(result: SqliteValue, context: CallContext): SqliteValue {
  const length = lengthOf(result);
  if (length > BYTES_PER_WORK) {
    checkLength(length);
    context.spend(length / BYTES_PER_WORK);
  }
  return result;
}

function registerAggregate(
  host: FunctionHost,
  { implementation }: AggregateSignature,
  context: CallContext,
  done: Set<string>,
): void {
  if (implementation.kind !== 'js' || done.has(implementation.sqlName)) return;
  done.add(implementation.sqlName);
  const { inverse } = implementation;
  host.aggregate(implementation.sqlName, {
    start: implementation.start,
    step(state: unknown, ...args: SqliteValue[]) {
      context.spend(workOf(args));
      return implementation.step(state, args, context);
    },
    ...(inverse === undefined
      ? {}
      : { inverse: (state: unknown, ...args: SqliteValue[]) => inverse(state, args, context) }),
    result: (state: unknown) => checked(implementation.finish(state, context), context),
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
      for (const row of signature.rows(args, context)) {
        context.spend(ROW_WORK);
        yield row;
      }
    },
  });
}
