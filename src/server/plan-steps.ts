// Plans with their values, as the steps that the machine and the readers run.
import type { Step } from '../machine/command.ts';
import type { BoundPlan, RunOptions } from '../session/backend.ts';
import type { Binding, PlanStep, QueryPlan } from '../sql/plan.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';

export function bind(
  bindings: readonly Binding[],
  parameters: readonly SqliteValue[],
): readonly SqliteValue[] {
  return bindings.map((binding) =>
    binding.kind === 'constant' ? binding.value : (parameters[binding.number - 1] ?? null),
  );
}

export function stepsOf({ plan, parameters }: BoundPlan): readonly Step[] {
  return plan.steps.map((step) => stepOf(step, parameters));
}

function stepOf(step: PlanStep, parameters: readonly SqliteValue[]): Step {
  const { sql, bindings, hasRows, isResult, rowsAtFault } = step;
  return {
    sql,
    values: bind(bindings, parameters),
    hasRows,
    isResult,
    rowsAtFault:
      rowsAtFault === undefined
        ? null
        : {
            tableOid: rowsAtFault.tableOid,
            sql: rowsAtFault.sql,
            values: bind(rowsAtFault.bindings, parameters),
          },
  };
}

/** The settings that the plans' functions look at, as they are now: the same on every node. */
export function pinned(
  plans: readonly BoundPlan[],
  options: RunOptions,
): readonly (readonly [string, string])[] {
  const names = new Set(plans.flatMap(({ plan }) => plan.settings));
  return [...names].sort().flatMap((name) => {
    const value = options.setting(name);
    return value === null ? [] : [[name, value] as const];
  });
}

/** It takes locks, of rows or others: it must be an interactive transaction. */
export function isLocking({ needsTransaction, locking = null }: QueryPlan): boolean {
  return needsTransaction === true || locking !== null;
}

export function isSameStep(a: Step, b: Step): boolean {
  return (
    a.sql === b.sql &&
    a.values.length === b.values.length &&
    a.values.every((value, at) => isSameValue(value, b.values[at] ?? null))
  );
}

function isSameValue(a: SqliteValue, b: SqliteValue): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.from(a).equals(b);
  return Object.is(a, b);
}
