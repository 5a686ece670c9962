// TRUNCATE: all rows of some tables, and with CASCADE of those that refer to them.
import { quoteSqlite } from '../../catalog/sqlite-name.ts';
import { PgError } from '../../errors/pg-error.ts';
import type { Relation } from '../../catalog/catalog.ts';
import { hasForeignKeys } from '../../catalog/cascades.ts';
import { tableTick } from '../emit/ticks.ts';
import { allRowsWritten } from '../emit/written-rows.ts';
import { asTag, flag, list, text, type Fields } from '../parse/node.ts';
import { ownedSequences, referencesTo } from './drop.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { sequenceRow } from './alter-sequence.ts';
import { setPosition } from './sequence.ts';
import { findTable, rangeName } from './target.ts';

/** The tables with everything that refers to them; tables that refer come first. */
function withReferences(
  editor: SchemaEditor,
  named: readonly Relation[],
  isCascade: boolean,
): readonly Relation[] {
  const tables = new Map(named.map((relation) => [relation.oid, relation]));
  for (;;) {
    const [next] = referencesTo(editor, new Set(tables.keys())).filter(
      ({ relation }) => !tables.has(relation.oid),
    );
    if (next === undefined) return [...tables.values()];
    const { relation, constraint } = next;
    if (!isCascade) {
      const target = tables.get(constraint.referenced?.relationOid ?? 0)?.name ?? '';
      throw new PgError('0A000', 'cannot truncate a table referenced in a foreign key constraint', {
        detail: `Table "${relation.name}" references "${target}".`,
        hint: `Truncate table "${relation.name}" at the same time, or use TRUNCATE ... CASCADE.`,
      });
    }
    editor.notice(`truncate cascades to table "${relation.name}"`);
    tables.set(relation.oid, relation);
  }
}

/** Those that refer before those referred to, as far as there is such an order. */
function childrenFirst(tables: readonly Relation[]): readonly Relation[] {
  const rest = [...tables];
  const ordered: Relation[] = [];
  while (rest.length > 0) {
    const at = rest.findIndex(
      (candidate) =>
        !rest.some(
          (other) =>
            other !== candidate &&
            other.constraints.some(({ referenced }) => referenced?.relationOid === candidate.oid),
        ),
    );
    ordered.push(...rest.splice(Math.max(at, 0), 1));
  }
  return ordered;
}

export function truncate(editor: SchemaEditor, fields: Fields): string {
  const named = list(fields, 'relations').map((node) =>
    findTable(editor, rangeName(editor, asTag(node, 'RangeVar') ?? {})),
  );
  const isCascade = text(fields, 'behavior') === 'DROP_CASCADE';
  const tables = childrenFirst(withReferences(editor, named, isCascade));
  // All of them are emptied, so what refers from one to another needs no check on the way.
  editor.sqlite('PRAGMA defer_foreign_keys = ON');
  for (const table of tables) {
    const name = quoteSqlite(table.sqliteName);
    editor.sqlite(allRowsWritten(table));
    const isRowByRow = hasForeignKeys(editor.catalog, table);
    editor.sqlite(
      `DELETE FROM ${name}${isRowByRow ? ` WHERE ${tableTick(table.sqliteName)}` : ''}`,
    );
    editor.writes(table.oid);
    if (flag(fields, 'restart_seqs')) restartSequences(editor, table);
  }
  // It would last until the end of the transaction.
  editor.sqlite('PRAGMA defer_foreign_keys = OFF');
  return 'TRUNCATE TABLE';
}

function restartSequences(editor: SchemaEditor, table: Relation): void {
  for (const sequence of ownedSequences(editor, table.oid, null)) {
    setPosition(editor, sequence.oid, sequenceRow(editor, sequence)['seqstart'] as bigint);
  }
}
