// Values of other types as JSON: to_json(), json_build_object(), json_agg() and the like (PG: 9.16, and
// 9.21 for the aggregates).
import { PgError } from '../../errors/pg-error.ts';
import { arrayItems } from '../../types/arrays.ts';
import { INFINITY_MICROS, MINUS_INFINITY_MICROS } from '../../types/calendar.ts';
import { formatTimestamp, formatTimestamptz } from '../../types/datetime/moments.ts';
import { formatJsonb, parseJson } from '../../types/json-text.ts';
import { BOOL, JSON, JSONB, TIMESTAMP, TIMESTAMPTZ } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { bytesOfRow, checkLength } from './bounds.ts';
import { aggregate, fn, js } from './builders.ts';
import { formatSettingsOf } from './format-settings.ts';
import { textsOf } from './json-values.ts';
import type { Argument } from './json-values.ts';
import { ANYARRAY, ANYELEMENT, TEXT_ARRAY } from './pseudo-types.ts';
import type { AggregateSignature, CallContext, FunctionSignature } from './signature.ts';

const STABLE = {
  volatility: 'stable',
  settings: ['TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output'],
} as const;
const NULLS = { ...STABLE, isStrict: false } as const;
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;
/** What a row of a table is when it comes as JSON already, see bind/whole-row.ts. */
export const ROW_AS_JSON = 2249;

function quoted(text: string): string {
  return globalThis.JSON.stringify(text);
}

/** `2024-02-29T12:34:56+00:00`: the offset always with minutes. */
function isoTimestamp(micros: bigint, zone: string | null): string {
  if (micros === INFINITY_MICROS) return 'infinity';
  if (micros === MINUS_INFINITY_MICROS) return '-infinity';
  const text = zone === null ? formatTimestamp(micros) : formatTimestamptz(micros, zone);
  return text.replace(' ', 'T').replace(/([+-]\d\d)(?= BC|$)/, zone === null ? '$1' : '$1:00');
}

/** PG: datum_to_json(). `lineEnd`: what goes before the elements of an array but the first. */
function jsonFrom(type: number, value: SqliteValue, context: CallContext, lineEnd = ''): string {
  if (value === null) return 'null';
  if (type === JSON || type === JSONB || type === ROW_AS_JSON) return String(value);
  const definition = mustType(type);
  if (type === BOOL) return value === 1n ? 'true' : 'false';
  if (type === TIMESTAMP) return quoted(isoTimestamp(value as bigint, null));
  const settings = formatSettingsOf(context);
  if (type === TIMESTAMPTZ) return quoted(isoTimestamp(value as bigint, settings.timeZone));
  if (definition.name.startsWith('_')) {
    const element = mustType(definition.elementOid);
    const items = arrayItems(element, value);
    context.spend(items.length);
    return `[${items.map((item) => jsonFrom(element.oid, item, context)).join(`,${lineEnd}`)}]`;
  }
  const text = definition.format(value, settings);
  return definition.category === 'N' && NUMBER.test(text) ? text : quoted(text);
}

/** A key of an object: the text of the value, whatever it is. */
function keyFrom(type: number, value: NonNullable<SqliteValue>, context: CallContext): string {
  const { elementOid } = mustType(type === ROW_AS_JSON ? JSON : type);
  if (elementOid !== 0 || type === JSON || type === JSONB || type === ROW_AS_JSON) {
    throw new PgError('22023', 'key value must be scalar, not array, composite, or json');
  }
  const text = jsonFrom(type, value, context);
  return text.startsWith('"') ? text : quoted(text);
}

/** In the form of jsonb. */
function canonical(text: string, context: CallContext): string {
  context.spend(text.length / 8);
  return formatJsonb(parseJson(text));
}

type Pair = readonly [type: number, value: SqliteValue];

/** Arguments come with their types before them. */
function pairsOf(args: readonly SqliteValue[]): readonly Pair[] {
  return Array.from({ length: args.length / 2 }, (_, at) => [
    Number(args[2 * at]),
    args[2 * at + 1] ?? null,
  ]);
}

function builtObject(args: readonly SqliteValue[], isJsonb: boolean, context: CallContext): string {
  const pairs = pairsOf(args);
  const name = isJsonb ? 'jsonb_build_object' : 'json_build_object';
  if (pairs.length % 2 !== 0) {
    throw new PgError('22023', 'argument list must have even number of elements', {
      hint: `The arguments of ${name}() must consist of alternating keys and values.`,
    });
  }
  const members: string[] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const [keyType, key] = pairs[at] as Pair;
    const [type, value] = pairs[at + 1] as Pair;
    if (key === null) {
      throw isJsonb
        ? new PgError('22023', `argument ${at + 1}: key must not be null`)
        : new PgError('22023', `argument ${at + 1} cannot be null`, {
            hint: 'Object keys should be text.',
          });
    }
    members.push(`${keyFrom(keyType, key, context)} : ${jsonFrom(type, value, context)}`);
  }
  const text = `{${members.join(', ')}}`;
  return isJsonb ? canonical(text, context) : text;
}

function builtArray(args: readonly SqliteValue[], isJsonb: boolean, context: CallContext): string {
  const items = pairsOf(args).map(([type, value]) => jsonFrom(type, value, context));
  const text = `[${items.join(', ')}]`;
  return isJsonb ? canonical(text, context) : text;
}

/** json_object(): keys and values of a text[], or of two. */
function objectOfTexts(
  keys: Argument,
  values: Argument,
  isJsonb: boolean,
  context: CallContext,
): string {
  const all = textsOf(keys);
  const others = values === undefined ? null : textsOf(values);
  if (others === null ? all.length % 2 !== 0 : others.length !== all.length) {
    const wrong =
      others === null ? 'array must have even number of elements' : 'mismatched array dimensions';
    throw new PgError('2202E', wrong);
  }
  const names = others === null ? all.filter((_item, at) => at % 2 === 0) : all;
  const members = names.map((name, at) => {
    if (name === null) throw new PgError('22004', 'null value not allowed for object key');
    const value = others === null ? (all[2 * at + 1] ?? null) : (others[at] ?? null);
    return `${quoted(name)} : ${value === null ? 'null' : quoted(value)}`;
  });
  const text = `{${members.join(', ')}}`;
  return isJsonb ? canonical(text, context) : text;
}

function builders(isJsonb: boolean): FunctionSignature[] {
  const prefix = isJsonb ? 'jsonb' : 'json';
  const result = isJsonb ? JSONB : JSON;
  const build = [
    ['object', builtObject],
    ['array', builtArray],
  ] as const;
  return [
    ...build.flatMap(([what, call]) => {
      const name = `${prefix}_build_${what}`;
      const implementation = js(`pg_${name}`, (args, context) => call(args, isJsonb, context));
      return [
        fn(name, [0], result, implementation, { ...NULLS, isVariadic: true, takesTypes: true }),
        fn(name, [], result, implementation, NULLS),
      ];
    }),
    fn(
      `to_${prefix}`,
      [ANYELEMENT],
      result,
      js(`pg_to_${prefix}`, ([type, value = null], context) => {
        const text = jsonFrom(Number(type), value, context);
        return isJsonb ? canonical(text, context) : text;
      }),
      { ...STABLE, takesTypes: true },
    ),
    ...[[TEXT_ARRAY], [TEXT_ARRAY, TEXT_ARRAY]].map((types) =>
      fn(
        `${prefix}_object`,
        types,
        result,
        js(`pg_${prefix}_object`, ([keys, values], context) =>
          objectOfTexts(keys, values, isJsonb, context),
        ),
      ),
    ),
  ];
}

/** A row comes as alternating names and values with types: see bind/whole-row.ts. */
function rowAsJson(args: readonly SqliteValue[], context: CallContext): string {
  const [isPretty, ...fields] = args;
  const parts: string[] = [];
  for (let at = 0; at < fields.length; at += 3) {
    const [name, type, value = null] = fields.slice(at, at + 3);
    parts.push(`${quoted(String(name))}:${jsonFrom(Number(type), value, context)}`);
  }
  return `{${parts.join(isPretty === 1n ? ',\n ' : ',')}}`;
}

export const JSON_CONSTRUCTION_FUNCTIONS: readonly FunctionSignature[] = [
  ...builders(false),
  ...builders(true),
  ...[[ANYARRAY], [ANYARRAY, BOOL]].map((types) =>
    fn(
      'array_to_json',
      types,
      JSON,
      js('pg_array_to_json', ([type, array = null, , isPretty], context) =>
        jsonFrom(Number(type), array, context, isPretty === 1n ? '\n ' : ''),
      ),
      { ...STABLE, takesTypes: true },
    ),
  ),
];

/** Not for clients. */
export const ROW_TO_JSON = fn('pg_row_to_json', [BOOL], JSON, js('pg_row_to_json', rowAsJson), {
  ...NULLS,
  isVariadic: true,
});

interface Parts {
  readonly texts: string[];
  length: number;
}

function collected(state: unknown, text: string, context: CallContext): Parts {
  const parts = (state as Parts | null) ?? { texts: [], length: 0 };
  context.keep(bytesOfRow([text]));
  parts.length += text.length + 2;
  checkLength(parts.length);
  parts.texts.push(text);
  return parts;
}

function isStructured(type: number): boolean {
  return type === ROW_AS_JSON || mustType(type).name.startsWith('_');
}

function aggregates(isJsonb: boolean): AggregateSignature[] {
  const prefix = isJsonb ? 'jsonb' : 'json';
  const result = isJsonb ? JSONB : JSON;
  const finished = (text: string, context: CallContext): string =>
    isJsonb ? canonical(text, context) : text;
  const array = aggregate(`${prefix}_agg`, [0], result, {
    kind: 'js',
    sqlName: `pg_${prefix}_agg`,
    start: () => null,
    step(state, [type, value = null], context) {
      const isFirst = state === null;
      const text = jsonFrom(Number(type), value, context);
      const isOnNewLine = !isFirst && value !== null && isStructured(Number(type));
      return collected(state, isOnNewLine ? `\n ${text}` : text, context);
    },
    finish: (state, context) =>
      state === null ? null : finished(`[${(state as Parts).texts.join(', ')}]`, context),
  });
  const object = aggregate(`${prefix}_object_agg`, [0, 0], result, {
    kind: 'js',
    sqlName: `pg_${prefix}_object_agg`,
    start: () => null,
    step(state, [keyType, key = null, type, value = null], context) {
      if (key === null) throw new PgError('22023', 'field name must not be null');
      const name = keyFrom(Number(keyType), key, context);
      return collected(state, `${name} : ${jsonFrom(Number(type), value, context)}`, context);
    },
    finish: (state, context) =>
      state === null ? null : finished(`{ ${(state as Parts).texts.join(', ')} }`, context),
  });
  return [array, object].map((signature) => ({
    ...signature,
    takesTypes: true,
    valueIndex: 1,
    settings: STABLE.settings,
  }));
}

export const JSON_AGGREGATES: readonly AggregateSignature[] = [
  ...aggregates(false),
  ...aggregates(true),
];
