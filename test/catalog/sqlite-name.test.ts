import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { quoteSqlite, sqliteNameParts, sqliteRelationName } from '../../src/catalog/sqlite-name.ts';

const NAMES = [
  't',
  'T',
  '^t',
  '^T',
  'a.b',
  'a"b',
  'sqlite_x',
  'SQLITE_X',
  'Ä',
  'ä',
  ' ',
  'tT',
  'Tt',
];

describe('names in SQLite', () => {
  const pairs = NAMES.flatMap((schema) => NAMES.map((name) => [schema, name] as const));

  it('are different for different names, whatever the case', () => {
    const encoded = pairs.map(([schema, name]) => sqliteRelationName(schema, name));
    const folded = encoded.map((name) => name.replace(/[A-Z]/g, (c) => c.toLowerCase()));
    expect(new Set(folded).size).toBe(pairs.length);
  });

  it('give back the parts they were made of', () => {
    for (const [schema, name] of pairs) {
      expect(sqliteNameParts(sqliteRelationName(schema, name))).toEqual([schema, name]);
    }
  });

  it('are accepted by SQLite, side by side', () => {
    const database = new Sqlite(':memory:');
    for (const [schema, name] of pairs) {
      database.exec(`CREATE TABLE ${quoteSqlite(sqliteRelationName(schema, name))} (a)`);
    }
    const count = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
    expect(count).toBe(pairs.length);
  });
});
