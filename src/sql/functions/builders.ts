// Short forms for signature tables.
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type {
  AggregateSignature,
  CallContext,
  CastSignature,
  FunctionSignature,
  Implementation,
  OperatorSignature,
  Volatility,
} from './signature.ts';

type Call = (args: readonly SqliteValue[], context: CallContext) => SqliteValue;
type Emit = (...args: string[]) => string;

export function sql(emit: Emit): Implementation {
  return { kind: 'sql', emit: (args) => emit(...args) };
}

export function js(sqlName: string, call: Call): Implementation {
  return { kind: 'js', sqlName, call };
}

interface Options {
  readonly volatility?: Volatility;
  readonly isStrict?: boolean;
  readonly isVariadic?: boolean;
  readonly settings?: readonly string[];
  readonly hasEffects?: boolean;
  readonly needsTransaction?: boolean;
  readonly isOfSession?: boolean;
  readonly reads?: Oid;
  readonly takesElementType?: boolean;
  readonly takesTexts?: boolean;
  readonly takesTypes?: boolean;
  readonly oid?: Oid;
  readonly parameterNames?: readonly string[];
  readonly defaults?: readonly SqliteValue[];
}

export function fn(
  name: string,
  args: readonly Oid[],
  result: Oid,
  implementation: Implementation,
  options: Options = {},
): FunctionSignature {
  return {
    oid: 0,
    name,
    arguments: args,
    result,
    volatility: 'immutable',
    isStrict: true,
    ...options,
    implementation,
  };
}

export function operator(
  name: string,
  left: Oid,
  right: Oid,
  result: Oid,
  implementation: OperatorSignature['implementation'],
  options: Omit<Options, 'isVariadic' | 'oid'> = {},
): OperatorSignature {
  return {
    name,
    left,
    right,
    result,
    isStrict: true,
    volatility: 'immutable',
    ...options,
    implementation,
  };
}

export function cast(
  source: Oid,
  target: Oid,
  context: CastSignature['context'],
  implementation: Implementation,
  options: Pick<Options, 'volatility' | 'settings'> = {},
): CastSignature {
  return { source, target, context, volatility: 'immutable', ...options, implementation };
}

export function aggregate(
  name: string,
  args: readonly Oid[],
  result: Oid,
  implementation: AggregateSignature['implementation'],
  options: { readonly isWindowOnly?: boolean; readonly isVariadic?: boolean } = {},
): AggregateSignature {
  return { oid: 0, name, arguments: args, result, isWindowOnly: false, ...options, implementation };
}
