// `value operator ANY (array)` and ALL where a query cannot stand: in a CHECK or an index.
import { arrayItems } from '../../types/arrays.ts';
import { compareStored } from '../../types/compare-stored.ts';
import { BOOL, INT4, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { operatorsNamed } from './registry.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

/** True if any is; else NULL if one is not known; else false. And ALL the other way round. */
function quantified(results: readonly SqliteValue[], isAll: boolean): SqliteValue {
  const decisive = isAll ? 0n : 1n;
  if (results.includes(decisive)) return decisive;
  return results.includes(null) ? null : 1n - decisive;
}

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** The operator, whether it is ALL, the type of the elements, the value's key, the array. */
function compared([symbol, isAll, type, key, array]: readonly SqliteValue[]): SqliteValue {
  if (array === null || array === undefined) return null;
  const element = mustType(Number(type));
  const holds = HOLDS[String(symbol)];
  const results = arrayItems(element, array).map((item): SqliteValue => {
    if (key === null || key === undefined || item === null) return null;
    return holds?.(compareStored(key, element.keyOf?.(item) ?? item)) === true ? 1n : 0n;
  });
  return quantified(results, isAll === 1n);
}

/** The function behind the operator, whether it is ALL, the element type, the value, the array. */
function called(
  [name, isAll, type, value = null, array = null]: readonly SqliteValue[],
  context: CallContext,
): SqliteValue {
  if (array === null) return null;
  const results = arrayItems(mustType(Number(type)), array).map((item) =>
    value === null || item === null ? null : callNamed(String(name), [value, item], context),
  );
  return quantified(results, isAll === 1n);
}

export const PATTERN_OPERATORS = ['~~', '!~~', '~~*', '!~~*', '~', '!~', '~*', '!~*'];

function callNamed(name: string, args: readonly SqliteValue[], context: CallContext): SqliteValue {
  for (const { implementation } of PATTERN_OPERATORS.flatMap(operatorsNamed)) {
    if (implementation.kind === 'js' && implementation.sqlName === name) {
      return implementation.call(args, context);
    }
  }
  return null;
}

export const QUANTIFIERS: readonly FunctionSignature[] = [
  fn('pg_compared', [TEXT, BOOL, INT4, 0, TEXT], BOOL, js('pg_compared', compared), {
    isStrict: false,
  }),
  fn('pg_quantified', [TEXT, BOOL, INT4, 0, TEXT], BOOL, js('pg_quantified', called), {
    isStrict: false,
  }),
];
