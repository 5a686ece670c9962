// SET CONSTRAINTS: when deferrable foreign keys are checked, until the transaction ends. The steps
// write it down; the machine checks what is immediate where a statement ends, and so also behind
// this one (PG: AfterTriggerSetState).
import type { CatalogRow } from '../catalog/catalog.ts';
import {
  ALL_CONSTRAINTS,
  CLEAR_CONSTRAINT_MODES,
  SET_CONSTRAINT_MODE,
} from '../catalog/constraint-modes.ts';
import { effectivePath } from '../catalog/search-path.ts';
import { PgError } from '../errors/pg-error.ts';
import { must } from '../util/assert.ts';
import type { BindContext } from './bind/context.ts';
import { asTag, flag, list, text } from './parse/node.ts';
import type { Fields } from './parse/node.ts';
import type { PlanStep, QueryPlan } from './plan.ts';

export function compileSetConstraints(
  context: BindContext,
  fields: Fields,
): Pick<QueryPlan, 'access' | 'tag' | 'steps' | 'columns' | 'isAboutTransaction'> {
  const isDeferred = flag(fields, 'deferred');
  const names = list(fields, 'constraints').map((node) => asTag(node, 'RangeVar') ?? {});
  const all = context.catalog.rows('pg_constraint');
  const named = names.flatMap((name) => deferrableNamed(context, name, isDeferred));
  const isAll = names.length === 0;
  refuseUnvalidated(isAll ? all.filter((row) => isSet(row, 'condeferrable')) : named);
  const oids = isAll ? [ALL_CONSTRAINTS] : named.map((row) => BigInt(row['oid'] as bigint));
  const steps = oids.map((oid, at) => modeStep(oid, isDeferred, at === oids.length - 1));
  return {
    access: 'write',
    tag: { name: 'SET CONSTRAINTS', hasCount: false },
    steps: isAll ? [CLEAR, ...steps] : steps,
    columns: null,
    isAboutTransaction: true,
  };
}

const CLEAR: PlanStep = {
  sql: CLEAR_CONSTRAINT_MODES,
  bindings: [],
  hasRows: false,
  isResult: false,
};

function modeStep(oid: bigint, isDeferred: boolean, isResult: boolean): PlanStep {
  const values = [oid, isDeferred ? 1n : 0n];
  return {
    sql: SET_CONSTRAINT_MODE,
    bindings: values.map((value) => ({ kind: 'constant', value }) as const),
    hasRows: false,
    isResult,
  };
}

/** Those of the first schema of the search path that has any of the name. */
function deferrableNamed(
  { catalog, settings }: BindContext,
  range: Fields,
  isDeferred: boolean,
): readonly CatalogRow[] {
  const name = text(range, 'relname');
  const schema = text(range, 'schemaname');
  const database = text(range, 'catalogname');
  if (database !== '') {
    throw new PgError(
      '0A000',
      `cross-database references are not implemented: "${database}.${schema}.${name}"`,
    );
  }
  if (schema !== '' && !catalog.hasSchema(schema)) {
    throw new PgError('3F000', `schema "${schema}" does not exist`);
  }
  const path = settings.searchPath.map((each) => (each === '$user' ? settings.user : each));
  for (const candidate of schema === '' ? effectivePath(catalog, path) : [schema]) {
    const namespace = must(
      catalog.rows('pg_namespace').find((row) => row['nspname'] === candidate),
      `schema ${candidate}`,
    );
    const found = catalog
      .rows('pg_constraint')
      .filter((row) => row['conname'] === name && row['connamespace'] === namespace['oid']);
    if (found.length === 0) continue;
    const deferrable = found.filter((row) => isSet(row, 'condeferrable'));
    if (isDeferred && deferrable.length < found.length) {
      throw new PgError('42809', `constraint "${name}" is not deferrable`);
    }
    return deferrable;
  }
  throw new PgError('42704', `constraint "${name}" does not exist`);
}

/** Rows that violated it before must not be found where a statement is checked. */
function refuseUnvalidated(rows: readonly CatalogRow[]): void {
  const row = rows.find((each) => !isSet(each, 'convalidated'));
  if (row === undefined) return;
  const name = String(row['conname']);
  throw new PgError(
    '0A000',
    `SET CONSTRAINTS is not supported for constraint "${name}", which is NOT VALID`,
    { hint: 'Use ALTER TABLE ... VALIDATE CONSTRAINT before.' },
  );
}

function isSet(row: CatalogRow, column: string): boolean {
  return row[column] === 1n;
}
