// `array[position]` and `array[first:last]`, as values and as targets of assignments.
import { BOOL, CHAR, INT4, INT8, NAME } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { supportFunction } from '../functions/registry.ts';
import { asTag, child, flag, list, location, strings, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { startOf } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import { mustCoerce, tryCoerce, typeDisplay } from './coerce.ts';
import { bindExpression } from './expression.ts';
import { fieldColumn } from './set-functions.ts';
import type { Place } from './expression.ts';

function constant(type: number, value: bigint | null): Expression {
  return { kind: 'constant', type, typmod: -1, value };
}

function bindPosition(place: Place, node: Node): Expression {
  const { context } = place;
  const bound = bindExpression(place, node);
  const position = tryCoerce(context, bound, INT4, -1, 'assignment');
  if (position === null) {
    throw context.error('42804', 'array subscript must have type integer', bound.location);
  }
  return mustCoerce(context, position, INT8, 'subscript');
}

export function bindSubscript(place: Place, fields: Fields): Expression {
  const { context } = place;
  const at = location(fields);
  const field = fieldOfRow(place, fields);
  if (field !== null) return field;
  const base = bindExpression(place, child(fields, 'arg') as Node);
  const steps = list(fields, 'indirection').map((step) => asTag(step, 'A_Indices'));
  const [step = null, ...more] = steps;
  if (step === null) throw context.notSupported('a field of a composite value', at);
  const { elementOid } = mustType(base.type);
  if (base.type === NAME && more.length === 0 && !flag(step, 'is_slice')) {
    return bindByteOfName(place, base, step);
  }
  if (elementOid === 0) {
    throw context.error(
      '42804',
      `cannot subscript type ${typeDisplay(base.type)} because it does not support subscripting`,
      startOf(base),
    );
  }
  if (more.length > 0) throw context.notSupported('an array with more than one dimension', at);
  return flag(step, 'is_slice') ? bindSlice(place, base, step) : bindElement(place, base, step);
}

/** `(q.r).field` where a query in FROM has the row; null if there is no such. */
function fieldOfRow({ context, scope }: Place, fields: Fields): Expression | null {
  const column = asTag(child(fields, 'arg'), 'ColumnRef');
  const [step, ...more] = list(fields, 'indirection');
  const field = asTag(step, 'String');
  if (column === null || field === null || more.length > 0) return null;
  const names = strings(list(column, 'fields'));
  const table = names.at(-2);
  const name = fieldColumn(names.at(-1) ?? '', text(field, 'sval'));
  const at = location(column);
  if (table === undefined) return scope.hasColumn(name) ? scope.column(context, name, at) : null;
  const columns = scope.entryNamed(table)?.entry.columns ?? [];
  const isThere = columns.some((candidate) => candidate.name === name);
  return isThere ? scope.qualified(context, table, name, at) : null;
}

/** A name is also an array of characters, from 0. */
function bindByteOfName(place: Place, name: Expression, step: Fields): Expression {
  return {
    kind: 'function',
    signature: supportFunction('pg_byte_of_name'),
    arguments: [name, bindPosition(place, child(step, 'uidx') as Node)],
    type: CHAR,
    typmod: -1,
    location: name.location,
  };
}

function bindElement(place: Place, array: Expression, step: Fields): Expression {
  const position = bindPosition(place, child(step, 'uidx') as Node);
  const { elementOid } = mustType(array.type);
  return {
    kind: 'function',
    signature: supportFunction('pg_subscript'),
    arguments: [array, position, constant(INT4, BigInt(elementOid))],
    type: elementOid,
    typmod: array.typmod,
    location: array.location,
  };
}

function bindSlice(place: Place, array: Expression, step: Fields): Expression {
  const [first, last] = [child(step, 'lidx'), child(step, 'uidx')];
  const bound = [first, last].map((node) =>
    node === null ? constant(INT8, null) : bindPosition(place, node),
  );
  const given = [first, last].map((node) => constant(BOOL, node === null ? 0n : 1n));
  return {
    kind: 'function',
    signature: supportFunction('pg_array_slice'),
    arguments: [array, ...bound, ...given],
    elementType: mustType(array.type).elementOid,
    type: array.type,
    typmod: array.typmod,
    location: array.location,
  };
}

/** The array with the value at a position: `UPDATE ... SET column[position] = value`. */
export function bindElementAssignment(
  place: Place,
  array: Expression,
  indirection: readonly Node[],
  value: Expression,
): Expression {
  const { context } = place;
  const step = asTag(indirection[0], 'A_Indices');
  const { elementOid } = mustType(array.type);
  if (step === null || indirection.length > 1 || elementOid === 0 || flag(step, 'is_slice')) {
    throw context.notSupported('this assignment to a part of a column', value.location);
  }
  return {
    kind: 'function',
    signature: supportFunction('pg_array_assign'),
    arguments: [array, bindPosition(place, child(step, 'uidx') as Node), value],
    elementType: elementOid,
    type: array.type,
    typmod: array.typmod,
    location: value.location,
  };
}
