// Functions in FROM that give one value, and ROWS FROM: a query with the value, or with the rows of
// all functions side by side. It sees the items before it, as all functions in FROM do.
import { INT8 } from '../../types/oids.ts';
import { asTag, flag } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import type { FromItem, Query, Target } from '../tree/query.ts';
import { resolveUnknown } from './coerce.ts';
import type { BindContext } from './context.ts';
import { derivedFrom, plainSelect } from './derived.ts';
import { bindExpression } from './expression.ts';
import { addEntry, aliasOf, renamedColumns } from './from.ts';
import { dependsOn } from './lateral.ts';
import { bindOperator } from './operator.ts';
import { bindSetCall, isSetCall } from './range-function.ts';
import { resultName } from './result-name.ts';
import { bindRecordCall, columnOf, isRecordCall } from './record-function.ts';
import { Scope, resultScopeColumns } from './scope.ts';
import type { ScopeColumn } from './scope.ts';

/** The number of each row is behind its columns. */
interface FunctionRows {
  readonly name: string;
  readonly query: Query;
  /** Its columns are those of a row, also where there is one alone. */
  readonly isRow?: boolean;
}

export function bindRowsFrom(
  context: BindContext,
  fields: Fields,
  functions: readonly Node[],
  scope: Scope,
  definitions: readonly (readonly Node[])[],
): FromItem {
  const inside = new Scope(scope.forLateral());
  const [rows, isMaterialized] = context.watchVolatile(() =>
    functions.map((node, at) => rowsOf(context, node, inside, definitions[at] ?? [])),
  );
  const numbered = rows.map(({ query }) => query).reduce((a, b) => besideEachOther(context, a, b));
  const query = flag(fields, 'ordinality') ? numbered : withoutNumber(context, numbered);
  const alias = context.nextAlias();
  const names = aliasOf(fields);
  const [first] = rows;
  // A function of one column by itself: an alias is a name of that as well.
  const isOne =
    rows.length === 1 && first?.isRow !== true && (first?.query.columns.length ?? 0) === 2;
  const own = resultScopeColumns(query.columns).map((column, at): ScopeColumn =>
    isOne && at === 0 ? { ...column, name: names.name ?? column.name } : column,
  );
  const columns = renamedColumns(own, names);
  const isDependent = dependsOn(context, query, scope.entries);
  addEntry(context, scope, { name: names.name ?? first?.name ?? null, alias, columns });
  if (isDependent) return { kind: 'lateral', alias, query };
  return { kind: 'query', alias, query, isMaterialized };
}

function rowsOf(
  context: BindContext,
  node: Node,
  scope: Scope,
  definition: readonly Node[],
): FunctionRows {
  const call = asTag(node, 'FuncCall');
  if (call !== null && isRecordCall(node)) return rowsOfRecords(context, call, scope, definition);
  if (call !== null && isSetCall(call)) return rowsOfSet(context, call, scope);
  const name = resultName(node);
  const place = { context, scope, noAggregates: 'functions in FROM' };
  const value = resolveUnknown(context, bindExpression(place, node));
  const one: Expression = { kind: 'constant', type: INT8, typmod: -1, value: 1n };
  const targets = [targetOf(name, value), targetOf('ordinality', one)];
  return { name, query: plainSelect({ targets, from: [] }) };
}

function rowsOfSet(context: BindContext, call: Fields, scope: Scope): FunctionRows {
  const { name, sqlName, arguments: parts, columns, width } = bindSetCall(context, call, scope);
  const alias = context.nextAlias();
  const targets = [
    ...columns.map((each, at) => targetOf(each.name || name, columnOf(alias, at, each.type))),
    targetOf('ordinality', columnOf(alias, width, INT8)),
  ];
  const item = { kind: 'function', alias, sqlName: `${sqlName}_ordinality` } as const;
  return { name, query: plainSelect({ targets, from: [{ ...item, arguments: parts }] }) };
}

function rowsOfRecords(
  context: BindContext,
  call: Fields,
  scope: Scope,
  definition: readonly Node[],
): FunctionRows {
  const place = { context, scope, noAggregates: 'functions in FROM' };
  const { name, alias, item, values } = bindRecordCall(place, call, definition);
  const targets = [
    ...values.map((each) => targetOf(each.name, each.value)),
    targetOf('ordinality', columnOf(alias, 1, INT8)),
  ];
  return { name, query: plainSelect({ targets, from: [item] }), isRow: true };
}

/** Row by row; where one has fewer, its columns are NULL. */
function besideEachOther(context: BindContext, a: Query, b: Query): Query {
  const [left, right] = [derivedFrom(context, a), derivedFrom(context, b)];
  const [leftNumber, rightNumber] = [left, right].map(
    ({ columns }) => columns.at(-1) as Expression,
  ) as [Expression, Expression];
  const on = bindOperator(context, '=', leftNumber, rightNumber, undefined);
  const number: Expression = {
    kind: 'coalesce',
    arguments: [leftNumber, rightNumber],
    type: INT8,
    typmod: -1,
  };
  const values = [left, right].flatMap(({ columns }, side) => {
    const { columns: named } = side === 0 ? a : b;
    return columns.slice(0, -1).map((column, at) => targetOf(named[at]?.name ?? '', column));
  });
  return plainSelect({
    targets: [...values, targetOf('ordinality', number)],
    from: [{ kind: 'join', type: 'full', left: left.from, right: right.from, on }],
    orderBy: [{ expression: number, isDescending: false, isNullsFirst: false }],
  });
}

function withoutNumber(context: BindContext, query: Query): Query {
  const { from, columns } = derivedFrom(context, query);
  const targets = columns.slice(0, -1).map((column) => targetOf(column.name, column));
  return plainSelect({ targets, from: [from] });
}

function targetOf(name: string, expression: Expression): Target {
  const { type, typmod } = expression;
  return { name, expression, type, typmod, tableOid: 0, columnNumber: 0 };
}
