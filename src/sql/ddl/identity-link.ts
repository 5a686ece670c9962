// Which sequence belongs to which identity column, as pg_depend has it.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { CLASS_OID } from '../../catalog/system/oids.ts';
import { must } from '../../util/assert.ts';
import type { SchemaEditor } from './schema-editor.ts';

export interface IdentityLink {
  readonly sequence: Relation;
  readonly table: Relation;
  readonly column: Column;
}

/** The identity column that the sequence belongs to, or null. */
export function identityOfSequence(editor: SchemaEditor, sequence: Relation): IdentityLink | null {
  return links(editor).find((link) => link.sequence.oid === sequence.oid) ?? null;
}

export function sequenceOfIdentity(
  editor: SchemaEditor,
  table: Relation,
  column: Column,
): Relation {
  const found = links(editor).find(
    (link) => link.table.oid === table.oid && link.column.number === column.number,
  );
  return must(found, 'an identity column has a sequence').sequence;
}

function links(editor: SchemaEditor): readonly IdentityLink[] {
  return editor.catalog.rows('pg_depend').flatMap((row) => {
    if (row['deptype'] !== 'i' || number(row, 'classid') !== CLASS_OID.pg_class) return [];
    const sequence = editor.catalog.relationByOid(number(row, 'objid'));
    const table = editor.catalog.relationByOid(number(row, 'refobjid'));
    const column = table?.columns.find(({ number: at }) => at === number(row, 'refobjsubid'));
    if (sequence?.kind !== 'S' || table === null || column === undefined) return [];
    return [{ sequence, table, column }];
  });
}
