// Windows: OVER (...), the WINDOW clause, and frames.
import { FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { asTag, child, integer, list, location, startOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { someExpression } from '../tree/expression.ts';
import type { Expression, FrameBound, SortKey, WindowClause } from '../tree/expression.ts';
import { resolveUnknown, tryCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import type { Scope } from './scope.ts';
import { bindSortKeys } from './sort.ts';

const NONDEFAULT = 0x1;
const FRAME_RANGE = 0x2;
const FRAME_ROWS = 0x4;
const FRAME_GROUPS = 0x8;
const START_UNBOUNDED_PRECEDING = 0x20;
const END_UNBOUNDED_FOLLOWING = 0x100;
const START_CURRENT_ROW = 0x200;
const END_CURRENT_ROW = 0x400;
const START_PRECEDING = 0x800;
const END_PRECEDING = 0x1000;
const EXCLUSIONS: readonly (readonly [bit: number, text: WindowClause['exclusion']])[] = [
  [0x8000, 'CURRENT ROW'],
  [0x10000, 'GROUP'],
  [0x20000, 'TIES'],
];

/** The WINDOW clause: each window is checked, and kept for OVER to name. */
export function bindNamedWindows(place: Place, nodes: readonly Node[]): void {
  for (const node of nodes) {
    const fields = asTag(node, 'WindowDef') ?? {};
    const name = text(fields, 'name');
    if (place.scope.windows.has(name)) {
      const message = `window "${name}" is already defined`;
      throw place.context.error('42P20', message, location(fields));
    }
    const complete = inherited(place.context, place.scope, { ...fields, name: '' });
    bindDefinition(place, complete);
    place.scope.windows.set(name, complete);
  }
}

export function bindWindow(place: Place, fields: Fields): WindowClause {
  const { context, scope } = place;
  const name = text(fields, 'name');
  if (name === '') return bindDefinition(place, inherited(context, scope, fields));
  return bindDefinition(place, named(context, scope, name, location(fields)));
}

function named(context: BindContext, scope: Scope, name: string, at: number | undefined): Fields {
  const found = scope.windows.get(name);
  if (found !== undefined) return found;
  throw context.error('42704', `window "${name}" does not exist`, at);
}

/** The definition with what it takes from the window that it names. */
function inherited(context: BindContext, scope: Scope, fields: Fields): Fields {
  const name = text(fields, 'refname');
  if (name === '') return fields;
  const at = location(fields);
  const base = named(context, scope, name, at);
  const has = (part: Fields, clause: string): boolean => list(part, clause).length > 0;
  if (has(fields, 'partitionClause')) {
    throw context.error('42P20', `cannot override PARTITION BY clause of window "${name}"`, at);
  }
  if (has(fields, 'orderClause') && has(base, 'orderClause')) {
    throw context.error('42P20', `cannot override ORDER BY clause of window "${name}"`, at);
  }
  if ((integer(base, 'frameOptions') & NONDEFAULT) !== 0) {
    const isBare =
      !has(fields, 'orderClause') && (integer(fields, 'frameOptions') & NONDEFAULT) === 0;
    throw context.error(
      '42P20',
      `cannot copy window "${name}" because it has a frame clause`,
      at,
      isBare ? 'Omit the parentheses in this OVER clause.' : undefined,
    );
  }
  return {
    ...fields,
    refname: '',
    partitionClause: list(base, 'partitionClause'),
    orderClause: list(has(base, 'orderClause') ? base : fields, 'orderClause'),
  };
}

function bindDefinition(place: Place, fields: Fields): WindowClause {
  const partitionBy = list(fields, 'partitionClause').map((node) =>
    resolveUnknown(place.context, bindExpression(place, node)),
  );
  const orderBy = bindSortKeys(place, list(fields, 'orderClause'));
  const parts = [...partitionBy, ...orderBy.map(({ expression }) => expression)];
  refuseWindows(place.context, parts, 'window definitions');
  return { partitionBy, orderBy, ...bindFrame(place, fields, orderBy) };
}

/** Throws 42P20 for a window function where none may be. */
export function refuseWindows(
  context: BindContext,
  expressions: readonly Expression[],
  where: string,
): void {
  for (const expression of expressions) {
    someExpression(expression, (part) => {
      if (part.kind !== 'aggregate' || part.over === null) return false;
      throw context.error('42P20', `window functions are not allowed in ${where}`, part.location);
    });
  }
}

function bindFrame(
  place: Place,
  fields: Fields,
  orderBy: readonly SortKey[],
): Pick<WindowClause, 'frame' | 'exclusion'> {
  const { context } = place;
  const options = integer(fields, 'frameOptions');
  const exclusion = EXCLUSIONS.find(([bit]) => (options & bit) !== 0)?.[1] ?? null;
  const isDefault = (options & NONDEFAULT) === 0;
  if (isDefault || (options & (FRAME_ROWS | FRAME_RANGE | FRAME_GROUPS)) === 0) {
    return { frame: null, exclusion: null };
  }
  const mode =
    (options & FRAME_ROWS) !== 0 ? 'ROWS' : (options & FRAME_GROUPS) !== 0 ? 'GROUPS' : 'RANGE';
  if (mode === 'GROUPS' && orderBy.length === 0) {
    throw context.error('42P20', 'GROUPS mode requires an ORDER BY clause', location(fields));
  }
  const offset = (name: string, which: string, isPreceding: boolean): FrameBound => {
    const node = child(fields, name) as Node;
    const direction = isPreceding ? 'PRECEDING' : 'FOLLOWING';
    return { direction, offset: bindOffset(place, fields, node, mode, which, orderBy) };
  };
  const start: FrameBound =
    (options & START_UNBOUNDED_PRECEDING) !== 0
      ? { direction: 'PRECEDING', offset: null }
      : (options & START_CURRENT_ROW) !== 0
        ? { direction: 'CURRENT ROW', offset: null }
        : offset('startOffset', 'starting', (options & START_PRECEDING) !== 0);
  const end: FrameBound =
    (options & END_UNBOUNDED_FOLLOWING) !== 0
      ? { direction: 'FOLLOWING', offset: null }
      : (options & END_CURRENT_ROW) !== 0
        ? { direction: 'CURRENT ROW', offset: null }
        : offset('endOffset', 'ending', (options & END_PRECEDING) !== 0);
  return { frame: { mode, start, end }, exclusion };
}

const INTEGERS: readonly Oid[] = [INT2, INT4, INT8];
const FLOATS: readonly Oid[] = [FLOAT4, FLOAT8];

/** SQLite takes nothing but numbers in the text. */
function bindOffset(
  place: Place,
  fields: Fields,
  node: Node,
  mode: 'ROWS' | 'GROUPS' | 'RANGE',
  which: string,
  orderBy: readonly SortKey[],
): bigint | number {
  const { context } = place;
  const at = startOf(node);
  const bound = bindExpression({ ...place, noAggregates: `window ${mode}` }, node);
  if (someExpression(bound, ({ kind }) => kind === 'column')) {
    throw context.error('42P10', `argument of ${mode} must not contain variables`, at);
  }
  const wanted = mode === 'RANGE' ? typeOfRange(context, fields, orderBy, bound, at) : INT8;
  const offset = tryCoerce(context, bound, wanted, -1, 'assignment');
  if (offset === null) {
    const types = `type ${typeDisplay(wanted)}, not type ${typeDisplay(bound.type)}`;
    throw context.error('42804', `argument of ${mode} must be ${types}`, at);
  }
  const value = numberOf(offset);
  if (value === undefined) {
    throw context.notSupported('a window frame whose offset is not a number in the text', at);
  }
  if (value === null) throw context.error('22004', `frame ${which} offset must not be null`);
  if (value >= 0) return FLOATS.includes(wanted) ? Number(value) : BigInt(value);
  throw mode === 'RANGE'
    ? context.error('22013', 'invalid preceding or following size in window function')
    : context.error('22013', `frame ${which} offset must not be negative`);
}

/** Offsets of integers are of any integer type, those of floats are double precision. */
function typeOfRange(
  context: BindContext,
  fields: Fields,
  orderBy: readonly SortKey[],
  offset: Expression,
  at: number | undefined,
): Oid {
  const [key, ...others] = orderBy;
  if (key === undefined || others.length > 0) {
    throw context.error(
      '42P20',
      'RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column',
      location(fields),
    );
  }
  const { type } = key.expression;
  if (FLOATS.includes(type)) return FLOAT8;
  if (INTEGERS.includes(type)) return INTEGERS.includes(offset.type) ? offset.type : type;
  const message = 'RANGE with offset PRECEDING/FOLLOWING is not supported for column type';
  throw context.error('0A000', `${message} ${typeDisplay(type)}`, at);
}

/** undefined: it is not known before the statement runs. */
function numberOf(expression: Expression): bigint | number | null | undefined {
  if (expression.kind === 'cast') {
    const isOfInteger = INTEGERS.includes(expression.argument.type);
    const isNumeric = expression.argument.type === NUMERIC && FLOATS.includes(expression.type);
    return isOfInteger || isNumeric ? numberOf(expression.argument) : undefined;
  }
  if (expression.kind !== 'constant') return undefined;
  const { value } = expression;
  if (typeof value === 'string') return Number(value);
  return value instanceof Uint8Array ? undefined : value;
}
