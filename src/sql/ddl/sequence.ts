// CREATE SEQUENCE, and the sequences behind serial and identity columns. Where a sequence is stands in
// a row of "balsa.sequence", by its oid.
import type { Relation } from '../../catalog/catalog.ts';
import { attributeRow, classRow, dependRow } from '../../catalog/catalog-rows.ts';
import { CLASS_OID } from '../../catalog/system/oids.ts';
import { PgError } from '../../errors/pg-error.ts';
import { BOOL, INT8 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { flag as isFlag, inner, list, text, type Fields } from '../parse/node.ts';
import { identityOfSequence } from './identity-link.ts';
import { chooseName } from './object-name.ts';
import { isRelationName } from './constraints.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { rowOfOptions, sequenceOptions } from './sequence-options.ts';
import type { SequenceOptions } from './sequence-options.ts';
import { creationSchema, findRelation, listName, rangeName, schemaOid } from './target.ts';

/** Makes a sequence in the catalog and in SQLite; gives its oid. */
export function makeSequence(
  editor: SchemaEditor,
  place: { readonly schema: string; readonly name: string },
  options: SequenceOptions,
): Oid {
  const oid = editor.allocateOid();
  const columns = [
    ['last_value', INT8],
    ['log_cnt', INT8],
    ['is_called', BOOL],
  ] as const;
  editor.change(
    {
      kind: 'insert',
      table: 'pg_class',
      row: classRow({
        oid,
        name: place.name,
        schemaOid: schemaOid(editor, place.schema),
        kind: 'S',
        columnCount: columns.length,
      }),
    },
    ...columns.map(
      ([name, type], i) =>
        ({
          kind: 'insert',
          table: 'pg_attribute',
          row: attributeRow({ relationOid: oid, name, number: i + 1, type, notNull: true }),
        }) as const,
    ),
    {
      kind: 'insert',
      table: 'pg_sequence',
      row: { seqrelid: BigInt(oid), ...rowOfOptions(options) },
    },
  );
  const first = options.restart ?? options.start;
  editor.sqlite('INSERT INTO "balsa.sequence" VALUES (?, ?, 0, 0)', [BigInt(oid), first]);
  // Says the same again, to the transaction: it is the only one that knows the sequence.
  setPosition(editor, oid, first);
  return oid;
}

/** nextval() gives `next` then. Through a function: the machine holds sequences in memory. */
export function setPosition(editor: SchemaEditor, oid: Oid, next: bigint): void {
  editor.sqlite('SELECT pg_setval(?, ?, 0)', [BigInt(oid), next]);
}

/** The sequence goes with its column: `a` when it is only owned, `i` for an identity. */
export function ownSequence(
  editor: SchemaEditor,
  sequence: Oid,
  owner: { readonly tableOid: Oid; readonly column: number; readonly kind: 'a' | 'i' },
): void {
  editor.insert(
    'pg_depend',
    dependRow({
      classOid: CLASS_OID.pg_class,
      objectOid: sequence,
      referencedClassOid: CLASS_OID.pg_class,
      referencedOid: owner.tableOid,
      referencedSubId: owner.column,
      kind: owner.kind,
    }),
  );
}

/** The sequence of a serial or identity column, named `t_c_seq`. */
export function makeColumnSequence(
  editor: SchemaEditor,
  column: { readonly schema: string; readonly table: string; readonly name: string },
  options: SequenceOptions,
): Oid {
  const name = chooseName([column.table, column.name, 'seq'], (candidate) =>
    isRelationName(editor, column.schema, candidate),
  );
  return makeSequence(editor, { schema: column.schema, name }, options);
}

/** OWNED BY t.c. Throws 42601, 42P01, 42703, 42809, 55000, 0A000. */
export function setOwner(editor: SchemaEditor, sequence: Relation, owner: readonly string[]): void {
  const identity = identityOfSequence(editor, sequence);
  if (identity !== null) {
    throw new PgError('0A000', 'cannot change ownership of identity sequence', {
      detail: `Sequence "${sequence.name}" is linked to table "${identity.table.name}".`,
    });
  }
  const isNone = owner.length === 1 && owner[0]?.toLowerCase() === 'none';
  if (!isNone && owner.length < 2) {
    throw new PgError('42601', 'invalid OWNED BY option', {
      hint: 'Specify OWNED BY table.column or OWNED BY NONE.',
    });
  }
  editor.delete('pg_depend', {
    classid: BigInt(CLASS_OID.pg_class),
    objid: BigInt(sequence.oid),
    deptype: 'a',
  });
  if (isNone) return;
  const table = findRelation(editor, listName(owner.slice(0, -1)));
  if (table.kind !== 'r') {
    const kinds: Readonly<Record<string, string>> = { i: 'indexes', S: 'sequences' };
    const detail = `This operation is not supported for ${kinds[table.kind] ?? 'views'}.`;
    const message = `sequence cannot be owned by relation "${table.name}"`;
    if (table.kind !== 'v') throw new PgError('42809', message, { detail });
    throw new PgError('0A000', message);
  }
  if (table.schema !== sequence.schema) {
    throw new PgError('55000', 'sequence must be in same schema as table it is linked to');
  }
  const name = owner.at(-1) ?? '';
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    throw new PgError('42703', `column "${name}" of relation "${table.name}" does not exist`);
  }
  ownSequence(editor, sequence.oid, { tableOid: table.oid, column: column.number, kind: 'a' });
}

export function createSequence(editor: SchemaEditor, fields: Fields): string {
  const range = inner(fields, 'sequence') ?? {};
  if (text(range, 'relpersistence') === 't') {
    throw new PgError('0A000', 'temporary sequences are not supported');
  }
  const target = rangeName(editor, range);
  const schema = creationSchema(editor, target);
  if (isRelationName(editor, schema, target.name)) {
    if (!isFlag(fields, 'if_not_exists')) {
      throw new PgError('42P07', `relation "${target.name}" already exists`);
    }
    editor.notice(`relation "${target.name}" already exists, skipping`, '42P07');
    return 'CREATE SEQUENCE';
  }
  const options = sequenceOptions(editor, list(fields, 'options'), null);
  const oid = makeSequence(editor, { schema, name: target.name }, options);
  if (options.ownedBy !== null) setOwner(editor, editor.relation(oid), options.ownedBy);
  return 'CREATE SEQUENCE';
}
