// The elements and members of json and jsonb as rows (PG: 9.16).
import { PgError } from '../../errors/pg-error.ts';
import type { JsonMember, JsonValue } from '../../types/json-text.ts';
import { JSON, JSONB, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { isScalar, jsonOf, jsonText, plainText } from './json-values.ts';
import type { SetFunctionSignature } from './signature.ts';

type Rows = SetFunctionSignature['rows'];

function refused(message: string): PgError {
  return new PgError('22023', message);
}

function itemsOf(value: JsonValue, name: string, isJsonb: boolean): readonly JsonValue[] {
  if (value.kind === 'array') return value.items;
  if (!isJsonb)
    throw refused(`cannot call ${name} on a ${isScalar(value) ? 'scalar' : 'non-array'}`);
  throw refused(`cannot extract elements from ${isScalar(value) ? 'a scalar' : 'an object'}`);
}

function membersOf(value: JsonValue, name: string, isJsonb: boolean): readonly JsonMember[] {
  if (value.kind === 'object') return value.members;
  if (isJsonb) throw refused(`cannot call ${name} on a non-object`);
  throw refused(
    value.kind === 'array'
      ? 'cannot deconstruct an array as an object'
      : 'cannot deconstruct a scalar',
  );
}

function keysOf(value: JsonValue, name: string): readonly JsonMember[] {
  if (value.kind === 'object') return value.members;
  throw refused(`cannot call ${name} on ${value.kind === 'array' ? 'an array' : 'a scalar'}`);
}

function setFunctions(isJsonb: boolean): SetFunctionSignature[] {
  const prefix = isJsonb ? 'jsonb' : 'json';
  const type = isJsonb ? JSONB : JSON;
  const define = (
    name: string,
    columns: SetFunctionSignature['columns'],
    rows: Rows,
  ): SetFunctionSignature => ({
    oid: 0,
    name,
    arguments: [type],
    columns,
    isStrict: true,
    volatility: 'immutable',
    sqlName: `pg_${name}`,
    rows,
  });
  const shown = (
    value: JsonValue,
    source: SqliteValue | undefined,
    isText: boolean,
  ): SqliteValue => (isText ? plainText(value, source, type) : jsonText(value, source, type));
  return [
    ...[false, true].flatMap((isText) => {
      const suffix = isText ? '_text' : '';
      const value = { name: 'value', type: isText ? TEXT : type };
      const elements = `${prefix}_array_elements${suffix}`;
      const each = `${prefix}_each${suffix}`;
      return [
        define(elements, [value], function* ([json], context) {
          const items = itemsOf(jsonOf(json, context), elements, isJsonb);
          for (const item of items) yield [shown(item, json, isText)];
        }),
        define(each, [{ name: 'key', type: TEXT }, value], function* ([json], context) {
          const members = membersOf(jsonOf(json, context), each, isJsonb);
          for (const [key, item] of members) yield [key, shown(item, json, isText)];
        }),
      ];
    }),
    define(
      `${prefix}_object_keys`,
      [{ name: `${prefix}_object_keys`, type: TEXT }],
      function* ([json], context) {
        const members = keysOf(jsonOf(json, context), `${prefix}_object_keys`);
        for (const [key] of members) yield [key];
      },
    ),
  ];
}

export const JSON_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  ...setFunctions(false),
  ...setFunctions(true),
];
