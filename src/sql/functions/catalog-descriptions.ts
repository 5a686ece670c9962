// Comments on objects (PG: table 9.76).
import type { Catalog } from '../../catalog/catalog.ts';
import { INT4, NAME, OID, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { catalogOf, STABLE } from './catalog-context.ts';
import type { FunctionSignature } from './signature.ts';

interface Wanted {
  readonly oid: SqliteValue | undefined;
  /** Name of the catalog table the object is in; absent: any. */
  readonly table?: string;
  readonly column?: SqliteValue | undefined;
}

function description(catalog: Catalog, wanted: Wanted): SqliteValue {
  const { oid, table, column = 0n } = wanted;
  const tableOid = table === undefined ? null : (catalog.relation('pg_catalog', table)?.oid ?? -1);
  const row = catalog
    .rows('pg_description')
    .find(
      (entry) =>
        entry['objoid'] === oid &&
        entry['objsubid'] === column &&
        (tableOid === null || entry['classoid'] === BigInt(tableOid)),
    );
  return row?.['description'] ?? null;
}

export const DESCRIPTION_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'obj_description',
    [OID, NAME],
    TEXT,
    js('pg_obj_description', ([oid, table], context) =>
      description(catalogOf(context), { oid, table: String(table) }),
    ),
    STABLE,
  ),
  fn(
    'obj_description',
    [OID],
    TEXT,
    js('pg_obj_description_any', ([oid], context) => description(catalogOf(context), { oid })),
    STABLE,
  ),
  fn(
    'col_description',
    [OID, INT4],
    TEXT,
    js('pg_col_description', ([oid, column], context) =>
      description(catalogOf(context), { oid, table: 'pg_class', column }),
    ),
    STABLE,
  ),
  fn(
    'shobj_description',
    [OID, NAME],
    TEXT,
    js('pg_shobj_description', ([oid, table], context) => {
      const catalog = catalogOf(context);
      const tableOid = BigInt(catalog.relation('pg_catalog', String(table))?.oid ?? -1);
      const row = catalog
        .rows('pg_shdescription')
        .find((entry) => entry['objoid'] === oid && entry['classoid'] === tableOid);
      return row?.['description'] ?? null;
    }),
    STABLE,
  ),
];
