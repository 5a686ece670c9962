// DDL against what PostgreSQL 15 answered: errors, notices, and definitions as the functions of
// the catalog show them. Scripts: test/oracle/ddl; recorded by record.ts.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import {
  constraintDefinition,
  indexDefinition,
  showNodeTree,
} from '../../src/catalog/definition-text.ts';
import { number } from '../../src/catalog/relation-from-rows.ts';
import { formatType } from '../../src/catalog/type-display.ts';
import { PgError } from '../../src/errors/pg-error.ts';
import { functionsNamed } from '../../src/sql/functions/registry.ts';
import { TestDatabase } from '../catalog/support/test-catalog.ts';
import { formatMessage, readGolden } from './golden-script.ts';

const DIRECTORY = join(import.meta.dirname, '../oracle/ddl');

function sorted<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The lines of DESCRIBE_QUERIES. */
function describeTable(catalog: Catalog, quoted: string): string {
  const [name = '', schema = 'public'] = quoted.replaceAll('"', '').split('.').reverse();
  const relation = catalog.relation(schema, name);
  if (relation === null) return '';
  const viewer = { catalog, path: ['public'] };
  const mine = (table: string, column: string) =>
    catalog.rows(table).filter((row) => number(row, column) === relation.oid);
  const columns = relation.columns.map((column) => {
    const stored = mine('pg_attrdef', 'adrelid').find(
      (row) => number(row, 'adnum') === column.number,
    );
    return [
      `column ${column.name} ${formatType(column.type, column.typmod)}`,
      column.notNull ? ' not null' : '',
      column.identity === undefined ? '' : ` identity ${column.identity}`,
      stored === undefined
        ? ''
        : ` default ${showNodeTree(viewer, String(stored['adbin']), false)}`,
    ].join('');
  });
  const constraints = sorted(mine('pg_constraint', 'conrelid'), (row) => String(row['conname']));
  const indexes = sorted(
    mine('pg_index', 'indrelid'),
    (row) => catalog.relationByOid(number(row, 'indexrelid'))?.name ?? '',
  );
  return [
    ...columns,
    ...constraints.map((row) => {
      const texts = [false, true].map((isPretty) => constraintDefinition(viewer, row, isPretty));
      return `constraint ${String(row['conname'])} ${String(row['contype'])} ${texts.join(' | ')} | ${String(row['conkey'] ?? '')}`;
    }),
    ...indexes.map((row) => {
      const texts = [false, true].map((isPretty) =>
        indexDefinition(viewer, row, { column: 0, isPretty }),
      );
      const vectors = ['indkey', 'indclass', 'indoption', 'indcollation'];
      return `index ${texts.join(' | ')} | ${vectors.map((column) => String(row[column])).join(' / ')}`;
    }),
  ].join('\n');
}

/** Notices, then the first word of each tag (what node-postgres gives), or the error; a failed string changes nothing. */
function runSql(database: TestDatabase, sql: string): string {
  try {
    const plans = database.run(sql);
    return [
      ...plans.flatMap((plan) => plan.notices.map((notice) => formatMessage('NOTICE', notice))),
      ...plans.map((plan) => plan.tag.name.split(' ')[0] ?? ''),
    ].join('\n');
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    const { code, message, fields } = error;
    return formatMessage('ERROR', { ...fields, code, message });
  }
}

for (const file of readdirSync(DIRECTORY).filter((name) => name.endsWith('.golden'))) {
  // Sequences are of use only with nextval().
  const isSkipped = file === 'sequence.golden' && functionsNamed('nextval').length === 0;
  describe.skipIf(isSkipped)(file, () => {
    const database = new TestDatabase();
    for (const entry of readGolden(join(DIRECTORY, file))) {
      const [directive, name = ''] = entry.directive.split(' ');
      it(`${entry.directive} ${entry.sql.slice(0, 100)}`, () => {
        const actual =
          directive === 'describe'
            ? describeTable(database.catalog, name)
            : runSql(database, entry.sql);
        expect(actual).toBe(entry.expected);
      });
    }
    it('leaves a database that SQLite finds in order, with the catalog that it has', () => {
      expect(database.rows('PRAGMA integrity_check')).toEqual([['ok']]);
    });
  });
}
