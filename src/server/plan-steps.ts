// Plans with their values, as the steps that the machine and the readers run.
import type { Step } from '../machine/command.ts';
import type { BoundPlan, RunOptions } from '../session/backend.ts';
import { ANY_SETTING } from '../sql/functions/signature.ts';
import type { Binding, PlanStep, QueryPlan } from '../sql/plan.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { valueRows } from '../types/value-rows.ts';
import { unreachable } from '../util/assert.ts';

/** What each binding stands for; `made`: those of rows that were made before. */
export function bind(
  bindings: readonly Binding[],
  parameters: readonly SqliteValue[],
  made = new Map<Binding, SqliteValue>(),
): readonly SqliteValue[] {
  return bindings.map((binding) => {
    switch (binding.kind) {
      case 'constant':
        return binding.value;
      case 'parameter':
        return parameters[binding.number - 1] ?? null;
      case 'rows': {
        const rows = made.get(binding) ?? valueRows(binding.width, bind(binding.cells, parameters));
        made.set(binding, rows);
        return rows;
      }
      default:
        return unreachable(binding);
    }
  });
}

export function stepsOf({ plan, parameters }: BoundPlan): readonly Step[] {
  return plan.steps.map((step) => stepOf(step, parameters));
}

function stepOf(step: PlanStep, parameters: readonly SqliteValue[]): Step {
  const { sql, bindings, hasRows, isResult, rowsAtFault } = step;
  // The rows of a step and of its rowsAtFault are one value: the log has it once.
  const made = new Map<Binding, SqliteValue>();
  return {
    sql,
    values: bind(bindings, parameters, made),
    hasRows,
    isResult,
    rowsAtFault:
      rowsAtFault === undefined
        ? null
        : {
            tableOid: rowsAtFault.tableOid,
            sql: rowsAtFault.sql,
            values: bind(rowsAtFault.bindings, parameters, made),
          },
  };
}

/** The settings that the plans' functions look at, as they are now: the same on every node. */
export function pinned(
  plans: readonly BoundPlan[],
  options: RunOptions,
): readonly (readonly [string, string])[] {
  const names = new Set(plans.flatMap(({ plan }) => plan.settings));
  if (names.delete(ANY_SETTING)) for (const name of options.settingNames()) names.add(name);
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
