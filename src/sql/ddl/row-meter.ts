// A condition that each table has, and that is always true: SQLite evaluates it for each row that it
// writes, by foreign keys too, and the function in it counts the bytes of the row. An UPDATE writes
// whole rows, but evaluates only checks that name a column it changes: so it names them all.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { quoteSqlite } from '../../catalog/sqlite-name.ts';
import { mustType } from '../../types/registry.ts';
import { TICK, WRITTEN } from '../functions/bounds.ts';

/** Of a column whose values are short, and of a row. */
const FIXED_BYTES = 8;
/** SQLite takes 1000 at most. */
const ARGUMENTS_MAX = 500;

/** Counts the bytes of one row; gives 1. */
export function countRowSql({ columns }: Relation): string {
  const sizes = [String(FIXED_BYTES * (columns.length + 1)), ...columns.flatMap(sizeSql)];
  return chunks(sizes)
    .map((some) => `${WRITTEN}(${some.join(', ')})`)
    .join(' AND ');
}

export function rowCheckSql(relation: Relation): string {
  const count = countRowSql(relation);
  const names = relation.columns.map(({ sqliteName }) => quoteSqlite(sqliteName));
  if (names.length === 0) return `CHECK (${count})`;
  const never = chunks(names).map((some) => `coalesce(${some.join(', ')}, 0)`);
  return `CHECK (CASE WHEN ${count} THEN 1 ELSE ${never.join(' OR ')} END)`;
}

/** A key in an index takes less than a row, which functions of ours look at: see balsa_tick. */
const WORK_BYTES_OF_KEY = 16;

/**
 * Counts the keys of an index that is to be made: `SELECT ...`, without FROM. SQLite adds them up by
 * itself, which takes a small part of what it takes to sort them.
 */
export function countKeysSql(keyCount: number, longValues: readonly string[]): string {
  const long = longValues.map((value) => `coalesce(sum(octet_length(${value})), 0)`);
  const sizes = [`count(*) * ${FIXED_BYTES * (keyCount + 1)}`, ...long].join(', ');
  return `SELECT ${WRITTEN}(${sizes}), ${TICK}(count(*) * ${WORK_BYTES_OF_KEY})`;
}

/** Nothing if the values are short. */
function sizeSql({ sqliteName, type }: Column): readonly string[] {
  const name = quoteSqlite(sqliteName);
  switch (mustType(type).storage) {
    case 'INTEGER':
      return [];
    case 'TEXT':
    case 'BLOB':
      return [`octet_length(${name})`];
    case 'ANY':
      // Floats. While a column changes its type it may hold anything.
      return [`CASE typeof(${name}) WHEN 'text' THEN octet_length(${name}) END`];
  }
}

function chunks(items: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(items.length / ARGUMENTS_MAX);
  return Array.from({ length: count }, (_, at) =>
    items.slice(at * ARGUMENTS_MAX, (at + 1) * ARGUMENTS_MAX),
  );
}
