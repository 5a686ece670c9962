// pg_cast: which type converts to which, when, and how (PG: 53.10 pg_cast, 10 Type Conversion).
import { CANONICAL } from '../../types/arrays.ts';
import { BOOL, BPCHAR, INT4, NAME, OID, TEXT, VARCHAR, CHAR } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { countParts } from '../../types/count-parts.ts';
import { mustType } from '../../types/registry.ts';
import { JSON_CASTS } from './json-casts.ts';
import { NUMBER_CASTS } from './number-casts.ts';
import { cast, fn, js, sql } from './builders.ts';
import { DATETIME_CASTS } from './datetime-casts.ts';
import { formatSettingsOf } from './format-settings.ts';
import type { CastSignature, FunctionSignature } from './signature.ts';

const SAME = sql((a = '') => a);
const SETTINGS = ['TimeZone', 'DateStyle', 'IntervalStyle', 'extra_float_digits', 'bytea_output'];

const TEXTS = [TEXT, VARCHAR, BPCHAR, NAME];

const WITHOUT_BLANKS = sql((a = '') => `pg_bpchar_key(${a})`);
/** Unlike the output function, which gives t and f. */
const BOOLEAN_WORD = sql((a = '') => `CASE ${a} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`);
const TO_NAME = js('pg_text_to_name', ([a]) => mustType(NAME).parse(String(a), -1, CANONICAL));
const TO_CHAR = js('pg_text_to_char', ([a]) => mustType(CHAR).parse(String(a), -1, CANONICAL));

function textCasts(): CastSignature[] {
  const found = TEXTS.flatMap((source) =>
    TEXTS.filter((target) => target !== source).map((target) => {
      const isNarrowing = target === NAME && source !== NAME;
      const context = isNarrowing ? 'assignment' : 'implicit';
      if (target === NAME) return cast(source, target, context, TO_NAME);
      return cast(source, target, context, source === BPCHAR ? WITHOUT_BLANKS : SAME);
    }),
  );
  return [
    ...found,
    ...[TEXT, VARCHAR, BPCHAR].flatMap((type) => [
      cast(BOOL, type, 'assignment', BOOLEAN_WORD),
      cast(CHAR, type, type === TEXT ? 'implicit' : 'assignment', SAME),
      cast(type, CHAR, 'assignment', TO_CHAR),
    ]),
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
  ...NUMBER_CASTS,
  ...textCasts(),
  ...DATETIME_CASTS,
  ...JSON_CASTS,
];

/** Casts through the text form, between a type and the string types (PG: CoerceViaIO). */
export const CAST_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'pg_output',
    [0, OID],
    TEXT,
    js('pg_output', ([value = null, oid], context) => {
      if (value === null) return null;
      const type = mustType(Number(oid));
      if (type.hasParts === true) context.spend(countParts(String(value)));
      return type.format(value, formatSettingsOf(context));
    }),
    { volatility: 'stable', settings: SETTINGS },
  ),
  fn(
    'pg_input',
    [TEXT, OID, INT4],
    TEXT,
    js('pg_input', ([text, oid, typmod], context) => {
      const type = mustType(Number(oid));
      if (type.hasParts === true) context.spend(countParts(String(text)));
      return type.parse(String(text), Number(typmod), formatSettingsOf(context));
    }),
    { volatility: 'stable', settings: SETTINGS },
  ),
  // The same for types whose texts do not depend on settings: for indexes.
  fn(
    'pg_fixed_output',
    [0, OID],
    TEXT,
    js('pg_fixed_output', ([value = null, oid]) =>
      value === null ? null : mustType(Number(oid)).format(value, CANONICAL),
    ),
  ),
  fn(
    'pg_fixed_input',
    [TEXT, OID, INT4],
    TEXT,
    js('pg_fixed_input', ([text, oid, typmod], context) => {
      const type = mustType(Number(oid));
      if (type.hasParts === true) context.spend(countParts(String(text)));
      return type.parse(String(text), Number(typmod), CANONICAL);
    }),
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
