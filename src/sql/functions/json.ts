// Operators of json and jsonb (PG: 9.16 JSON Functions and Operators).
import { formatJsonb, parseJson } from '../../types/json-text.ts';
import type { JsonValue } from '../../types/json-text.ts';
import { BOOL, INT4, JSON, JSONB, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { js, operator } from './builders.ts';
import type { OperatorSignature } from './signature.ts';

export const JSON_OPERATORS: readonly OperatorSignature[] = [
  ...[JSON, JSONB].flatMap((json) => [
    operator(
      '->',
      json,
      TEXT,
      json,
      js(`pg_json_get_${json}`, ([a, key]) => jsonGet(a, String(key), json, false)),
    ),
    operator(
      '->>',
      json,
      TEXT,
      TEXT,
      js(`pg_json_get_text_${json}`, ([a, key]) => jsonGet(a, String(key), json, true)),
    ),
    operator(
      '->',
      json,
      INT4,
      json,
      js(`pg_json_at_${json}`, ([a, at]) => jsonAt(a, Number(at), json, false)),
    ),
    operator(
      '->>',
      json,
      INT4,
      TEXT,
      js(`pg_json_at_text_${json}`, ([a, at]) => jsonAt(a, Number(at), json, true)),
    ),
  ]),
  operator(
    '?',
    JSONB,
    TEXT,
    BOOL,
    js('pg_jsonb_exists', ([a, key]) => (jsonbHas(a, String(key)) ? 1n : 0n)),
  ),
  operator(
    '@>',
    JSONB,
    JSONB,
    BOOL,
    js('pg_jsonb_contains', ([a, b]) =>
      contains(parseJson(String(a)), parseJson(String(b))) ? 1n : 0n,
    ),
  ),
  operator(
    '||',
    JSONB,
    JSONB,
    JSONB,
    js('pg_jsonb_concat', ([a, b]) => jsonbConcat(a, b)),
  ),
];

function present(value: JsonValue | undefined, json: number, asText: boolean): SqliteValue {
  if (value === undefined) return null;
  if (!asText) return json === JSONB ? formatJsonb(value) : formatJsonb(value);
  if (value.kind === 'null') return null;
  return value.kind === 'string' ? value.value : formatJsonb(value);
}

function jsonGet(
  json: SqliteValue | undefined,
  key: string,
  type: number,
  asText: boolean,
): SqliteValue {
  const value = parseJson(String(json));
  if (value.kind !== 'object') return null;
  return present(value.members.findLast(([name]) => name === key)?.[1], type, asText);
}

function jsonAt(
  json: SqliteValue | undefined,
  at: number,
  type: number,
  asText: boolean,
): SqliteValue {
  const value = parseJson(String(json));
  return value.kind === 'array' ? present(value.items.at(at), type, asText) : null;
}

function jsonbHas(json: SqliteValue | undefined, key: string): boolean {
  const value = parseJson(String(json));
  if (value.kind === 'object') return value.members.some(([name]) => name === key);
  if (value.kind !== 'array') return value.kind === 'string' && value.value === key;
  return value.items.some((item) => item.kind === 'string' && item.value === key);
}

/** PG: 8.14.3 jsonb Containment and Existence. */
function contains(a: JsonValue, b: JsonValue): boolean {
  if (a.kind === 'object' && b.kind === 'object') {
    return b.members.every(([key, item]) => {
      const found = a.members.findLast(([name]) => name === key)?.[1];
      return found !== undefined && contains(found, item);
    });
  }
  if (a.kind === 'array' && b.kind === 'array') {
    return b.items.every((item) => a.items.some((candidate) => contains(candidate, item)));
  }
  if (a.kind === 'array' && b.kind !== 'object') return a.items.some((item) => contains(item, b));
  return a.kind === b.kind && a.kind !== 'array' && formatJsonb(a) === formatJsonb(b);
}

function jsonbConcat(a: SqliteValue | undefined, b: SqliteValue | undefined): string {
  const [x, y] = [parseJson(String(a)), parseJson(String(b))];
  if (x.kind === 'object' && y.kind === 'object') {
    return formatJsonb({ kind: 'object', members: [...x.members, ...y.members] });
  }
  const items = (value: JsonValue): readonly JsonValue[] =>
    value.kind === 'array' ? value.items : [value];
  return formatJsonb({ kind: 'array', items: [...items(x), ...items(y)] });
}
