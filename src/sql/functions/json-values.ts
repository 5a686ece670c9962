// JSON values as the functions of json and jsonb take and give them.
import { arrayItems } from '../../types/arrays.ts';
import { formatJsonb, parseJson } from '../../types/json-text.ts';
import type { JsonMember, JsonValue } from '../../types/json-text.ts';
import { JSONB, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type { CallContext } from './signature.ts';

/** Reading takes longer than copying, which is counted already. */
const CHARACTERS_PER_WORK = 8;

export type Argument = SqliteValue | undefined;

/** The value of a text of json or jsonb, its reading charged for. */
export function jsonOf(value: Argument, context: CallContext): JsonValue {
  const text = String(value);
  context.spend(text.length / CHARACTERS_PER_WORK);
  return parseJson(text);
}

/** A part of a json as it was written, of a jsonb as it is shown. */
export function jsonText(value: JsonValue, source: Argument, type: number): string {
  if (type === JSONB || value.span === undefined) return formatJsonb(value);
  return String(source).slice(...value.span);
}

/** As the operators with a second `>` give it: strings without quotes, null as NULL. */
export function plainText(value: JsonValue, source: Argument, type: number): string | null {
  if (value.kind === 'null') return null;
  return value.kind === 'string' ? value.value : jsonText(value, source, type);
}

export function isScalar({ kind }: JsonValue): boolean {
  return kind !== 'array' && kind !== 'object';
}

/** The value of a key: the last one, of those that json may have. */
export function memberOf(members: readonly JsonMember[], key: string): JsonValue | undefined {
  return members.findLast(([name]) => name === key)?.[1];
}

/** Elements of a text[]. */
export function textsOf(array: Argument): readonly (string | null)[] {
  return arrayItems(mustType(TEXT), array ?? null).map((item) =>
    item === null ? null : String(item),
  );
}
