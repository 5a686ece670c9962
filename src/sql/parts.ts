// The steps of a statement of several parts (bind/parts.ts): all rows are found before any is written.
import { withCascades } from '../catalog/cascades.ts';
import type { Relation } from '../catalog/catalog.ts';
import type { BindContext } from './bind/context.ts';
import { changePart } from './bind/parts.ts';
import type { Part, PartChange } from './bind/parts.ts';
import type { Change } from './tree/change.ts';
import { emitInsert, emitKeptDelete, emitUpdate } from './emit/change.ts';
import { Emitter } from './emit/emitter.ts';
import { emitFrom, emitOuterQuery } from './emit/query.ts';
import { CHANGED_TWICE } from './functions/kept-rows.ts';
import type { PlanStep } from './plan.ts';
import { someNode } from './tree/expression.ts';
import type { Query, FromItem } from './tree/query.ts';

export interface PartSteps {
  /** They change nothing: what reads tables goes behind them. */
  readonly before: readonly PlanStep[];
  readonly after: readonly PlanStep[];
}

/** Of a query around parts. */
export function stepsOfParts(context: BindContext): PartSteps {
  const { parts } = context;
  const changes = changesOf(context, parts);
  return {
    before: [...parts.flatMap(stepsBefore), ...checksOf(changes)],
    after: inOrder(changes).map((change) => writeStep(change, false)),
  };
}

/**
 * An INSERT that reads none of what the parts write may go behind all of them as it is: its rows need
 * not be kept.
 */
export function canFollowParts({ catalog, parts }: BindContext, change: Change): boolean {
  if (change.kind !== 'insert' || change.conflict !== null || change.isTellingMore) return false;
  const changes = parts.flatMap((part) => (part.change === null ? [] : [part.change.change]));
  if (changes.some((other) => mustComeFirst(change, other))) return false;
  const oids = changes.map(({ relation }) => relation.oid);
  const written = new Set<unknown>(withCascades(catalog, oids));
  const isWritten = ({ kind, oid }: Readonly<Record<string, unknown>>): boolean =>
    kind === 'table' && written.has(oid);
  return !someNode([change.ctes, change.rows, change.source], isWritten);
}

/** Of a statement that changes a table itself. */
export function stepsOfChange(context: BindContext, change: Change): readonly PlanStep[] {
  if (change.kind === 'insert' && change.conflict !== null && change.isTellingMore) {
    throw context.notSupported('a query of the changed table in RETURNING');
  }
  const own = changePart(context, change, change.ctes);
  const main = own.change as PartChange;
  const parts = [...context.parts, own];
  const changes = changesOf(context, parts);
  const { returning } = main;
  return [
    ...context.parts.flatMap(stepsBefore),
    queryStep(own.keep, false),
    ...checksOf(changes),
    ...(returning === null ? [] : [queryStep(returning, true)]),
    ...inOrder(changes).map((each) => writeStep(each, each === main)),
  ];
}

/** Throws 0A000 for an upsert that could come to something else than in Postgres. */
function changesOf(context: BindContext, parts: readonly Part[]): readonly PartChange[] {
  const changes = parts.flatMap(({ change }) => (change === null ? [] : [change]));
  for (const { change, trial } of changes) {
    if (change.kind !== 'insert' || change.conflict === null) continue;
    const others = changes.filter((other) => other.change !== change);
    if (others.some((other) => other.change.relation.oid === change.relation.oid)) {
      throw context.notSupported(
        'ON CONFLICT on a table that another part of the statement changes',
      );
    }
    if (others.length > 0 && hasQuery(change.conflict)) {
      throw context.notSupported('a query in ON CONFLICT beside other changes');
    }
    if (trial !== null && change.conflict.isVolatile) {
      throw context.notSupported('a volatile function in ON CONFLICT of a query of WITH');
    }
  }
  return changes;
}

function hasQuery(part: unknown): boolean {
  return someNode(part, ({ kind }) => kind === 'subquery' || kind === 'in-subquery');
}

function stepsBefore({ keep, change }: Part): readonly PlanStep[] {
  const kept = queryStep(keep, false);
  if (change === null || change.trial === null) return [kept];
  const emitter = new Emitter();
  const trial = { ...emitter.finish(emitInsert(emitter, change.trial)), hasRows: false };
  return [
    kept,
    plainStep('SAVEPOINT trial'),
    { ...trial, isResult: false, ...rowsAtFault(change) },
    plainStep('ROLLBACK TO trial'),
    plainStep('RELEASE trial'),
  ];
}

function plainStep(sql: string): PlanStep {
  return { sql, bindings: [], hasRows: false, isResult: false };
}

function queryStep(query: Query, isResult: boolean): PlanStep {
  const emitter = new Emitter();
  const text = emitter.finish(emitOuterQuery(emitter, query));
  return { ...text, hasRows: isResult, isResult };
}

/** `isMain`: its rows are the statement's, unless a query has given them before. */
function writeStep(part: PartChange, isMain: boolean): PlanStep {
  const { write, returning, change } = part;
  const isResult = isMain && returning === null;
  const emitter = new Emitter();
  switch (write.kind) {
    case 'insert': {
      const isTold = isResult && change.returning !== null;
      const insert = { ...write, returning: isTold ? write.returning : null };
      const text = emitter.finish(emitInsert(emitter, insert));
      return { ...text, hasRows: isTold, isResult, ...rowsAtFault(part) };
    }
    case 'update': {
      const text = emitter.finish(emitUpdate(emitter, write));
      return { ...text, hasRows: false, isResult, ...rowsAtFault(part) };
    }
    case 'kept-delete':
      return { ...emitter.finish(emitKeptDelete(emitter, write)), hasRows: false, isResult };
  }
}

function rowsAtFault({ change, rows }: PartChange): Pick<PlanStep, 'rowsAtFault'> {
  const { oid, columns } = change.relation;
  const first = change.kind === 'insert' ? 1 : 2;
  const names = columns.map((_column, at) => `c${at + first}`).join(', ');
  const emitter = new Emitter();
  const from = emitFrom(emitter, rows);
  const text = emitter.finish(`SELECT ${names === '' ? 'NULL' : names} FROM ${from}`);
  return { rowsAtFault: { tableOid: oid, ...text } };
}

/** Which of two changes of one row Postgres carries out is not to be foretold. */
function checksOf(changes: readonly PartChange[]): readonly PlanStep[] {
  const ofRows = changes.filter(({ change }) => change.kind !== 'insert');
  return ofRows.flatMap((one, at) =>
    ofRows
      .slice(at + 1)
      .filter(({ change }) => change.relation.oid === one.change.relation.oid)
      .map((other) => twiceStep(one.rows, other.rows)),
  );
}

function twiceStep(one: FromItem, other: FromItem): PlanStep {
  const emitter = new Emitter();
  const [left, right] = [emitFrom(emitter, one), emitFrom(emitter, other)];
  const both = `SELECT 1 FROM ${left} WHERE c1 IN (SELECT c1 FROM ${right})`;
  const text = emitter.finish(`SELECT ${CHANGED_TWICE}() WHERE EXISTS (${both})`);
  return { ...text, hasRows: false, isResult: false };
}

// The order of what is written ----------------------------------------------------------------------

/** That of the text, but that foreign keys hold behind each: Postgres looks at them at the end. */
function inOrder(changes: readonly PartChange[]): readonly PartChange[] {
  const left = [...changes];
  const ordered: PartChange[] = [];
  while (left.length > 0) {
    const isFree = ({ change }: PartChange): boolean =>
      !left.some((other) => mustComeFirst(other.change, change));
    const free = left.findIndex(isFree);
    ordered.push(...left.splice(Math.max(free, 0), 1));
  }
  return ordered;
}

function mustComeFirst(one: Change, other: Change): boolean {
  if (one.relation.oid === other.relation.oid) return false;
  const bringsParents = one.kind === 'insert' && other.kind !== 'delete';
  const takesChildren = other.kind === 'delete' && one.kind !== 'insert';
  return (
    (bringsParents && refersTo(other.relation, one.relation)) ||
    (takesChildren && refersTo(one.relation, other.relation))
  );
}

function refersTo({ constraints }: Relation, { oid }: Relation): boolean {
  return constraints.some(({ referenced }) => referenced?.relationOid === oid);
}
