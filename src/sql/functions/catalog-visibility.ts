// What is seen without its schema: pg_table_is_visible and siblings, current_schemas
// (PG: table 9.72).
import { effectivePath, isVisible } from '../../catalog/search-path.ts';
import { BOOL, OID } from '../../types/oids.ts';
import { fn, js } from './builders.ts';
import { boolean, BY_PATH, NAME_ARRAY, rowByOid, STABLE, viewerOf } from './catalog-context.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

function arrayLiteral(names: readonly string[]): string {
  const items = names.map((name) =>
    /^[^\s{},"\\]+$/.test(name) && name.toLowerCase() !== 'null'
      ? name
      : `"${name.replace(/["\\]/g, '\\$&')}"`,
  );
  return `{${items.join(',')}}`;
}

/** Objects of this kind live in pg_catalog, or their names are unique: the first found is seen. */
function isSeen(
  table: string,
  columns: { readonly name: string; readonly schema: string; readonly signature?: string },
  oid: unknown,
  context: CallContext,
): bigint | null {
  const { catalog, path } = viewerOf(context);
  const row = rowByOid(catalog, table, oid as bigint);
  if (row === null) return null;
  for (const schema of effectivePath(catalog, path)) {
    const namespace = catalog.rows('pg_namespace').find((entry) => entry['nspname'] === schema);
    const first = catalog
      .rows(table)
      .find(
        (entry) =>
          entry[columns.name] === row[columns.name] &&
          entry[columns.schema] === namespace?.['oid'] &&
          (columns.signature === undefined || entry[columns.signature] === row[columns.signature]),
      );
    if (first !== undefined) return boolean(first['oid'] === row['oid']);
  }
  return 0n;
}

const KINDS = [
  ['pg_type_is_visible', 'pg_type', { name: 'typname', schema: 'typnamespace' }],
  [
    'pg_function_is_visible',
    'pg_proc',
    { name: 'proname', schema: 'pronamespace', signature: 'proargtypes' },
  ],
  ['pg_opclass_is_visible', 'pg_opclass', { name: 'opcname', schema: 'opcnamespace' }],
  ['pg_opfamily_is_visible', 'pg_opfamily', { name: 'opfname', schema: 'opfnamespace' }],
  ['pg_collation_is_visible', 'pg_collation', { name: 'collname', schema: 'collnamespace' }],
  ['pg_conversion_is_visible', 'pg_conversion', { name: 'conname', schema: 'connamespace' }],
  ['pg_statistics_obj_is_visible', 'pg_statistic_ext', { name: 'stxname', schema: 'stxnamespace' }],
  ['pg_ts_config_is_visible', 'pg_ts_config', { name: 'cfgname', schema: 'cfgnamespace' }],
  ['pg_ts_dict_is_visible', 'pg_ts_dict', { name: 'dictname', schema: 'dictnamespace' }],
  ['pg_ts_parser_is_visible', 'pg_ts_parser', { name: 'prsname', schema: 'prsnamespace' }],
  ['pg_ts_template_is_visible', 'pg_ts_template', { name: 'tmplname', schema: 'tmplnamespace' }],
] as const;

export const VISIBILITY_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'pg_table_is_visible',
    [OID],
    BOOL,
    js('pg_table_is_visible', ([oid], context) => {
      const { catalog, path } = viewerOf(context);
      const relation = catalog.relationByOid(Number(oid));
      return relation === null ? null : boolean(isVisible(catalog, path, relation));
    }),
    BY_PATH,
  ),
  ...KINDS.map(([name, table, columns]) =>
    fn(
      name,
      [OID],
      BOOL,
      js(name, ([oid], context) => isSeen(table, columns, oid, context)),
      BY_PATH,
    ),
  ),
  // Operators are found by name and operand types, and all of them are in pg_catalog.
  fn(
    'pg_operator_is_visible',
    [OID],
    BOOL,
    js('pg_operator_is_visible', () => 1n),
    STABLE,
  ),
  fn(
    'current_schemas',
    [BOOL],
    NAME_ARRAY,
    js('pg_current_schemas', ([isImplicit], context) => {
      const { catalog, path } = viewerOf(context);
      const existing = [...new Set(path.filter((name) => catalog.hasSchema(name)))];
      return arrayLiteral(isImplicit === 1n ? effectivePath(catalog, path) : existing);
    }),
    BY_PATH,
  ),
];
