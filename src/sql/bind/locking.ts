// SELECT ... FOR UPDATE and its relatives (PG: 13.3.2, analyze.c transformLockingClause): which
// tables of a query are locked, and the query that claims their rows. It becomes a query of its own
// inside, with LIMIT, which also gives the hidden keys of the rows; around it is one that claims
// them. With SKIP LOCKED the one inside has only rows that can be had.
import { BOOL, INT4, INT8, OID, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { must } from '../../util/assert.ts';
import {
  CLAIM_LIMIT,
  CLAIM_POLICIES,
  CLAIM_ROW,
  LOCK_STRENGTHS,
  ROW_IS_FREE,
  rowLockMode,
} from '../functions/row-locks.ts';
import type { ClaimPolicy, LockStrength } from '../functions/row-locks.ts';
import type { FunctionSignature } from '../functions/signature.ts';
import { asTag, child, inner, list, location, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { someExpression } from '../tree/expression.ts';
import type { ColumnReference, Expression } from '../tree/expression.ts';
import type { FromItem, Select, Target } from '../tree/query.ts';
import { calledAfterSort } from './after-sort.ts';
import { containsAggregate } from './aggregate.ts';
import type { BindContext } from './context.ts';
import { derivedFrom, plainSelect } from './derived.ts';
import { logical } from './expression.ts';
import type { Scope } from './scope.ts';

interface Clause {
  readonly strength: LockStrength;
  readonly policy: ClaimPolicy;
  /** Empty: all tables. */
  readonly of: readonly { readonly name: string; readonly at: number | undefined }[];
}

interface Locked {
  readonly item: Extract<FromItem, { kind: 'table' }>;
  readonly name: string;
  strength: LockStrength;
  policy: ClaimPolicy;
}

const STRENGTHS: Readonly<Record<string, LockStrength>> = {
  LCS_FORKEYSHARE: 'FOR KEY SHARE',
  LCS_FORSHARE: 'FOR SHARE',
  LCS_FORNOKEYUPDATE: 'FOR NO KEY UPDATE',
  LCS_FORUPDATE: 'FOR UPDATE',
};

const POLICIES: Readonly<Record<string, ClaimPolicy>> = {
  LockWaitBlock: 'wait',
  LockWaitSkip: 'skip',
  LockWaitError: 'nowait',
};

function clausesOf(context: BindContext, fields: Fields): readonly Clause[] {
  return list(fields, 'lockingClause').map((node) => {
    const clause = asTag(node, 'LockingClause') ?? {};
    const strength = must(STRENGTHS[text(clause, 'strength')], 'a strength of the grammar');
    const policy = must(POLICIES[text(clause, 'waitPolicy')], 'a policy of the grammar');
    const of = list(clause, 'lockedRels').map((named) => {
      const range = asTag(named, 'RangeVar') ?? {};
      const at = location(range);
      if (text(range, 'schemaname') !== '') {
        throw context.error('42601', `${strength} must specify unqualified relation names`, at);
      }
      return { name: text(range, 'relname'), at };
    });
    return { strength, policy, of };
  });
}

// Restrictions ------------------------------------------------------------------------------------

/** Throws 0A000 if there is a clause. */
export function refuseLocking(context: BindContext, fields: Fields, why: string): void {
  const [clause] = clausesOf(context, fields);
  if (clause !== undefined) throw context.error('0A000', `${clause.strength} ${why}`);
}

function containsWindow(expression: Expression): boolean {
  return someExpression(expression, (part) => part.kind === 'aggregate' && part.over !== null);
}

/** In Postgres' order. */
function checkSelect(context: BindContext, fields: Fields, select: Select): void {
  const expressions = [
    ...select.targets.map(({ expression }) => expression),
    ...select.orderBy.map(({ expression }) => expression),
  ];
  const refuse = (isSo: boolean, what: string): void => {
    if (isSo) refuseLocking(context, fields, `is not allowed with ${what}`);
  };
  refuse(list(fields, 'groupClause').length > 0, 'GROUP BY clause');
  refuse(select.having !== null, 'HAVING clause');
  refuse(expressions.some(containsAggregate), 'aggregate functions');
  refuse(expressions.some(containsWindow), 'window functions');
}

/** Before set-returning functions go to FROM. */
export function refuseLockingSetFunctions(context: BindContext, fields: Fields): void {
  refuseLocking(context, fields, 'is not allowed with set-returning functions in the target list');
}

// Which tables ------------------------------------------------------------------------------------

/** The query with its clauses given to the subqueries in FROM that they are about. */
export function withLockingInside(context: BindContext, fields: Fields): Fields {
  const clauses = clausesOf(context, fields);
  if (clauses.length === 0) return fields;
  const from = list(fields, 'fromClause').map((node) => lockingInside(node, fields));
  return { ...fields, fromClause: from };
}

function lockingInside(node: Node, locking: Fields): Node {
  const join = asTag(node, 'JoinExpr');
  if (join !== null) {
    const sides = { larg: child(join, 'larg'), rarg: child(join, 'rarg') };
    const larg = sides.larg === null ? null : lockingInside(sides.larg, locking);
    const rarg = sides.rarg === null ? null : lockingInside(sides.rarg, locking);
    return { JoinExpr: { ...join, larg, rarg } };
  }
  const range = asTag(node, 'RangeSubselect');
  const query = asTag(child(range ?? {}, 'subquery'), 'SelectStmt');
  // A list of values has no rows to lock, and no error says so here.
  if (range === null || query === null || list(query, 'valuesLists').length > 0) return node;
  const name = text(inner(range, 'alias') ?? {}, 'aliasname');
  const given = list(locking, 'lockingClause').flatMap((clause) => {
    const { LockingClause } = clause as { LockingClause: Fields };
    const of = list(LockingClause, 'lockedRels');
    const isNamed = of.some((each) => text(asTag(each, 'RangeVar') ?? {}, 'relname') === name);
    if (of.length > 0 && !isNamed) return [];
    return [{ LockingClause: { ...LockingClause, lockedRels: [] } }];
  });
  const lockingClause = [...list(query, 'lockingClause'), ...given];
  return { RangeSubselect: { ...range, subquery: { SelectStmt: { ...query, lockingClause } } } };
}

type Leaf = Exclude<FromItem, { kind: 'join' }>;

/** `isNullable`: the rows may be missing, in an outer join. */
function* leavesOf(
  item: FromItem,
  isNullable = false,
): Iterable<{ readonly leaf: Leaf; readonly isNullable: boolean }> {
  if (item.kind !== 'join') {
    yield { leaf: item, isNullable };
    return;
  }
  const { type } = item;
  yield* leavesOf(item.left, isNullable || type === 'right' || type === 'full');
  yield* leavesOf(item.right, isNullable || type === 'left' || type === 'full');
}

const KINDS: Partial<Readonly<Record<Leaf['kind'], string>>> = {
  cte: 'a WITH query',
  function: 'a function',
};

function lockedTables(
  context: BindContext,
  scope: Scope,
  from: readonly FromItem[],
  clauses: readonly Clause[],
): readonly Locked[] {
  const leaves = from.flatMap((item) => [...leavesOf(item)]);
  const locked = new Map<string, Locked>();
  for (const clause of clauses) {
    const { strength, of } = clause;
    for (const { name, at } of of) {
      const entry = scope.entries.find((candidate) => candidate.name === name);
      if (entry === undefined) {
        const message = `relation "${name}" in ${strength} clause not found in FROM clause`;
        throw context.error('42P01', message, at);
      }
      const kind = leaves.find(({ leaf }) => leaf.alias === entry.alias)?.leaf.kind;
      const what = kind === undefined ? undefined : KINDS[kind];
      if (what === undefined) continue;
      throw context.error('0A000', `${strength} cannot be applied to ${what}`, at);
    }
    for (const { leaf, isNullable } of leaves) {
      const name = scope.entries.find(({ alias }) => alias === leaf.alias)?.name ?? null;
      if (of.length > 0 && !of.some((named) => named.name === name)) continue;
      if (KINDS[leaf.kind] !== undefined) continue;
      if (leaf.kind === 'sequence') {
        throw context.error('42809', `cannot lock rows in sequence "${name}"`);
      }
      if (isNullable) {
        const what = 'the nullable side of an outer join';
        throw context.error('0A000', `${strength} cannot be applied to ${what}`);
      }
      if (leaf.kind === 'table') add(context, locked, leaf, clause);
    }
  }
  return [...locked.values()];
}

function add(
  context: BindContext,
  locked: Map<string, Locked>,
  item: Locked['item'],
  { strength, policy }: Clause,
): void {
  const relation = context.catalog.relationByOid(item.oid);
  // Tables of the catalog change with the schema alone.
  if (relation === null || relation.isSystem) return;
  const before = locked.get(item.alias);
  if (before === undefined) {
    locked.set(item.alias, { item, name: relation.name, strength, policy });
    return;
  }
  before.strength = last(LOCK_STRENGTHS, before.strength, strength);
  before.policy = last(CLAIM_POLICIES, before.policy, policy);
}

function last<T>(order: readonly T[], a: T, b: T): T {
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

// The query ---------------------------------------------------------------------------------------

/** The query, claiming the rows that its locking clauses are about. */
export function withClaims(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  select: Select,
): Select {
  const clauses = clausesOf(context, fields);
  if (clauses.length === 0) return calledAfterSort(context, select);
  checkSelect(context, fields, select);
  const tables = lockedTables(context, scope, select.from, clauses);
  const [strongest] = [...tables].sort(
    (a, b) => LOCK_STRENGTHS.indexOf(b.strength) - LOCK_STRENGTHS.indexOf(a.strength),
  );
  if (strongest === undefined) return calledAfterSort(context, select);
  context.noteLocking(strongest.strength, CLAIM_ROW);
  for (const { item } of tables) context.lockedTables.add(item.oid);
  const keys = tables.map(({ item }) => keyOf(item.alias));
  const free = tables.flatMap((table, at) =>
    table.policy === 'skip' ? [call(ROW_IS_FREE, table, must(keys[at], 'a key'))] : [],
  );
  const targets = [...select.targets, ...keys.map(hidden)];
  const rows = calledAfterSort(context, {
    ...select,
    ctes: [],
    limit: limitOf(select),
    offset: null,
    where: allOf(select.where === null ? free : [select.where, ...free]),
    targets,
    columns: targets,
  });
  const { from, columns } = derivedFrom(context, rows, true);
  const shown = select.targets.map((target, at): Target => {
    // A literal that nothing has given a type yet gets it where it is.
    const { expression } = target;
    return expression.kind === 'constant'
      ? target
      : {
          ...target,
          expression: { ...must(columns[at], 'a column'), location: expression.location },
        };
  });
  const claims = tables.map((table, at) =>
    call(CLAIM_ROW, table, must(columns[select.targets.length + at], 'a key')),
  );
  return {
    ...plainSelect({ targets: shown, from: [from] }),
    ctes: select.ctes,
    where: allOf(claims),
    ...(select.offset === null ? {} : { limit: select.limit, offset: select.offset }),
  };
}

/** How many rows are claimed. */
function limitOf({ limit, offset }: Select): Expression | null {
  if (limit === null || offset === null) return limit;
  return {
    kind: 'function',
    signature: CLAIM_LIMIT,
    arguments: [limit, offset],
    type: INT8,
    typmod: -1,
  };
}

/** The hidden key of a row (docs/decisions/0002-hidden-ctid.md). */
function keyOf(alias: string): ColumnReference {
  return {
    kind: 'column',
    alias,
    sqliteName: 'ctid',
    name: 'ctid',
    type: INT8,
    typmod: -1,
    tableOid: 0,
    columnNumber: 0,
    isNotNull: true,
    level: 0,
  };
}

function hidden(expression: Expression): Target {
  return { name: '', expression, type: INT8, typmod: -1, tableOid: 0, columnNumber: 0 };
}

function call(
  signature: FunctionSignature,
  { item, name, strength, policy }: Locked,
  key: Expression,
): Expression {
  const constant = (type: number, value: SqliteValue): Expression => ({
    kind: 'constant',
    type,
    typmod: -1,
    value,
  });
  return {
    kind: 'function',
    signature,
    arguments: [
      constant(OID, BigInt(item.oid)),
      key,
      constant(INT4, BigInt(rowLockMode(strength))),
      constant(TEXT, policy),
      constant(TEXT, name),
    ],
    type: BOOL,
    typmod: -1,
  };
}

function allOf(conditions: readonly Expression[]): Expression | null {
  const [first, ...others] = conditions;
  if (first === undefined) return null;
  return others.length === 0 ? first : logical('and', conditions);
}
