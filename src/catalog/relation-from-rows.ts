// Builds the value of one relation from its rows in the catalog tables.
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import type { CatalogRow, Column, Constraint, Index, IndexColumn, Relation } from './catalog.ts';
import { decodeExpression, decodeNodeTree, sourceText } from './node-tree.ts';
import { sqliteColumnName, sqliteRelationName } from './sqlite-name.ts';
import { FIRST_USER_OID } from './system/oids.ts';

/** The rows that belong to one relation. */
export interface RelationRows {
  readonly classRow: CatalogRow;
  readonly schema: string;
  readonly attributes: readonly CatalogRow[];
  readonly defaults: readonly CatalogRow[];
  readonly constraints: readonly CatalogRow[];
  readonly indexes: readonly CatalogRow[];
  readonly rules: readonly CatalogRow[];
  /** Rows of pg_depend by which sequences belong to identity columns. */
  readonly identities: readonly CatalogRow[];
  /** Name of an index by its oid. */
  indexName(oid: Oid): string;
}

export function number(row: CatalogRow, column: string): number {
  return Number(row[column] ?? 0n);
}

export function text(row: CatalogRow, column: string): string {
  return String(row[column] ?? '');
}

function textOrNull(row: CatalogRow, column: string): string | null {
  const value = row[column] ?? null;
  return value === null ? null : String(value);
}

function isTrue(row: CatalogRow, column: string): boolean {
  return row[column] === 1n;
}

/** Numbers of an int2[] as stored: `{1,2}`. */
export function arrayNumbers(stored: string | null): readonly number[] {
  const inner = (stored ?? '{}').slice(1, -1);
  return inner === '' ? [] : inner.split(',').map(Number);
}

/** Numbers of an int2vector or oidvector as stored: `1 2`. */
export function vectorNumbers(stored: string): readonly number[] {
  return stored === '' ? [] : stored.split(' ').map(Number);
}

/** What an identity column takes when no value is given; not a row of pg_attrdef in Postgres. */
function identityDefault(sequence: Oid): string {
  return `nextval('${String(sequence)}'::regclass)`;
}

function columnFromRow(row: CatalogRow, defaults: ReadonlyMap<number, string>): Column {
  const name = text(row, 'attname');
  const attnum = number(row, 'attnum');
  const identity = text(row, 'attidentity');
  return {
    ...(identity === 'a' || identity === 'd' ? { identity } : {}),
    number: attnum,
    name,
    sqliteName: sqliteColumnName(name),
    type: number(row, 'atttypid'),
    typmod: number(row, 'atttypmod'),
    notNull: isTrue(row, 'attnotnull'),
    defaultText: defaults.get(attnum) ?? null,
  };
}

function constraintFromRow(row: CatalogRow): Constraint {
  const kind = text(row, 'contype') as Constraint['kind'];
  const check = textOrNull(row, 'conbin');
  return {
    oid: number(row, 'oid'),
    name: text(row, 'conname'),
    kind,
    columns: arrayNumbers(textOrNull(row, 'conkey')),
    checkText: check === null ? null : sourceText(decodeExpression(check)),
    indexOid: number(row, 'conindid'),
    referenced:
      kind === 'f'
        ? {
            relationOid: number(row, 'confrelid'),
            columns: arrayNumbers(textOrNull(row, 'confkey')),
            onUpdate: text(row, 'confupdtype'),
            onDelete: text(row, 'confdeltype'),
          }
        : null,
    isDeferrable: isTrue(row, 'condeferrable'),
    isDeferred: isTrue(row, 'condeferred'),
  };
}

function indexColumns(row: CatalogRow): readonly IndexColumn[] {
  const options = vectorNumbers(text(row, 'indoption'));
  const stored = textOrNull(row, 'indexprs');
  const expressions = stored === null ? [] : decodeNodeTree(stored);
  let used = 0;
  return vectorNumbers(text(row, 'indkey'))
    .slice(0, number(row, 'indnkeyatts'))
    .map((column, i) => {
      const option = options[i] ?? 0;
      const expression = column === 0 ? must(expressions[used++], 'an index expression') : null;
      return {
        column,
        expressionText: expression === null ? null : sourceText(expression),
        isDescending: (option & 1) !== 0,
        isNullsFirst: (option & 2) !== 0,
      };
    });
}

function indexFromRow(row: CatalogRow, rows: RelationRows): Index {
  const oid = number(row, 'indexrelid');
  const predicate = textOrNull(row, 'indpred');
  return {
    oid,
    name: rows.indexName(oid),
    columns: indexColumns(row),
    isUnique: isTrue(row, 'indisunique'),
    isPrimary: isTrue(row, 'indisprimary'),
    predicateText: predicate === null ? null : sourceText(decodeExpression(predicate)),
  };
}

function byOid(a: { readonly oid: Oid }, b: { readonly oid: Oid }): number {
  return a.oid - b.oid;
}

export function relationFromRows(rows: RelationRows): Relation {
  const { classRow } = rows;
  const name = text(classRow, 'relname');
  const kind = text(classRow, 'relkind') as Relation['kind'];
  const defaults = new Map(
    rows.defaults.map((row) => [
      number(row, 'adnum'),
      sourceText(decodeExpression(text(row, 'adbin'))),
    ]),
  );
  for (const row of rows.identities) {
    defaults.set(number(row, 'refobjsubid'), identityDefault(number(row, 'objid')));
  }
  const rule = rows.rules[0];
  const oid = number(classRow, 'oid');
  return {
    oid,
    schema: rows.schema,
    name,
    kind,
    sqliteName: kind === 'v' || kind === 'S' ? '' : sqliteRelationName(rows.schema, name),
    columns: rows.attributes
      .filter((row) => number(row, 'attnum') > 0 && !isTrue(row, 'attisdropped'))
      .map((row) => columnFromRow(row, defaults))
      .sort((a, b) => a.number - b.number),
    constraints: rows.constraints.map(constraintFromRow).sort(byOid),
    indexes: rows.indexes.map((row) => indexFromRow(row, rows)).sort(byOid),
    viewText: rule === undefined ? null : sourceText(decodeExpression(text(rule, 'ev_action'))),
    isSystem: oid < FIRST_USER_OID,
  };
}
