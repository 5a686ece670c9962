// ORDER BY keys and windows.
import { asTag, child, integer, list, location, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { fieldsOf } from '../parse/node.ts';
import type { Expression, SortKey, WindowClause } from '../tree/expression.ts';
import { resolveUnknown } from './coerce.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';

/** Postgres sorts NULLs as if they were the largest values. */
export function sortKey(fields: Fields, expression: Expression): SortKey {
  const isDescending = text(fields, 'sortby_dir') === 'SORTBY_DESC';
  const nulls = text(fields, 'sortby_nulls');
  const isNullsFirst =
    nulls === 'SORTBY_NULLS_FIRST' || (nulls !== 'SORTBY_NULLS_LAST' && isDescending);
  return { expression, isDescending, isNullsFirst };
}

export function bindSortKeys(place: Place, nodes: readonly Node[]): readonly SortKey[] {
  return nodes.map((node) => {
    const fields = asTag(node, 'SortBy') ?? {};
    const expression = bindExpression(place, child(fields, 'node') as Node);
    return sortKey(fields, resolveUnknown(place.context, expression));
  });
}

const FRAME_RANGE = 0x2;
const FRAME_ROWS = 0x4;
const FRAME_GROUPS = 0x8;
const FRAME_EXCLUDE = 0x38000;
const NONDEFAULT = 0x1;
const BOUNDS: readonly (readonly [start: number, end: number, text: string])[] = [
  [0x20, 0x40, 'UNBOUNDED PRECEDING'],
  [0x80, 0x100, 'UNBOUNDED FOLLOWING'],
  [0x200, 0x400, 'CURRENT ROW'],
];

export function bindWindow(place: Place, fields: Fields): WindowClause {
  if (text(fields, 'name') !== '' || text(fields, 'refname') !== '') {
    throw place.context.notSupported('a named window', location(fields));
  }
  return {
    partitionBy: list(fields, 'partitionClause').map((node) =>
      resolveUnknown(place.context, bindExpression(place, node)),
    ),
    orderBy: bindSortKeys(place, list(fields, 'orderClause')),
    frame: frameText(place, fields),
  };
}

function frameText(place: Place, fields: Fields): string | null {
  const options = integer(fields, 'frameOptions');
  if ((options & NONDEFAULT) === 0) return null;
  if ((options & FRAME_EXCLUDE) !== 0) {
    throw place.context.notSupported('EXCLUDE in a window frame', location(fields));
  }
  const mode =
    (options & FRAME_ROWS) !== 0 ? 'ROWS' : (options & FRAME_GROUPS) !== 0 ? 'GROUPS' : 'RANGE';
  if ((options & (FRAME_ROWS | FRAME_RANGE | FRAME_GROUPS)) === 0) return null;
  const start =
    BOUNDS.find(([bit]) => (options & bit) !== 0)?.[2] ??
    offset(place, fields, 'startOffset', options, 0x800);
  const end =
    BOUNDS.find(([, bit]) => (options & bit) !== 0)?.[2] ??
    offset(place, fields, 'endOffset', options, 0x1000);
  return `${mode} BETWEEN ${start} AND ${end}`;
}

/** `n PRECEDING` or `n FOLLOWING`, with a constant n. */
function offset(
  place: Place,
  fields: Fields,
  name: string,
  options: number,
  preceding: number,
): string {
  const constant = asTag(child(fields, name), 'A_Const');
  if (constant === null) throw place.context.notSupported('this window frame', location(fields));
  const value = integer(fieldsOf({ ival: constant['ival'] ?? {} }), 'ival');
  return `${value} ${(options & preceding) !== 0 ? 'PRECEDING' : 'FOLLOWING'}`;
}
