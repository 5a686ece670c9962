// Objects of JSON as rows: what json_to_record(), json_populate_recordset() and the like are made of
// (PG: 9.16, populate_record() in jsonfuncs.c). One function gives the objects, another one a field of
// one as a value of a type.
import { PgError } from '../../errors/pg-error.ts';
import { arrayOf } from '../../types/arrays.ts';
import { formatJsonb } from '../../types/json-text.ts';
import type { JsonValue } from '../../types/json-text.ts';
import { INT4, JSON, JSONB, OID, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { IO_SETTINGS } from './casts.ts';
import { formatSettingsOf } from './format-settings.ts';
import { isScalar, jsonOf, jsonText, memberOf, plainText } from './json-values.ts';
import type { CallContext, FunctionSignature, SetFunctionSignature } from './signature.ts';

/** What the compiler knows by name: their columns are those that the statement says. */
export const RECORD_FUNCTIONS: readonly string[] = ['json', 'jsonb'].flatMap((json) =>
  ['to_record', 'to_recordset', 'populate_record', 'populate_recordset'].map(
    (name) => `${json}_${name}`,
  ),
);

/** Stands for NULL. */
export const NO_JSON = '';

interface Target {
  readonly type: number;
  readonly typmod: number;
  readonly key: string;
}

function refused(message: string): PgError {
  return new PgError('22023', message);
}

/** The value of a type that a field, of which JSON null is NULL, is read as. */
function read(
  value: JsonValue,
  source: SqliteValue,
  jsonType: number,
  target: Target,
  context: CallContext,
): SqliteValue {
  if (value.kind === 'null') return null;
  const { type: oid, typmod, key } = target;
  if (oid === JSON) return jsonText(value, source, jsonType);
  if (oid === JSONB) return formatJsonb(value);
  const type = mustType(oid);
  const isArray = type.elementOid !== 0 && type.name.startsWith('_');
  if (!isArray || value.kind === 'string') {
    const read = type.parse(
      plainText(value, source, jsonType) ?? '',
      typmod,
      formatSettingsOf(context),
    );
    if (typmod < 0 || read === null || type.coerce === undefined) return read;
    return type.coerce(read, typmod, false);
  }
  if (value.kind !== 'array') {
    throw new PgError('22P02', 'expected JSON array', { hint: `See the value of key "${key}".` });
  }
  if (value.items[0]?.kind === 'array') {
    throw new PgError('0A000', 'an array of several dimensions is not supported');
  }
  context.spend(value.items.length);
  const element = { ...target, type: type.elementOid };
  const items = value.items.map((item) => read(item, source, jsonType, element, context));
  return arrayOf(mustType(type.elementOid), items);
}

/** The objects in a text of json or jsonb; `name` is that of the function that is called. */
function* records(
  [json = null, name, typeOid]: readonly SqliteValue[],
  context: CallContext,
): Iterable<readonly SqliteValue[]> {
  const isSet = String(name).endsWith('recordset');
  if (json === NO_JSON) {
    if (!isSet) yield [null];
    return;
  }
  const value = jsonOf(json, context);
  const type = Number(typeOid);
  if (!isSet) {
    if (value.kind === 'object') {
      yield [json];
      return;
    }
    const what = isScalar(value) ? 'a scalar' : 'an array';
    throw refused(`cannot call populate_composite on ${what}`);
  }
  if (value.kind !== 'array') {
    if (type === JSONB) throw refused(`cannot call ${String(name)} on a non-array`);
    throw refused(`cannot call ${String(name)} on ${isScalar(value) ? 'a scalar' : 'an object'}`);
  }
  for (const item of value.items) {
    if (item.kind !== 'object') {
      throw refused(`argument of ${String(name)} must be an array of objects`);
    }
    yield [jsonText(item, json, type)];
  }
}

/** The text, the type of the JSON, the name of the function. */
export const JSON_RECORDS: SetFunctionSignature = {
  oid: 0,
  name: '',
  arguments: [TEXT, TEXT, OID],
  columns: [{ name: '', type: TEXT }],
  isStrict: false,
  volatility: 'stable',
  sqlName: 'pg_json_records',
  rows: records,
};

/** The object, the type of the JSON, the key, type and typmod of the value, and what it is without. */
export const JSON_FIELD: FunctionSignature = fn(
  '',
  [TEXT, OID, TEXT, OID, INT4, 0],
  TEXT,
  js('pg_json_field', ([json = null, jsonType, key, type, typmod, base = null], context) => {
    if (json === null) return base;
    const value = jsonOf(json, context);
    const field = value.kind === 'object' ? memberOf(value.members, String(key)) : undefined;
    if (field === undefined) return base;
    const target = { type: Number(type), typmod: Number(typmod), key: String(key) };
    return read(field, json, Number(jsonType), target, context);
  }),
  { volatility: 'stable', settings: IO_SETTINGS, isStrict: false },
);
