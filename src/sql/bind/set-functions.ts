// Set-returning functions in a select list (PG: 38.5.9): `SELECT f(x) + 1 FROM t` is bound as
// `SELECT c + 1 FROM t, f(x) AS c`. Several of them go in lockstep, NULL where one has ended.
import { functionsNamed, setFunctionsNamed } from '../functions/registry.ts';
import { asTag, child, fieldsOf, list, location, stringOf, tagOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { BindContext } from './context.ts';
import { resultName } from './result-name.ts';

/** Where Postgres does not let them stand. */
const CLOSED = ['CaseExpr', 'CoalesceExpr', 'SubLink'];

function isSetCall(call: Fields): boolean {
  const name = stringOf(list(call, 'funcname').at(-1) ?? {});
  return setFunctionsNamed(name).length > 0 && functionsNamed(name).length === 0;
}

interface Found {
  readonly call: Node;
  readonly alias: string;
  /** Its column's name, where it is the whole target. */
  readonly name: string;
}

/** The part of a tree with columns in place of the calls, which are added to `found`. */
function replaced(node: unknown, found: Found[], nameAlone: string | null): unknown {
  if (Array.isArray(node)) return node.map((item) => replaced(item, found, null));
  if (typeof node !== 'object' || node === null) return node;
  if (CLOSED.includes(tagOf(node as Node))) return node;
  const call = asTag(node, 'FuncCall');
  if (call !== null && isSetCall(call)) {
    const alias = `set function ${found.length + 1}`;
    const name = nameAlone ?? stringOf(list(call, 'funcname').at(-1) ?? {});
    found.push({ call: node as Node, alias, name });
    const fields = [{ String: { sval: alias } }, { String: { sval: name } }];
    return { ColumnRef: { fields, location: location(call) } };
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, replaced(value, found, null)]),
  );
}

function rangeOf({ call, alias, name }: Found, ordinality: string | null): Node {
  const names = [name, ...(ordinality === null ? [] : [ordinality])];
  return {
    RangeFunction: {
      functions: [{ List: { items: [call] } }],
      alias: { aliasname: alias, colnames: names.map((each) => ({ String: { sval: each } })) },
      ...(ordinality === null ? {} : { ordinality: true }),
    },
  };
}

function namesColumns(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return asTag(node, 'ColumnRef') !== null || Object.values(node).some(namesColumns);
}

/** Joined by the number of the row. */
function inLockstep(context: BindContext, found: readonly Found[]): Node {
  const [first, ...others] = found;
  if (found.some(({ call }) => namesColumns(call))) {
    throw context.notSupported('several set-returning functions over columns in a select list');
  }
  const using = [{ String: { sval: 'row number of set functions' } }];
  const numbered = (each: Found): Node => rangeOf(each, 'row number of set functions');
  return others.reduce<Node>(
    (joined, each) => ({
      JoinExpr: {
        jointype: 'JOIN_FULL',
        larg: joined,
        rarg: numbered(each),
        usingClause: using,
      },
    }),
    numbered(first as Found),
  );
}

export function withSetFunctionsInFrom(context: BindContext, fields: Fields): Fields {
  const found: Found[] = [];
  const targets = list(fields, 'targetList').map((node) => {
    const target = asTag(node, 'ResTarget') ?? {};
    const value = child(target, 'val');
    if (value === null) return node;
    const name = text(target, 'name') || resultName(value);
    const before = found.length;
    const changed = replaced(value, found, name);
    return before === found.length ? node : { ResTarget: { ...target, name, val: changed } };
  });
  const [first] = found;
  if (first === undefined) return fields;
  refuseGrouped(context, fields, first);
  const item = found.length === 1 ? rangeOf(first, null) : inLockstep(context, found);
  return { ...fields, targetList: targets, fromClause: [...list(fields, 'fromClause'), item] };
}

/** Rows would have to be made after the grouping. */
function refuseGrouped(context: BindContext, fields: Fields, { call }: Found): void {
  if (list(fields, 'groupClause').length === 0) return;
  throw context.notSupported(
    'a set-returning function in the select list of a grouped query',
    location(fieldsOf(call)),
  );
}
