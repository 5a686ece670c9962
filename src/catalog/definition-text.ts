// Constraints and indexes as Postgres writes their definitions (PG: ruleutils.c).
import type { Oid } from '../types/pg-type.ts';
import type { Catalog, CatalogRow } from './catalog.ts';
import { decodeExpression, decodeNodeTree, shownText, type ExpressionText } from './node-tree.ts';
import { quoteIdentifier, quoteLiteral, quoteQualified } from './quote-identifier.ts';
import { arrayNumbers, number, text, vectorNumbers } from './relation-from-rows.ts';
import { relationDisplayName } from './search-path.ts';
import { OPERATOR_CLASSES, tryTypeFact } from './system/facts.ts';

/** Whose eyes the text is for. */
export interface Viewer {
  readonly catalog: Catalog;
  readonly path: readonly string[];
}

export function showExpression(
  { catalog, path }: Viewer,
  expression: ExpressionText,
  isPretty: boolean,
): string {
  return shownText(isPretty ? expression.pretty : expression.text, (oid) =>
    // The name stands inside a string literal.
    quoteLiteral(relationDisplayName(catalog, path, oid) ?? String(oid)).slice(1, -1),
  );
}

/** pg_get_expr of a whole node tree: several index expressions are joined by commas. */
export function showNodeTree(viewer: Viewer, stored: string, isPretty: boolean): string {
  return decodeNodeTree(stored)
    .map((expression) => showExpression(viewer, expression, isPretty))
    .join(', ');
}

function columnNames(catalog: Catalog, relationOid: Oid, numbers: readonly number[]): string {
  const columns = catalog.relationByOid(relationOid)?.columns ?? [];
  return numbers
    .map((n) => quoteIdentifier(columns.find((column) => column.number === n)?.name ?? '?'))
    .join(', ');
}

function isSet(row: CatalogRow, column: string): boolean {
  return row[column] === 1n;
}

const ACTIONS: Readonly<Record<string, string>> = {
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

function deferral(row: CatalogRow): string {
  const deferrable = isSet(row, 'condeferrable') ? ' DEFERRABLE' : '';
  return deferrable + (isSet(row, 'condeferred') ? ' INITIALLY DEFERRED' : '');
}

function notValid(row: CatalogRow): string {
  return isSet(row, 'convalidated') ? '' : ' NOT VALID';
}

function foreignKeyDefinition(viewer: Viewer, row: CatalogRow): string {
  const { catalog, path } = viewer;
  const target = number(row, 'confrelid');
  const own = columnNames(catalog, number(row, 'conrelid'), arrayNumbers(text(row, 'conkey')));
  const theirs = columnNames(catalog, target, arrayNumbers(text(row, 'confkey')));
  const relation = relationDisplayName(catalog, path, target) ?? '?';
  const update = ACTIONS[text(row, 'confupdtype')];
  const remove = ACTIONS[text(row, 'confdeltype')];
  return [
    `FOREIGN KEY (${own}) REFERENCES ${relation}(${theirs})`,
    text(row, 'confmatchtype') === 'f' ? ' MATCH FULL' : '',
    update === undefined ? '' : ` ON UPDATE ${update}`,
    remove === undefined ? '' : ` ON DELETE ${remove}`,
    deferral(row),
    notValid(row),
  ].join('');
}

function indexRowOf(catalog: Catalog, indexOid: Oid): CatalogRow | undefined {
  return catalog.rows('pg_index').find((row) => number(row, 'indexrelid') === indexOid);
}

function keyDefinition({ catalog }: Viewer, row: CatalogRow): string {
  const index = indexRowOf(catalog, number(row, 'conindid'));
  const relation = number(row, 'conrelid');
  const columns = columnNames(catalog, relation, arrayNumbers(text(row, 'conkey')));
  const all = index === undefined ? [] : vectorNumbers(text(index, 'indkey'));
  const included = index === undefined ? [] : all.slice(number(index, 'indnkeyatts'));
  return [
    text(row, 'contype') === 'p' ? 'PRIMARY KEY' : 'UNIQUE',
    index !== undefined && isSet(index, 'indnullsnotdistinct') ? ' NULLS NOT DISTINCT' : '',
    ` (${columns})`,
    included.length === 0 ? '' : ` INCLUDE (${columnNames(catalog, relation, included)})`,
    deferral(row),
  ].join('');
}

/** pg_get_constraintdef of a row of pg_constraint. */
export function constraintDefinition(viewer: Viewer, row: CatalogRow, isPretty: boolean): string {
  switch (text(row, 'contype')) {
    case 'c': {
      const check = showExpression(viewer, decodeExpression(text(row, 'conbin')), isPretty);
      const inherit = isSet(row, 'connoinherit') ? ' NO INHERIT' : '';
      return `CHECK (${check})${inherit}${notValid(row)}`;
    }
    case 'f':
      return foreignKeyDefinition(viewer, row);
    default:
      return keyDefinition(viewer, row);
  }
}

/** What stands in an index's column list, without ordering: a column or an expression. */
function keyTexts(viewer: Viewer, row: CatalogRow, isPretty: boolean): readonly string[] {
  const stored = row['indexprs'] ?? null;
  const expressions = stored === null ? [] : decodeNodeTree(String(stored));
  let used = 0;
  return vectorNumbers(text(row, 'indkey')).map((column) => {
    if (column !== 0) return columnNames(viewer.catalog, number(row, 'indrelid'), [column]);
    const expression = expressions[used++];
    if (expression === undefined) return '?';
    const shown = showExpression(viewer, expression, isPretty);
    return isFunctionCall(expression) ? shown : `(${shown})`;
  });
}

/** Operators, casts and subscripts stand in parentheses of their own, calls do not. */
function isFunctionCall({ text: pieces }: ExpressionText): boolean {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (typeof first !== 'string' || typeof last !== 'string') return false;
  return /^[a-z_"]/i.test(first) && last.endsWith(')');
}

function ordering(option: number): string {
  const isDescending = (option & 1) !== 0;
  const isNullsFirst = (option & 2) !== 0;
  if (isDescending) return isNullsFirst ? ' DESC' : ' DESC NULLS LAST';
  return isNullsFirst ? ' NULLS FIRST' : '';
}

/** The type of the n-th column of an index, as its row in pg_attribute says. */
function columnType(catalog: Catalog, indexOid: Oid, at: number): Oid {
  return catalog.relationByOid(indexOid)?.columns[at]?.type ?? 0;
}

function operatorClass(catalog: Catalog, indexOid: Oid, opclass: Oid, at: number): string {
  const found = OPERATOR_CLASSES.find(({ oid }) => oid === opclass);
  if (found === undefined || found.isDefault) return '';
  // text_ops serves varchar as well and is the default there too, under another name.
  const isDefaultUnderOtherName =
    found.type === 25 && columnType(catalog, indexOid, at) === 1043 && found.name === 'varchar_ops';
  return isDefaultUnderOtherName ? '' : ` ${found.name}`;
}

const COLLATIONS: Readonly<Record<number, string>> = { 950: '"C"', 951: '"POSIX"' };

function collation(catalog: Catalog, indexOid: Oid, oid: Oid, at: number): string {
  const ofType = tryTypeFact(columnType(catalog, indexOid, at))?.collation ?? 0;
  const name = COLLATIONS[oid];
  return oid === ofType || name === undefined ? '' : ` COLLATE ${name}`;
}

/** pg_get_indexdef: `column` 0 for the whole definition, else that column of the index alone. */
export function indexDefinition(
  viewer: Viewer,
  row: CatalogRow,
  options: { readonly column: number; readonly isPretty: boolean },
): string {
  const { catalog, path } = viewer;
  const { column, isPretty } = options;
  const keys = keyTexts(viewer, row, isPretty);
  if (column > 0) return keys[column - 1] ?? '';
  const indexOid = number(row, 'indexrelid');
  const index = catalog.relationByOid(indexOid);
  const table = catalog.relationByOid(number(row, 'indrelid'));
  if (index === null || table === null) return '';
  const keyCount = number(row, 'indnkeyatts');
  const orderings = vectorNumbers(text(row, 'indoption'));
  const classes = vectorNumbers(text(row, 'indclass'));
  const collations = vectorNumbers(text(row, 'indcollation'));
  const method = accessMethodName(catalog, indexOid);
  const columns = keys.slice(0, keyCount).map((key, i) => {
    const collate = collation(catalog, indexOid, collations[i] ?? 0, i);
    const opclass = operatorClass(catalog, indexOid, classes[i] ?? 0, i);
    return `${key}${collate}${opclass}${method === 'btree' ? ordering(orderings[i] ?? 0) : ''}`;
  });
  const tableName = isPretty
    ? (relationDisplayName(catalog, path, table.oid) ?? '?')
    : quoteQualified(table.schema, table.name);
  const predicate = row['indpred'] ?? null;
  return [
    `CREATE ${isSet(row, 'indisunique') ? 'UNIQUE ' : ''}INDEX ${quoteIdentifier(index.name)}`,
    ` ON ${tableName} USING ${method} (${columns.join(', ')})`,
    keys.length > keyCount ? ` INCLUDE (${keys.slice(keyCount).join(', ')})` : '',
    isSet(row, 'indnullsnotdistinct') ? ' NULLS NOT DISTINCT' : '',
    predicate === null ? '' : ` WHERE ${showNodeTree(viewer, String(predicate), isPretty)}`,
  ].join('');
}

/** btree, hash, gin, ... of an index. */
export function accessMethodName(catalog: Catalog, indexOid: Oid): string {
  const row = catalog.rows('pg_class').find((entry) => number(entry, 'oid') === indexOid);
  const method = row === undefined ? 0 : number(row, 'relam');
  const found = catalog.rows('pg_am').find((entry) => number(entry, 'oid') === method);
  return found === undefined ? 'btree' : text(found, 'amname');
}
