// Which tables a change of other tables may change as well: through the actions of foreign keys.
import type { Oid } from '../types/pg-type.ts';
import type { Catalog, Relation } from './catalog.ts';

/** pg_constraint: c cascade, n set null, d set default. */
export const CHANGING_ACTIONS = ['c', 'n', 'd'];

/** Tables with keys that follow the changes of a table, by that table. */
const followers = new WeakMap<Catalog, ReadonlyMap<Oid, readonly Oid[]>>();

function followersOf(catalog: Catalog): ReadonlyMap<Oid, readonly Oid[]> {
  const known = followers.get(catalog);
  if (known !== undefined) return known;
  const found = new Map<Oid, Oid[]>();
  for (const { oid, constraints } of catalog.relations()) {
    for (const { referenced } of constraints) {
      if (referenced === null) continue;
      const { relationOid, onUpdate, onDelete } = referenced;
      if (!CHANGING_ACTIONS.includes(onUpdate) && !CHANGING_ACTIONS.includes(onDelete)) continue;
      const list = found.get(relationOid) ?? [];
      list.push(oid);
      found.set(relationOid, list);
    }
  }
  followers.set(catalog, found);
  return found;
}

/** Tables that keys refer to. */
const referencedTables = new WeakMap<Catalog, ReadonlySet<Oid>>();

/** Does a key refer to the table, or from it? SQLite then looks at each row that is deleted. */
export function hasForeignKeys(catalog: Catalog, { oid, constraints }: Relation): boolean {
  if (constraints.some(({ referenced }) => referenced !== null)) return true;
  let tables = referencedTables.get(catalog);
  if (tables === undefined) {
    const keys = [...catalog.relations()].flatMap((relation) => relation.constraints);
    tables = new Set(keys.map(({ referenced }) => referenced?.relationOid ?? 0));
    referencedTables.set(catalog, tables);
  }
  return tables.has(oid);
}

/** The tables themselves, and all that follow them. */
export function withCascades(catalog: Catalog, tables: readonly Oid[]): readonly Oid[] {
  const following = followersOf(catalog);
  if (following.size === 0) return tables;
  const reached = new Set<Oid>(tables);
  for (const oid of reached) for (const next of following.get(oid) ?? []) reached.add(next);
  return [...reached];
}
