// pg_cast: which type converts to which, when, and how (PG: 53.10 pg_cast, 10 Type Conversion).
import { PgError } from '../../errors/pg-error.ts';
import { MICROS_PER_DAY, localToUtc, splitMicros, zoneOffsetMicros } from '../../types/calendar.ts';
import {
  formatDecimal,
  isSpecial,
  parseDecimal,
  round,
  tryReadDecimal,
} from '../../types/decimal.ts';
import { formatFloat, fromFloat, toFloat } from '../../types/floats.ts';
import {
  BOOL,
  BPCHAR,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  JSON,
  JSONB,
  NAME,
  NUMERIC,
  OID,
  TEXT,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
  CHAR,
} from '../../types/oids.ts';
import type { FormatSettings, Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { checkRange } from './arithmetic.ts';
import { cast, fn, js, sql } from './builders.ts';
import type { CallContext, CastSignature, FunctionSignature } from './signature.ts';

const SAME = sql((a = '') => a);
const SETTINGS = ['TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output'];
const ZONED = { volatility: 'stable', settings: ['TimeZone'] } as const;

function zone(context: CallContext): string {
  return context.setting('TimeZone') ?? 'UTC';
}

/** The settings that input and output functions look at, from the context. */
export function formatSettingsOf(context: CallContext): FormatSettings {
  return {
    timeZone: zone(context),
    dateStyle: context.setting('DateStyle') ?? 'ISO, MDY',
    intervalStyle: context.setting('IntervalStyle') ?? 'postgres',
    extraFloatDigits: Number(context.setting('extra_float_digits') ?? 1),
    byteaOutput: context.setting('bytea_output') === 'escape' ? 'escape' : 'hex',
  };
}

function numericToInteger(text: string, target: Oid): SqliteValue {
  const display = mustType(target).displayName;
  if (isSpecial(text)) {
    throw new PgError(
      '0A000',
      `cannot convert ${text === 'NaN' ? 'NaN' : 'infinity'} to ${display}`,
    );
  }
  return checkRange(target, round(parseDecimal(text), 0).unscaled);
}

/** Ties go to the even neighbour, as rint() does. */
function floatToInteger(value: SqliteValue, target: Oid): SqliteValue {
  const number = toFloat(value);
  const display = mustType(target).displayName;
  if (!Number.isFinite(number)) throw new PgError('22003', `${display} out of range`);
  let rounded = Math.round(number);
  if (Math.abs(number % 1) === 0.5 && rounded % 2 !== 0) rounded -= 1;
  return checkRange(target, BigInt(rounded));
}

function floatToNumeric(value: SqliteValue, isSingle: boolean): string {
  const number = toFloat(value);
  if (!Number.isFinite(number)) return formatFloat(value, isSingle);
  const decimal = tryReadDecimal(number.toPrecision(isSingle ? 6 : 15));
  if (decimal === null) return '0';
  let { unscaled, scale } = decimal;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale -= 1;
  }
  return formatDecimal({ unscaled, scale });
}

function numericToFloat(text: string): SqliteValue {
  const number = Number(text);
  if (Number.isFinite(number) || isSpecial(text)) return fromFloat(number);
  throw new PgError('22003', `"${text}" is out of range for type double precision`);
}

function toSingle(value: SqliteValue): SqliteValue {
  const number = toFloat(value);
  const single = Math.fround(number);
  if (!Number.isFinite(single) && Number.isFinite(number)) {
    throw new PgError('22003', 'value out of range: overflow');
  }
  return fromFloat(single);
}

const INTEGERS = [INT2, INT4, INT8];
const TEXTS = [TEXT, VARCHAR, BPCHAR, NAME];

function numberCasts(): CastSignature[] {
  const found: CastSignature[] = [];
  for (const [at, source] of INTEGERS.entries()) {
    for (const [other, target] of INTEGERS.entries()) {
      if (at === other) continue;
      found.push(
        at < other
          ? cast(source, target, 'implicit', SAME)
          : cast(
              source,
              target,
              'assignment',
              sql((a = '') => `pg_check_${target}(${a})`),
            ),
      );
    }
    found.push(
      cast(
        source,
        NUMERIC,
        'implicit',
        sql((a = '') => `CAST(${a} AS TEXT)`),
      ),
      cast(
        source,
        FLOAT8,
        'implicit',
        sql((a = '') => `CAST(${a} AS REAL)`),
      ),
      cast(
        source,
        FLOAT4,
        'implicit',
        js('pg_to_float4', ([a = null]) => toSingle(a)),
      ),
      cast(
        NUMERIC,
        source,
        'assignment',
        js(`pg_numeric_to_${source}`, ([a]) => numericToInteger(String(a), source)),
      ),
      cast(
        FLOAT4,
        source,
        'assignment',
        js(`pg_float_to_${source}`, ([a = null]) => floatToInteger(a, source)),
      ),
      cast(
        FLOAT8,
        source,
        'assignment',
        js(`pg_float_to_${source}`, ([a = null]) => floatToInteger(a, source)),
      ),
      cast(source, OID, 'implicit', SAME),
    );
  }
  return [
    ...found,
    cast(OID, INT8, 'assignment', SAME),
    cast(OID, INT4, 'assignment', SAME),
    cast(
      NUMERIC,
      FLOAT8,
      'implicit',
      js('pg_numeric_to_float8', ([a]) => numericToFloat(String(a))),
    ),
    cast(
      NUMERIC,
      FLOAT4,
      'implicit',
      js('pg_numeric_to_float4', ([a]) => toSingle(fromFloat(Number(String(a))))),
    ),
    cast(
      FLOAT8,
      NUMERIC,
      'assignment',
      js('pg_float8_to_numeric', ([a = null]) => floatToNumeric(a, false)),
    ),
    cast(
      FLOAT4,
      NUMERIC,
      'assignment',
      js('pg_float4_to_numeric', ([a = null]) => floatToNumeric(a, true)),
    ),
    cast(FLOAT4, FLOAT8, 'implicit', SAME),
    cast(
      FLOAT8,
      FLOAT4,
      'assignment',
      js('pg_to_float4', ([a = null]) => toSingle(a)),
    ),
    cast(
      INT4,
      BOOL,
      'explicit',
      sql((a = '') => `(${a} <> 0)`),
    ),
    cast(BOOL, INT4, 'explicit', SAME),
  ];
}

function textCasts(): CastSignature[] {
  const found = TEXTS.flatMap((source) =>
    TEXTS.filter((target) => target !== source).map((target) => {
      const isNarrowing = target === NAME && source !== NAME;
      const trim = source === BPCHAR ? sql((a = '') => `pg_bpchar_key(${a})`) : SAME;
      return cast(source, target, isNarrowing ? 'assignment' : 'implicit', trim);
    }),
  );
  return [...found, cast(CHAR, TEXT, 'implicit', SAME), cast(TEXT, CHAR, 'assignment', SAME)];
}

function dateCasts(): CastSignature[] {
  const days = (micros: bigint): bigint => BigInt(splitMicros(micros)[0]);
  return [
    cast(
      DATE,
      TIMESTAMP,
      'implicit',
      sql((a = '') => `(${a} * 86400000000)`),
    ),
    cast(
      DATE,
      TIMESTAMPTZ,
      'implicit',
      js('pg_date_to_timestamptz', ([a], context) =>
        localToUtc((a as bigint) * MICROS_PER_DAY, zone(context)),
      ),
      ZONED,
    ),
    cast(
      TIMESTAMP,
      TIMESTAMPTZ,
      'implicit',
      js('pg_timestamp_to_tz', ([a], context) => localToUtc(a as bigint, zone(context))),
      ZONED,
    ),
    cast(
      TIMESTAMPTZ,
      TIMESTAMP,
      'assignment',
      js(
        'pg_tz_to_timestamp',
        ([a], context) => (a as bigint) + zoneOffsetMicros(zone(context), a as bigint),
      ),
      ZONED,
    ),
    cast(
      TIMESTAMP,
      DATE,
      'assignment',
      js('pg_timestamp_to_date', ([a]) => days(a as bigint)),
    ),
    cast(
      TIMESTAMPTZ,
      DATE,
      'assignment',
      js('pg_tz_to_date', ([a], context) =>
        days((a as bigint) + zoneOffsetMicros(zone(context), a as bigint)),
      ),
      ZONED,
    ),
  ];
}

/** `1 2` -> `{1,2}`. */
function vectorCast(vector: Oid, array: Oid): CastSignature {
  const emit = sql((a = '') => `('{' || replace(${a}, ' ', ',') || '}')`);
  return cast(vector, array, 'implicit', emit);
}

export const CASTS: readonly CastSignature[] = [
  vectorCast(22, 1005),
  vectorCast(30, 1028),
  ...numberCasts(),
  ...textCasts(),
  ...dateCasts(),
  cast(
    JSON,
    JSONB,
    'assignment',
    sql((a = '') => `pg_input(${a}, ${JSONB}, -1)`),
  ),
  cast(JSONB, JSON, 'assignment', SAME),
];

/** Casts through the text form, between a type and the string types (PG: CoerceViaIO). */
export const CAST_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'pg_output',
    [0, OID],
    TEXT,
    js('pg_output', ([value = null, type], context) =>
      value === null ? null : mustType(Number(type)).format(value, formatSettingsOf(context)),
    ),
    { volatility: 'stable', settings: SETTINGS },
  ),
  fn(
    'pg_input',
    [TEXT, OID, INT4],
    TEXT,
    js('pg_input', ([text, type, typmod], context) =>
      mustType(Number(type)).parse(String(text), Number(typmod), formatSettingsOf(context)),
    ),
    { volatility: 'stable', settings: SETTINGS },
  ),
  /** Length coercion: value, type, typmod, whether the cast is explicit. */
  fn(
    'pg_coerce',
    [0, OID, INT4, BOOL],
    TEXT,
    js('pg_coerce', ([value = null, type, typmod, isExplicit]) =>
      value === null
        ? null
        : (mustType(Number(type)).coerce?.(value, Number(typmod), isExplicit === 1n) ?? value),
    ),
  ),
];

export const IO_SETTINGS = SETTINGS;
