// How functions of the catalog reach it and see names.
import type { Catalog, CatalogRow } from '../../catalog/catalog.ts';
import type { Viewer } from '../../catalog/definition-text.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { parseSearchPath } from '../../catalog/search-path.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

export const REGPROC = 24;
export const INT2VECTOR = 22;
export const OIDVECTOR = 30;
export const REGPROCEDURE = 2202;
export const REGOPER = 2203;
export const REGOPERATOR = 2204;
export const REGCLASS = 2205;
export const REGTYPE = 2206;
export const REGNAMESPACE = 4089;
export const REGROLE = 4096;
export const REGCOLLATION = 4191;
export const NODE_TREE = 194;
export const TEXT_ARRAY = 1009;
export const NAME_ARRAY = 1003;

/** Answers that depend on the schema; the same within a statement. */
export const STABLE = { volatility: 'stable' } as const;

/** Answers that depend on the search path as well. */
export const BY_PATH: Pick<FunctionSignature, 'volatility' | 'settings'> = {
  volatility: 'stable',
  settings: ['search_path', '@user'],
};

export function catalogOf(context: CallContext): Catalog {
  return context.catalog() as Catalog;
}

export function viewerOf(context: CallContext): Viewer {
  const path = parseSearchPath(context.setting('search_path'), context.setting('@user'));
  return { catalog: catalogOf(context), path };
}

export function rowByOid(
  catalog: Catalog,
  table: string,
  oid: SqliteValue | undefined,
  column = 'oid',
): CatalogRow | null {
  const wanted = Number(oid ?? 0);
  return catalog.rows(table).find((row) => number(row, column) === wanted) ?? null;
}

export function boolean(value: boolean): bigint {
  return value ? 1n : 0n;
}
