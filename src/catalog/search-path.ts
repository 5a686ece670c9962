// Which names are seen without their schema (PG: 5.9.3 The Schema Search Path).
import type { Oid } from '../types/pg-type.ts';
import type { Catalog, Relation } from './catalog.ts';
import { quoteIdentifier, quoteQualified } from './quote-identifier.ts';

/** The value of the setting as names; `$user` becomes the user. */
export function parseSearchPath(setting: string | null, user: string | null): readonly string[] {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,\s"]+))\s*(?:,|$)/gy;
  for (const [, quoted, plain] of (setting ?? '"$user", public').matchAll(pattern)) {
    const name = quoted?.replaceAll('""', '"') ?? (plain ?? '').toLowerCase();
    names.push(name === '$user' ? (user ?? '') : name);
  }
  return names.filter((name) => name !== '');
}

/** Schemas in the order they are searched: pg_catalog first unless it is named. */
export function effectivePath(catalog: Catalog, path: readonly string[]): readonly string[] {
  const existing = path.filter((name) => catalog.hasSchema(name));
  const distinct = [...new Set(existing)];
  return distinct.includes('pg_catalog') ? distinct : ['pg_catalog', ...distinct];
}

/** The first relation of that name on the path. */
export function findRelation(
  catalog: Catalog,
  path: readonly string[],
  name: string,
): Relation | null {
  for (const schema of effectivePath(catalog, path)) {
    const relation = catalog.relation(schema, name);
    if (relation !== null) return relation;
  }
  return null;
}

export function isVisible(catalog: Catalog, path: readonly string[], relation: Relation): boolean {
  return findRelation(catalog, path, relation.name)?.oid === relation.oid;
}

/** As regclass shows it: with the schema only if it is needed. */
export function relationDisplayName(
  catalog: Catalog,
  path: readonly string[],
  oid: Oid,
): string | null {
  const relation = catalog.relationByOid(oid);
  if (relation === null) return null;
  return isVisible(catalog, path, relation)
    ? quoteIdentifier(relation.name)
    : quoteQualified(relation.schema, relation.name);
}
