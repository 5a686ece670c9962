// ON CONFLICT: which index it is about, and what is done with the row that is there.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { asTag, child, inner, list, location, text } from '../parse/node.ts';
import type { Fields } from '../parse/node.ts';
import type { ConflictClause } from '../tree/change.ts';
import { bindAssignments } from './assignment.ts';
import { findColumn } from './changed-table.ts';
import type { BindContext } from './context.ts';
import { bindCondition } from './expression.ts';
import type { Place } from './expression.ts';
import { relationColumns } from './from.ts';
import { reference, Scope } from './scope.ts';

/** null: without one. */
export function bindConflict(
  context: BindContext,
  fields: Fields | null,
  relation: Relation,
  scope: Scope,
): Omit<ConflictClause, 'isVolatile'> | null {
  if (fields === null) return null;
  const columns = conflictColumns(context, inner(fields, 'infer'), relation);
  if (text(fields, 'action') !== 'ONCONFLICT_UPDATE') return { columns, set: null, where: null };
  if (columns.length === 0) {
    throw context.error(
      '42601',
      'ON CONFLICT DO UPDATE requires inference specification or constraint name',
      location(fields),
      'For example, ON CONFLICT (column_name).',
    );
  }
  const inside = new Scope(null);
  inside.entries.push(...scope.entries);
  inside.entries.push({ name: 'excluded', alias: 'excluded', columns: relationColumns(relation) });
  // An unqualified name means the table's own column.
  const place: Place = { context, scope: preferFirst(inside), noAggregates: 'ON CONFLICT' };
  const set = bindAssignments(place, relation, list(fields, 'targetList'));
  const where = child(fields, 'whereClause');
  return { columns, set, where: where === null ? null : bindCondition(place, where, 'WHERE') };
}

/** `excluded` is seen by its name alone. */
function preferFirst(scope: Scope): Scope {
  const excluded = scope.entries[1];
  if (excluded === undefined) return scope;
  for (const column of excluded.columns) {
    const [own] = scope.entries;
    const ownColumn = own?.columns.find(({ name }) => name === column.name);
    if (own === undefined || ownColumn === undefined) continue;
    const hidden = [own, excluded].map(({ alias }) => [alias, column.sqliteName] as const);
    scope.merged.push({ name: column.name, expression: reference(own, ownColumn, 0), hidden });
  }
  return scope;
}

function conflictColumns(
  context: BindContext,
  infer: Fields | null,
  relation: Relation,
): readonly Column[] {
  if (infer === null) return [];
  const byNumber = (numbers: readonly number[]): readonly Column[] =>
    numbers.map((number) => relation.columns.find((column) => column.number === number) as Column);
  const constraintName = text(infer, 'conname');
  if (constraintName !== '') {
    const constraint = relation.constraints.find(({ name }) => name === constraintName);
    if (constraint !== undefined) return byNumber(constraint.columns);
    throw context.error(
      '42704',
      `constraint "${constraintName}" for table "${relation.name}" does not exist`,
    );
  }
  const columns = list(infer, 'indexElems').map((node) => {
    const element = asTag(node, 'IndexElem') ?? {};
    const name = text(element, 'name');
    if (name === '') throw context.notSupported('ON CONFLICT with an expression', location(infer));
    return findColumn(context, relation, name, location(infer));
  });
  const numbers = columns.map(({ number }) => number).sort((a, b) => a - b);
  const isUnique = relation.indexes.some(
    (index) =>
      index.isUnique &&
      index.predicateText === null &&
      index.columns
        .map(({ column }) => column)
        .sort((a, b) => a - b)
        .join() === numbers.join(),
  );
  if (isUnique) return columns;
  throw context.error(
    '42P10',
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
  );
}
