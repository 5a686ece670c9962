// CREATE TABLE.
import type { CatalogChange } from '../../catalog/catalog.ts';
import { attributeRow, classRow, dependRow } from '../../catalog/catalog-rows.ts';
import { encodeNodeTree, type ExpressionText } from '../../catalog/node-tree.ts';
import { ACCESS_METHOD_OID, CLASS_OID } from '../../catalog/system/oids.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { asTag, flag, inner, list, tagOf, text, type Fields } from '../parse/node.ts';
import { addConstraints, isRelationName, updateCounts } from './constraints.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { makeColumnSequence, ownSequence } from './sequence.ts';
import { checkIdentityType, sequenceOptions } from './sequence-options.ts';
import { storageOptions } from './storage-options.ts';
import { bindDefault } from './stored-expression.ts';
import { createForeignKeyParts, buildIndex, createTableSql } from './table-sql.ts';
import { columnSpec, constraintSpec, type ColumnSpec, type ConstraintSpec } from './table-spec.ts';
import { creationSchema, rangeName, schemaOid } from './target.ts';

const COLUMNS_MAX = 1600;

interface Place {
  readonly schema: string;
  readonly name: string;
  /** pg_class.relpersistence. */
  readonly persistence: string;
}

interface Elements {
  readonly columns: readonly ColumnSpec[];
  readonly constraints: readonly ConstraintSpec[];
}

export function refuseUnsupported(fields: Fields): void {
  const range = inner(fields, 'relation') ?? {};
  if (text(range, 'relpersistence') === 't') throw notSupported('a temporary table');
  if (list(fields, 'inhRelations').length > 0) throw notSupported('table inheritance');
  if (inner(fields, 'partspec') !== null) throw notSupported('a partitioned table');
  if (inner(fields, 'partbound') !== null) throw notSupported('a partition');
  if (inner(fields, 'ofTypename') !== null) throw notSupported('a typed table');
  const method = text(fields, 'accessMethod');
  if (method !== '' && method !== 'heap') {
    throw new PgError('42704', `access method "${method}" does not exist`);
  }
  const tablespace = text(fields, 'tablespacename');
  if (tablespace !== '' && tablespace !== 'pg_default') {
    throw new PgError('42704', `tablespace "${tablespace}" does not exist`);
  }
}

function tableElements(editor: SchemaEditor, fields: Fields, table: string): Elements {
  const columns: ColumnSpec[] = [];
  const constraints: ConstraintSpec[] = [];
  for (const node of list(fields, 'tableElts')) {
    const column = asTag(node, 'ColumnDef');
    const constraint = asTag(node, 'Constraint');
    if (column !== null) columns.push(columnSpec(editor, column, table));
    else if (constraint !== null) constraints.push(constraintSpec(editor, constraint, null));
    else throw notSupported(tagOf(node) === 'TableLikeClause' ? 'LIKE' : tagOf(node));
  }
  return { columns, constraints };
}

function checkColumns(columns: readonly ColumnSpec[]): void {
  if (columns.length > COLUMNS_MAX) {
    throw new PgError('54011', `tables can have at most ${String(COLUMNS_MAX)} columns`);
  }
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) throw new PgError('42701', `column "${name}" specified more than once`);
    names.add(name);
  }
}

/** The sequence of a serial or identity column, made before its table. */
export function columnSequence(
  editor: SchemaEditor,
  column: ColumnSpec,
  table: { readonly schema: string; readonly name: string },
): Oid | null {
  if (!column.isSerial && column.identity === null) return null;
  checkIdentityType(column.type);
  const options = sequenceOptions(editor, column.identity?.options ?? [], column.type);
  const place = { schema: table.schema, table: table.name, name: column.name };
  return makeColumnSequence(editor, place, options);
}

export function columnRow(column: ColumnSpec, relationOid: Oid, number: number): CatalogChange {
  return {
    kind: 'insert',
    table: 'pg_attribute',
    row: attributeRow({
      relationOid,
      name: column.name,
      number,
      type: column.type,
      typmod: column.typmod,
      notNull: column.notNull,
      dimensions: column.dimensions,
      identity: column.identity?.when ?? '',
    }),
  };
}

/** `nextval('t_c_seq'::regclass)`, the sequence by its oid. */
function nextValue(sequence: Oid): ExpressionText {
  const pieces = ["nextval('", sequence, "'::regclass)"];
  return { text: pieces, pretty: pieces };
}

export function setDefault(
  editor: SchemaEditor,
  column: { readonly tableOid: Oid; readonly number: number },
  text: ExpressionText,
): void {
  const oid = editor.allocateOid();
  const { tableOid, number } = column;
  editor.change(
    {
      kind: 'insert',
      table: 'pg_attrdef',
      row: {
        oid: BigInt(oid),
        adrelid: BigInt(tableOid),
        adnum: BigInt(number),
        adbin: encodeNodeTree([text]),
      },
    },
    {
      kind: 'update',
      table: 'pg_attribute',
      key: { attrelid: BigInt(tableOid), attnum: BigInt(number) },
      set: { atthasdef: 1n },
    },
    {
      kind: 'insert',
      table: 'pg_depend',
      row: dependRow({
        classOid: CLASS_OID.pg_attrdef,
        objectOid: oid,
        referencedClassOid: CLASS_OID.pg_class,
        referencedOid: tableOid,
        referencedSubId: number,
        kind: 'a',
      }),
    },
    ...sequencesIn(editor, text).map((sequence) => ({
      kind: 'insert' as const,
      table: 'pg_depend',
      row: dependRow({
        classOid: CLASS_OID.pg_attrdef,
        objectOid: oid,
        referencedClassOid: CLASS_OID.pg_class,
        referencedOid: sequence,
        kind: 'n',
      }),
    })),
  );
}

/** Of which an expression takes values: dumps must restore them before the expression. */
function sequencesIn({ catalog }: SchemaEditor, { text }: ExpressionText): readonly Oid[] {
  const oids = text.filter((piece) => typeof piece === 'number');
  return [...new Set(oids)].filter((oid) => catalog.relationByOid(oid)?.kind === 'S');
}

/** The default of a column, or its sequence, once the column is there. */
export function addColumnDefault(
  editor: SchemaEditor,
  spec: ColumnSpec,
  place: { readonly tableOid: Oid; readonly number: number; readonly sequence: Oid | null },
): void {
  const { tableOid, number, sequence } = place;
  if (sequence !== null) {
    const kind = spec.isSerial ? 'a' : 'i';
    ownSequence(editor, sequence, { tableOid, column: number, kind });
    if (spec.isSerial) setDefault(editor, { tableOid, number }, nextValue(sequence));
    return;
  }
  if (spec.defaultNode === null) return;
  const bound = bindDefault(editor, spec.defaultNode, spec);
  if (bound !== null) setDefault(editor, { tableOid, number }, bound.text);
}

/** Makes the table in the catalog and in SQLite; gives its oid. */
export function makeTable(
  editor: SchemaEditor,
  place: Place,
  elements: Elements,
  options: string | null,
): Oid {
  checkColumns(elements.columns);
  const sequences = elements.columns.map((column) => columnSequence(editor, column, place));
  const oid = editor.allocateOid();
  const row = classRow({
    oid,
    name: place.name,
    schemaOid: schemaOid(editor, place.schema),
    kind: 'r',
    columnCount: elements.columns.length,
    accessMethod: ACCESS_METHOD_OID.heap,
    persistence: place.persistence,
  });
  editor.change(
    { kind: 'insert', table: 'pg_class', row: { ...row, reloptions: options } },
    ...elements.columns.map((column, i) => columnRow(column, oid, i + 1)),
  );
  elements.columns.forEach((column, i) => {
    const sequence = sequences[i] ?? null;
    addColumnDefault(editor, column, { tableOid: oid, number: i + 1, sequence });
  });
  const constraints = [
    ...elements.columns.flatMap((column) => column.constraints),
    ...elements.constraints,
  ];
  addConstraints(editor, oid, constraints);
  updateCounts(editor, oid);
  const relation = editor.relation(oid);
  editor.sqlite(createTableSql(editor, relation));
  for (const index of relation.indexes) {
    buildIndex(editor, relation, index, { isEmpty: true });
  }
  for (const constraint of relation.constraints.filter(({ kind }) => kind === 'f')) {
    createForeignKeyParts(editor, relation, constraint, { isEmpty: true });
  }
  return oid;
}

/** Where a new table goes; null: there is one, and that is only worth a notice. Throws 42P07. */
export function newTableName(
  editor: SchemaEditor,
  range: Fields,
  isIfNotExists: boolean,
): Place | null {
  const target = rangeName(editor, range);
  const { name } = target;
  const schema = creationSchema(editor, target);
  if (!isRelationName(editor, schema, name)) {
    return { schema, name, persistence: text(range, 'relpersistence') || 'p' };
  }
  if (!isIfNotExists) throw new PgError('42P07', `relation "${name}" already exists`);
  editor.notice(`relation "${name}" already exists, skipping`, '42P07');
  return null;
}

export function createTable(editor: SchemaEditor, fields: Fields): string {
  const tag = 'CREATE TABLE';
  refuseUnsupported(fields);
  const range = inner(fields, 'relation') ?? {};
  const place = newTableName(editor, range, flag(fields, 'if_not_exists'));
  if (place === null) return tag;
  const elements = tableElements(editor, fields, place.name);
  makeTable(editor, place, elements, storageOptions(list(fields, 'options')));
  return tag;
}
