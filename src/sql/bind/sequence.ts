// nextval(): a statement takes all the values it needs from the sequence's table in one step of its
// own, and its calls count from there. So the values are the same on every node, and a statement
// that fails takes none.
import { sqliteRelationName } from '../../catalog/sqlite-name.ts';
import { INT8 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { quoteName } from '../emit/names.ts';
import type { FunctionSignature } from '../functions/signature.ts';
import type { PlanStep } from '../plan.ts';
import type { Expression } from '../tree/expression.ts';
import type { BindContext } from './context.ts';

/** What one statement takes from one sequence. */
export interface SequenceUse {
  readonly oid: Oid;
  readonly table: string;
  readonly increment: bigint;
  /** Calls in the statement; each is evaluated once. */
  calls: number;
  /** The call stands in a query over rows: one value for each row, counted afterwards. */
  isByRow: boolean;
}

/** The sequence that an argument of nextval names, when the statement is compiled. */
function sequenceOid(context: BindContext, argument: Expression | undefined): Oid | null {
  let inner = argument;
  while (inner?.kind === 'cast') inner = inner.argument;
  if (inner?.kind !== 'constant' || inner.value === null) return null;
  const name = String(inner.value).trim();
  if (/^\d+$/.test(name)) return Number(name);
  const parts = name.split('.').map((part) => part.replace(/^"(.*)"$/, '$1'));
  const relation = context.tryRelation(
    parts.length > 1 ? (parts[0] as string) : null,
    parts.at(-1) ?? '',
  );
  if (relation?.kind === 'S') return relation.oid;
  if (relation !== null)
    throw context.error('42809', `"${name}" is not a sequence`, inner.location);
  throw context.error('42P01', `relation "${name}" does not exist`, inner.location);
}

export function bindNextval(
  context: BindContext,
  argument: Expression | undefined,
  location: number | undefined,
): Expression {
  const oid = sequenceOid(context, argument);
  if (oid === null) throw context.notSupported('nextval() of anything but a constant', location);
  const use = context.sequences.get(oid) ?? createUse(context, oid, location);
  context.sequences.set(oid, use);
  const ordinal = use.calls++;
  const signature: FunctionSignature = {
    oid: 1574,
    name: 'nextval',
    arguments: [],
    result: INT8,
    volatility: 'volatile',
    isStrict: true,
    implementation: { kind: 'sql', emit: () => emitCall(use, ordinal) },
  };
  context.noteCall('volatile', undefined);
  return { kind: 'function', signature, arguments: [], type: INT8, typmod: -1, location };
}

function createUse(context: BindContext, oid: Oid, location: number | undefined): SequenceUse {
  const relation = context.catalog.relationByOid(oid);
  const row = context.catalog
    .rows('pg_sequence')
    .find((entry) => entry['seqrelid'] === BigInt(oid));
  if (relation === null || row === undefined) {
    throw context.error('42P01', `relation with OID ${oid} does not exist`, location);
  }
  const table = relation.sqliteName || sqliteRelationName(relation.schema, relation.name);
  const increment = row['seqincrement'] as bigint;
  return { oid, table: quoteName(table), increment, calls: 0, isByRow: context.isRowSource };
}

function emitCall({ table, increment, calls, isByRow }: SequenceUse, ordinal: number): string {
  if (isByRow) {
    const before = `(SELECT "last_value" - CASE "is_called" WHEN 1 THEN 0 ELSE ${increment} END FROM ${table})`;
    return `(${before} + ${increment} * row_number() OVER ())`;
  }
  const back = increment * BigInt(calls - 1 - ordinal);
  return `(SELECT "last_value" - ${back} FROM ${table})`;
}

/** The steps that go around the statement's own. */
export function sequenceSteps(context: BindContext): {
  readonly before: readonly PlanStep[];
  readonly after: readonly PlanStep[];
} {
  const uses = [...context.sequences.values()].sort((a, b) => a.oid - b.oid);
  return {
    before: uses
      .filter(({ isByRow }) => !isByRow)
      .map(({ table, increment, calls }) =>
        step(
          `UPDATE ${table} SET "last_value" = "last_value" + CASE "is_called" WHEN 1 THEN ${increment * BigInt(calls)} ELSE ${increment * BigInt(calls - 1)} END, "is_called" = 1`,
        ),
      ),
    after: uses
      .filter(({ isByRow }) => isByRow)
      .map(({ table, increment }) =>
        // changes() counts the rows of the INSERT before.
        step(
          `UPDATE ${table} SET "last_value" = "last_value" + CASE "is_called" WHEN 1 THEN ${increment} * changes() ELSE ${increment} * (changes() - 1) END, "is_called" = 1 WHERE changes() > 0`,
        ),
      ),
  };
}

function step(sql: string): PlanStep {
  return { sql, bindings: [], hasRows: false, isResult: false };
}
