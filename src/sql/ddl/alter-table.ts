// ALTER TABLE: each subcommand changes the catalog; SQLite gets the table's new definition once, at
// the end, unless a subcommand needs rows to change.
import type { Column, Constraint, Relation } from '../../catalog/catalog.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { quoteSqlite } from '../../catalog/sqlite-name.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import { coerceToColumn } from '../bind/coerce.ts';
import { BindContext } from '../bind/context.ts';
import { asTag, child, flag, inner, list, text, type Fields, type Node } from '../parse/node.ts';
import { alterColumnType } from './alter-type.ts';
import { addConstraints, notNullChange, updateCounts } from './constraints.ts';
import { addColumnDefault, columnRow, columnSequence, setDefault } from './create-table.ts';
import {
  describe,
  dropConstraintRow,
  dropDefault,
  dropForeignKeys,
  dropIndexOf,
  noticeCascade,
  ownedSequences,
  referencesTo,
  removeSequence,
} from './drop.ts';
import { addIdentity, changeIdentity, dropIdentity, retypeIdentity } from './identity.ts';
import { checkOwner } from './owner.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { bindDefault, bindStored, columnsOf, rebind, sqliteOf } from './stored-expression.ts';
import { columnSpec, constraintSpec } from './table-spec.ts';
import { countRowSql } from './row-meter.ts';
import { createForeignKeyParts, buildIndex, rewriteTable } from './table-sql.ts';
import { checkNotSystem, findRelation, rangeName, tryFind } from './target.ts';
import { validateCheck, validateForeignKey, validateNotNull } from './validate.ts';
import { refuseIfViewed } from './view.ts';

const HINT = 'Use DROP ... CASCADE to drop the dependent objects too.';

/** One ALTER TABLE at work. */
interface Alteration {
  readonly editor: SchemaEditor;
  readonly oid: Oid;
  /** SQLite's definition of the table is not the catalog's any more. */
  isStale: boolean;
}

type Subcommand = (alteration: Alteration, fields: Fields) => void;

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  AT_AddColumn: addColumn,
  AT_DropColumn: dropColumn,
  AT_ColumnDefault: columnDefault,
  AT_SetNotNull: setNotNull,
  AT_DropNotNull: dropNotNull,
  AT_AddConstraint: addConstraint,
  AT_DropConstraint: dropConstraint,
  AT_AlterColumnType: changeType,
  AT_ValidateConstraint: validateConstraint,
  AT_ChangeOwner: changeOwner,
  AT_AddIdentity: changeColumnIdentity,
  AT_SetIdentity: changeColumnIdentity,
  AT_DropIdentity: changeColumnIdentity,
};

function relationOf({ editor, oid }: Alteration): Relation {
  return editor.relation(oid);
}

/** Throws 42703. */
function mustColumn(relation: Relation, name: string): Column {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new PgError('42703', `column "${name}" of relation "${relation.name}" does not exist`);
}

/** Gives SQLite the definition as it is in the catalog. */
function sync(alteration: Alteration): void {
  if (!alteration.isStale) return;
  rewriteTable(alteration.editor, relationOf(alteration));
  alteration.isStale = false;
}

function nextNumber(editor: SchemaEditor, oid: Oid): number {
  const numbers = editor.catalog
    .rows('pg_attribute')
    .filter((row) => number(row, 'attrelid') === oid)
    .map((row) => number(row, 'attnum'));
  return Math.max(0, ...numbers) + 1;
}

function addColumn(alteration: Alteration, fields: Fields): void {
  const { editor, oid } = alteration;
  const before = relationOf(alteration);
  const spec = columnSpec(editor, inner(fields, 'def')?.['ColumnDef'] as Fields, before.name);
  if (before.columns.some((column) => column.name === spec.name)) {
    const message = `column "${spec.name}" of relation "${before.name}" already exists`;
    if (!flag(fields, 'missing_ok')) throw new PgError('42701', message);
    editor.notice(`${message}, skipping`, '42701');
    return;
  }
  sync(alteration);
  const sequence = columnSequence(editor, spec, before);
  const attnum = nextNumber(editor, oid);
  editor.change(columnRow(spec, oid, attnum), {
    kind: 'update',
    table: 'pg_class',
    key: { oid: BigInt(oid) },
    set: { relnatts: BigInt(attnum) },
  });
  addColumnDefault(editor, spec, { tableOid: oid, number: attnum, sequence });
  const column = mustColumn(relationOf(alteration), spec.name);
  const table = quoteSqlite(before.sqliteName);
  const { storage } = mustType(column.type);
  editor.sqlite(`ALTER TABLE ${table} ADD COLUMN ${quoteSqlite(column.sqliteName)} ${storage}`);
  alteration.isStale = true;
  fillColumn(alteration, column);
  if (column.notNull) validateNotNull(editor, relationOf(alteration), column);
  addAll(alteration, spec.constraints);
}

/** Rows that are there get the default of the new column. */
function fillColumn(alteration: Alteration, column: Column): void {
  const { editor, oid } = alteration;
  if (column.defaultText === null) return;
  const bound = rebind(editor, column.defaultText, null);
  const context = new BindContext(editor.catalog, editor.settings, column.defaultText, []);
  const value = coerceToColumn(context, bound.expression, column);
  const relation = relationOf(alteration);
  const table = quoteSqlite(relation.sqliteName);
  // With the check that counts what is written, and without a NOT NULL that is not true yet.
  rewriteTable(editor, {
    ...relation,
    columns: relation.columns.map((one) =>
      one.number === column.number ? { ...one, notNull: false } : one,
    ),
  });
  editor.sqlite(`UPDATE ${table} SET ${quoteSqlite(column.sqliteName)} = ${sqliteOf(value)}`);
  editor.uses({
    settings: [...bound.settings, ...context.usedSettings],
    isVolatile: bound.isVolatile || context.isVolatile,
  });
  editor.writes(oid);
}

type Specs = Parameters<typeof addConstraints>[2];

/** Adds constraints, and checks that the rows satisfy them. */
function addAll(alteration: Alteration, specs: Specs, isUnvalidated = false): void {
  if (specs.length === 0) return;
  const { editor, oid } = alteration;
  const before = relationOf(alteration);
  const columnsBefore = new Set(before.columns.filter((c) => c.notNull).map((c) => c.number));
  addConstraints(editor, oid, specs);
  const after = relationOf(alteration);
  const isNew = ({ oid: id }: { readonly oid: Oid }): boolean => id >= editor.firstNewOid;
  const known = new Set(before.constraints.map((constraint) => constraint.oid));
  for (const column of after.columns) {
    if (column.notNull && !columnsBefore.has(column.number)) {
      validateNotNull(editor, after, column);
      alteration.isStale = true;
    }
  }
  for (const constraint of after.constraints.filter((c) => isNew(c) && !known.has(c.oid))) {
    if (constraint.kind === 'f')
      createForeignKeyParts(editor, after, constraint, { isEmpty: false });
    if (isUnvalidated) {
      editor.update('pg_constraint', { oid: BigInt(constraint.oid) }, { convalidated: 0n });
      alteration.isStale = true;
    } else validate(alteration, constraint);
  }
  const indexesBefore = new Set(before.indexes.map((index) => index.oid));
  for (const index of after.indexes.filter((candidate) => !indexesBefore.has(candidate.oid))) {
    buildIndex(editor, after, index, { isEmpty: false });
  }
  updateCounts(editor, oid);
}

function validate(alteration: Alteration, constraint: Constraint): void {
  const { editor } = alteration;
  const relation = relationOf(alteration);
  if (constraint.kind === 'c') {
    validateCheck(editor, relation, constraint);
    alteration.isStale = true;
  } else if (constraint.kind === 'f') {
    validateForeignKey(editor, relation, constraint);
    alteration.isStale = true;
  }
  editor.reads(relation.oid);
}

function addConstraint(alteration: Alteration, fields: Fields): void {
  const { editor } = alteration;
  const node = asTag(child(fields, 'def'), 'Constraint') ?? {};
  if (text(node, 'contype') === 'CONSTR_NOTNULL') throw notSupported('a named NOT NULL constraint');
  const spec = constraintSpec(editor, node, null);
  const isUnvalidated = (spec.kind === 'c' || spec.kind === 'f') && spec.isUnvalidated;
  addAll(alteration, [spec], isUnvalidated);
}

function validateConstraint(alteration: Alteration, fields: Fields): void {
  const constraint = mustConstraint(relationOf(alteration), text(fields, 'name'));
  if (constraint.kind !== 'c' && constraint.kind !== 'f') {
    throw new PgError(
      '42809',
      `constraint "${constraint.name}" of relation "${relationOf(alteration).name}" is not a foreign key or check constraint`,
    );
  }
  validate(alteration, constraint);
  const key = { oid: BigInt(constraint.oid) };
  alteration.editor.update('pg_constraint', key, { convalidated: 1n });
}

function mustConstraint(relation: Relation, name: string): Constraint {
  const constraint = relation.constraints.find((candidate) => candidate.name === name);
  if (constraint !== undefined) return constraint;
  throw new PgError('42704', `constraint "${name}" of relation "${relation.name}" does not exist`);
}

/** Foreign keys that need this key, other than those that go as well. */
function usersOf(
  editor: SchemaEditor,
  relation: Relation,
  indexOid: Oid,
): ReturnType<typeof referencesTo> {
  return referencesTo(editor, new Set([relation.oid])).filter(
    ({ constraint }) => constraint.indexOid === indexOid,
  );
}

function dropConstraint(alteration: Alteration, fields: Fields): void {
  const { editor } = alteration;
  const relation = relationOf(alteration);
  const name = text(fields, 'name');
  const constraint = relation.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined && flag(fields, 'missing_ok')) {
    editor.notice(`constraint "${name}" of relation "${relation.name}" does not exist, skipping`);
    return;
  }
  const isCascade = text(fields, 'behavior') === 'DROP_CASCADE';
  removeConstraint(alteration, mustConstraint(relation, name), isCascade);
  updateCounts(editor, relation.oid);
}

function removeConstraint(
  alteration: Alteration,
  constraint: Constraint,
  isCascade: boolean,
): void {
  const { editor } = alteration;
  const relation = relationOf(alteration);
  const isKey = constraint.kind === 'p' || constraint.kind === 'u';
  if (isKey) {
    const users = usersOf(editor, relation, constraint.indexOid);
    if (users.length > 0 && !isCascade) {
      throw new PgError(
        '2BP01',
        `cannot drop constraint ${constraint.name} on ${describe(editor, relation)} because other objects depend on it`,
        {
          detail: users
            .map(
              (user) =>
                `constraint ${user.constraint.name} on ${describe(editor, user.relation)} depends on index ${constraint.name}`,
            )
            .join('\n'),
          hint: HINT,
        },
      );
    }
    noticeCascade(
      editor,
      users.map(
        (user) => `constraint ${user.constraint.name} on ${describe(editor, user.relation)}`,
      ),
    );
    dropForeignKeys(editor, users);
    dropIndexOf(editor, relation, constraint.indexOid);
  } else alteration.isStale = true;
  dropConstraintRow(editor, constraint);
}

/** Constraints and indexes that read the column. */
function partsOf(
  editor: SchemaEditor,
  relation: Relation,
  column: number,
): { readonly constraints: readonly Constraint[]; readonly indexes: readonly Oid[] } {
  const reads = (stored: string | null): boolean =>
    stored !== null && columnsOf(bindStored(editor, stored, relation)).includes(column);
  const keys = new Set(
    relation.constraints
      .filter(({ kind }) => kind === 'p' || kind === 'u')
      .map(({ indexOid }) => indexOid),
  );
  return {
    constraints: relation.constraints.filter(({ columns }) => columns.includes(column)),
    indexes: relation.indexes
      .filter(({ oid }) => !keys.has(oid))
      .filter(
        (index) =>
          reads(index.predicateText) ||
          index.columns.some((key) => key.column === column || reads(key.expressionText)),
      )
      .map(({ oid }) => oid),
  };
}

function dropColumn(alteration: Alteration, fields: Fields): void {
  const { editor, oid } = alteration;
  const name = text(fields, 'name');
  const relation = relationOf(alteration);
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column === undefined && flag(fields, 'missing_ok')) {
    editor.notice(`column "${name}" of relation "${relation.name}" does not exist, skipping`);
    return;
  }
  const { number: attnum, sqliteName } = mustColumn(relation, name);
  refuseIfViewed(editor, oid, 'dropping a column of a table that a view names is not supported');
  refuseReferenced(alteration, attnum, text(fields, 'behavior') === 'DROP_CASCADE');
  const parts = partsOf(editor, relation, attnum);
  for (const index of parts.indexes) dropIndexOf(editor, relationOf(alteration), index);
  for (const constraint of parts.constraints) removeConstraint(alteration, constraint, true);
  dropDefault(editor, oid, attnum);
  for (const sequence of ownedSequences(editor, oid, attnum)) removeSequence(editor, sequence);
  const table = quoteSqlite(relation.sqliteName);
  // SQLite writes all rows again, and evaluates no checks.
  editor.sqlite(`SELECT count(${countRowSql(relation)}) FROM ${table}`, [], true);
  rewriteTable(editor, relationOf(alteration), { isMetered: false });
  editor.sqlite(`ALTER TABLE ${table} DROP COLUMN ${quoteSqlite(sqliteName)}`);
  alteration.isStale = true;
  // The number stays taken, as in Postgres, so that no other column gets it.
  editor.update(
    'pg_attribute',
    { attrelid: BigInt(oid), attnum: BigInt(attnum) },
    {
      attname: `........pg.dropped.${String(attnum)}........`,
      atttypid: 0n,
      attnotnull: 0n,
      atthasdef: 0n,
      attidentity: '',
      attisdropped: 1n,
    },
  );
  updateCounts(editor, oid);
  editor.writes(oid);
}

/** Foreign keys of other tables that point at the column. */
function refuseReferenced(alteration: Alteration, attnum: number, isCascade: boolean): void {
  const { editor, oid } = alteration;
  const relation = relationOf(alteration);
  const users = referencesTo(editor, new Set([oid])).filter(
    (user) =>
      user.relation.oid !== oid && user.constraint.referenced?.columns.includes(attnum) === true,
  );
  if (users.length === 0) return;
  const place = `column ${relation.columns.find((c) => c.number === attnum)?.name ?? ''} of ${describe(editor, relation)}`;
  const names = users.map(
    (user) => `constraint ${user.constraint.name} on ${describe(editor, user.relation)}`,
  );
  if (!isCascade) {
    throw new PgError('2BP01', `cannot drop ${place} because other objects depend on it`, {
      detail: names.map((name) => `${name} depends on ${place}`).join('\n'),
      hint: HINT,
    });
  }
  noticeCascade(editor, names);
  dropForeignKeys(editor, users);
}

function columnDefault(alteration: Alteration, fields: Fields): void {
  const { editor, oid } = alteration;
  const relation = relationOf(alteration);
  const column = mustColumn(relation, text(fields, 'name'));
  if (column.identity !== undefined) {
    throw new PgError(
      '42601',
      `column "${column.name}" of relation "${relation.name}" is an identity column`,
    );
  }
  const node = child(fields, 'def') as Node | null;
  const bound = node === null ? null : bindDefault(editor, node, column);
  dropDefault(editor, oid, column.number);
  if (bound !== null) setDefault(editor, { tableOid: oid, number: column.number }, bound.text);
}

function setNotNull(alteration: Alteration, fields: Fields): void {
  const { editor } = alteration;
  const relation = relationOf(alteration);
  const column = mustColumn(relation, text(fields, 'name'));
  if (column.notNull) return;
  editor.change(...notNullChange(relation, column));
  validateNotNull(editor, relation, column);
  alteration.isStale = true;
}

function dropNotNull(alteration: Alteration, fields: Fields): void {
  const { editor, oid } = alteration;
  const relation = relationOf(alteration);
  const column = mustColumn(relation, text(fields, 'name'));
  if (!column.notNull) return;
  if (relation.constraints.some((c) => c.kind === 'p' && c.columns.includes(column.number))) {
    throw new PgError('42P16', `column "${column.name}" is in a primary key`);
  }
  if (column.identity !== undefined) {
    throw new PgError(
      '42601',
      `column "${column.name}" of relation "${relation.name}" is an identity column`,
    );
  }
  editor.update(
    'pg_attribute',
    { attrelid: BigInt(oid), attnum: BigInt(column.number) },
    { attnotnull: 0n },
  );
  alteration.isStale = true;
}

function changeType(alteration: Alteration, fields: Fields): void {
  const { editor } = alteration;
  sync(alteration);
  const relation = relationOf(alteration);
  const column = mustColumn(relation, text(fields, 'name'));
  refuseIfViewed(editor, relation.oid, 'cannot alter type of a column used by a view or rule');
  const definition = inner(fields, 'def')?.['ColumnDef'] as Fields;
  retypeIdentity(editor, relation, column, inner(definition, 'typeName') ?? {});
  alterColumnType(editor, {
    relation,
    column,
    definition,
    parts: partsOf(editor, relation, column.number),
  });
}

function changeColumnIdentity({ editor, oid }: Alteration, fields: Fields): void {
  const relation = editor.relation(oid);
  const column = mustColumn(relation, text(fields, 'name'));
  const def = child(fields, 'def');
  switch (text(fields, 'subtype')) {
    case 'AT_AddIdentity':
      return addIdentity(editor, relation, column, asTag(def, 'Constraint') ?? {});
    case 'AT_SetIdentity':
      return changeIdentity(editor, relation, column, list(asTag(def, 'List') ?? {}, 'items'));
    default:
      return dropIdentity(editor, relation, column, flag(fields, 'missing_ok'));
  }
}

function changeOwner({ editor }: Alteration, fields: Fields): void {
  checkOwner(editor, inner(fields, 'newowner') ?? {});
}

/** Also of views and sequences, by their names or as tables. */
function isOwnerChange(node: Node): boolean {
  return text(asTag(node, 'AlterTableCmd') ?? {}, 'subtype') === 'AT_ChangeOwner';
}

export function alterTable(editor: SchemaEditor, fields: Fields): string {
  const objectType = text(fields, 'objtype');
  const tag = `ALTER ${objectType.replace('OBJECT_', '')}`;
  const isOwnerOnly = list(fields, 'cmds').every(isOwnerChange);
  const isView = objectType === 'OBJECT_VIEW' && isOwnerOnly;
  if (objectType !== 'OBJECT_TABLE' && objectType !== 'OBJECT_SEQUENCE' && !isView) {
    throw notSupported(`ALTER ${objectType.replace('OBJECT_', '').replaceAll('_', ' ')}`);
  }
  const target = { ...rangeName(editor, inner(fields, 'relation') ?? {}), position: undefined };
  if (flag(fields, 'missing_ok') && tryFind(editor, target) === null) {
    editor.notice(`relation "${target.name}" does not exist, skipping`);
    return tag;
  }
  const relation = findRelation(editor, target);
  checkNotSystem(relation);
  const commands = list(fields, 'cmds').map((node) => asTag(node, 'AlterTableCmd') ?? {});
  if (relation.kind !== 'r' && !isOwnerOnly) {
    throw new PgError('42809', `ALTER action cannot be performed on relation "${relation.name}"`);
  }
  const alteration: Alteration = { editor, oid: relation.oid, isStale: false };
  for (const command of commands) {
    const subtype = text(command, 'subtype');
    const run = SUBCOMMANDS[subtype];
    if (run === undefined) throw notSupported(`ALTER TABLE ${subtype.replace('AT_', '')}`);
    run(alteration, command);
  }
  sync(alteration);
  return tag;
}
