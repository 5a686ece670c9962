// `SET (a, b) = (SELECT ...)`.
import { child, location } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import { derivedFrom, plainSelect } from './derived.ts';
import type { Place } from './expression.ts';
import { bindQuery } from './select.ts';
import { targetLocation } from './set-operation.ts';

/** One column of the row that a query gives: SQLite knows no more of one than a value. */
export function columnOfRow(place: Place, subquery: Fields, multi: Fields): Expression {
  const { context, scope } = place;
  const [query, callsVolatile] = context.watchVolatile(() =>
    bindQuery(context, child(subquery, 'subselect') as Node, scope),
  );
  if (callsVolatile) throw context.notSupported('UPDATE (columns) = (subquery), volatile,');
  if (query.columns.length !== Number(multi['ncolumns'])) {
    const message = 'number of columns does not match number of values';
    throw context.error('42601', message, location(subquery));
  }
  const { from, columns } = derivedFrom(context, query);
  const expression = columns[Number(multi['colno']) - 1] as Expression;
  const { type, typmod } = expression;
  const target = { name: '', expression, type, typmod, tableOid: 0, columnNumber: 0 };
  return {
    kind: 'subquery',
    form: 'scalar',
    query: plainSelect({ targets: [target], from: [from] }),
    type,
    typmod,
    location: targetLocation(query, Number(multi['colno']) - 1),
  };
}
