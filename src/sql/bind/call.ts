// Function calls; those of aggregates and window functions are in aggregate.ts.
import { TEXT } from '../../types/oids.ts';
import { typeByName } from '../../types/registry.ts';
import { fn } from '../functions/builders.ts';
import { functionsNamed, setFunctionsNamed } from '../functions/registry.ts';
import { isMissing, missingOverloads } from '../functions/missing-overloads.ts';
import { ANY_SETTING } from '../functions/signature.ts';
import type { FunctionSignature } from '../functions/signature.ts';
import { flag, inner, list, location, strings } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import { isRowAsJson } from '../tree/row-as-json.ts';
import { mustCoerce, resolveUnknown, tryCoerce } from './coerce.ts';
import type { BindContext } from './context.ts';
import type { Place } from './expression.ts';
import { checkFunctionSchema } from './function-schema.ts';
import { chooseOverload } from './overload.ts';
import type { Chosen } from './overload.ts';
import { concreteType } from './polymorphic.ts';
import { prettyRow } from './whole-row.ts';
import { bindAggregate, containsAggregate, isAggregateCall } from './aggregate.ts';
import { bindArguments } from './arguments.ts';
import { givesRecords } from './record-function.ts';
import { noFunction } from './no-function.ts';

export function bindFunctionCall(place: Place, fields: Fields): Expression {
  const { context } = place;
  const names = strings(list(fields, 'funcname'));
  const name = names.at(-1) ?? '';
  const at = location(fields);
  const nodes = list(fields, 'args');
  const over = inner(fields, 'over');
  checkFunctionSchema(context, fields);
  const isWithinGroup = flag(fields, 'agg_within_group');
  if (isWithinGroup || isAggregateCall(name, fields))
    return bindAggregate(place, name, fields, nodes, over);
  if (over !== null) {
    throw context.error(
      '42809',
      `OVER specified, but ${name} is not a window function nor an aggregate function`,
      at,
    );
  }
  const parts = bindArguments(place, name, nodes, at, functionsNamed(name));
  if (name === 'pg_typeof' && parts[0] !== undefined && parts.length === 1) {
    return typeOf(parts[0], at);
  }
  const [row, pretty] = parts;
  if (name === 'row_to_json' && row !== undefined && isRowAsJson(row)) {
    const isPretty = pretty?.kind === 'constant' && pretty.value === 1n;
    return isPretty ? prettyRow(row) : row;
  }
  const types = parts.map((part) => part.type);
  if (flag(fields, 'func_variadic')) throw context.notSupported('VARIADIC in a call', at);
  const candidates = [...functionsNamed(name), ...missingOverloads(name)];
  const found = chooseOverload(candidates, (candidate) => candidate, types);
  if (found !== null && found !== 'ambiguous' && isMissing(found.candidate)) {
    throw context.notSupported(`this form of ${name}()`, at);
  }
  if (found !== null && found !== 'ambiguous') return callOf(context, found, parts, at);
  if (found === null && (setFunctionsNamed(name).length > 0 || givesRecords(name))) {
    throw context.notSupported(`${name} outside of FROM`, at);
  }
  const converted = found === null ? castByName(context, name, parts) : null;
  if (converted !== null) return converted;
  // Without the defaults of what was left out.
  const given = types.slice(0, nodes.length);
  throw noFunction(context, names.join('.'), given, at, found !== null);
}

/** `type(value)` is a cast if no function has that name (PG: 4.2.9). */
function castByName(
  context: BindContext,
  name: string,
  parts: readonly Expression[],
): Expression | null {
  const [part] = parts;
  const type = typeByName(name);
  if (type === null || part === undefined || parts.length > 1) return null;
  return tryCoerce(context, part, type.oid, -1, 'explicit');
}

const REGTYPE = 2206;

/** pg_typeof(): known before the statement runs; but what makes groups must stay in it. */
function typeOf(part: Expression, location: number | undefined): Expression {
  const { type } = part;
  if (containsAggregate(part)) {
    const emit = ([value = '']: readonly string[]): string =>
      `iif(${value} IS NULL, ${type}, ${type})`;
    const signature = fn('pg_typeof', [0], REGTYPE, { kind: 'sql', emit }, { isStrict: false });
    return { kind: 'function', signature, arguments: [part], type: REGTYPE, typmod: -1, location };
  }
  return { kind: 'constant', type: REGTYPE, typmod: -1, value: BigInt(type), location };
}

function callOf(
  context: BindContext,
  { candidate: signature, arguments: wanted, variables }: Chosen<FunctionSignature>,
  parts: readonly Expression[],
  location: number | undefined,
): Expression {
  context.noteCall({ ...signature, settings: settingsOf(signature, parts) });
  const { takesElementType = false, takesTexts = false } = signature;
  return {
    kind: 'function',
    signature,
    arguments: parts.map((part, at) => {
      const type = wanted[at] as number;
      if (type !== 0) return mustCoerce(context, part, type, signature.name);
      return takesTexts ? asText(context, part) : resolveUnknown(context, part);
    }),
    elementType: takesElementType
      ? (variables.element ?? variables.compatible ?? undefined)
      : undefined,
    type: concreteType(signature.result, variables),
    typmod: -1,
    location,
  };
}

/** The setting that is asked for, where the statement names it. */
function settingsOf(
  { settings = [] }: FunctionSignature,
  [first]: readonly Expression[],
): readonly string[] {
  const isNamed = first?.kind === 'constant' && typeof first.value === 'string';
  return isNamed && settings.includes(ANY_SETTING) ? [String(first.value)] : settings;
}

function asText(context: BindContext, part: Expression): Expression {
  const value = resolveUnknown(context, part);
  if (value.type === TEXT) return value;
  context.noteCall({ volatility: 'stable' });
  return {
    kind: 'cast',
    signature: null,
    how: 'output',
    isExplicit: false,
    argument: value,
    type: TEXT,
    typmod: -1,
    location: value.location,
  };
}
