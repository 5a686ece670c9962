// Conversions between types, as Postgres' parse analysis makes them (PG: 10 Type Conversion).
import { PgError } from '../../errors/pg-error.ts';
import { REFERENCE_TYPES } from '../../types/catalog-types.ts';
import { TEXT, UNKNOWN } from '../../types/oids.ts';
import type { FormatSettings, Oid, PgType } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { IO_SETTINGS } from '../functions/casts.ts';
import { REGCLASS } from '../functions/catalog-context.ts';
import { splitQualifiedName, undefinedRelation } from '../functions/catalog-names.ts';
import { castBetween } from '../functions/registry.ts';
import { startOf } from '../tree/expression.ts';
import type { Cast, Expression } from '../tree/expression.ts';
import type { BindContext } from './context.ts';

export type CoercionContext = 'implicit' | 'assignment' | 'explicit';

const RANK: Readonly<Record<CoercionContext, number>> = { implicit: 0, assignment: 1, explicit: 2 };

export function typeDisplay(type: Oid, typmod = -1): string {
  const definition = mustType(type);
  if (typmod < 0 || definition.formatWithTypmod === undefined) return definition.displayName;
  return definition.formatWithTypmod(typmod);
}

function isString(type: Oid): boolean {
  return mustType(type).category === 'S';
}

function isArray(type: Oid): boolean {
  const { elementOid, name } = mustType(type);
  return elementOid !== 0 && name.startsWith('_');
}

/** How a value of one type becomes one of another in this context; null: not at all. */
export function conversion(
  source: Oid,
  target: Oid,
  context: CoercionContext,
): Cast['how'] | 'none' | null {
  if (source === target) return 'none';
  if (source === UNKNOWN) return 'input';
  const signature = castBetween(source, target);
  if (signature !== null) return RANK[signature.context] <= RANK[context] ? 'function' : null;
  if (isArray(source) && isArray(target)) {
    const [from, to] = [mustType(source).elementOid, mustType(target).elementOid];
    return conversion(from, to, context) === null ? null : 'array';
  }
  // Through the text form: to the string types by assignment, from them only when asked for.
  if (isString(target) && context !== 'implicit') return 'output';
  if (isString(source) && context === 'explicit') return 'input';
  return null;
}

export function canCoerce(source: Oid, target: Oid, context: CoercionContext): boolean {
  return conversion(source, target, context) !== null;
}

function formatSettings(context: BindContext): FormatSettings {
  return {
    timeZone: context.settings.timeZone,
    dateStyle: context.settings.dateStyle ?? 'ISO, MDY',
    intervalStyle: context.settings.intervalStyle ?? 'postgres',
    extraFloatDigits: 1,
    byteaOutput: 'hex',
  };
}

/** The expression as a value of the type, or null if there is no such conversion. */
export function tryCoerce(
  context: BindContext,
  expression: Expression,
  target: Oid,
  typmod: number,
  how: CoercionContext,
): Expression | null {
  const { location } = expression;
  if (expression.type === UNKNOWN && expression.kind === 'constant') {
    if (target === REGCLASS && expression.value !== null) {
      return relationConstant(context, String(expression.value), location);
    }
    if (isMomentary(context, expression.value, target)) {
      // `now`: read when the statement runs.
      return tryCoerce(context, { ...expression, type: TEXT }, target, typmod, 'explicit');
    }
    if (expression.value !== null && isReference(target)) {
      // A name: looked up in the schema when the statement runs.
      return tryCoerce(context, { ...expression, type: TEXT }, target, -1, 'explicit');
    }
    if (expression.value !== null && isReference(mustType(target).elementOid)) {
      const names = tryCoerce(context, expression, mustType(TEXT).arrayOid, -1, how);
      return names === null ? null : tryCoerce(context, names, target, -1, 'explicit');
    }
    return constantOf(context, expression.value as string | null, target, typmod, location, how);
  }
  if (expression.kind === 'parameter' && expression.type === UNKNOWN) {
    context.parameterTypes[expression.number - 1] = target;
    return withLength(context, { ...expression, type: target }, target, typmod, how);
  }
  const found = conversion(expression.type, target, how);
  if (found === null) return null;
  if (found === 'none') return withLength(context, expression, target, typmod, how);
  const signature = found === 'function' ? castBetween(expression.type, target) : null;
  if (signature !== null) context.noteCall(signature);
  else context.noteCall({ volatility: 'stable', settings: IO_SETTINGS });
  const cast: Cast = {
    kind: 'cast',
    signature,
    how: found,
    isExplicit: how === 'explicit',
    argument: expression,
    type: target,
    typmod: found === 'input' && mustType(target).readsTypmod === true ? typmod : -1,
    location,
  };
  return withLength(context, cast, target, typmod, how);
}

function isReference(type: Oid): boolean {
  return REFERENCE_TYPES.some(({ oid }) => oid === type);
}

function isMomentary(context: BindContext, text: SqliteValue, type: Oid): boolean {
  if (text === null) return false;
  return mustType(type).isMomentary?.(String(text), formatSettings(context)) === true;
}

/** The relation that a name stands for in the schema that the statement is compiled for. */
function relationConstant(
  context: BindContext,
  text: string,
  location: number | undefined,
): Expression {
  const constant = (oid: bigint): Expression => ({
    kind: 'constant',
    type: REGCLASS,
    typmod: -1,
    value: oid,
    location,
  });
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return constant(BigInt(trimmed));
  if (trimmed === '-') return constant(0n);
  try {
    const [schema = null, name = ''] = [null, ...splitQualifiedName(text)].slice(-2);
    if (schema !== null && !context.catalog.hasSchema(schema)) {
      throw new PgError('3F000', `schema "${schema}" does not exist`);
    }
    const relation = context.tryRelation(schema, name ?? '');
    if (relation === null) throw undefinedRelation(text);
    return constant(BigInt(relation.oid));
  } catch (error) {
    throw error instanceof PgError ? error.at(context.position(location)) : error;
  }
}

function constantOf(
  context: BindContext,
  text: string | null,
  type: Oid,
  typmod: number,
  location: number | undefined,
  how: CoercionContext,
): Expression {
  const base = { kind: 'constant', type, location } as const;
  if (text === null) return { ...base, value: null, typmod };
  const definition = mustType(type);
  const inputTypmod = definition.readsTypmod === true ? typmod : -1;
  const value = inputOf(context, definition, text, inputTypmod, location);
  // Postgres applies the length when the statement runs: its errors have no position.
  const cut =
    value === null || typmod < 0
      ? value
      : (definition.coerce?.(value, typmod, how === 'explicit') ?? value);
  return { ...base, value: cut, typmod };
}

function inputOf(
  context: BindContext,
  definition: PgType,
  text: string,
  typmod: number,
  location: number | undefined,
): SqliteValue {
  try {
    return definition.parse(text, typmod, formatSettings(context));
  } catch (error) {
    throw error instanceof PgError ? error.at(context.position(location)) : error;
  }
}

/** The length coercion, where the type has one and the value may be longer (PG: 10.4). */
function withLength(
  _context: BindContext,
  expression: Expression,
  type: Oid,
  typmod: number,
  how: CoercionContext,
): Expression {
  if (typmod < 0 || expression.typmod === typmod || mustType(type).coerce === undefined) {
    return expression;
  }
  return {
    kind: 'cast',
    signature: null,
    how: 'length',
    isExplicit: how === 'explicit',
    argument: expression,
    type,
    typmod,
    location: expression.location,
  };
}

/** An unknown literal or parameter that nothing gives a type is text. */
export function resolveUnknown(context: BindContext, expression: Expression): Expression {
  if (expression.type !== UNKNOWN) return expression;
  return tryCoerce(context, expression, TEXT, -1, 'implicit') ?? expression;
}

/** A condition. Throws 42804. */
export function coerceToBoolean(
  context: BindContext,
  expression: Expression,
  clause: string,
): Expression {
  const BOOL = 16;
  const coerced = tryCoerce(context, expression, BOOL, -1, 'implicit');
  if (coerced !== null) return coerced;
  throw context.error(
    '42804',
    `argument of ${clause} must be type boolean, not type ${typeDisplay(expression.type)}`,
    startOf(expression),
  );
}

/**
 * The type that several have in common, unknown if none is known (PG: 10.5 UNION, CASE, and Related
 * Constructs), or the place of the first that does not fit.
 */
function commonOf(types: readonly Oid[]): { readonly type: Oid; readonly misfit: number | null } {
  let type: Oid = UNKNOWN;
  for (const [at, next] of types.entries()) {
    if (next === UNKNOWN || next === type) continue;
    if (type === UNKNOWN) {
      type = next;
      continue;
    }
    const [before, after] = [mustType(type), mustType(next)];
    if (before.category !== after.category) return { type, misfit: at };
    const isWider = canCoerce(type, next, 'implicit') && !canCoerce(next, type, 'implicit');
    if (!before.isPreferred && isWider) type = next;
  }
  return { type, misfit: null };
}

/** null: they have none. */
export function tryCommonType(types: readonly Oid[]): Oid | null {
  const { type, misfit } = commonOf(types);
  return misfit === null && types.every((each) => canCoerce(each, type, 'implicit')) ? type : null;
}

/** Throws 42804. */
export function commonType(
  context: BindContext,
  expressions: readonly Expression[],
  construct: string,
): Oid {
  const { type, misfit } = commonOf(expressions.map((expression) => expression.type));
  if (misfit === null) return type === UNKNOWN ? TEXT : type;
  const expression = expressions[misfit] as Expression;
  throw context.error(
    '42804',
    `${construct} types ${typeDisplay(type)} and ${typeDisplay(expression.type)} cannot be matched`,
    startOf(expression),
  );
}

/** The one that all have; else none (PG: select_common_typmod). */
export function commonTypmod(expressions: readonly Expression[]): number {
  const [first, ...others] = expressions.map(({ typmod }) => typmod);
  return first !== undefined && others.every((typmod) => typmod === first) ? first : -1;
}

export function mustCoerce(
  context: BindContext,
  expression: Expression,
  type: Oid,
  construct: string,
): Expression {
  const coerced = tryCoerce(context, expression, type, -1, 'implicit');
  if (coerced !== null) return coerced;
  throw context.error(
    '42846',
    `${construct} could not convert type ${typeDisplay(expression.type)} to ${typeDisplay(type)}`,
    startOf(expression),
  );
}

/** A value for a column. Throws 42804. */
export function coerceToColumn(
  context: BindContext,
  expression: Expression,
  column: { readonly name: string; readonly type: Oid; readonly typmod: number },
): Expression {
  const coerced = tryCoerce(context, expression, column.type, column.typmod, 'assignment');
  if (coerced !== null) return coerced;
  throw context.error(
    '42804',
    `column "${column.name}" is of type ${typeDisplay(column.type)} but expression is of type ${typeDisplay(expression.type)}`,
    startOf(expression),
    'You will need to rewrite or cast the expression.',
  );
}
