// What is in a json or jsonb: ->, ->>, #>, #>>, @>, ? and the functions that tell of it (PG: 9.16).
import { PgError } from '../../errors/pg-error.ts';
import { decimalSortKey, formatDecimal, tryReadDecimal } from '../../types/decimal.ts';
import { formatJsonb } from '../../types/json-text.ts';
import type { JsonMember, JsonValue } from '../../types/json-text.ts';
import { BOOL, INT4, JSON, JSONB, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator } from './builders.ts';
import { isScalar, jsonOf, jsonText, memberOf, plainText, textsOf } from './json-values.ts';
import type { Argument } from './json-values.ts';
import { TEXT_ARRAY } from './pseudo-types.ts';
import type { CallContext, FunctionSignature, OperatorSignature } from './signature.ts';

const INDEX_MAX = 2_147_483_647;

/** By key or by index; undefined: there is nothing. */
function stepInto(value: JsonValue, key: string | number): JsonValue | undefined {
  if (typeof key === 'number') return value.kind === 'array' ? value.items.at(key) : undefined;
  return value.kind === 'object' ? memberOf(value.members, key) : undefined;
}

/** To jsonb a scalar alone is an array of one. */
function elementAt(value: JsonValue, index: number, type: number): JsonValue | undefined {
  if (type === JSONB && isScalar(value)) return index === 0 || index === -1 ? value : undefined;
  return stepInto(value, index);
}

/** A step of a path counts where it is in an array. */
function stepOfPath(value: JsonValue, step: string): JsonValue | undefined {
  if (value.kind !== 'array') return stepInto(value, step);
  const index = /^\s*[+-]?\d+$/.test(step) ? Number(step) : NaN;
  return Math.abs(index) <= INDEX_MAX ? value.items.at(index) : undefined;
}

function alongPath(value: JsonValue, path: readonly (string | null)[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of path) {
    if (step === null || at === undefined) return undefined;
    at = stepOfPath(at, step);
  }
  return at;
}

function shown(
  found: JsonValue | undefined,
  source: Argument,
  type: number,
  isText: boolean,
): SqliteValue {
  if (found === undefined) return null;
  return isText ? plainText(found, source, type) : jsonText(found, source, type);
}

function accessOperators(type: number): OperatorSignature[] {
  return [false, true].flatMap((isText) => {
    const result = isText ? TEXT : type;
    const suffix = `${isText ? '_text' : ''}_${type}`;
    const more = isText ? '>' : '';
    return [
      operator(
        `->${more}`,
        type,
        TEXT,
        result,
        js(`pg_json_get${suffix}`, ([json, key], context) =>
          shown(stepInto(jsonOf(json, context), String(key)), json, type, isText),
        ),
      ),
      operator(
        `->${more}`,
        type,
        INT4,
        result,
        js(`pg_json_at${suffix}`, ([json, index], context) =>
          shown(elementAt(jsonOf(json, context), Number(index), type), json, type, isText),
        ),
      ),
      operator(
        `#>${more}`,
        type,
        TEXT_ARRAY,
        result,
        js(`pg_json_path${suffix}`, ([json, path], context) =>
          shown(alongPath(jsonOf(json, context), textsOf(path)), json, type, isText),
        ),
      ),
    ];
  });
}

function pathFunctions(type: number): FunctionSignature[] {
  const prefix = type === JSONB ? 'jsonb' : 'json';
  return [false, true].map((isText) =>
    fn(
      `${prefix}_extract_path${isText ? '_text' : ''}`,
      [type, TEXT],
      isText ? TEXT : type,
      js(`pg_${prefix}_extract_path${isText ? '_text' : ''}`, ([json, ...path], context) =>
        shown(alongPath(jsonOf(json, context), path as string[]), json, type, isText),
      ),
      { isVariadic: true },
    ),
  );
}

const bool = (value: boolean): bigint => (value ? 1n : 0n);

function hasKey(value: JsonValue, key: string): boolean {
  if (value.kind === 'object') return memberOf(value.members, key) !== undefined;
  const items = value.kind === 'array' ? value.items : [value];
  return items.some((item) => item.kind === 'string' && item.value === key);
}

/** Equal for equal scalars: numbers by their value. */
function scalarKey(value: JsonValue): string {
  if (value.kind !== 'number') return formatJsonb(value);
  const decimal = tryReadDecimal(value.text);
  return `n${decimalSortKey(decimal === null ? 'NaN' : formatDecimal(decimal))}`;
}

/** PG: 8.14.3 jsonb Containment and Existence. A scalar is in an array only at the top. */
function contains(a: JsonValue, b: JsonValue, context: CallContext): boolean {
  context.spend(1);
  if (a.kind === 'object' && b.kind === 'object') {
    const found = new Map<string, JsonValue>(a.members);
    return b.members.every(([key, item]: JsonMember) => {
      const value = found.get(key);
      return value !== undefined && contains(value, item, context);
    });
  }
  if (a.kind === 'array' && b.kind === 'array') return containsAll(a.items, b.items, context);
  return isScalar(a) && isScalar(b) && scalarKey(a) === scalarKey(b);
}

function containsAll(
  items: readonly JsonValue[],
  wanted: readonly JsonValue[],
  context: CallContext,
): boolean {
  const scalars = new Set(items.filter(isScalar).map(scalarKey));
  const others = items.filter((item) => !isScalar(item));
  context.spend(items.length + wanted.length);
  return wanted.every((item) => {
    if (isScalar(item)) return scalars.has(scalarKey(item));
    return others.some((candidate) => contains(candidate, item, context));
  });
}

function containsDocument(container: Argument, contained: Argument, context: CallContext): bigint {
  const [a, b] = [jsonOf(container, context), jsonOf(contained, context)];
  if (a.kind === 'array' && isScalar(b)) return bool(containsAll(a.items, [b], context));
  return bool(contains(a, b, context));
}

const CONTAINMENT: readonly OperatorSignature[] = [
  operator(
    '@>',
    JSONB,
    JSONB,
    BOOL,
    js('pg_jsonb_contains', ([a, b], context) => containsDocument(a, b, context)),
  ),
  operator(
    '<@',
    JSONB,
    JSONB,
    BOOL,
    js('pg_jsonb_contained', ([a, b], context) => containsDocument(b, a, context)),
  ),
  operator(
    '?',
    JSONB,
    TEXT,
    BOOL,
    js('pg_jsonb_exists', ([json, key], context) =>
      bool(hasKey(jsonOf(json, context), String(key))),
    ),
  ),
  ...(['any', 'all'] as const).map((which) =>
    operator(
      which === 'any' ? '?|' : '?&',
      JSONB,
      TEXT_ARRAY,
      BOOL,
      js(`pg_jsonb_exists_${which}`, ([json, keys], context) => {
        const value = jsonOf(json, context);
        const size = value.kind === 'object' ? value.members.length : 1;
        const wanted = textsOf(keys).filter((key) => key !== null);
        context.spend((wanted.length * size) / 8);
        const has = (key: string): boolean => hasKey(value, key);
        return bool(which === 'any' ? wanted.some(has) : wanted.every(has));
      }),
    ),
  ),
];

function arrayLength(value: JsonValue): bigint {
  if (value.kind === 'array') return BigInt(value.items.length);
  const what = isScalar(value) ? 'a scalar' : 'a non-array';
  throw new PgError('22023', `cannot get array length of ${what}`);
}

function factFunctions(type: number): FunctionSignature[] {
  const prefix = type === JSONB ? 'jsonb' : 'json';
  return [
    fn(
      `${prefix}_typeof`,
      [type],
      TEXT,
      js('pg_json_typeof', ([json], context) => jsonOf(json, context).kind),
    ),
    fn(
      `${prefix}_array_length`,
      [type],
      INT4,
      js('pg_json_array_length', ([json], context) => arrayLength(jsonOf(json, context))),
    ),
  ];
}

export const JSON_ACCESS_OPERATORS: readonly OperatorSignature[] = [
  ...accessOperators(JSON),
  ...accessOperators(JSONB),
  ...CONTAINMENT,
];

export const JSON_ACCESS_FUNCTIONS: readonly FunctionSignature[] = [
  ...pathFunctions(JSON),
  ...pathFunctions(JSONB),
  ...factFunctions(JSON),
  ...factFunctions(JSONB),
];
