// New jsonb made of others: ||, -, #-, jsonb_set() and the like, and other ways to write them (PG: 9.16).
import { PgError } from '../../errors/pg-error.ts';
import { canonicalMembers, formatJsonb } from '../../types/json-text.ts';
import type { JsonMember, JsonValue } from '../../types/json-text.ts';
import { BOOL, INT4, JSON, JSONB, TEXT } from '../../types/oids.ts';
import { fn, js, operator } from './builders.ts';
import { isScalar, jsonOf, jsonText, textsOf } from './json-values.ts';
import { TEXT_ARRAY } from './pseudo-types.ts';
import type { FunctionSignature, OperatorSignature } from './signature.ts';

type Path = readonly (string | null)[];
type Change = 'set' | 'replace' | 'insert-before' | 'insert-after' | 'delete';

function invalid(message: string, hint?: string): PgError {
  return new PgError('22023', message, { hint });
}

function concatenated(a: JsonValue, b: JsonValue): JsonValue {
  if (a.kind === 'object' && b.kind === 'object') {
    return { kind: 'object', members: [...a.members, ...b.members] };
  }
  const items = (value: JsonValue): readonly JsonValue[] =>
    value.kind === 'array' ? value.items : [value];
  return { kind: 'array', items: [...items(a), ...items(b)] };
}

function withoutKeys(value: JsonValue, keys: ReadonlySet<string | null>): JsonValue {
  if (value.kind === 'object') {
    return { kind: 'object', members: value.members.filter(([key]) => !keys.has(key)) };
  }
  if (value.kind !== 'array') throw invalid('cannot delete from scalar');
  const items = value.items.filter((item) => item.kind !== 'string' || !keys.has(item.value));
  return { kind: 'array', items };
}

function withoutIndex(value: JsonValue, index: number): JsonValue {
  if (value.kind === 'object') throw invalid('cannot delete from object using integer index');
  if (value.kind !== 'array') throw invalid('cannot delete from scalar');
  const at = index < 0 ? value.items.length + index : index;
  return { kind: 'array', items: value.items.filter((_item, position) => position !== at) };
}

/** PG: setPath() in jsonfuncs.c. `value` is null only where something is deleted. */
class PathChange {
  readonly #path: Path;
  readonly #value: JsonValue | null;
  readonly #change: Change;

  constructor(path: Path, value: JsonValue | null, change: Change) {
    this.#path = path;
    this.#value = value;
    this.#change = change;
  }

  apply(document: JsonValue): JsonValue {
    if (isScalar(document)) {
      const verb = this.#change === 'delete' ? 'delete' : 'set';
      throw invalid(`cannot ${verb} path in scalar`);
    }
    return this.#path.length === 0 ? document : this.#into(document, 0);
  }

  get #creates(): boolean {
    return this.#change !== 'replace' && this.#change !== 'delete';
  }

  #into(value: JsonValue, level: number): JsonValue {
    const step = this.#path[level] ?? null;
    if (step === null) {
      throw new PgError('22004', `path element at position ${level + 1} is null`);
    }
    if (value.kind === 'object') return this.#intoObject(value.members, step, level);
    return value.kind === 'array' ? this.#intoArray(value.items, step, level) : value;
  }

  #intoObject(members: readonly JsonMember[], step: string, level: number): JsonValue {
    const isLast = level === this.#path.length - 1;
    const at = members.findIndex(([key]) => key === step);
    if (at < 0) {
      if (!isLast || !this.#creates || this.#value === null) return { kind: 'object', members };
      return { kind: 'object', members: [...members, [step, this.#value]] };
    }
    if (isLast && this.#change.startsWith('insert')) {
      throw invalid(
        'cannot replace existing key',
        'Try using the function jsonb_set to replace key value.',
      );
    }
    const changed = [...members];
    const [key, value] = members[at] as JsonMember;
    if (!isLast) changed[at] = [key, this.#into(value, level + 1)];
    else if (this.#value === null) changed.splice(at, 1);
    else changed[at] = [key, this.#value];
    return { kind: 'object', members: changed };
  }

  #intoArray(items: readonly JsonValue[], step: string, level: number): JsonValue {
    const isLast = level === this.#path.length - 1;
    const index = this.#index(step, level);
    const at = index < 0 ? items.length + index : index;
    if (at < 0 || at >= items.length) {
      if (!isLast || !this.#creates || this.#value === null) return { kind: 'array', items };
      return { kind: 'array', items: at < 0 ? [this.#value, ...items] : [...items, this.#value] };
    }
    const changed = [...items];
    const value = items[at] as JsonValue;
    changed.splice(at, 1, ...(isLast ? this.#inPlaceOf(value) : [this.#into(value, level + 1)]));
    return { kind: 'array', items: changed };
  }

  #inPlaceOf(old: JsonValue): readonly JsonValue[] {
    if (this.#value === null) return [];
    if (this.#change === 'insert-before') return [this.#value, old];
    return this.#change === 'insert-after' ? [old, this.#value] : [this.#value];
  }

  #index(step: string, level: number): number {
    const index = /^\s*[+-]?\d+$/.test(step) ? Number(step) : NaN;
    if (Math.abs(index) <= 2_147_483_647) return index;
    throw new PgError(
      '22P02',
      `path element at position ${level + 1} is not an integer: "${step}"`,
    );
  }
}

function withoutNulls(value: JsonValue): JsonValue {
  if (value.kind === 'array') return { kind: 'array', items: value.items.map(withoutNulls) };
  if (value.kind !== 'object') return value;
  const members = value.members
    .filter(([, item]) => item.kind !== 'null')
    .map(([key, item]): JsonMember => [key, withoutNulls(item)]);
  return { kind: 'object', members };
}

/** Without spaces, numbers and strings as they were written. */
function compact(value: JsonValue, source: string): string {
  if (value.kind === 'array') {
    return `[${value.items.map((item) => compact(item, source)).join(',')}]`;
  }
  if (value.kind !== 'object') return jsonText(value, source, JSON);
  const members = value.members.map(
    ([key, item]) => `${globalThis.JSON.stringify(key)}:${compact(item, source)}`,
  );
  return `{${members.join(',')}}`;
}

const INDENT = '    ';

function pretty(value: JsonValue, indent: string): string {
  const inside = indent + INDENT;
  if (value.kind === 'array') {
    const items = value.items.map((item) => `\n${inside}${pretty(item, inside)}`);
    return `[${items.join(',')}\n${indent}]`;
  }
  if (value.kind !== 'object') return formatJsonb(value);
  const members = canonicalMembers(value.members).map(
    ([key, item]) => `\n${inside}${globalThis.JSON.stringify(key)}: ${pretty(item, inside)}`,
  );
  return `{${members.join(',')}\n${indent}}`;
}

export const JSONB_CHANGE_OPERATORS: readonly OperatorSignature[] = [
  operator(
    '||',
    JSONB,
    JSONB,
    JSONB,
    js('pg_jsonb_concat', ([a, b], context) =>
      formatJsonb(concatenated(jsonOf(a, context), jsonOf(b, context))),
    ),
  ),
  operator(
    '-',
    JSONB,
    TEXT,
    JSONB,
    js('pg_jsonb_without_key', ([json, key], context) =>
      formatJsonb(withoutKeys(jsonOf(json, context), new Set([String(key)]))),
    ),
  ),
  operator(
    '-',
    JSONB,
    TEXT_ARRAY,
    JSONB,
    js('pg_jsonb_without_keys', ([json, keys], context) =>
      formatJsonb(withoutKeys(jsonOf(json, context), new Set(textsOf(keys)))),
    ),
  ),
  operator(
    '-',
    JSONB,
    INT4,
    JSONB,
    js('pg_jsonb_without_index', ([json, index], context) =>
      formatJsonb(withoutIndex(jsonOf(json, context), Number(index))),
    ),
  ),
  operator(
    '#-',
    JSONB,
    TEXT_ARRAY,
    JSONB,
    js('pg_jsonb_without_path', ([json, path], context) =>
      formatJsonb(new PathChange(textsOf(path), null, 'delete').apply(jsonOf(json, context))),
    ),
  ),
];

function changeFunctions(name: string, change: (flag: boolean) => Change): FunctionSignature[] {
  const sqlName = `pg_${name}`;
  const implementation = js(sqlName, ([json, path, value, flag], context) => {
    const isSet = flag === undefined ? name === 'jsonb_set' : flag === 1n;
    const edit = new PathChange(textsOf(path), jsonOf(value, context), change(isSet));
    return formatJsonb(edit.apply(jsonOf(json, context)));
  });
  return [
    fn(name, [JSONB, TEXT_ARRAY, JSONB], JSONB, implementation),
    fn(name, [JSONB, TEXT_ARRAY, JSONB, BOOL], JSONB, implementation),
  ];
}

export const JSONB_CHANGE_FUNCTIONS: readonly FunctionSignature[] = [
  ...changeFunctions('jsonb_set', (creates) => (creates ? 'set' : 'replace')),
  ...changeFunctions('jsonb_insert', (isAfter) => (isAfter ? 'insert-after' : 'insert-before')),
  fn(
    'jsonb_strip_nulls',
    [JSONB],
    JSONB,
    js('pg_jsonb_strip_nulls', ([json], context) =>
      formatJsonb(withoutNulls(jsonOf(json, context))),
    ),
  ),
  fn(
    'json_strip_nulls',
    [JSON],
    JSON,
    js('pg_json_strip_nulls', ([json], context) =>
      compact(withoutNulls(jsonOf(json, context)), String(json)),
    ),
  ),
  fn(
    'jsonb_pretty',
    [JSONB],
    TEXT,
    js('pg_jsonb_pretty', ([json], context) => {
      const value = jsonOf(json, context);
      // Each level of depth is written at the head of each line.
      context.spend(String(json).length / 4);
      return pretty(value, '');
    }),
  ),
];
