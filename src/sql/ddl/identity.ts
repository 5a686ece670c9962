// ALTER TABLE ... ALTER COLUMN: ADD GENERATED, SET GENERATED and sequence options, DROP IDENTITY.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { PgError } from '../../errors/pg-error.ts';
import { asTag, inner, integer, list, text, type Fields, type Node } from '../parse/node.ts';
import { changeSequence } from './alter-sequence.ts';
import { removeSequence } from './drop.ts';
import { sequenceOfIdentity } from './identity-link.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { makeColumnSequence, ownSequence } from './sequence.ts';
import { checkIdentityType, sequenceOptions } from './sequence-options.ts';
import { declaredType } from './table-spec.ts';

function setIdentity(
  editor: SchemaEditor,
  relation: Relation,
  column: Column,
  identity: string,
): void {
  editor.update(
    'pg_attribute',
    { attrelid: BigInt(relation.oid), attnum: BigInt(column.number) },
    { attidentity: identity },
  );
}

function failure(relation: Relation, column: Column, problem: string): PgError {
  return new PgError('55000', `column "${column.name}" of relation "${relation.name}" ${problem}`);
}

export function addIdentity(
  editor: SchemaEditor,
  relation: Relation,
  column: Column,
  constraint: Fields,
): void {
  if (!column.notNull) {
    throw failure(relation, column, 'must be declared NOT NULL before identity can be added');
  }
  if (column.identity !== undefined)
    throw failure(relation, column, 'is already an identity column');
  if (column.defaultText !== null) throw failure(relation, column, 'already has a default value');
  checkIdentityType(column.type);
  const options = sequenceOptions(editor, list(constraint, 'options'), column.type);
  const place = { schema: relation.schema, table: relation.name, name: column.name };
  const sequence = makeColumnSequence(editor, place, options);
  ownSequence(editor, sequence, {
    tableOid: relation.oid,
    column: column.number,
    kind: 'i',
  });
  setIdentity(editor, relation, column, text(constraint, 'generated_when'));
}

/** `nodes`: `generated`, `restart` and the other options of a sequence. */
export function changeIdentity(
  editor: SchemaEditor,
  relation: Relation,
  column: Column,
  nodes: readonly Node[],
): void {
  if (column.identity === undefined) throw failure(relation, column, 'is not an identity column');
  const isGenerated = (node: Node): boolean =>
    text(asTag(node, 'DefElem') ?? {}, 'defname') === 'generated';
  for (const node of nodes.filter(isGenerated)) {
    const code = integer(
      inner(inner(asTag(node, 'DefElem') ?? {}, 'arg') ?? {}, 'Integer') ?? {},
      'ival',
    );
    setIdentity(editor, relation, column, String.fromCharCode(code));
  }
  const options = nodes.filter((node) => !isGenerated(node));
  if (options.length > 0)
    changeSequence(editor, sequenceOfIdentity(editor, relation, column), options);
}

/** The column gets another type, and its sequence with it. */
export function retypeIdentity(
  editor: SchemaEditor,
  relation: Relation,
  column: Column,
  typeName: Fields,
): void {
  if (column.identity === undefined) return;
  checkIdentityType(declaredType(editor, typeName).type);
  const option = { DefElem: { defname: 'as', arg: { TypeName: typeName } } };
  changeSequence(editor, sequenceOfIdentity(editor, relation, column), [option]);
}

export function dropIdentity(
  editor: SchemaEditor,
  relation: Relation,
  column: Column,
  isMissingOk: boolean,
): void {
  if (column.identity === undefined) {
    const error = failure(relation, column, 'is not an identity column');
    if (!isMissingOk) throw error;
    editor.notice(`${error.message}, skipping`);
    return;
  }
  const sequence = sequenceOfIdentity(editor, relation, column);
  setIdentity(editor, relation, column, '');
  removeSequence(editor, sequence);
}
