// ALTER TABLE ... ALTER COLUMN ... TYPE: rows are converted in place.
import type { Column, Constraint, Index, IndexColumn, Relation } from '../../catalog/catalog.ts';
import { vectorText } from '../../catalog/catalog-rows.ts';
import { accessMethodName } from '../../catalog/definition-text.ts';
import { vectorNumbers } from '../../catalog/relation-from-rows.ts';
import { quoteSqlite } from '../../catalog/sqlite-name.ts';
import { tryTypeFact } from '../../catalog/system/facts.ts';
import { formatType } from '../../catalog/type-display.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import { tryCoerce } from '../bind/coerce.ts';
import { BindContext } from '../bind/context.ts';
import { bindExpression } from '../bind/expression.ts';
import { child, inner, type Fields } from '../parse/node.ts';
import { referencesTo } from './drop.ts';
import { operatorClassAfter } from './index-rows.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { rebind, sqliteOf, tableScope } from './stored-expression.ts';
import { declaredType } from './table-spec.ts';
import { columnNumbered, buildIndex, dropIndexSql, rewriteTable } from './table-sql.ts';

interface TypeChange {
  readonly relation: Relation;
  readonly column: Column;
  /** The ColumnDef with the new type and the USING expression. */
  readonly definition: Fields;
  readonly parts: { readonly constraints: readonly Constraint[]; readonly indexes: readonly Oid[] };
}

/** The new value of the column as SQLite SQL over the table. */
function conversionSql(
  editor: SchemaEditor,
  { relation, column, definition }: TypeChange,
  declared: { readonly type: Oid; readonly typmod: number },
): string {
  const context = new BindContext(editor.catalog, editor.settings, editor.source, []);
  const using = child(definition, 'raw_default');
  const place = { context, scope: tableScope(relation), noAggregates: 'transform expressions' };
  const value =
    using === null
      ? place.scope.column(context, column.name, undefined)
      : bindExpression(place, using);
  const coerced = tryCoerce(context, value, declared.type, declared.typmod, 'assignment');
  if (coerced === null) {
    const typeName = formatType(declared.type, null);
    throw new PgError(
      '42804',
      using === null
        ? `column "${column.name}" cannot be cast automatically to type ${typeName}`
        : `result of USING clause for column "${column.name}" cannot be cast automatically to type ${typeName}`,
      {
        hint:
          using === null
            ? `You might need to specify "USING ${column.name}::${typeName}".`
            : 'You might need to add an explicit cast.',
      },
    );
  }
  editor.uses({ settings: [...context.usedSettings], isVolatile: context.isVolatile });
  return sqliteOf(coerced);
}

function setType(
  editor: SchemaEditor,
  { relation, column }: TypeChange,
  declared: { readonly type: Oid; readonly typmod: number },
): void {
  const fact = tryTypeFact(declared.type);
  editor.update(
    'pg_attribute',
    { attrelid: BigInt(relation.oid), attnum: BigInt(column.number) },
    {
      atttypid: BigInt(declared.type),
      atttypmod: BigInt(declared.typmod),
      attlen: BigInt(fact?.length ?? -1),
      attbyval: fact?.isByValue === true ? 1n : 0n,
      attalign: fact?.align ?? 'i',
      attstorage: fact?.storage ?? 'x',
      attcollation: BigInt(fact?.collation ?? 0),
    },
  );
}

/** Rows of the indexes over the column: their columns' types, and operator classes. */
function updateIndexes(
  editor: SchemaEditor,
  { relation }: TypeChange,
  indexes: readonly Index[],
): void {
  const after = editor.relation(relation.oid);
  for (const index of indexes) {
    const row = editor.catalog
      .rows('pg_index')
      .find((entry) => entry['indexrelid'] === BigInt(index.oid));
    const classes = vectorNumbers(String(row?.['indclass'] ?? ''));
    const method = accessMethodName(editor.catalog, index.oid);
    const types = index.columns.map((key) => ({
      before: indexKeyType(editor, relation, key),
      after: indexKeyType(editor, after, key),
    }));
    const updated = types.map((type, i) => operatorClassAfter(method, classes[i] ?? 0, type));
    editor.change(
      {
        kind: 'update',
        table: 'pg_index',
        key: { indexrelid: BigInt(index.oid) },
        set: { indclass: vectorText(updated) },
      },
      ...types.map(
        (type, i) =>
          ({
            kind: 'update',
            table: 'pg_attribute',
            key: { attrelid: BigInt(index.oid), attnum: BigInt(i + 1) },
            set: { atttypid: BigInt(type.after) },
          }) as const,
      ),
    );
  }
}

function indexKeyType(editor: SchemaEditor, relation: Relation, key: IndexColumn): Oid {
  return key.expressionText === null
    ? columnNumbered(relation, key.column).type
    : rebind(editor, key.expressionText, relation).expression.type;
}

/** A default must fit the new type too. Throws 42804. */
function checkDefault(editor: SchemaEditor, column: Column, type: Oid): void {
  if (column.defaultText === null || column.identity !== undefined) return;
  const { expression } = rebind(editor, column.defaultText, null);
  const context = new BindContext(editor.catalog, editor.settings, column.defaultText, []);
  if (tryCoerce(context, expression, type, -1, 'assignment') !== null) return;
  throw new PgError(
    '42804',
    `default for column "${column.name}" cannot be cast automatically to type ${formatType(type, null)}`,
  );
}

export function alterColumnType(editor: SchemaEditor, change: TypeChange): void {
  const { relation, column, definition, parts } = change;
  const declared = declaredType(editor, inner(definition, 'typeName') ?? {});
  const isReferenced = referencesTo(editor, new Set([relation.oid])).some(
    ({ constraint }) => constraint.referenced?.columns.includes(column.number) === true,
  );
  const [before, after] = [mustType(column.type), mustType(declared.type)];
  const isKey = isReferenced || parts.constraints.some(({ kind }) => kind === 'f');
  if (isKey && (before.storage !== after.storage || after.sortKey !== null)) {
    throw notSupported('changing the type of a column of a foreign key');
  }
  const keys = new Set(parts.constraints.map(({ indexOid }) => indexOid));
  const rebuilt = relation.indexes.filter(
    ({ oid }) => parts.indexes.includes(oid) || keys.has(oid),
  );
  // Expressions over the column mean other functions when its type is another one.
  const isRebuilt = before.oid !== after.oid;
  const conversion = conversionSql(editor, change, declared);
  checkDefault(editor, column, declared.type);
  const table = quoteSqlite(relation.sqliteName);
  if (isRebuilt) for (const index of rebuilt) editor.sqlite(dropIndexSql(relation, index));
  setType(editor, change, declared);
  if (isRebuilt) updateIndexes(editor, change, rebuilt);
  // First a definition that takes old and new values, then the values, then the new definition.
  if (before.storage !== after.storage) rewriteTable(editor, withAnyStorage(editor, change));
  editor.sqlite(`UPDATE ${table} SET ${quoteSqlite(column.sqliteName)} = ${conversion}`);
  const result = editor.relation(relation.oid);
  if (isRebuilt) rewriteTable(editor, result);
  if (isRebuilt) {
    for (const { oid } of rebuilt) {
      const index = result.indexes.find((candidate) => candidate.oid === oid);
      if (index !== undefined) buildIndex(editor, result, index, { isEmpty: false });
    }
  }
  editor.writes(relation.oid);
}

const FLOAT8 = 701;

/** The table with the column stored as ANY, and without the checks that read it. */
function withAnyStorage(editor: SchemaEditor, { relation, column, parts }: TypeChange): Relation {
  const current = editor.relation(relation.oid);
  return {
    ...current,
    columns: current.columns.map((candidate) =>
      candidate.number === column.number ? { ...candidate, type: FLOAT8 } : candidate,
    ),
    constraints: current.constraints.filter(
      ({ oid }) => !parts.constraints.some((constraint) => constraint.oid === oid),
    ),
  };
}
