// Functions in FROM: set-returning ones, unnest() of several arrays, WITH ORDINALITY.
import { INT4, INT8, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { functionsNamed, setFunctionsNamed } from '../functions/registry.ts';
import { NO_ARRAY, UNNEST_ARRAYS_MAX, UNNEST_MANY } from '../functions/unnest.ts';
import { asTag, flag, list, location, strings } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import type { FromItem } from '../tree/query.ts';
import { mustCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { addEntry, aliasOf, renamedColumns } from './from.ts';
import { bindArguments } from './arguments.ts';
import { checkFunctionSchema } from './function-schema.ts';
import { bindRowsFrom } from './rows-from.ts';
import { isRecordCall } from './record-function.ts';
import { chooseOverload } from './overload.ts';
import { concreteType } from './polymorphic.ts';
import type { Scope, ScopeColumn } from './scope.ts';

/** A call with its columns, before it gets names in the statement. */
export interface BoundCall {
  readonly name: string;
  readonly sqlName: string;
  readonly arguments: readonly Expression[];
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  /** Columns of the SQLite function; the number of the row comes behind them. */
  readonly width: number;
}

export function bindRangeFunction(context: BindContext, fields: Fields, scope: Scope): FromItem {
  const items = list(fields, 'functions').map((each) => list(asTag(each, 'List') ?? {}, 'items'));
  const functions = items.map(([node]) => node as Node);
  const [node] = functions;
  const definitions = items.map(([, own]) => [
    ...list(fields, 'coldeflist'),
    ...list(asTag(own, 'List') ?? {}, 'items'),
  ]);
  const [shared] = list(fields, 'coldeflist');
  if (shared !== undefined && flag(fields, 'ordinality')) {
    throw context.error(
      '42601',
      'WITH ORDINALITY cannot be used with a column definition list',
      location(asTag(shared, 'ColumnDef') ?? {}),
      'Put the column definition list inside ROWS FROM().',
    );
  }
  refuseDefinitions(context, functions, definitions);
  const call = asTag(node, 'FuncCall');
  if (functions.length !== 1 || call === null || !isSetCall(call)) {
    return bindRowsFrom(context, fields, functions, scope, definitions);
  }
  const bound = bindSetCall(context, call, scope);
  const hasOrdinality = flag(fields, 'ordinality');
  const alias = aliasOf(fields);
  const sqliteAlias = context.nextAlias();
  const isSingle = bound.columns.length === 1;
  const shown = [...bound.columns, ...(hasOrdinality ? [{ name: 'ordinality', type: INT8 }] : [])];
  const sqliteName = (at: number): string =>
    at < bound.columns.length ? `c${at + 1}` : `c${bound.width + 1}`;
  const own = shown.map((column, at): ScopeColumn => ({
    name: isSingle && at === 0 ? (alias.name ?? (column.name || bound.name)) : column.name,
    type: column.type,
    typmod: -1,
    sqliteName: sqliteName(at),
    tableOid: 0,
    columnNumber: 0,
    isNotNull: false,
  }));
  const columns = renamedColumns(own, alias);
  addEntry(context, scope, { name: alias.name ?? bound.name, alias: sqliteAlias, columns });
  return {
    kind: 'function',
    alias: sqliteAlias,
    sqlName: hasOrdinality ? `${bound.sqlName}_ordinality` : bound.sqlName,
    arguments: bound.arguments,
  };
}

/** Only those of JSON return `record`; what there is not is refused where it is bound. */
function refuseDefinitions(
  context: BindContext,
  functions: readonly Node[],
  definitions: readonly (readonly Node[])[],
): void {
  for (const [at, node] of functions.entries()) {
    const [definition] = definitions[at] ?? [];
    const call = asTag(node, 'FuncCall') ?? {};
    const isKnown = isSetCall(call) || functionsNamed(nameOf(call)).length > 0;
    if (definition === undefined || isRecordCall(node) || !isKnown) continue;
    const message = 'a column definition list is only allowed for functions returning "record"';
    throw context.error('42601', message, location(asTag(definition, 'ColumnDef') ?? {}));
  }
}

/** It gives rows, not a value. */
export function isSetCall(call: Fields): boolean {
  return setFunctionsNamed(nameOf(call)).length > 0;
}

function nameOf(call: Fields): string {
  return strings(list(call, 'funcname')).at(-1) ?? '';
}

export function bindSetCall(context: BindContext, call: Fields, scope: Scope): BoundCall {
  const name = nameOf(call);
  checkFunctionSchema(context, call);
  const place = { context, scope, noAggregates: 'functions in FROM' };
  const nodes = list(call, 'args');
  const parts = bindArguments(place, name, nodes, location(call), setFunctionsNamed(name));
  if (name === 'unnest' && parts.length > 1) return unnestMany(context, parts, location(call));
  const types = parts.map((part) => part.type);
  const found = chooseOverload(setFunctionsNamed(name), (candidate) => candidate, types);
  if (found === null || found === 'ambiguous') {
    const shown = types
      .slice(0, nodes.length)
      .map((type) => typeDisplay(type))
      .join(', ');
    throw context.error(
      '42883',
      `function ${name}(${shown}) does not exist`,
      location(call),
      'No function matches the given name and argument types. You might need to add explicit type casts.',
    );
  }
  const { candidate: signature, arguments: wanted, variables } = found;
  context.noteCall(signature);
  const element = variables.element ?? variables.compatible;
  return {
    name,
    sqlName: signature.sqlName,
    arguments: [
      ...(signature.takesElementType === true && element !== null ? [oidConstant(element)] : []),
      ...parts.map((part, at) => mustCoerce(context, part, wanted[at] as number, name)),
    ],
    columns: signature.columns.map((column) => ({
      name: column.name,
      type: concreteType(column.type, variables),
    })),
    width: signature.columns.length,
  };
}

function oidConstant(oid: number): Expression {
  return { kind: 'constant', type: INT4, typmod: -1, value: BigInt(oid) };
}

/** unnest(a, b, ...): a column for each array, NULL where one is shorter. */
function unnestMany(
  context: BindContext,
  parts: readonly Expression[],
  at: number | undefined,
): BoundCall {
  if (parts.length > UNNEST_ARRAYS_MAX) {
    throw context.notSupported(`unnest() of more than ${UNNEST_ARRAYS_MAX} arrays`, at);
  }
  const columns = parts.map(({ type }) => {
    const { elementOid, displayName } = mustType(type);
    if (elementOid !== 0) return { name: 'unnest', type: elementOid };
    throw context.error('42883', `function unnest(${displayName}) does not exist`, at);
  });
  // A vector of the catalog is no array yet.
  const arrays = parts.map((part, index) =>
    mustCoerce(context, part, mustType(columns[index]?.type ?? 0).arrayOid, 'unnest'),
  );
  const none: Expression = { kind: 'constant', type: TEXT, typmod: -1, value: NO_ARRAY };
  const padding = new Array<Expression>(2 * (UNNEST_ARRAYS_MAX - parts.length)).fill(none);
  const orNone = (part: Expression): Expression => ({
    kind: 'coalesce',
    arguments: [part, none],
    type: part.type,
    typmod: -1,
  });
  return {
    name: 'unnest',
    sqlName: UNNEST_MANY,
    arguments: [
      ...arrays.flatMap((part, index) => [oidConstant(columns[index]?.type ?? 0), orNone(part)]),
      ...padding,
    ],
    columns,
    width: UNNEST_ARRAYS_MAX,
  };
}
