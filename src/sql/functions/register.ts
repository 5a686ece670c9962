// Puts our functions on a SQLite connection.
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { KEEP, TICK, WRITTEN, bytesOfRow, checkLength, lengthOf } from './bounds.ts';
import { distinct, windowed } from './aggregate-forms.ts';
import type { AggregateCalls } from './aggregate-forms.ts';
import { CHANGED_TWICE, KEEP_ROW, changedTwice, keepRow } from './kept-rows.ts';
import { HYPOTHETICAL_SET_AGGREGATES, ORDERED_SET_AGGREGATES } from './ordered-sets.ts';
import {
  ALL_AGGREGATES,
  ALL_CASTS,
  ALL_FUNCTIONS,
  ALL_OPERATORS,
  ALL_SET_FUNCTIONS,
} from './registry.ts';
import { ROW_LOCK_FUNCTIONS, ROWS_LOCKED, WRITE_ROW } from './row-locks.ts';
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
  const functions = [...ALL_FUNCTIONS, ...ALL_OPERATORS, ...ROW_LOCK_FUNCTIONS];
  for (const { implementation, isStrict, volatility } of functions) {
    if (implementation.kind === 'js')
      scalar(implementation.sqlName, implementation.call, isStrict, volatility);
  }
  for (const { implementation, volatility } of ALL_CASTS) {
    if (implementation.kind === 'js')
      scalar(implementation.sqlName, implementation.call, true, volatility);
  }
  registerBounds(host, context);
  const sets = [...ORDERED_SET_AGGREGATES, ...HYPOTHETICAL_SET_AGGREGATES];
  for (const signature of [...ALL_AGGREGATES, ...sets])
    registerAggregate(host, signature, context, done);
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
  host.function(WRITTEN, options, (...sizes: number[]) => {
    let bytes = 0;
    for (const size of sizes) bytes += size;
    context.write(bytes);
    return 1;
  });
  host.function(KEEP_ROW, { ...options, safeIntegers: true }, (...row: SqliteValue[]) =>
    keepRow(row, context),
  );
  host.function(CHANGED_TWICE, options, changedTwice);
  host.function(ROWS_LOCKED, options, (table: number) => (context.hasLockedRows(table) ? 1 : 0));
  host.function(WRITE_ROW, options, (table: number, key: number, mode: number) => {
    context.spend(1);
    context.writeRow(table, key, mode);
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

/**
 * Three times: plain, over windows, and for DISTINCT, where the type of the first argument comes
 * before the arguments.
 */
function registerAggregate(
  host: FunctionHost,
  { implementation, valueIndex = 0 }: AggregateSignature,
  context: CallContext,
  done: Set<string>,
): void {
  if (implementation.kind !== 'js' || done.has(implementation.sqlName)) return;
  const { sqlName } = implementation;
  done.add(sqlName);
  const define = (name: string, { start, step, inverse, finish }: AggregateCalls): void => {
    host.aggregate(name, {
      start,
      step(state: unknown, ...args: SqliteValue[]) {
        context.spend(workOf(args));
        return step(state, args, context);
      },
      ...(inverse === undefined
        ? {}
        : { inverse: (state: unknown, ...args: SqliteValue[]) => inverse(state, args, context) }),
      result: (state: unknown) => checked(finish(state, context), context),
      safeIntegers: true,
      deterministic: true,
      varargs: true,
    });
  };
  define(sqlName, implementation);
  define(`${sqlName}_over`, windowed(implementation));
  define(`${sqlName}_distinct`, distinct(implementation, valueIndex));
}

/** Twice: the second one numbers its rows, for WITH ORDINALITY. */
function registerTable(
  host: FunctionHost,
  signature: SetFunctionSignature,
  context: CallContext,
  done: Set<string>,
): void {
  const { sqlName, columns, arguments: declared, takesElementType = false } = signature;
  if (done.has(sqlName)) return;
  done.add(sqlName);
  const count = signature.parameterCount ?? declared.length + (takesElementType ? 1 : 0);
  const options = {
    columns: columns.map((_column, at) => `c${at + 1}`),
    parameters: Array.from({ length: count }, (_, at) => `p${at + 1}`),
    safeIntegers: true,
  };
  const rows = (args: readonly SqliteValue[]) => reported(signature.rows(args, context), context);
  host.table(sqlName, {
    ...options,
    *rows(...args: SqliteValue[]) {
      yield* rows(args);
    },
  });
  host.table(`${sqlName}_ordinality`, {
    ...options,
    columns: [...options.columns, `c${columns.length + 1}`],
    *rows(...args: SqliteValue[]) {
      yield* numbered(rows(args));
    },
  });
}

function* reported(
  rows: Iterable<readonly SqliteValue[]>,
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  for (const row of rows) {
    context.spend(ROW_WORK);
    yield row;
  }
}

function* numbered(rows: Iterable<readonly SqliteValue[]>): Iterable<readonly SqliteValue[]> {
  let number = 0n;
  for (const row of rows) yield [...row, (number += 1n)];
}
