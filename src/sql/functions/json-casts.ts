// Casts of jsonb to numbers and booleans (PG: 8.14).
import { PgError } from '../../errors/pg-error.ts';
import { CANONICAL } from '../../types/arrays.ts';
import { BOOL, FLOAT4, FLOAT8, INT2, INT4, INT8, JSON, JSONB, NUMERIC } from '../../types/oids.ts';
import type { JsonValue } from '../../types/json-text.ts';
import { mustType } from '../../types/registry.ts';
import { cast, js, sql } from './builders.ts';
import { jsonOf } from './json-values.ts';
import { NUMBER_CASTS } from './number-casts.ts';
import type { CallContext, CastSignature } from './signature.ts';

function wrongKind({ kind }: JsonValue, target: number): PgError {
  const { displayName } = mustType(target);
  return new PgError('22023', `cannot cast jsonb ${kind} to type ${displayName}`);
}

function numericOf(value: JsonValue, target: number): string {
  if (value.kind !== 'number') throw wrongKind(value, target);
  return String(mustType(NUMERIC).parse(value.text, -1, CANONICAL));
}

function toNumber(target: number): CastSignature {
  const found = NUMBER_CASTS.find(
    (candidate) => candidate.source === NUMERIC && candidate.target === target,
  );
  const implementation = js(`pg_jsonb_to_${target}`, ([json], context: CallContext) => {
    const text = numericOf(jsonOf(json, context), target);
    const narrow = found?.implementation;
    return narrow?.kind === 'js' ? narrow.call([text], context) : text;
  });
  return cast(JSONB, target, 'explicit', implementation);
}

export const JSON_CASTS: readonly CastSignature[] = [
  cast(
    JSON,
    JSONB,
    'assignment',
    sql((a = '') => `pg_fixed_input(${a}, ${JSONB}, -1)`),
  ),
  cast(
    JSONB,
    JSON,
    'assignment',
    sql((a = '') => a),
  ),
  cast(
    JSONB,
    BOOL,
    'explicit',
    js('pg_jsonb_to_bool', ([json], context) => {
      const value = jsonOf(json, context);
      if (value.kind !== 'boolean') throw wrongKind(value, BOOL);
      return value.value ? 1n : 0n;
    }),
  ),
  ...[NUMERIC, INT2, INT4, INT8, FLOAT4, FLOAT8].map(toNumber),
];
