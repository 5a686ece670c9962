// Set-returning functions in a select list (PG: 38.5.9): `SELECT f(x) + 1 FROM t` is bound as
// `SELECT c + 1 FROM t, f(x) AS c`. Several of them go in lockstep, NULL where one has ended.
import { functionsNamed, setFunctionsNamed } from '../functions/registry.ts';
import { asTag, child, fieldsOf, list, location, stringOf, tagOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { BindContext } from './context.ts';
import { resultName } from './result-name.ts';

/** Between the name of a row and that of its field, as a column of their own. */
const FIELD_MARK = '\0';

/** The column that a field of a row in a select list becomes, see rowTargets(). */
export function fieldColumn(row: string, field: string): string {
  return `${row}${FIELD_MARK}${field}`;
}

/** A part of a row, which is no column for `*`. */
export function isFieldColumn(name: string): boolean {
  return name.includes(FIELD_MARK);
}

/** Where Postgres does not let them stand. */
const CLOSED = ['CaseExpr', 'CoalesceExpr', 'SubLink'];

function isSetCall(call: Fields): boolean {
  const name = nameOf(call);
  return setFunctionsNamed(name).length > 0 && functionsNamed(name).length === 0;
}

function nameOf(call: Fields): string {
  return stringOf(list(call, 'funcname').at(-1) ?? {});
}

function givesRows(call: Fields): boolean {
  return setFunctionsNamed(nameOf(call)).every(({ columns }) => columns.length > 1);
}

interface Found {
  readonly call: Node;
  /** Of its item of FROM, and of its column. */
  readonly alias: string;
  /** `(f(x)).field`; null: it gives values, not rows. */
  readonly field: string | null;
}

/** `(f(x)).field` of a function that gives rows. */
function fieldOfCall(node: Node): { readonly call: Fields; readonly field: string } | null {
  const indirection = asTag(node, 'A_Indirection');
  const call = asTag(child(indirection ?? {}, 'arg'), 'FuncCall');
  const [first, ...others] = list(indirection ?? {}, 'indirection');
  const field = asTag(first, 'String');
  if (call === null || field === null || others.length > 0) return null;
  return isSetCall(call) && givesRows(call) ? { call, field: text(field, 'sval') } : null;
}

/** The part of a tree with columns in place of the calls, which are added to `found`. */
function replaced(context: BindContext, node: unknown, found: Found[]): unknown {
  if (Array.isArray(node)) return node.map((item) => replaced(context, item, found));
  if (typeof node !== 'object' || node === null) return node;
  if (CLOSED.includes(tagOf(node as Node))) return node;
  const alias = `set function ${found.length + 1}`;
  const ofField = fieldOfCall(node as Node);
  if (ofField !== null) {
    const { call, field } = ofField;
    found.push({ call: { FuncCall: call }, alias, field });
    return columnOf(alias, location(call));
  }
  const call = asTag(node, 'FuncCall');
  if (call !== null && isSetCall(call)) {
    if (givesRows(call)) throw context.notSupported('a row as a value', location(call));
    found.push({ call: node as Node, alias, field: null });
    return columnOf(alias, location(call));
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, replaced(context, value, found)]),
  );
}

function columnOf(name: string, at: number | undefined): Node {
  return { ColumnRef: { fields: [stringNode(name)], location: at } };
}

function stringNode(sval: string): Node {
  return { String: { sval } };
}

function rangeOf({ call, alias }: Found, ordinality: string | null): Node {
  const names = [alias, ...(ordinality === null ? [] : [ordinality])];
  return {
    RangeFunction: {
      functions: [{ List: { items: [call] } }],
      alias: { aliasname: alias, colnames: names.map(stringNode) },
      ...(ordinality === null ? {} : { ordinality: true }),
    },
  };
}

function namesColumns(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  return asTag(node, 'ColumnRef') !== null || Object.values(node).some(namesColumns);
}

/** Joined by the number of the row. */
function inLockstep(found: readonly Found[]): Node {
  const [first, ...others] = found;
  const using = [stringNode('row number of set functions')];
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

/** `unnest(array(SELECT f(x)), array(SELECT g(x)))`: they may depend on the row of FROM. */
function asArrays(found: readonly Found[]): Node {
  const arrays = found.map(({ call, field }) => {
    const targets = [{ ResTarget: { val: field === null ? call : columnOf(field, undefined) } }];
    const range = { RangeFunction: { functions: [{ List: { items: [call] } }] } };
    const query = {
      targetList: targets,
      ...(field === null ? {} : { fromClause: [range] }),
      op: 'SETOP_NONE',
    };
    return { SubLink: { subLinkType: 'ARRAY_SUBLINK', subselect: { SelectStmt: query } } };
  });
  const call = { FuncCall: { funcname: [stringNode('unnest')], args: arrays } };
  const colnames = found.map(({ alias }) => stringNode(alias));
  return {
    RangeFunction: {
      functions: [{ List: { items: [call] } }],
      alias: { aliasname: found[0]?.alias ?? '', colnames },
    },
  };
}

function itemOf(found: readonly Found[]): Node {
  const [first] = found;
  if (found.length === 1 && first?.field === null) return rangeOf(first, null);
  const isByRow = found.some(({ call, field }) => field !== null || namesColumns(call));
  return isByRow ? asArrays(found) : inLockstep(found);
}

/**
 * `f(x) AS r`, which gives rows, as a column for each field, for `(q.r).field` of the query around:
 * null if it is no such target.
 */
function rowTargets(value: Node, name: string, found: Found[]): readonly Node[] | null {
  const call = asTag(value, 'FuncCall');
  if (call === null || !isSetCall(call) || !givesRows(call)) return null;
  const [signature] = setFunctionsNamed(nameOf(call));
  return (signature?.columns ?? []).map((column) => {
    const alias = `set function ${found.length + 1}`;
    found.push({ call: value, alias, field: column.name });
    const val = columnOf(alias, location(call));
    return { ResTarget: { name: fieldColumn(name, column.name), val } };
  });
}

/** `mayGiveRows`: the query is in FROM. */
export function withSetFunctionsInFrom(
  context: BindContext,
  fields: Fields,
  mayGiveRows: boolean,
): Fields {
  const found: Found[] = [];
  const targets = list(fields, 'targetList').flatMap((node) => {
    const target = asTag(node, 'ResTarget') ?? {};
    const value = child(target, 'val');
    if (value === null) return node;
    const name = text(target, 'name') || resultName(value);
    const rows = mayGiveRows ? rowTargets(value, name, found) : null;
    if (rows !== null) return rows;
    const before = found.length;
    const changed = replaced(context, value, found);
    return before === found.length ? node : { ResTarget: { ...target, name, val: changed } };
  });
  const [first] = found;
  if (first === undefined) return fields;
  refuseGrouped(context, fields, first);
  return {
    ...fields,
    targetList: targets,
    fromClause: [...list(fields, 'fromClause'), itemOf(found)],
  };
}

/** Rows would have to be made after the grouping. */
function refuseGrouped(context: BindContext, fields: Fields, { call }: Found): void {
  if (list(fields, 'groupClause').length === 0) return;
  throw context.notSupported(
    'a set-returning function in the select list of a grouped query',
    location(fieldsOf(call)),
  );
}
