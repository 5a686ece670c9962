// Subqueries in expressions.
import { BOOL } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { child, location, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import type { Place } from './expression.ts';
import { bindQuantified } from './row.ts';
import { bindQuery } from './select.ts';

export function bindSubLink(place: Place, fields: Fields): Expression {
  const { context } = place;
  const at = location(fields);
  const form = text(fields, 'subLinkType');
  const query = bindQuery(context, child(fields, 'subselect') as Node, place.scope);
  const base = { typmod: -1, location: at } as const;
  if (form === 'EXISTS_SUBLINK') {
    return { kind: 'subquery', form: 'exists', query, type: BOOL, ...base };
  }
  if (form === 'ANY_SUBLINK') return bindQuantified(place, fields, query, 'any');
  if (form === 'ALL_SUBLINK') return bindQuantified(place, fields, query, 'all');
  const [column] = query.columns;
  if (column === undefined || query.columns.length > 1) {
    throw context.error('42601', 'subquery must return only one column', at);
  }
  switch (form) {
    case 'EXPR_SUBLINK':
      return {
        kind: 'subquery',
        form: 'scalar',
        query,
        type: column.type,
        typmod: column.typmod,
        location: at,
      };
    case 'ARRAY_SUBLINK':
      return {
        kind: 'subquery',
        form: 'array',
        query,
        type: mustType(column.type).arrayOid,
        typmod: column.typmod,
        location: at,
      };
    default:
      throw context.notSupported(`a subquery of kind ${form}`, at);
  }
}
