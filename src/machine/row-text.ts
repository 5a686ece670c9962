// Rows as Postgres shows them in the details of constraint errors.
import type { Column, Relation } from '../catalog/catalog.ts';
import { quoteIdentifier } from '../catalog/quote-identifier.ts';
import { typeByOid } from '../types/registry.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { Row } from './database.ts';

/** Bytes of one value of a failing row (PG: ExecBuildSlotValueDescription shows as many). */
const VALUE_BYTES_MAX = 64;

/** The same on all nodes, whatever the client has set. */
const FORMAT = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
} as const;

function valueText(column: Column, value: SqliteValue): string {
  if (value === null) return 'null';
  return typeByOid(column.type)?.format(value, FORMAT) ?? String(value);
}

/** At most 64 bytes of whole characters. */
function clipped(text: string): string {
  if (Buffer.byteLength(text) <= VALUE_BYTES_MAX) return text;
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > VALUE_BYTES_MAX) break;
    kept += character;
  }
  return `${kept}...`;
}

/** `row` in column order. */
export function failingRowText(relation: Relation, row: Row): string {
  const values = relation.columns.map((column, at) => clipped(valueText(column, row[at] ?? null)));
  return `Failing row contains (${values.join(', ')}).`;
}

/** `(a, b)=(1, x)`. Postgres quotes names where it names an index, and not for a foreign key. */
export function keyText(
  columns: readonly Column[],
  values: readonly SqliteValue[],
  isQuoted: boolean,
): string {
  const names = columns.map(({ name }) => (isQuoted ? quoteIdentifier(name) : name));
  const texts = columns.map((column, at) => valueText(column, values[at] ?? null));
  return `(${names.join(', ')})=(${texts.join(', ')})`;
}

export function columnsNumbered(relation: Relation, numbers: readonly number[]): readonly Column[] {
  return numbers
    .map((number) => relation.columns.find((column) => column.number === number))
    .filter((column) => column !== undefined);
}

/** The values of columns in a row that is in column order. */
export function valuesOf(
  relation: Relation,
  columns: readonly Column[],
  row: Row,
): readonly SqliteValue[] {
  return columns.map((column) => row[relation.columns.indexOf(column)] ?? null);
}
