// Casts from one array type to another, element by element (PG: ArrayCoerceExpr).
import { arrayItems, arrayOf } from '../../types/arrays.ts';
import { BOOL, FLOAT8, INT2, INT4, INT8 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { formatSettingsOf } from './format-settings.ts';
import { checkRange } from './integers.ts';
import { castBetween } from './registry.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

const INTEGERS = [INT2, INT4, INT8];

/** A cast that SQLite does where it stands alone; others are functions, or go through text. */
function castInline(source: Oid, target: Oid, value: SqliteValue): SqliteValue | undefined {
  if (source === target) return value;
  if (INTEGERS.includes(source) && INTEGERS.includes(target)) return checkRange(target, value);
  if (INTEGERS.includes(source) && target === FLOAT8) return Number(value);
  if (source === BOOL && mustType(target).category === 'S') return value === 1n ? 'true' : 'false';
  return undefined;
}

function castElement(
  source: Oid,
  target: Oid,
  value: NonNullable<SqliteValue>,
  context: CallContext,
): SqliteValue {
  const implementation = castBetween(source, target)?.implementation;
  if (implementation?.kind === 'js') return implementation.call([value], context);
  const inline = castInline(source, target, value);
  if (inline !== undefined) return inline;
  const settings = formatSettingsOf(context);
  return mustType(target).parse(mustType(source).format(value, settings), -1, settings);
}

/** The array, its element type, and the wanted one. */
export const ARRAY_CASTS: readonly FunctionSignature[] = [
  fn(
    'pg_array_cast',
    [0, INT4, INT4],
    0,
    js('pg_array_cast', ([array = null, source, target], context) => {
      const [from, to] = [Number(source), Number(target)];
      const items = arrayItems(mustType(from), array).map((item) =>
        item === null ? null : castElement(from, to, item, context),
      );
      return arrayOf(mustType(to), items);
    }),
    { volatility: 'stable' },
  ),
];
