// Which constraint a SQLite error is about. SQLite names columns, checks by the name in the table's
// definition (the constraint's oid), indexes on expressions by their name, and foreign keys not at
// all.
import type { Catalog, Column, Constraint, Index, Relation } from './catalog.ts';
import { sqliteNameParts } from './sqlite-name.ts';

export type ConstraintFailure =
  | { readonly kind: 'not-null'; readonly relation: Relation; readonly column: Column }
  | { readonly kind: 'check'; readonly relation: Relation; readonly constraint: Constraint }
  /** `constraint` null: a unique index without a constraint. */
  | {
      readonly kind: 'unique';
      readonly relation: Relation;
      readonly index: Index;
      readonly constraint: Constraint | null;
    }
  /** One of these foreign keys: of the table, or of others that point at it. */
  | { readonly kind: 'foreign-key' };

const NOT_NULL = 'NOT NULL constraint failed: ';
const CHECK = 'CHECK constraint failed: ';
const UNIQUE = 'UNIQUE constraint failed: ';
const INDEX_NAME = "index '";

/** `public.t.a` as the table and the column's SQLite name. */
function tableColumn(
  catalog: Catalog,
  text: string,
): { readonly relation: Relation; readonly column: Column } | null {
  const [schema = '', table = '', name = ''] = sqliteNameParts(text);
  const relation = catalog.relation(schema, table);
  const column = relation?.columns.find((candidate) => candidate.name === name);
  return relation === null || column === undefined ? null : { relation, column };
}

function checkFailure(catalog: Catalog, name: string): ConstraintFailure | null {
  const row = catalog.rows('pg_constraint').find((entry) => String(entry['oid']) === name);
  const relation = catalog.relationByOid(Number(row?.['conrelid'] ?? 0));
  const constraint = relation?.constraints.find(({ oid }) => String(oid) === name);
  if (relation === null || constraint === undefined) return null;
  return { kind: 'check', relation, constraint };
}

function uniqueFailure(relation: Relation, index: Index): ConstraintFailure {
  const constraint = relation.constraints.find(
    ({ kind, indexOid }) => kind !== 'f' && indexOid === index.oid,
  );
  return { kind: 'unique', relation, index, constraint: constraint ?? null };
}

function indexNamed(catalog: Catalog, sqliteName: string): ConstraintFailure | null {
  const [schema = '', name = ''] = sqliteNameParts(sqliteName);
  const oid = catalog.relation(schema, name)?.oid;
  const row = catalog.rows('pg_index').find((entry) => Number(entry['indexrelid']) === oid);
  const relation = catalog.relationByOid(Number(row?.['indrelid'] ?? 0));
  const index = relation?.indexes.find((candidate) => candidate.oid === oid);
  return relation === null || index === undefined ? null : uniqueFailure(relation, index);
}

/** The index whose columns make exactly this text: names may hold commas, so it is not split. */
function indexOverColumns(catalog: Catalog, text: string): ConstraintFailure | null {
  const [schema = '', table = ''] = sqliteNameParts(text);
  const relation = catalog.relation(schema, table);
  if (relation === null) return null;
  const nameOf = (n: number): string => {
    const column = relation.columns.find((candidate) => candidate.number === n);
    return `${relation.sqliteName}.${column?.sqliteName ?? ''}`;
  };
  const index = relation.indexes.find(
    (candidate) =>
      candidate.isUnique && candidate.columns.map((key) => nameOf(key.column)).join(', ') === text,
  );
  return index === undefined ? null : uniqueFailure(relation, index);
}

/** What failed, by the message of a SQLite constraint error; null: it is none of these. */
export function constraintOfError(catalog: Catalog, message: string): ConstraintFailure | null {
  if (message.startsWith(NOT_NULL)) {
    const found = tableColumn(catalog, message.slice(NOT_NULL.length));
    return found === null ? null : { kind: 'not-null', ...found };
  }
  if (message.startsWith(CHECK)) return checkFailure(catalog, message.slice(CHECK.length));
  if (message.startsWith(UNIQUE)) {
    const rest = message.slice(UNIQUE.length);
    return rest.startsWith(INDEX_NAME)
      ? indexNamed(catalog, rest.slice(INDEX_NAME.length, -1))
      : indexOverColumns(catalog, rest);
  }
  return message === 'FOREIGN KEY constraint failed' ? { kind: 'foreign-key' } : null;
}

export interface ForeignKeyCandidate {
  readonly relation: Relation;
  readonly constraint: Constraint;
  readonly target: Relation;
}

/** Foreign keys that a change of the table can violate: its own first, then those of others. */
export function foreignKeysOf(catalog: Catalog, table: Relation): readonly ForeignKeyCandidate[] {
  const candidates: ForeignKeyCandidate[] = [];
  const collect = (relation: Relation, isWanted: (target: Relation) => boolean): void => {
    for (const constraint of relation.constraints) {
      const target = catalog.relationByOid(constraint.referenced?.relationOid ?? 0);
      if (target !== null && isWanted(target)) candidates.push({ relation, constraint, target });
    }
  };
  collect(table, () => true);
  for (const relation of catalog.relations()) {
    if (relation.oid !== table.oid) collect(relation, (target) => target.oid === table.oid);
  }
  return candidates;
}
