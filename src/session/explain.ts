// EXPLAIN: how SQLite runs a statement; EXPLAIN (REPLICATION): what the log would hold of it.
import type { Catalog } from '../catalog/catalog.ts';
import { withCascades } from '../catalog/cascades.ts';
import { notSupported } from '../errors/pg-error.ts';
import type { PlanStep, QueryPlan } from '../sql/plan.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { StatementResult } from './backend.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';

const VALUE_LENGTH_MAX = 60;

export function explainReplication(
  { settings }: SessionContext,
  plan: QueryPlan,
  parameters: readonly SqliteValue[],
): StatementResult {
  const consistency = settings.get('balsa.read_consistency');
  const head =
    plan.access === 'read'
      ? [`Read on this node, not in the log (balsa.read_consistency = ${consistency})`]
      : ['One request in the log, run by every node with the same time and the same random seed'];
  const { catalog } = plan;
  const before = catalog.version - (plan.changesSchema === true ? 1 : 0);
  return lines([
    ...head,
    ...((plan.locking ?? null) === null
      ? []
      : [`  Locks rows ${plan.locking} before, in requests of their own`]),
    `  Compiled for schema version: ${before}`,
    ...(plan.changesSchema === true ? [`  Leaves schema version: ${catalog.version}`] : []),
    ...tables('Reads', plan.reads, catalog),
    ...tables('Changes', withCascades(catalog, plan.writes), catalog),
    ...(plan.settings.length === 0 ? [] : [`  Settings and facts: ${plan.settings.join(', ')}`]),
    ...plan.steps.flatMap((step, at) => stepLines(step, at + 1, parameters)),
  ]);
}

function lines(texts: readonly string[]): StatementResult {
  return { rows: texts.map((text) => [text]), count: texts.length };
}

function tables(label: string, oids: readonly Oid[], catalog: Catalog): readonly string[] {
  const names = oids.map((oid) => {
    const relation = catalog.relationByOid(oid);
    return relation === null ? String(oid) : `${relation.schema}.${relation.name}`;
  });
  return names.length === 0 ? [] : [`  ${label}: ${names.join(', ')}`];
}

function stepLines(
  { sql, bindings, isResult }: PlanStep,
  number: number,
  parameters: readonly SqliteValue[],
): readonly string[] {
  const values = bindings.map((binding) => {
    if (binding.kind === 'constant') return showValue(binding.value);
    if (binding.kind === 'rows') return `${binding.cells.length / binding.width} rows`;
    return `$${binding.number} = ${showValue(parameters[binding.number - 1] ?? null)}`;
  });
  return [
    `  Step ${number}${isResult ? ', the result' : ''}: ${sql}`,
    ...(values.length === 0 ? [] : [`    Values: ${values.join(', ')}`]),
  ];
}

function showValue(value: SqliteValue): string {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const text = typeof value === 'string' ? `'${value}'` : String(value);
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}...`;
}

/** SQLite's own plan of the steps. */
export async function explainPlan(
  context: SessionContext,
  plan: QueryPlan,
  parameters: readonly SqliteValue[],
): Promise<StatementResult> {
  if (plan.changesSchema === true) throw notSupported('EXPLAIN of a change of the schema');
  const asked: QueryPlan = {
    ...plan,
    access: 'read',
    steps: plan.steps.map((step) => ({ ...step, sql: `EXPLAIN QUERY PLAN ${step.sql}` })),
  };
  const { results, error } = await context.backend.run(
    [{ plan: asked, parameters }],
    { ...runOptions(context), consistency: 'session' },
    null,
    () => [],
  );
  if (error !== null) throw error;
  return lines(results.flatMap(({ rows }) => treeLines(rows ?? [])));
}

/** Rows of id, parent, unused, text; indented by their parents. */
function treeLines(rows: readonly (readonly SqliteValue[])[]): readonly string[] {
  const depths = new Map<SqliteValue, number>();
  return rows.map(([id = null, parent = null, , text]) => {
    const depth = (depths.get(parent) ?? -1) + 1;
    depths.set(id, depth);
    return `${'  '.repeat(depth)}${String(text)}`;
  });
}
