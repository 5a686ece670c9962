// VALUES of many rows as one value (types/value-rows.ts), which the statement reads as a table, as
// COPY does: what differs from row to row is data then, and the text is as short for a thousand
// rows as for one. Where each row has a form of its own it stays text.
import { FLOAT8, INT4, INT8, NUMERIC } from '../../types/oids.ts';
import { VALUE_ROWS_WIDTHS, valueRowsTable } from '../../types/value-rows-name.ts';
import { valueRows } from '../../types/value-rows.ts';
import type { Binding } from '../plan.ts';
import { someExpression } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import { Emitter } from './emitter.ts';
import { emitExpression } from './expression.ts';
import { quoteName } from './names.ts';

/** Fewer are as quick, and easier to read, as text. */
const ROWS_MIN = 8;
const WIDTH_MAX = VALUE_ROWS_WIDTHS.at(-1) ?? 0;

export interface ValueRowsSource {
  /** Of each column: over the values of a row, or the same expression in all rows. */
  readonly columns: readonly (string | Expression)[];
  readonly width: number;
  readonly binding: Binding;
}

/** What one row has in one column: `sql` with a `?` for each value. */
interface Cell {
  readonly sql: string;
  readonly bindings: readonly Binding[];
}

interface Column {
  /** null: the rows have no values of their own. */
  readonly cells: readonly Cell[] | null;
  readonly expression: Expression;
  readonly width: number;
}

/** null: they are few, or differ in more than values. */
export function valueRowsSource(rows: readonly (readonly Expression[])[]): ValueRowsSource | null {
  const [first] = rows;
  if (first === undefined || rows.length < ROWS_MIN) return null;
  const columns: Column[] = [];
  for (const at of first.keys()) {
    const column = columnOf(rows.map((row) => row[at] as Expression));
    if (column === null) return null;
    columns.push(column);
  }
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  if (width === 0 || width > WIDTH_MAX) return null;
  let offset = 0;
  const texts = columns.map(({ cells, expression, width: own }) => {
    if (cells === null) return expression;
    const start = offset;
    offset += own;
    return cellOf(expression, (place) => `"rows"."c${start + place + 1}"`).sql;
  });
  return { columns: texts, width, binding: bindingOf(columns, rows.length, width) };
}

function columnOf(given: readonly Expression[]): Column | null {
  const [first] = given as readonly [Expression];
  if (given.every((value) => value === first)) return { cells: null, expression: first, width: 0 };
  const values = given.map(asNumberOfColumn);
  const expression = values.find((value) => !isNull(value)) ?? first;
  if (someExpression(expression, ({ kind }) => NOT_OF_ROW.includes(kind))) return null;
  const { sql, bindings } = cellOf(expression);
  const width = bindings.length;
  const takesNull = isConverted(expression);
  const cells: Cell[] = [];
  for (const value of values) {
    const cell = cellOf(value);
    // What converts a value makes NULL of NULL.
    if (cell.sql !== sql && !(takesNull && isNull(value))) return null;
    cells.push(cell);
  }
  return { cells, expression, width };
}

const NOT_OF_ROW: readonly Expression['kind'][] = [
  'column',
  'subquery',
  'in-subquery',
  'aggregate',
];

function isNull(expression: Expression): boolean {
  return expression.kind === 'constant' && expression.value === null;
}

/** One value, and conversions of it. */
function isConverted(expression: Expression): boolean {
  if (expression.kind === 'cast') return isConverted(expression.argument);
  return expression.kind === 'constant' || expression.kind === 'parameter';
}

function cellOf(expression: Expression, place: (at: number) => string = () => '?'): Cell {
  const { kind } = expression;
  if (kind === 'constant') {
    return { sql: place(0), bindings: [{ kind, value: expression.value }] };
  }
  if (kind === 'parameter') {
    return { sql: place(0), bindings: [{ kind, number: expression.number }] };
  }
  const emitter = new Emitter('all bound');
  return emitter.finish(emitExpression(emitter, expression), place);
}

/** Literals with and without a point are of different types, in one column. */
function asNumberOfColumn(expression: Expression): Expression {
  if (expression.kind !== 'cast') return expression;
  const argument = asNumberOfColumn(expression.argument);
  const cast = argument === expression.argument ? expression : { ...expression, argument };
  if (cast.how !== 'function' || argument.kind !== 'constant') return cast;
  const { value } = argument;
  const isInteger = typeof value === 'bigint' && [INT4, INT8].includes(argument.type);
  if (isInteger && cast.type === NUMERIC) {
    return { ...argument, type: NUMERIC, value: String(value) };
  }
  const isDecimal = typeof value === 'string' && argument.type === NUMERIC;
  if (cast.type !== FLOAT8 || !(isInteger || isDecimal)) return cast;
  const number = Number(value);
  // One that is too large, or too small, fails where the statement runs.
  const isInRange = Number.isFinite(number) && (number !== 0 || !/[1-9]/.test(String(value)));
  return isInRange ? { ...argument, type: FLOAT8, value: number } : cast;
}

function bindingOf(columns: readonly Column[], count: number, width: number): Binding {
  const cells: Binding[] = [];
  for (let row = 0; row < count; row++) {
    for (const { cells: own } of columns) cells.push(...(own?.[row]?.bindings ?? []));
  }
  const values = cells.map((cell) => (cell.kind === 'constant' ? cell.value : undefined));
  return values.every((value) => value !== undefined)
    ? { kind: 'constant', value: valueRows(width, values) }
    : { kind: 'rows', width, cells };
}

/** A query that gives the rows; `condition` holds. */
export function emitValueRows(
  emitter: Emitter,
  { columns, width, binding }: ValueRowsSource,
  condition: string,
): string {
  const values = columns.map((column) =>
    typeof column === 'string' ? column : emitExpression(emitter, column),
  );
  const table = `${quoteName(valueRowsTable(width))}(${emitter.mark(binding)}) AS "rows"`;
  // "WHERE true": without it the parser takes ON CONFLICT for a join condition.
  return `SELECT ${values.join(', ')} FROM ${table} WHERE ${condition}`;
}
