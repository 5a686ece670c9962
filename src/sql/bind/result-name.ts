// What a column without AS is called (PG: FigureColname in parse_target.c).
import { asTag, child, fieldsOf, inner, list, stringOf, tagOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';

/** Names that a cast or CASE gives yield to those of what is inside. */
interface Figured {
  readonly name: string;
  readonly isWeak: boolean;
}

const NONE: Figured = { name: '?column?', isWeak: true };

function strong(name: string): Figured {
  return { name, isWeak: false };
}

type Handler = (fields: Fields) => Figured;

const HANDLERS: Readonly<Record<string, Handler>> = {
  ColumnRef: (fields) => {
    const name = list(fields, 'fields').map(stringOf).filter(Boolean).at(-1);
    return name === undefined ? NONE : strong(name);
  },
  FuncCall: (fields) => strong(stringOf(list(fields, 'funcname').at(-1) ?? {})),
  TypeCast: (fields) => {
    const inside = figured(child(fields, 'arg') as Node);
    if (!inside.isWeak) return inside;
    const names = list(inner(fields, 'typeName') ?? {}, 'names');
    return { name: stringOf(names.at(-1) ?? {}), isWeak: true };
  },
  CollateClause: (fields) => figured(child(fields, 'arg') as Node),
  CaseExpr: (fields) => {
    const otherwise = child(fields, 'defresult');
    const inside = otherwise === null ? NONE : figured(otherwise);
    return inside.isWeak ? { name: 'case', isWeak: true } : inside;
  },
  A_Indirection: (fields) => {
    const field = list(fields, 'indirection').map(stringOf).filter(Boolean).at(-1);
    return field === undefined ? figured(child(fields, 'arg') as Node) : strong(field);
  },
  CoalesceExpr: () => strong('coalesce'),
  MinMaxExpr: (fields) => strong(text(fields, 'op') === 'IS_LEAST' ? 'least' : 'greatest'),
  A_ArrayExpr: () => strong('array'),
  RowExpr: () => strong('row'),
  GroupingFunc: () => strong('grouping'),
  A_Expr: (fields) => (text(fields, 'kind') === 'AEXPR_NULLIF' ? strong('nullif') : NONE),
  SQLValueFunction: (fields) =>
    strong(text(fields, 'op').replace('SVFOP_', '').replace(/_N$/, '').toLowerCase()),
  SubLink: subLinkName,
};

function subLinkName(fields: Fields): Figured {
  const form = text(fields, 'subLinkType');
  if (form === 'EXISTS_SUBLINK') return strong('exists');
  if (form === 'ARRAY_SUBLINK') return strong('array');
  if (form !== 'EXPR_SUBLINK') return NONE;
  let select = asTag(child(fields, 'subselect'), 'SelectStmt');
  // A set operation has the names of its first query.
  for (let left = inner(select ?? {}, 'larg'); left !== null; left = inner(left, 'larg'))
    select = left;
  if (list(select ?? {}, 'valuesLists').length > 0) return strong('column1');
  const target = asTag(list(select ?? {}, 'targetList')[0], 'ResTarget');
  if (target === null) return NONE;
  return strong(text(target, 'name') || resultName(child(target, 'val') as Node));
}

function figured(node: Node): Figured {
  return HANDLERS[tagOf(node)]?.(fieldsOf(node)) ?? NONE;
}

export function resultName(node: Node): string {
  return figured(node).name;
}
