// Adds constraints to a table in the catalog: names, rows, and Postgres' errors. What SQLite has to
// do about them follows from the table's new value (table-sql.ts).
import type { CatalogChange, Column, Index, Relation } from '../../catalog/catalog.ts';
import { constraintRow, dependRow } from '../../catalog/catalog-rows.ts';
import { encodeNodeTree } from '../../catalog/node-tree.ts';
import { CLASS_OID } from '../../catalog/system/oids.ts';
import { formatType } from '../../catalog/type-display.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import { canCoerce } from '../bind/coerce.ts';
import { indexChanges, uniqueNames } from './index-rows.ts';
import { chooseName, joinColumnNames } from './object-name.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { bindCheck, columnsOf } from './stored-expression.ts';
import { columnNumbered } from './table-sql.ts';
import type { CheckSpec, ConstraintSpec, ForeignKeySpec, KeySpec } from './table-spec.ts';
import { checkNotSystem, schemaOid, tryFind, undefinedRelation } from './target.ts';

function isConstraintName(editor: SchemaEditor, schema: string, name: string): boolean {
  const namespace = BigInt(schemaOid(editor, schema));
  return editor.catalog
    .rows('pg_constraint')
    .some((row) => row['conname'] === name && row['connamespace'] === namespace);
}

export function isRelationName(editor: SchemaEditor, schema: string, name: string): boolean {
  return editor.catalog.relation(schema, name) !== null;
}

function checkNameIsFree(relation: Relation, name: string | null): void {
  if (name === null || !relation.constraints.some((existing) => existing.name === name)) return;
  throw new PgError('42710', `constraint "${name}" for relation "${relation.name}" already exists`);
}

/** The columns of a key by name. Throws 42703, 42701. */
function keyColumns(relation: Relation, spec: KeySpec): readonly Column[] {
  const what = spec.kind === 'p' ? 'primary key' : 'unique';
  const found: Column[] = [];
  for (const name of [...spec.columns, ...spec.included]) {
    const column = relation.columns.find((candidate) => candidate.name === name);
    if (column === undefined) {
      throw new PgError('42703', `column "${name}" named in key does not exist`, {
        position: spec.position,
      });
    }
    if (found.includes(column)) {
      throw new PgError('42701', `column "${name}" appears twice in ${what} constraint`, {
        position: spec.position,
      });
    }
    found.push(column);
  }
  return found;
}

/** PRIMARY KEY and UNIQUE: a constraint and the index behind it. */
export function addKey(editor: SchemaEditor, tableOid: Oid, spec: KeySpec): void {
  const relation = editor.relation(tableOid);
  const isPrimary = spec.kind === 'p';
  if (isPrimary && relation.constraints.some(({ kind }) => kind === 'p')) {
    throw new PgError(
      '42P16',
      `multiple primary keys for table "${relation.name}" are not allowed`,
      { position: spec.position },
    );
  }
  const columns = keyColumns(relation, spec);
  const keys = columns.slice(0, spec.columns.length);
  checkNameIsFree(relation, spec.name);
  if (spec.name !== null && isRelationName(editor, relation.schema, spec.name)) {
    throw new PgError('42P07', `relation "${spec.name}" already exists`);
  }
  const name =
    spec.name ??
    chooseName(
      isPrimary
        ? [relation.name, null, 'pkey']
        : [relation.name, joinColumnNames(columns.map((column) => column.name)), 'key'],
      (candidate) =>
        isRelationName(editor, relation.schema, candidate) ||
        isConstraintName(editor, relation.schema, candidate),
    );
  const names = uniqueNames(columns.map((column) => column.name));
  const index = indexChanges(editor, relation, {
    name,
    method: 'btree',
    isUnique: true,
    isPrimary,
    keys: keys.map((column, i) => ({
      name: names[i] ?? column.name,
      number: column.number,
      expression: null,
      operatorClass: null,
      collation: null,
      isDescending: false,
      isNullsFirst: false,
    })),
    included: columns.slice(keys.length).map((column) => column.number),
    predicate: null,
  });
  const oid = editor.allocateOid();
  const row = constraintRow({
    oid,
    name,
    schemaOid: schemaOid(editor, relation.schema),
    kind: spec.kind,
    relationOid: tableOid,
    columns: keys.map((column) => column.number),
    indexOid: index.oid,
  });
  editor.change(
    ...(isPrimary ? keys.flatMap((column) => notNullChange(relation, column)) : []),
    ...index.changes,
    { kind: 'insert', table: 'pg_constraint', row },
    {
      kind: 'insert',
      table: 'pg_depend',
      row: dependRow({
        classOid: CLASS_OID.pg_class,
        objectOid: index.oid,
        referencedClassOid: CLASS_OID.pg_constraint,
        referencedOid: oid,
        kind: 'i',
      }),
    },
  );
}

/** Marks a column NOT NULL, if it is not yet. */
export function notNullChange(relation: Relation, column: Column): readonly CatalogChange[] {
  if (column.notNull) return [];
  return [
    {
      kind: 'update',
      table: 'pg_attribute',
      key: { attrelid: BigInt(relation.oid), attnum: BigInt(column.number) },
      set: { attnotnull: 1n },
    },
  ];
}

export function addCheck(editor: SchemaEditor, tableOid: Oid, spec: CheckSpec): Oid {
  const relation = editor.relation(tableOid);
  const isTableNew = tableOid >= editor.firstNewOid;
  if (isTableNew && relation.constraints.some(({ name }) => name === spec.name)) {
    throw new PgError('42710', `check constraint "${spec.name ?? ''}" already exists`);
  }
  checkNameIsFree(relation, spec.name);
  const bound = bindCheck(editor, spec.expression, relation);
  const columns = columnsOf(bound.expression);
  const only = columns.length === 1 ? columnNumbered(relation, columns[0] ?? 0).name : null;
  const name =
    spec.name ??
    chooseName([relation.name, only, 'check'], (candidate) =>
      isConstraintName(editor, relation.schema, candidate),
    );
  const oid = editor.allocateOid();
  editor.insert(
    'pg_constraint',
    constraintRow({
      oid,
      name,
      schemaOid: schemaOid(editor, relation.schema),
      kind: 'c',
      relationOid: tableOid,
      columns,
      check: encodeNodeTree([bound.text]),
      isNoInherit: spec.isNoInherit,
    }),
  );
  return oid;
}

function foreignColumns(relation: Relation, names: readonly string[]): readonly Column[] {
  return names.map((name) => {
    const column = relation.columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return column;
    throw new PgError(
      '42703',
      `column "${name}" referenced in foreign key constraint does not exist`,
    );
  });
}

/** The unique index that a foreign key points at; SQLite wants its columns plain, as Postgres. */
function referencedIndex(target: Relation, columns: readonly Column[]): Index {
  const wanted = new Set(columns.map((column) => column.number));
  if (wanted.size < columns.length) {
    throw new PgError('42830', 'foreign key referenced-columns list must not contain duplicates');
  }
  const index = target.indexes.find(
    (candidate) =>
      candidate.isUnique &&
      candidate.predicateText === null &&
      candidate.columns.length === wanted.size &&
      candidate.columns.every((key) => wanted.has(key.column)),
  );
  if (index !== undefined) return index;
  throw new PgError(
    '42830',
    `there is no unique constraint matching given keys for referenced table "${target.name}"`,
  );
}

function checkTypes(name: string, own: readonly Column[], theirs: readonly Column[]): void {
  own.forEach((column, i) => {
    const target = theirs[i];
    if (target === undefined) return;
    const [from, to] = [mustType(column.type), mustType(target.type)];
    const isComparable =
      canCoerce(from.oid, to.oid, 'implicit') || canCoerce(to.oid, from.oid, 'implicit');
    if (!isComparable) {
      throw new PgError('42804', `foreign key constraint "${name}" cannot be implemented`, {
        detail: `Key columns "${column.name}" and "${target.name}" are of incompatible types: ${formatType(from.oid, null)} and ${formatType(to.oid, null)}.`,
      });
    }
    // SQLite compares the stored values, so equal values must be stored alike.
    const kept = [from, to].find((type) => type.sortKey !== null || type.storage === 'ANY');
    if (kept !== undefined) throw notSupported(`a foreign key over type ${kept.displayName}`);
    if (from.storage !== to.storage) {
      throw notSupported(`a foreign key from ${from.displayName} to ${to.displayName}`);
    }
  });
}

function findTarget(editor: SchemaEditor, spec: ForeignKeySpec): Relation {
  const target = tryFind(editor, spec.target);
  if (target === null) throw undefinedRelation({ ...spec.target, position: undefined });
  if (target.kind !== 'r') {
    throw new PgError('42809', `referenced relation "${target.name}" is not a table`);
  }
  checkNotSystem(target);
  return target;
}

export function addForeignKey(editor: SchemaEditor, tableOid: Oid, spec: ForeignKeySpec): Oid {
  const relation = editor.relation(tableOid);
  const target = findTarget(editor, spec);
  const own = foreignColumns(relation, spec.columns);
  const primary = target.constraints.find(({ kind }) => kind === 'p');
  if (spec.targetColumns.length === 0 && primary === undefined) {
    throw new PgError('42704', `there is no primary key for referenced table "${target.name}"`);
  }
  const theirs =
    spec.targetColumns.length === 0
      ? (primary?.columns ?? []).map((n) => columnNumbered(target, n))
      : foreignColumns(target, spec.targetColumns);
  const index = referencedIndex(target, theirs);
  if (own.length !== theirs.length) {
    throw new PgError(
      '42830',
      'number of referencing and referenced columns for foreign key disagree',
    );
  }
  const name =
    spec.name ??
    chooseName([relation.name, joinColumnNames(spec.columns), 'fkey'], (candidate) =>
      isConstraintName(editor, relation.schema, candidate),
    );
  checkTypes(name, own, theirs);
  checkNameIsFree(relation, spec.name);
  const setsDefault = spec.onUpdate === 'd' || spec.onDelete === 'd';
  if (setsDefault && own.some((column) => column.defaultText !== null)) {
    throw notSupported('SET DEFAULT of a column with a default');
  }
  const oid = editor.allocateOid();
  editor.insert(
    'pg_constraint',
    constraintRow({
      oid,
      name,
      schemaOid: schemaOid(editor, relation.schema),
      kind: 'f',
      relationOid: tableOid,
      columns: own.map((column) => column.number),
      indexOid: index.oid,
      referenced: {
        relationOid: target.oid,
        columns: theirs.map((column) => column.number),
        onUpdate: spec.onUpdate,
        onDelete: spec.onDelete,
      },
      isDeferrable: spec.isDeferrable,
      isDeferred: spec.isDeferred,
    }),
  );
  // Postgres checks foreign keys by triggers, and clients look for keys only where there are some.
  for (const table of new Set([tableOid, target.oid])) {
    editor.update('pg_class', { oid: BigInt(table) }, { relhastriggers: 1n });
  }
  return oid;
}

/** In the order in which Postgres makes them: checks, the primary key, other keys, foreign keys. */
export function addConstraints(
  editor: SchemaEditor,
  tableOid: Oid,
  specs: readonly ConstraintSpec[],
): void {
  for (const spec of specs) if (spec.kind === 'c') addCheck(editor, tableOid, spec);
  const keys = specs.filter((spec): spec is KeySpec => spec.kind === 'p' || spec.kind === 'u');
  const ordered = [
    ...keys.filter(({ kind }) => kind === 'p'),
    ...keys.filter(({ kind }) => kind === 'u'),
  ];
  const done = new Set<string>();
  for (const spec of ordered) {
    // The same columns twice are one index.
    const signature = JSON.stringify([spec.columns, spec.included]);
    if (spec.kind === 'u' && done.has(signature)) continue;
    addKey(editor, tableOid, spec);
    done.add(signature);
  }
  for (const spec of specs) if (spec.kind === 'f') addForeignKey(editor, tableOid, spec);
}

/** Counts that pg_class keeps about its constraints and indexes. */
export function updateCounts(editor: SchemaEditor, tableOid: Oid): void {
  const relation = editor.relation(tableOid);
  editor.update(
    'pg_class',
    { oid: BigInt(tableOid) },
    {
      relchecks: BigInt(relation.constraints.filter(({ kind }) => kind === 'c').length),
      relhasindex: relation.indexes.length > 0 ? 1n : 0n,
    },
  );
}
