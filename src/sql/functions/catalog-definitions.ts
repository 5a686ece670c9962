// Functions that show the definitions of objects (PG: table 9.74).
import {
  constraintDefinition,
  indexDefinition,
  showNodeTree,
} from '../../catalog/definition-text.ts';
import { BOOL, INT2, INT4, OID, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { PgError } from '../../errors/pg-error.ts';
import { fn, js } from './builders.ts';
import {
  BY_PATH,
  catalogOf,
  NODE_TREE,
  REGCLASS,
  rowByOid,
  STABLE,
  viewerOf,
} from './catalog-context.ts';
import { formatType } from '../../catalog/type-display.ts';
import { quoteQualified } from '../../catalog/quote-identifier.ts';
import { resolveRelation, undefinedRelation } from './catalog-names.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

type Call = (args: readonly SqliteValue[], context: CallContext) => SqliteValue;

const expression: Call = ([tree, , pretty], context) =>
  showNodeTree(viewerOf(context), String(tree), pretty === 1n);

const constraint: Call = ([oid, pretty], context) => {
  const viewer = viewerOf(context);
  const row = rowByOid(viewer.catalog, 'pg_constraint', oid);
  return row === null ? null : constraintDefinition(viewer, row, pretty === 1n);
};

const index: Call = ([oid, column, pretty], context) => {
  const viewer = viewerOf(context);
  const row = rowByOid(viewer.catalog, 'pg_index', oid, 'indexrelid');
  if (row === null) return null;
  return indexDefinition(viewer, row, { column: Number(column ?? 0), isPretty: pretty === 1n });
};

const view: Call = ([oid, pretty], context) => {
  const viewer = viewerOf(context);
  const row = rowByOid(viewer.catalog, 'pg_rewrite', oid, 'ev_class');
  if (row === null) return null;
  return `${showNodeTree(viewer, String(row['ev_action']), pretty === 1n)};`;
};

/** The sequence behind a serial or identity column, as text that nextval() takes. */
const serialSequence: Call = ([table, column], context) => {
  const viewer = viewerOf(context);
  const relation = resolveRelation(viewer, String(table));
  if (relation === null) throw undefinedRelation(String(table));
  const found = relation.columns.find(({ name }) => name === String(column));
  if (found === undefined) {
    throw new PgError(
      '42703',
      `column "${String(column)}" of relation "${relation.name}" does not exist`,
    );
  }
  for (const row of viewer.catalog.rows('pg_depend')) {
    if (row['refobjid'] !== BigInt(relation.oid)) continue;
    if (row['refobjsubid'] !== BigInt(found.number)) continue;
    const owned = viewer.catalog.relationByOid(Number(row['objid']));
    if (owned?.kind === 'S') return quoteQualified(owned.schema, owned.name);
  }
  return null;
};

const routineArguments: Call = ([oid], context) => {
  const row = rowByOid(catalogOf(context), 'pg_proc', oid);
  if (row === null) return null;
  const types = String(row['proargtypes']);
  return types === ''
    ? ''
    : types
        .split(' ')
        .map((type) => formatType(Number(type), null))
        .join(', ');
};

const routineResult: Call = ([oid], context) => {
  const row = rowByOid(catalogOf(context), 'pg_proc', oid);
  if (row === null) return null;
  const set = row['proretset'] === 1n ? 'SETOF ' : '';
  return set + formatType(Number(row['prorettype']), null);
};

/** There is no object of this kind, so there is no definition to show. */
const none: Call = () => null;

export const DEFINITION_FUNCTIONS: readonly FunctionSignature[] = [
  fn('pg_get_expr', [NODE_TREE, OID], TEXT, js('pg_get_expr', expression), BY_PATH),
  fn('pg_get_expr', [NODE_TREE, OID, BOOL], TEXT, js('pg_get_expr', expression), BY_PATH),
  fn('pg_get_constraintdef', [OID], TEXT, js('pg_get_constraintdef', constraint), BY_PATH),
  fn('pg_get_constraintdef', [OID, BOOL], TEXT, js('pg_get_constraintdef', constraint), BY_PATH),
  fn('pg_get_indexdef', [OID], TEXT, js('pg_get_indexdef', index), BY_PATH),
  fn('pg_get_indexdef', [OID, INT4, BOOL], TEXT, js('pg_get_indexdef', index), BY_PATH),
  fn('pg_get_viewdef', [OID], TEXT, js('pg_get_viewdef', view), BY_PATH),
  fn('pg_get_viewdef', [OID, BOOL], TEXT, js('pg_get_viewdef', view), BY_PATH),
  fn(
    'pg_get_serial_sequence',
    [TEXT, TEXT],
    TEXT,
    js('pg_get_serial_sequence', serialSequence),
    BY_PATH,
  ),
  ...['pg_get_function_arguments', 'pg_get_function_identity_arguments'].map((name) =>
    fn(name, [OID], TEXT, js('pg_get_function_arguments', routineArguments), STABLE),
  ),
  fn('pg_get_function_result', [OID], TEXT, js('pg_get_function_result', routineResult), STABLE),
  ...[
    'pg_get_functiondef',
    'pg_get_function_sqlbody',
    'pg_get_partkeydef',
    'pg_get_partition_constraintdef',
    'pg_get_ruledef',
    'pg_get_triggerdef',
    'pg_get_statisticsobjdef',
    'pg_get_statisticsobjdef_columns',
  ].flatMap((name) => [
    fn(name, [OID], TEXT, js('pg_no_definition', none), STABLE),
    fn(name, [OID, BOOL], TEXT, js('pg_no_definition', none), STABLE),
  ]),
  fn('pg_get_function_arg_default', [OID, INT4], TEXT, js('pg_no_definition', none), STABLE),
  fn('pg_get_replica_identity_index', [REGCLASS], REGCLASS, js('pg_no_definition', none), STABLE),
  fn(
    'pg_relation_is_publishable',
    [REGCLASS],
    BOOL,
    js('pg_is_publishable', () => 1n),
    STABLE,
  ),
  fn(
    'pg_column_is_updatable',
    [REGCLASS, INT2, BOOL],
    BOOL,
    js('pg_column_is_updatable', ([oid], context) =>
      catalogOf(context).relationByOid(Number(oid))?.kind === 'r' ? 1n : 0n,
    ),
    STABLE,
  ),
  fn(
    'pg_relation_is_updatable',
    [REGCLASS, BOOL],
    INT4,
    // Bits for INSERT, UPDATE and DELETE (PG: CmdType).
    js('pg_relation_is_updatable', ([oid], context) =>
      catalogOf(context).relationByOid(Number(oid))?.kind === 'r' ? 28n : 0n,
    ),
    STABLE,
  ),
];
