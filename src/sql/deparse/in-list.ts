// An IN list over character varying: Postgres builds the array in that type and converts it, and
// the operand, to text, because the operator is text's.
import { TEXT, VARCHAR } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { Expression, InList } from '../tree/expression.ts';

function isVarchar({ left }: InList): boolean {
  return (
    left.type === VARCHAR ||
    (left.kind === 'cast' && !left.isExplicit && left.argument.type === VARCHAR)
  );
}

/** The operand with the conversion that Postgres shows. */
export function inListLeft(node: InList): Expression {
  const { left } = node;
  if (left.type !== VARCHAR) return left;
  return {
    kind: 'cast',
    signature: null,
    how: 'relabel',
    isExplicit: false,
    argument: left,
    type: TEXT,
    typmod: -1,
  };
}

/** The items, and the array type they are converted to, if any. */
export function arrayOfOutputType(node: InList): {
  readonly items: readonly Expression[];
  readonly convertedTo: Oid | null;
} {
  if (!isVarchar(node)) return { items: node.items, convertedTo: null };
  const items = node.items.map((item) =>
    item.kind === 'constant' ? { ...item, type: VARCHAR, typmod: -1 } : item,
  );
  return { items, convertedTo: mustType(TEXT).arrayOid };
}
