// pg_cast among the number types, boolean and oid.
import { PgError } from '../../errors/pg-error.ts';
import {
  formatDecimal,
  isSpecial,
  parseDecimal,
  round,
  trimmed,
  tryReadDecimal,
} from '../../types/decimal.ts';
import { formatFloat, fromFloat, parseFloatText, toFloat } from '../../types/floats.ts';
import { BOOL, CHAR, FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC, OID } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { cast, js, sql } from './builders.ts';
import { overflow, roundHalfEven, underflow } from './floats.ts';
import { checkRange } from './integers.ts';
import type { CastSignature } from './signature.ts';

const SAME = sql((a = '') => a);
const INTEGERS = [INT2, INT4, INT8];
const OID_MAX = 4_294_967_295n;

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

function floatToInteger(value: SqliteValue, target: Oid): SqliteValue {
  const number = toFloat(value);
  if (!Number.isFinite(number)) {
    throw new PgError('22003', `${mustType(target).displayName} out of range`);
  }
  return checkRange(target, BigInt(roundHalfEven(number)));
}

function floatToNumeric(value: SqliteValue, isSingle: boolean): string {
  const number = toFloat(value);
  if (!Number.isFinite(number)) return formatFloat(value, isSingle, 1);
  const decimal = tryReadDecimal(number.toPrecision(isSingle ? 6 : 15));
  return decimal === null ? '0' : formatDecimal(trimmed(decimal));
}

function numericToFloat(text: string, isSingle: boolean): SqliteValue {
  return parseFloatText(text, isSingle ? 'real' : 'double precision', isSingle);
}

function toSingle(value: SqliteValue): SqliteValue {
  const number = toFloat(value);
  const single = Math.fround(number);
  if (!Number.isFinite(single) && Number.isFinite(number)) throw overflow();
  if (single === 0 && number !== 0) throw underflow();
  return fromFloat(single);
}

/** Oids count without a sign. */
function toOid(value: bigint): bigint {
  if (value < 0n || value > OID_MAX) throw new PgError('22003', 'OID out of range');
  return value;
}

/** One byte: the null character is the empty text, and bytes that are no ASCII stand in octal. */
function integerToChar(value: bigint): string {
  if (value < -128n || value > 127n) throw new PgError('22003', '"char" out of range');
  if (value === 0n) return '';
  if (value > 0n) return String.fromCharCode(Number(value));
  return `\\${Number(value + 256n).toString(8)}`;
}

function charToInteger(text: string): bigint {
  if (/^\\[0-7]{3}$/.test(text)) return BigInt.asIntN(8, BigInt(Number.parseInt(text.slice(1), 8)));
  return BigInt(text === '' ? 0 : text.charCodeAt(0));
}

function amongIntegers(): CastSignature[] {
  return INTEGERS.flatMap((source, at) =>
    INTEGERS.flatMap((target, other) => {
      if (at === other) return [];
      if (at < other) return [cast(source, target, 'implicit', SAME)];
      const narrow = sql((a = '') => `pg_check_${target}(${a})`);
      return [cast(source, target, 'assignment', narrow)];
    }),
  );
}

function ofInteger(oid: Oid): CastSignature[] {
  const fromFloats = js(`pg_float_to_${oid}`, ([a = null]) => floatToInteger(a, oid));
  return [
    cast(
      oid,
      NUMERIC,
      'implicit',
      sql((a = '') => `CAST(${a} AS TEXT)`),
    ),
    cast(
      oid,
      FLOAT8,
      'implicit',
      sql((a = '') => `CAST(${a} AS REAL)`),
    ),
    cast(
      oid,
      FLOAT4,
      'implicit',
      js('pg_to_float4', ([a = null]) => toSingle(a)),
    ),
    cast(
      NUMERIC,
      oid,
      'assignment',
      js(`pg_numeric_to_${oid}`, ([a]) => numericToInteger(String(a), oid)),
    ),
    cast(FLOAT4, oid, 'assignment', fromFloats),
    cast(FLOAT8, oid, 'assignment', fromFloats),
  ];
}

export const NUMBER_CASTS: readonly CastSignature[] = [
  ...amongIntegers(),
  ...INTEGERS.flatMap(ofInteger),
  ...[INT2, INT4].map((source) =>
    cast(
      source,
      OID,
      'implicit',
      sql((a = '') => `(${a} & ${OID_MAX})`),
    ),
  ),
  cast(
    INT8,
    OID,
    'implicit',
    js('pg_to_oid', ([a]) => toOid(a as bigint)),
  ),
  cast(OID, INT8, 'assignment', SAME),
  cast(
    OID,
    INT4,
    'assignment',
    js('pg_oid_to_int4', ([a]) => BigInt.asIntN(32, a as bigint)),
  ),
  cast(
    NUMERIC,
    FLOAT8,
    'implicit',
    js('pg_numeric_to_float8', ([a]) => numericToFloat(String(a), false)),
  ),
  cast(
    NUMERIC,
    FLOAT4,
    'implicit',
    js('pg_numeric_to_float4', ([a]) => numericToFloat(String(a), true)),
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
  cast(
    INT4,
    CHAR,
    'explicit',
    js('pg_int4_to_char', ([a]) => integerToChar(a as bigint)),
  ),
  cast(
    CHAR,
    INT4,
    'explicit',
    js('pg_char_to_int4', ([a]) => charToInteger(String(a))),
  ),
];
