// Taking values of a sequence from the log before the statements that use them are in it.
import type { Oid } from '../types/pg-type.ts';
import { RESERVED_VALUES } from './functions/sequences.ts';
import type { PlanStep } from './plan.ts';

/**
 * A step that gives up to `count` values as rows of one column, at least one, and leaves the sequence
 * behind them. Throws what nextval() throws.
 */
export function reserveSequenceValues(sequence: Oid, count: number): PlanStep {
  return {
    sql: `SELECT c1 FROM ${RESERVED_VALUES}(?, ?)`,
    bindings: [
      { kind: 'constant', value: BigInt(sequence) },
      { kind: 'constant', value: BigInt(count) },
    ],
    hasRows: true,
    isResult: true,
  };
}
