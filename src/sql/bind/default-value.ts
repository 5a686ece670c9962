// DEFAULT of a column.
import type { Column } from '../../catalog/catalog.ts';
import { asTag, child, list } from '../parse/node.ts';
import type { Node } from '../parse/node.ts';
import { parse } from '../parse/parse.ts';
import type { Expression } from '../tree/expression.ts';
import { coerceToColumn } from './coerce.ts';
import { BindContext } from './context.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { Scope } from './scope.ts';

/** The value that a column gets when none is given. */
export function defaultValue(context: BindContext, column: Column): Expression {
  const none: Expression = {
    kind: 'constant',
    type: column.type,
    typmod: column.typmod,
    value: null,
  };
  if (column.defaultText === null) return none;
  const [statement] = parse(`SELECT ${column.defaultText}`);
  const target = list(asTag(statement?.node, 'SelectStmt') ?? {}, 'targetList')[0];
  const value = child(asTag(target, 'ResTarget') ?? {}, 'val') as Node;
  const inside = new BindContext(context.catalog, context.settings, statement?.source ?? '', []);
  const place: Place = {
    context: inside,
    scope: new Scope(null),
    noAggregates: 'DEFAULT expressions',
  };
  const bound = coerceToColumn(inside, bindExpression(place, value), column);
  context.noteInner(inside);
  return bound;
}
