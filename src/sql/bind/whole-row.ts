// Rows as arguments of the functions that make JSON: a table of FROM by its name, and ROW(...).
// There are no values of composite types otherwise.
import { BOOL, INT4, JSON, TEXT } from '../../types/oids.ts';
import { ROW_TO_JSON } from '../functions/json-construction.ts';
import { asTag, list, location, strings } from '../parse/node.ts';
import type { Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import { resolveUnknown } from './coerce.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { isMissingRow, reference } from './scope.ts';
import type { RangeEntry } from './scope.ts';

const TAKERS = [
  'row_to_json',
  'to_json',
  'to_jsonb',
  'json_agg',
  'jsonb_agg',
  'json_build_array',
  'jsonb_build_array',
  'json_build_object',
  'jsonb_build_object',
  'json_object_agg',
  'jsonb_object_agg',
];

/** The argument of the function as JSON if it is a row, else null. */
export function rowArgument(place: Place, functionName: string, node: Node): Expression | null {
  if (!TAKERS.includes(functionName)) return null;
  const row = asTag(node, 'RowExpr');
  if (row !== null) {
    const parts = list(row, 'args').map((item) =>
      resolveUnknown(place.context, bindExpression(place, item)),
    );
    return rowOf(parts.map((part, at) => [`f${at + 1}`, part]));
  }
  const column = asTag(node, 'ColumnRef');
  if (column === null) return null;
  const parts = list(column, 'fields');
  const isStar = parts.some((part) => asTag(part, 'A_Star') !== null);
  const names = strings(parts.filter((part) => asTag(part, 'A_Star') === null));
  const [name] = names;
  if (name === undefined || names.length > 1) return null;
  if (!isStar && place.scope.hasColumn(name)) return null;
  const found = place.scope.entryNamed(name);
  return found === null ? null : wholeRow(place, found.entry, found.level, location(column));
}

/** `row_to_json(row, pretty)` where the row is known already. */
export function prettyRow(row: Expression): Expression {
  if (row.kind === 'case' && row.otherwise !== null) {
    return { ...row, otherwise: prettyRow(row.otherwise) };
  }
  if (row.kind !== 'function') return row;
  const [, ...fields] = row.arguments;
  return { ...row, arguments: [constant(BOOL, 1n), ...fields] };
}

function constant(type: number, value: bigint | string | null): Expression {
  return { kind: 'constant', type, typmod: -1, value };
}

function rowOf(fields: readonly (readonly [name: string, value: Expression])[]): Expression {
  return {
    kind: 'function',
    signature: ROW_TO_JSON,
    arguments: [
      constant(BOOL, 0n),
      ...fields.flatMap(([name, value]) => [
        constant(TEXT, name),
        constant(INT4, BigInt(value.type)),
        value,
      ]),
    ],
    type: JSON,
    typmod: -1,
  };
}

function wholeRow(
  { context }: Place,
  entry: RangeEntry,
  level: number,
  at: number | undefined,
): Expression {
  context.noteCall(ROW_TO_JSON);
  const row = rowOf(
    entry.columns.map((column) => [column.name, reference(entry, column, level, at)]),
  );
  if (entry.isNullable !== true) return row;
  if (entry.hasRowId !== true || entry.columns.length === 0) {
    throw context.notSupported('a row of what is no table from an outer join', at);
  }
  return {
    kind: 'case',
    branches: [{ when: isMissingRow(entry, level, at), then: constant(JSON, null) }],
    otherwise: row,
    type: JSON,
    typmod: -1,
    location: at,
  };
}
