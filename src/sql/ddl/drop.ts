// DROP TABLE, VIEW, INDEX, SEQUENCE, SCHEMA. What depends on the object goes with CASCADE, or stops it.
import type { Constraint, Relation } from '../../catalog/catalog.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { quoteSqlite } from '../../catalog/sqlite-name.ts';
import { CLASS_OID } from '../../catalog/system/oids.ts';
import { relationDisplayName } from '../../catalog/search-path.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import {
  asTag,
  flag,
  list,
  stringOf,
  strings,
  text,
  type Fields,
  type Node,
} from '../parse/node.ts';
import { updateCounts } from './constraints.ts';
import { identityOfSequence } from './identity-link.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { dropForeignKeyParts, dropIndexSql, rewriteTable } from './table-sql.ts';
import {
  checkNotSystem,
  displayName,
  isSystemSchema,
  listName,
  schemaOid,
  searchPath,
  tryFind,
  undefinedSchema,
  type QualifiedName,
} from './target.ts';

import { viewRule, viewsOn } from './view.ts';

const HINT = 'Use DROP ... CASCADE to drop the dependent objects too.';

interface Kind {
  readonly word: string;
  readonly relkind: Relation['kind'];
}

const KINDS: Readonly<Record<string, Kind>> = {
  OBJECT_TABLE: { word: 'table', relkind: 'r' },
  OBJECT_INDEX: { word: 'index', relkind: 'i' },
  OBJECT_SEQUENCE: { word: 'sequence', relkind: 'S' },
  OBJECT_VIEW: { word: 'view', relkind: 'v' },
};

const WORDS: Readonly<Record<string, string>> = {
  r: 'table',
  i: 'index',
  S: 'sequence',
  v: 'view',
};

/** `table s.t` as messages name it. */
export function describe(editor: SchemaEditor, relation: Relation): string {
  const shown = relationDisplayName(editor.catalog, searchPath(editor), relation.oid);
  return `${WORDS[relation.kind] ?? 'relation'} ${shown ?? relation.name}`;
}

/** Foreign keys of other tables that point at one of these. */
export function referencesTo(
  editor: SchemaEditor,
  targets: ReadonlySet<Oid>,
): readonly { readonly relation: Relation; readonly constraint: Constraint }[] {
  const found: { relation: Relation; constraint: Constraint }[] = [];
  for (const row of editor.catalog.rows('pg_constraint')) {
    const owner = number(row, 'conrelid');
    if (row['contype'] !== 'f' || !targets.has(number(row, 'confrelid'))) continue;
    const relation = editor.relation(owner);
    const constraint = relation.constraints.find(({ oid }) => oid === number(row, 'oid'));
    if (constraint !== undefined) found.push({ relation, constraint });
  }
  return found;
}

/** Forgets what is said about an object: its comment and its dependencies. */
function forget(editor: SchemaEditor, oid: Oid): void {
  const id = BigInt(oid);
  const { catalog } = editor;
  if (catalog.rows('pg_description').some((row) => row['objoid'] === id)) {
    editor.delete('pg_description', { objoid: id });
  }
  if (catalog.rows('pg_depend').some((row) => row['objid'] === id)) {
    editor.delete('pg_depend', { objid: id });
  }
  if (catalog.rows('pg_depend').some((row) => row['refobjid'] === id)) {
    editor.delete('pg_depend', { refobjid: id });
  }
}

export function dropConstraintRow(editor: SchemaEditor, constraint: Constraint): void {
  forget(editor, constraint.oid);
  editor.delete('pg_constraint', { oid: BigInt(constraint.oid) });
  if (constraint.kind === 'f') dropForeignKeyParts(editor, constraint);
}

/** Takes an index out of the catalog and out of SQLite. */
export function dropIndexOf(editor: SchemaEditor, relation: Relation, oid: Oid): void {
  const index = relation.indexes.find((candidate) => candidate.oid === oid);
  if (index === undefined) return;
  const id = BigInt(oid);
  forget(editor, oid);
  editor.change(
    { kind: 'delete', table: 'pg_index', key: { indexrelid: id } },
    { kind: 'delete', table: 'pg_attribute', key: { attrelid: id } },
    { kind: 'delete', table: 'pg_class', key: { oid: id } },
  );
  editor.sqlite(dropIndexSql(relation, index));
}

/** Sequences that go with a table or with one of its columns. */
export function ownedSequences(
  editor: SchemaEditor,
  tableOid: Oid,
  column: number | null,
): readonly Relation[] {
  return editor.catalog
    .rows('pg_depend')
    .filter(
      (row) =>
        number(row, 'classid') === CLASS_OID.pg_class &&
        number(row, 'refobjid') === tableOid &&
        number(row, 'refobjsubid') > 0 &&
        (column === null || number(row, 'refobjsubid') === column),
    )
    .map((row) => editor.catalog.relationByOid(number(row, 'objid')))
    .filter((relation) => relation?.kind === 'S')
    .filter((relation) => relation !== null);
}

/** Columns whose default calls a sequence. */
function defaultsUsing(
  editor: SchemaEditor,
  sequence: Relation,
): readonly {
  readonly sequence: Relation;
  readonly relation: Relation;
  readonly column: number;
  readonly name: string;
}[] {
  const mark = `'${String(sequence.oid)}'::regclass`;
  return [...editor.catalog.relations()].flatMap((relation) =>
    relation.columns
      .filter((column) => column.defaultText?.includes(mark) === true)
      .map((column) => ({ sequence, relation, column: column.number, name: column.name })),
  );
}

export function dropDefault(editor: SchemaEditor, tableOid: Oid, column: number): void {
  const key = { adrelid: BigInt(tableOid), adnum: BigInt(column) };
  const row = editor.catalog
    .rows('pg_attrdef')
    .find((entry) => entry['adrelid'] === key.adrelid && entry['adnum'] === key.adnum);
  if (row === undefined) return;
  forget(editor, number(row, 'oid'));
  editor.change(
    { kind: 'delete', table: 'pg_attrdef', key },
    {
      kind: 'update',
      table: 'pg_attribute',
      key: { attrelid: key.adrelid, attnum: key.adnum },
      set: { atthasdef: 0n },
    },
  );
}

export function removeSequence(editor: SchemaEditor, sequence: Relation): void {
  const id = BigInt(sequence.oid);
  forget(editor, sequence.oid);
  editor.change(
    { kind: 'delete', table: 'pg_sequence', key: { seqrelid: id } },
    { kind: 'delete', table: 'pg_attribute', key: { attrelid: id } },
    { kind: 'delete', table: 'pg_class', key: { oid: id } },
  );
  editor.sqlite('DELETE FROM "balsa.sequence" WHERE oid = ?', [id]);
}

function removeTable(editor: SchemaEditor, oid: Oid): void {
  const relation = editor.relation(oid);
  const id = BigInt(oid);
  for (const sequence of ownedSequences(editor, oid, null)) removeSequence(editor, sequence);
  for (const index of relation.indexes) dropIndexOf(editor, relation, index.oid);
  for (const constraint of relation.constraints) forget(editor, constraint.oid);
  for (const row of editor.catalog.rows('pg_attrdef')) {
    if (row['adrelid'] === id) forget(editor, number(row, 'oid'));
  }
  forget(editor, oid);
  editor.change(
    { kind: 'delete', table: 'pg_constraint', key: { conrelid: id } },
    { kind: 'delete', table: 'pg_attrdef', key: { adrelid: id } },
    { kind: 'delete', table: 'pg_attribute', key: { attrelid: id } },
    { kind: 'delete', table: 'pg_class', key: { oid: id } },
  );
  editor.sqlite(`DROP TABLE ${quoteSqlite(relation.sqliteName)}`);
  editor.writes(oid);
}

function removeView(editor: SchemaEditor, oid: Oid): void {
  const id = BigInt(oid);
  forget(editor, viewRule(editor, oid));
  forget(editor, oid);
  editor.change(
    { kind: 'delete', table: 'pg_rewrite', key: { ev_class: id } },
    { kind: 'delete', table: 'pg_attribute', key: { attrelid: id } },
    { kind: 'delete', table: 'pg_class', key: { oid: id } },
  );
}

/** What has to go with the objects that the statement names. */
interface Dependents {
  readonly foreignKeys: ReturnType<typeof referencesTo>;
  readonly defaults: ReturnType<typeof defaultsUsing>;
  readonly views: ReturnType<typeof viewsOn>;
}

function dependentsOf(editor: SchemaEditor, objects: readonly Relation[]): Dependents {
  const oids = new Set(objects.map(({ oid }) => oid));
  return {
    foreignKeys: referencesTo(editor, oids).filter(({ relation }) => !oids.has(relation.oid)),
    defaults: objects
      .filter(({ kind }) => kind === 'S')
      .flatMap((sequence) => defaultsUsing(editor, sequence))
      .filter(({ relation }) => !oids.has(relation.oid)),
    views: viewsOn(editor, oids),
  };
}

/** Lines of DETAIL: what depends on what. */
function dependencyLines(
  editor: SchemaEditor,
  { foreignKeys, defaults, views }: Dependents,
): string[] {
  return [
    ...views.map(({ view, on }) => `${describe(editor, view)} depends on ${describe(editor, on)}`),
    ...foreignKeys.map(({ relation, constraint }) => {
      const target = editor.relation(constraint.referenced?.relationOid ?? 0);
      return `constraint ${constraint.name} on ${describe(editor, relation)} depends on ${describe(editor, target)}`;
    }),
    ...defaults.map(
      ({ sequence, relation, name }) =>
        `default value for column ${name} of ${describe(editor, relation)} depends on ${describe(editor, sequence)}`,
    ),
  ];
}

function cascadeLines(
  editor: SchemaEditor,
  { foreignKeys, defaults, views }: Dependents,
): string[] {
  return [
    ...views.map(({ view }) => describe(editor, view)),
    ...foreignKeys.map(
      ({ relation, constraint }) =>
        `constraint ${constraint.name} on ${describe(editor, relation)}`,
    ),
    ...defaults.map(
      ({ relation, name }) => `default value for column ${name} of ${describe(editor, relation)}`,
    ),
  ];
}

/** `drop cascades to constraint c on table t`, or the number of objects and a list. */
export function noticeCascade(editor: SchemaEditor, lines: readonly string[]): void {
  if (lines.length === 0) return;
  if (lines.length === 1) editor.notice(`drop cascades to ${lines[0] ?? ''}`);
  else {
    editor.notice(
      `drop cascades to ${String(lines.length)} other objects`,
      '00000',
      lines.map((line) => `drop cascades to ${line}`).join('\n'),
    );
  }
}

/** Drops foreign keys of tables that stay; one new definition for each table. */
export function dropForeignKeys(
  editor: SchemaEditor,
  references: ReturnType<typeof referencesTo>,
): void {
  for (const { constraint } of references) dropConstraintRow(editor, constraint);
  const tables = new Set(references.map(({ relation }) => relation.oid));
  for (const oid of tables) rewriteTable(editor, editor.relation(oid));
}

/** Drops tables and sequences together with what depends on them. */
function dropRelations(
  editor: SchemaEditor,
  objects: readonly Relation[],
  options: {
    readonly isCascade: boolean;
    readonly what: string;
    readonly extra: readonly string[];
  },
): void {
  const dependents = dependentsOf(editor, objects);
  const { isCascade, what, extra } = options;
  const lines = dependencyLines(editor, dependents);
  if (!isCascade && lines.length > 0) {
    throw new PgError('2BP01', `cannot drop ${what} because other objects depend on it`, {
      detail: lines.join('\n'),
      hint: HINT,
    });
  }
  noticeCascade(editor, [...extra, ...cascadeLines(editor, dependents)]);
  for (const { relation, column } of dependents.defaults) dropDefault(editor, relation.oid, column);
  for (const { view } of dependents.views) removeView(editor, view.oid);
  for (const { oid } of objects.filter(({ kind }) => kind === 'v')) removeView(editor, oid);
  const tables = objects.filter(({ kind }) => kind === 'r');
  // SQLite empties a table before it drops it, and foreign keys would see that.
  dropForeignKeys(editor, referencesTo(editor, new Set(tables.map(({ oid }) => oid))));
  for (const table of tables) removeTable(editor, table.oid);
  for (const { oid, kind } of objects) {
    const sequence = kind === 'S' ? editor.catalog.relationByOid(oid) : null;
    if (sequence !== null) removeSequence(editor, sequence);
  }
}

function dropIndexes(editor: SchemaEditor, indexes: readonly Relation[], isCascade: boolean): void {
  for (const index of indexes) {
    const owner = editor.catalog
      .rows('pg_index')
      .find((row) => number(row, 'indexrelid') === index.oid);
    const relation = editor.relation(number(owner ?? {}, 'indrelid'));
    const constraint = relation.constraints.find(
      ({ indexOid, kind }) => indexOid === index.oid && kind !== 'f',
    );
    if (constraint !== undefined) {
      const name = `constraint ${constraint.name} on ${describe(editor, relation)}`;
      throw new PgError(
        '2BP01',
        `cannot drop ${describe(editor, index)} because ${name} requires it`,
        { hint: `You can drop ${name} instead.` },
      );
    }
    const users = referencesTo(editor, new Set([relation.oid])).filter(
      (reference) => reference.constraint.indexOid === index.oid,
    );
    if (users.length > 0 && !isCascade) {
      throw new PgError(
        '2BP01',
        `cannot drop ${describe(editor, index)} because other objects depend on it`,
        {
          detail: users
            .map(
              (user) =>
                `constraint ${user.constraint.name} on ${describe(editor, user.relation)} depends on ${describe(editor, index)}`,
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
    dropIndexOf(editor, relation, index.oid);
    updateCounts(editor, relation.oid);
  }
}

function missing(editor: SchemaEditor, kind: Kind, target: QualifiedName, isOk: boolean): void {
  const { schema } = target;
  if (schema !== null && !editor.catalog.hasSchema(schema)) {
    if (!isOk) throw undefinedSchema(schema);
    editor.notice(`schema "${schema}" does not exist, skipping`);
    return;
  }
  const message = `${kind.word} "${displayName(target)}" does not exist`;
  if (!isOk) throw new PgError(kind.word === 'index' ? '42704' : '42P01', message);
  editor.notice(`${message}, skipping`);
}

function findDropped(
  editor: SchemaEditor,
  kind: Kind,
  node: Node,
  isMissingOk: boolean,
): Relation | null {
  const target = listName(strings(list(asTag(node, 'List') ?? {}, 'items')));
  const relation = tryFind(editor, target);
  if (relation === null) {
    missing(editor, kind, target, isMissingOk);
    return null;
  }
  if (relation.kind !== kind.relkind) {
    const actual = WORDS[relation.kind] ?? 'relation';
    throw new PgError(
      '42809',
      `"${target.name}" is not a${kind.word === 'index' ? 'n' : ''} ${kind.word}`,
      {
        hint: `Use DROP ${actual.toUpperCase()} to remove a${actual === 'index' ? 'n' : ''} ${actual}.`,
      },
    );
  }
  checkNotSystem(relation);
  return relation;
}

function dropSchemas(editor: SchemaEditor, fields: Fields): string {
  const isCascade = text(fields, 'behavior') === 'DROP_CASCADE';
  for (const node of list(fields, 'objects')) {
    const name = stringOf(node);
    if (!editor.catalog.hasSchema(name)) {
      if (!flag(fields, 'missing_ok')) throw undefinedSchema(name);
      editor.notice(`schema "${name}" does not exist, skipping`);
      continue;
    }
    if (isSystemSchema(name)) {
      throw new PgError(
        '2BP01',
        `cannot drop schema ${name} because it is required by the database system`,
      );
    }
    const content = [...editor.catalog.relations()].filter(
      (relation) => relation.schema === name && relation.kind !== 'i',
    );
    const owned = new Set(
      content.flatMap(({ oid }) => ownedSequences(editor, oid, null).map((s) => s.oid)),
    );
    const visible = content.filter(({ oid }) => !owned.has(oid));
    const lines = visible.map((relation) => describe(editor, relation));
    if (lines.length > 0 && !isCascade) {
      throw new PgError('2BP01', `cannot drop schema ${name} because other objects depend on it`, {
        detail: lines.map((line) => `${line} depends on schema ${name}`).join('\n'),
        hint: HINT,
      });
    }
    dropRelations(editor, content, { isCascade, what: `schema ${name}`, extra: lines });
    const oid = schemaOid(editor, name);
    forget(editor, oid);
    editor.delete('pg_namespace', { oid: BigInt(oid) });
  }
  return 'DROP SCHEMA';
}

/** It goes with its column only. */
function refuseIdentitySequence(editor: SchemaEditor, sequence: Relation): void {
  const identity = identityOfSequence(editor, sequence);
  if (identity === null) return;
  const column = `column ${identity.column.name} of ${describe(editor, identity.table)}`;
  throw new PgError(
    '2BP01',
    `cannot drop ${describe(editor, sequence)} because ${column} requires it`,
    { hint: `You can drop ${column} instead.` },
  );
}

export function dropObjects(editor: SchemaEditor, fields: Fields): string {
  const type = text(fields, 'removeType');
  if (type === 'OBJECT_SCHEMA') return dropSchemas(editor, fields);
  const kind = KINDS[type];
  if (kind === undefined) {
    throw notSupported(`DROP ${type.replace('OBJECT_', '').replaceAll('_', ' ')}`);
  }
  const isCascade = text(fields, 'behavior') === 'DROP_CASCADE';
  const found = list(fields, 'objects')
    .map((node) => findDropped(editor, kind, node, flag(fields, 'missing_ok')))
    .filter((relation) => relation !== null);
  const objects = [...new Map(found.map((relation) => [relation.oid, relation])).values()];
  for (const object of objects) refuseIdentitySequence(editor, object);
  if (kind.relkind === 'i') dropIndexes(editor, objects, isCascade);
  else {
    const [first] = objects;
    const what =
      objects.length === 1 && first !== undefined ? describe(editor, first) : 'desired object(s)';
    dropRelations(editor, objects, { isCascade, what, extra: [] });
  }
  return `DROP ${kind.word.toUpperCase()}`;
}
