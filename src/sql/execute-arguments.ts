// EXECUTE (PG: prepare.c): the values that its arguments give the parameters of what was prepared.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { unreachable } from '../util/assert.ts';
import { tryCoerce, typeDisplay } from './bind/coerce.ts';
import { BindContext } from './bind/context.ts';
import { plainSelect } from './bind/derived.ts';
import { bindExpression } from './bind/expression.ts';
import { refuseQueries } from './bind/refuse-queries.ts';
import { Scope } from './bind/scope.ts';
import { compileQuery } from './compile.ts';
import { list, text } from './parse/node.ts';
import type { Fields, Node } from './parse/node.ts';
import type { Binding, CompileSettings, PlanStep, QueryPlan } from './plan.ts';
import type { Expression } from './tree/expression.ts';

/** Values, if they are known at once; else a query of one row that gives them. */
export type ExecuteArguments =
  | { readonly kind: 'values'; readonly values: readonly SqliteValue[] }
  | { readonly kind: 'query'; readonly query: QueryPlan };

/** `execute`: an ExecuteStmt; `types`: of the parameters of the prepared statement. Throws 42601, 42804 and what binding throws. */
export function compileArguments(
  { execute, source }: { readonly execute: Fields; readonly source: string },
  types: readonly Oid[],
  catalog: Catalog,
  settings: CompileSettings,
): ExecuteArguments {
  // Of a statement without parameters nobody looks at them, as in Postgres.
  if (types.length === 0) return { kind: 'values', values: [] };
  const nodes = list(execute, 'params');
  if (nodes.length !== types.length) {
    const name = text(execute, 'name');
    const message = `wrong number of parameters for prepared statement "${name}"`;
    const detail = `Expected ${types.length} parameters but got ${nodes.length}.`;
    throw new PgError('42601', message, { detail });
  }
  const context = new BindContext(catalog, settings, source, null);
  const values = nodes.map((node, at) => bindArgument(context, node, at + 1, types[at] as Oid));
  const constants = values.flatMap((value) => (value.kind === 'constant' ? [value.value] : []));
  if (constants.length === values.length) return { kind: 'values', values: constants };
  const targets = values.map((expression, at) => ({
    name: `${at + 1}`,
    expression,
    type: expression.type,
    typmod: -1,
    tableOid: 0,
    columnNumber: 0,
  }));
  return { kind: 'query', query: compileQuery(context, plainSelect({ targets, from: [] })) };
}

function bindArgument(context: BindContext, node: Node, number: number, type: Oid): Expression {
  refuseQueries(context, node, 'EXECUTE parameter');
  const place = { context, scope: new Scope(null), noAggregates: 'EXECUTE parameters' };
  const bound = bindExpression(place, node);
  const coerced = tryCoerce(context, bound, type, -1, 'assignment');
  if (coerced !== null) return coerced;
  const [is, wanted] = [typeDisplay(bound.type), typeDisplay(type)];
  throw context.error(
    '42804',
    `parameter $${number} of type ${is} cannot be coerced to the expected type ${wanted}`,
    bound.location,
    'You will need to rewrite or cast the expression.',
  );
}

/** The plan with values in the place of its parameters. */
export function withArguments(plan: QueryPlan, values: readonly SqliteValue[]): QueryPlan {
  /** Of rows: a step and its rowsAtFault have the same ones. */
  const made = new Map<Binding, Binding>();
  const valueOf = (binding: Binding): Binding => {
    switch (binding.kind) {
      case 'constant':
        return binding;
      case 'parameter':
        return { kind: 'constant', value: values[binding.number - 1] ?? null };
      case 'rows': {
        const rows = made.get(binding) ?? { ...binding, cells: binding.cells.map(valueOf) };
        made.set(binding, rows);
        return rows;
      }
      default:
        return unreachable(binding);
    }
  };
  const steps = plan.steps.map((step): PlanStep => {
    const { bindings, rowsAtFault } = step;
    const bound = { ...step, bindings: bindings.map(valueOf) };
    if (rowsAtFault === undefined) return bound;
    return {
      ...bound,
      rowsAtFault: { ...rowsAtFault, bindings: rowsAtFault.bindings.map(valueOf) },
    };
  });
  return { ...plan, steps, parameterTypes: [] };
}
