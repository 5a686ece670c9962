// What of the function registry statements may call: everything that gives the same on two servers.
import {
  ALL_AGGREGATES,
  ALL_CASTS,
  ALL_FUNCTIONS,
  ALL_OPERATORS,
} from '../../src/sql/functions/registry.ts';
import { typeByOid } from '../../src/types/registry.ts';
import { ARRAYS, SCALARS } from './literals.ts';

export interface Callable {
  readonly name: string;
  /** Type names, `any`, or `element`, `nonarray` and `array` that go together. */
  readonly arguments: readonly string[];
  readonly result: string;
  readonly isVariadic: boolean;
}

const PSEUDO: Readonly<Record<number, string>> = {
  0: 'any',
  2277: 'array',
  2283: 'element',
  2776: 'any',
  5077: 'element',
  5078: 'array',
};
const KNOWN: ReadonlySet<string> = new Set([...SCALARS, ...ARRAYS]);

/** Clock, dice, session, catalog; grammar of their own (extract); last digits of the C library. */
const LEFT_OUT =
  /^(pg_|balsa_|has_|row_security|current_|session_|to_reg|reg(class|type|namespace|role|coll|proc|oper)|now$|transaction_timestamp|statement_timestamp|clock_timestamp|timeofday|random|version|gen_random|user$|format_type|obj_desc|col_desc|shobj|getdatabase|oidvector|inet_|txid|nextval|currval|setval|lastval|overlaps$|extract$|position$|normalize$|is_normalized$|hashtext|numeric_inc|like_escape|similar_to_escape|cbrt|exp$|sin|cos|tan|cot|asin|acos|atan|.*(sind|cosd|tand|cotd)$|power$|pow$|ln$|log|regr_|corr|covar|set_config|convert_|getpgusername|$)/;

function nameOf(oid: number): string {
  return PSEUDO[oid] ?? typeByOid(oid)?.name ?? '?';
}

function isUsable({ name, arguments: types, result }: Callable): boolean {
  const isKnown = (type: string): boolean =>
    KNOWN.has(type) || ['any', 'element', 'array'].includes(type);
  if (name === 'age' && types.length === 1) return false;
  return !LEFT_OUT.test(name) && types.every(isKnown) && isKnown(result) && result !== 'any';
}

export const FUNCTIONS: readonly Callable[] = ALL_FUNCTIONS.map((signature) => ({
  name: signature.name,
  arguments: signature.arguments.map(nameOf),
  result: nameOf(signature.result),
  isVariadic: signature.isVariadic === true,
})).filter(isUsable);

export const OPERATORS: readonly Callable[] = ALL_OPERATORS.map((signature) => ({
  name: signature.name,
  arguments: [
    ...(signature.left === 0 && signature.name !== '||' ? [] : [signature.left]),
    signature.right,
  ].map(nameOf),
  result: nameOf(signature.result),
  isVariadic: false,
})).filter(
  (callable) => isUsable({ ...callable, name: 'x' }) && !/^(\^|\|\/|\|\|\/)$/.test(callable.name),
);

export interface AggregateCallable extends Callable {
  readonly isWindowOnly: boolean;
}

export const AGGREGATES: readonly AggregateCallable[] = ALL_AGGREGATES.map((signature) => ({
  name: signature.name,
  arguments: signature.arguments.map(nameOf),
  result: nameOf(signature.result),
  isVariadic: false,
  isWindowOnly: signature.isWindowOnly,
})).filter(isUsable);

/** Type -> types that convert to it. */
export const CASTS: ReadonlyMap<string, readonly string[]> = new Map(
  [...KNOWN].map((target) => [
    target,
    ALL_CASTS.filter((cast) => nameOf(cast.target) === target)
      .map((cast) => nameOf(cast.source))
      .filter((source) => KNOWN.has(source)),
  ]),
);

export const IMPLICIT: ReadonlyMap<string, readonly string[]> = new Map(
  [...KNOWN].map((target) => [
    target,
    ALL_CASTS.filter((cast) => nameOf(cast.target) === target && cast.context === 'implicit')
      .map((cast) => nameOf(cast.source))
      .filter((source) => KNOWN.has(source)),
  ]),
);
