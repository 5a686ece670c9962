// Subqueries in expressions.
import { BOOL } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { asTag, child, list, location, stringOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import { commonType, mustCoerce } from './coerce.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
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
  const [column] = query.columns;
  if (column === undefined || query.columns.length > 1) {
    const message =
      form === 'ANY_SUBLINK'
        ? 'subquery has too many columns'
        : 'subquery must return only one column';
    throw context.error('42601', message, at);
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
        ...base,
      };
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK': {
      const operator = stringOf(list(fields, 'operName')[0] ?? { String: { sval: '=' } });
      const isIn = form === 'ANY_SUBLINK' && operator === '=';
      const isNotIn = form === 'ALL_SUBLINK' && operator === '<>';
      if (!isIn && !isNotIn) throw context.notSupported(`${operator} ANY/ALL (subquery)`, at);
      const test = child(fields, 'testexpr') as Node;
      if (asTag(test, 'RowExpr') !== null)
        throw context.notSupported('a row value with IN (subquery)', at);
      const left = bindExpression(place, test);
      const sample: Expression = { kind: 'constant', type: column.type, typmod: -1, value: null };
      const type = commonType(context, [left, sample], 'IN');
      if (type !== column.type && mustType(type).category !== mustType(column.type).category) {
        throw context.error('42883', 'operator does not exist', at);
      }
      return {
        kind: 'in-subquery',
        left: mustCoerce(context, left, type, 'IN'),
        query,
        isNegated: isNotIn,
        type: BOOL,
        ...base,
      };
    }
    default:
      throw context.notSupported(`a subquery of kind ${form}`, at);
  }
}
