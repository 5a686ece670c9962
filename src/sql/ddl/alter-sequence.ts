// ALTER SEQUENCE, and the same for the sequence of an identity column.
import type { CatalogRow, Relation } from '../../catalog/catalog.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { PgError } from '../../errors/pg-error.ts';
import { must } from '../../util/assert.ts';
import { flag, inner, list, type Fields, type Node } from '../parse/node.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { setOwner, setPosition } from './sequence.ts';
import { changedOptions, rowOfOptions } from './sequence-options.ts';
import type { SequenceOptions } from './sequence-options.ts';
import { findRelation, rangeName, tryFind } from './target.ts';

export function sequenceRow(editor: SchemaEditor, sequence: Relation): CatalogRow {
  const row = editor.catalog
    .rows('pg_sequence')
    .find((entry) => number(entry, 'seqrelid') === sequence.oid);
  return must(row, `sequence ${sequence.oid}`);
}

export function changeSequence(
  editor: SchemaEditor,
  sequence: Relation,
  nodes: readonly Node[],
): void {
  const before = sequenceRow(editor, sequence);
  const options = changedOptions(editor, nodes, before);
  const after = rowOfOptions(options);
  const isChanged = Object.entries(after).some(([column, value]) => before[column] !== value);
  if (isChanged) editor.update('pg_sequence', { seqrelid: BigInt(sequence.oid) }, after);
  if (options.restart === null) checkPosition(editor, sequence, options);
  else setPosition(editor, sequence.oid, options.restart);
  if (options.ownedBy !== null) setOwner(editor, sequence, options.ownedBy);
}

/** Where the sequence is must be within its limits: known where the statement runs. */
function checkPosition(
  editor: SchemaEditor,
  { oid }: Relation,
  { min, max }: SequenceOptions,
): void {
  const failIf = (operator: string, limit: bigint, problem: string): void => {
    const message = `'RESTART value (' || last_value || ') cannot be ${problem} (${limit})'`;
    editor.sqlite(
      `SELECT pg_raise('22023', ${message}, NULL) FROM "balsa.sequence" WHERE oid = ${oid} AND last_value ${operator} ${limit}`,
      [],
      true,
    );
  };
  failIf('<', min, 'less than MINVALUE');
  failIf('>', max, 'greater than MAXVALUE');
}

export function alterSequence(editor: SchemaEditor, fields: Fields): string {
  const tag = 'ALTER SEQUENCE';
  const target = rangeName(editor, inner(fields, 'sequence') ?? {});
  if (flag(fields, 'missing_ok') && tryFind(editor, target) === null) {
    editor.notice(`relation "${target.name}" does not exist, skipping`);
    return tag;
  }
  const sequence = findRelation(editor, { ...target, position: undefined });
  if (sequence.kind !== 'S') throw new PgError('42809', `"${sequence.name}" is not a sequence`);
  changeSequence(editor, sequence, list(fields, 'options'));
  return tag;
}
