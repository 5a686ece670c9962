// The Catalog: an index over rows. Nothing is ever changed in place; apply() copies the tables and
// relations that the changes touch and shares the rest.
import type { Oid } from '../types/pg-type.ts';
import { assert, must } from '../util/assert.ts';
import type { Catalog, CatalogChange, CatalogRow, Relation } from './catalog.ts';
import { number, relationFromRows, text } from './relation-from-rows.ts';
import { FIRST_USER_OID } from './system/oids.ts';

type Tables = ReadonlyMap<string, readonly CatalogRow[]>;

/** Catalog tables whose rows make relations, with the columns that hold a relation's oid. */
const OWNER_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  pg_class: ['oid'],
  pg_attribute: ['attrelid'],
  pg_attrdef: ['adrelid'],
  pg_constraint: ['conrelid'],
  pg_index: ['indrelid', 'indexrelid'],
  pg_rewrite: ['ev_class'],
  pg_depend: ['refobjid'],
};

interface Parts {
  readonly version: number;
  readonly nextOid: Oid;
  readonly tables: Tables;
  readonly relations: ReadonlyMap<Oid, Relation>;
}

function nameKey(schema: string, name: string): string {
  return `${schema}\0${name}`;
}

export class CatalogValue implements Catalog {
  readonly version: number;
  readonly nextOid: Oid;
  readonly #tables: Tables;
  readonly #relations: ReadonlyMap<Oid, Relation>;
  readonly #byName: ReadonlyMap<string, Relation>;
  readonly #schemas: ReadonlySet<string>;

  constructor(parts: Parts) {
    this.version = parts.version;
    this.nextOid = parts.nextOid;
    this.#tables = parts.tables;
    this.#relations = parts.relations;
    this.#byName = new Map(
      [...parts.relations.values()].map((relation) => [
        nameKey(relation.schema, relation.name),
        relation,
      ]),
    );
    this.#schemas = new Set(this.rows('pg_namespace').map((row) => text(row, 'nspname')));
  }

  hasSchema(name: string): boolean {
    return this.#schemas.has(name);
  }

  relation(schema: string, name: string): Relation | null {
    return this.#byName.get(nameKey(schema, name)) ?? null;
  }

  relationByOid(oid: Oid): Relation | null {
    return this.#relations.get(oid) ?? null;
  }

  relations(): Iterable<Relation> {
    return this.#relations.values();
  }

  rows(table: string): readonly CatalogRow[] {
    return this.#tables.get(table) ?? [];
  }

  apply(changes: readonly CatalogChange[]): Catalog {
    const tables = new Map(this.#tables);
    const touched = new Set<Oid>();
    let { nextOid } = this;
    for (const [table, list] of Map.groupBy(changes, (change) => change.table)) {
      const before = must(tables.get(table), `no catalog table ${table}`);
      const after = changedRows(before, list, (row) => {
        for (const column of OWNER_COLUMNS[table] ?? []) touched.add(number(row, column));
      });
      tables.set(table, after);
    }
    for (const change of changes) {
      if (change.kind !== 'insert') continue;
      nextOid = Math.max(nextOid, number(change.row, 'oid') + 1);
    }
    for (const row of tables.get('pg_index') ?? []) {
      // The name of an index stands in its own row of pg_class and shows in its table's value.
      if (touched.has(number(row, 'indexrelid'))) touched.add(number(row, 'indrelid'));
    }
    const relations = new Map(this.#relations);
    for (const oid of touched) relations.delete(oid);
    for (const relation of buildRelations(tables, touched)) relations.set(relation.oid, relation);
    return new CatalogValue({ version: this.version + 1, nextOid, tables, relations });
  }
}

/** The rows after the changes; `onTouched` sees every row as it was and as it is. */
function changedRows(
  before: readonly CatalogRow[],
  changes: readonly CatalogChange[],
  onTouched: (row: CatalogRow) => void,
): readonly CatalogRow[] {
  let rows = [...before];
  for (const change of changes) {
    if (change.kind === 'insert') {
      onTouched(change.row);
      rows.push(change.row);
      continue;
    }
    const isMatch = matcher(change.key);
    if (change.kind === 'delete') {
      rows.filter(isMatch).forEach(onTouched);
      rows = rows.filter((row) => !isMatch(row));
      continue;
    }
    rows = rows.map((row) => {
      if (!isMatch(row)) return row;
      const updated = { ...row, ...change.set };
      onTouched(row);
      onTouched(updated);
      return updated;
    });
  }
  return rows;
}

function matcher(key: CatalogRow): (row: CatalogRow) => boolean {
  const entries = Object.entries(key);
  assert(entries.length > 0, 'a catalog change without a key');
  return (row) => entries.every(([column, value]) => row[column] === value);
}

/** Rows of one table by the relation that `column` names, for the relations wanted. */
function grouped(
  tables: Tables,
  table: string,
  column: string,
  wanted: ReadonlySet<Oid> | null,
): ReadonlyMap<Oid, readonly CatalogRow[]> {
  const groups = new Map<Oid, CatalogRow[]>();
  for (const row of tables.get(table) ?? []) {
    const oid = number(row, column);
    if (wanted !== null && !wanted.has(oid)) continue;
    const group = groups.get(oid);
    if (group === undefined) groups.set(oid, [row]);
    else group.push(row);
  }
  return groups;
}

/** A sequence that is an internal part of a column. */
function isIdentity(row: CatalogRow): boolean {
  return row['deptype'] === 'i' && number(row, 'refobjsubid') > 0;
}

/** The relations with these oids, or all: one pass over each table. */
function buildRelations(tables: Tables, wanted: ReadonlySet<Oid> | null): readonly Relation[] {
  const schemas = new Map(
    (tables.get('pg_namespace') ?? []).map((row) => [number(row, 'oid'), text(row, 'nspname')]),
  );
  const attributes = grouped(tables, 'pg_attribute', 'attrelid', wanted);
  const defaults = grouped(tables, 'pg_attrdef', 'adrelid', wanted);
  const constraints = grouped(tables, 'pg_constraint', 'conrelid', wanted);
  const indexes = grouped(tables, 'pg_index', 'indrelid', wanted);
  const rules = grouped(tables, 'pg_rewrite', 'ev_class', wanted);
  const identities = grouped(tables, 'pg_depend', 'refobjid', wanted);
  const classes = tables.get('pg_class') ?? [];
  const indexNames = new Map(
    classes
      .filter((row) => row['relkind'] === 'i')
      .map((row) => [number(row, 'oid'), text(row, 'relname')]),
  );
  return classes
    .filter((row) => wanted === null || wanted.has(number(row, 'oid')))
    .map((classRow) => {
      const oid = number(classRow, 'oid');
      return relationFromRows({
        classRow,
        schema: must(schemas.get(number(classRow, 'relnamespace')), `schema of ${String(oid)}`),
        attributes: attributes.get(oid) ?? [],
        defaults: defaults.get(oid) ?? [],
        constraints: constraints.get(oid) ?? [],
        indexes: indexes.get(oid) ?? [],
        rules: rules.get(oid) ?? [],
        identities: (identities.get(oid) ?? []).filter(isIdentity),
        indexName: (index) => must(indexNames.get(index), `name of index ${String(index)}`),
      });
    });
}

function highestOid(tables: Tables): Oid {
  let highest = FIRST_USER_OID - 1;
  for (const rows of tables.values()) {
    for (const row of rows) highest = Math.max(highest, number(row, 'oid'));
  }
  return highest;
}

/** A catalog over rows that are already in memory. */
export function catalogOfRows(version: number, tables: Tables): Catalog {
  const relations = new Map(
    buildRelations(tables, null).map((relation) => [relation.oid, relation]),
  );
  return new CatalogValue({ version, nextOid: highestOid(tables) + 1, tables, relations });
}
