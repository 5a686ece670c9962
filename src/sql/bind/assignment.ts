// SET of UPDATE and ON CONFLICT DO UPDATE.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { PgError } from '../../errors/pg-error.ts';
import { mustType } from '../../types/registry.ts';
import { asTag, child, list, location, text } from '../parse/node.ts';
import type { Node } from '../parse/node.ts';
import type { Assignment } from '../tree/change.ts';
import type { Expression } from '../tree/expression.ts';
import { findColumn } from './changed-table.ts';
import { coerceToColumn } from './coerce.ts';
import { defaultValue } from './default-value.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { columnOfRow } from './row-assignment.ts';
import { bindElementAssignment } from './subscript.ts';

export function bindAssignments(
  place: Place,
  relation: Relation,
  nodes: readonly Node[],
): readonly Assignment[] {
  const { context } = place;
  const seen = new Set<string>();
  return nodes.map((node) => {
    const target = asTag(node, 'ResTarget') ?? {};
    const at = location(target);
    const column = findColumn(context, relation, text(target, 'name'), at);
    if (seen.has(column.name)) {
      throw context.error('42601', `multiple assignments to same column "${column.name}"`, at);
    }
    seen.add(column.name);
    const value = child(target, 'val') as Node;
    const indirection = list(target, 'indirection');
    return {
      column,
      value:
        indirection.length === 0
          ? assignedValue(place, column, value)
          : assignedElement(place, column, indirection, value),
    };
  });
}

/** The column's array with one element changed. */
function assignedElement(
  place: Place,
  column: Column,
  indirection: readonly Node[],
  node: Node,
): Expression {
  const { context, scope } = place;
  const array = scope.column(context, column.name, undefined);
  const element = { name: column.name, type: mustType(column.type).elementOid, typmod: -1 };
  if (element.type === 0) {
    throw context.notSupported(`assigning to a part of column "${column.name}"`);
  }
  const value = coerceToColumn(context, bindExpression(place, node), element);
  return bindElementAssignment(place, array, indirection, value);
}

function assignedValue(place: Place, column: Column, node: Node): Expression {
  const { context } = place;
  if (asTag(node, 'SetToDefault') !== null) return defaultValue(context, column);
  if (column.identity === 'a') throw updatedAlways(column);
  const multi = asTag(node, 'MultiAssignRef');
  if (multi === null) return coerceToColumn(context, bindExpression(place, node), column);
  const source = child(multi, 'source');
  const row = asTag(source, 'RowExpr');
  if (row === null) {
    const subquery = asTag(source, 'SubLink');
    if (subquery === null) throw context.notSupported('UPDATE (columns) = an expression');
    return coerceToColumn(context, columnOfRow(place, subquery, multi), column);
  }
  const item = list(row, 'args')[Number(multi['colno']) - 1] as Node;
  if (asTag(item, 'SetToDefault') !== null) return defaultValue(context, column);
  return coerceToColumn(context, bindExpression(place, item), column);
}

function updatedAlways({ name }: Column): PgError {
  return new PgError('428C9', `column "${name}" can only be updated to DEFAULT`, {
    detail: `Column "${name}" is an identity column defined as GENERATED ALWAYS.`,
  });
}
