// UNION, INTERSECT and EXCEPT: the types of their columns, and recursion through them.
import { hasEquality } from '../functions/comparison.ts';
import { fieldsOf, flag, inner, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { ResultColumn } from '../plan.ts';
import { UNKNOWN } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { startOf } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import type { CommonTable, Query, SetOperation, Target } from '../tree/query.ts';
import { commonType, mustCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { derivedFrom, plainSelect } from './derived.ts';
import { refuseLocking } from './locking.ts';
import { Scope } from './scope.ts';
import { bindSelectFields, refuseInto } from './select.ts';
import { bindTail } from './tail.ts';

export function bindSetOperation(
  context: BindContext,
  fields: Fields,
  scope: Scope,
  ctes: readonly CommonTable[],
): SetOperation {
  for (const part of [fields, inner(fields, 'larg'), inner(fields, 'rarg')]) {
    refuseLocking(context, part ?? {}, 'is not allowed with UNION/INTERSECT/EXCEPT');
  }
  const operator = text(fields, 'op').replace('SETOP_', '') as SetOperation['operator'];
  const onlyFirst = 'INTO is only allowed on first SELECT of UNION/INTERSECT/EXCEPT';
  refuseInto(context, inner(fields, 'rarg') ?? {}, onlyFirst);
  const left = bindSelectFields(context, inner(fields, 'larg') ?? {}, scope, 'keep');
  const right = bindSelectFields(context, inner(fields, 'rarg') ?? {}, scope, 'keep');
  const isAll = flag(fields, 'all');
  if (left.columns.length !== right.columns.length) {
    throw context.error(
      '42601',
      `each ${operator} query must have the same number of columns`,
      targetLocation(right, 0),
    );
  }
  if (left.columns.length === 0) throw context.notSupported(`${operator} without columns`);
  const columns = left.columns.map((column, at): ResultColumn => {
    const sides = [left, right].map((side): Expression => ({
      kind: 'constant',
      type: (side.columns[at] ?? column).type,
      typmod: -1,
      value: null,
      location: targetLocation(side, at),
    }));
    const type = commonType(context, sides, operator);
    const isUnion = operator === 'UNION' && isAll;
    if (!isUnion && !hasEquality(type)) {
      const message = `could not identify an equality operator for type ${typeDisplay(type)}`;
      throw context.error('42883', message, targetLocation(left, at));
    }
    const other = right.columns[at] ?? column;
    const isSame = column.type === other.type && column.typmod === other.typmod;
    const typmod = isSame ? column.typmod : -1;
    return { name: column.name, type, typmod, tableOid: 0, columnNumber: 0 };
  });
  const types = columns.map(({ type }) => type);
  return {
    kind: 'set',
    operator,
    isAll,
    left: convertColumns(context, left, types, operator),
    right: convertColumns(context, right, types, operator),
    columns,
    ...bindTail(context, fields, scope, ctes, columns, []),
  };
}

/** The types come from the part that does not recurse. */
export function bindRecursive(
  context: BindContext,
  body: Node,
  scope: Scope,
  name: string,
  cteName: string,
  names: readonly string[],
): Query {
  const fields = fieldsOf(body);
  if (text(fields, 'op') !== 'SETOP_UNION') {
    throw context.error(
      '42P19',
      `recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`,
    );
  }
  const start = bindSelectFields(context, inner(fields, 'larg') ?? {}, scope);
  const inside = new Scope(scope);
  inside.ctes.set(name, { cteName, columns: renamed(start.columns, names) });
  const query = bindSetOperation(context, fields, inside, []);
  const keyed = query.columns.find(({ type }) => mustType(type).sortKey !== null);
  if (query.isAll || keyed === undefined) return query;
  throw context.notSupported(
    `UNION without ALL over type ${typeDisplay(keyed.type)} in a recursive query`,
  );
}

export function renamed(
  columns: readonly ResultColumn[],
  names: readonly string[],
): readonly ResultColumn[] {
  return columns.map((column, at) => ({ ...column, name: names[at] ?? column.name }));
}

/** Where the statement has the column of a query's result. */
export function targetLocation(query: Query, at: number): number | undefined {
  if (query.kind === 'set') return targetLocation(query.left, at);
  const expressions =
    query.kind === 'select' ? query.targets.map(({ expression }) => expression) : query.rows[0];
  const expression = expressions?.[at];
  return expression === undefined ? undefined : startOf(expression);
}

/** The query with its columns as these types: around it a query that converts, where needed. */
function convertColumns(
  context: BindContext,
  source: Query,
  types: readonly number[],
  construct: string,
): Query {
  const query = withLiteralsAs(context, source, types, construct);
  if (query.columns.every((column, at) => column.type === types[at])) return query;
  const { from, columns } = derivedFrom(context, query);
  const targets = query.columns.map((column, at): Target => {
    const value = columns[at] as Expression;
    const expression = mustCoerce(
      context,
      { ...value, location: targetLocation(query, at) },
      types[at] as number,
      construct,
    );
    return { ...column, type: types[at] as number, typmod: -1, expression };
  });
  return plainSelect({ targets, from: [from] });
}

/** Literals without a type in a select list, as these types. */
function withLiteralsAs(
  context: BindContext,
  query: Query,
  types: readonly number[],
  construct: string,
): Query {
  if (query.kind !== 'select' || query.targets.every(({ type }) => type !== UNKNOWN)) return query;
  const targets = query.targets.map((each, at): Target => {
    if (each.type !== UNKNOWN) return each;
    const expression = mustCoerce(context, each.expression, types[at] as number, construct);
    return { ...each, expression, type: expression.type };
  });
  return { ...query, targets, columns: targets };
}
