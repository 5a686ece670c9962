// json_to_record(), json_populate_recordset() and the like in FROM (PG: 9.16): their columns are those
// of a column definition list, or of a table whose row is the first argument.
import { INT4, JSON, JSONB, OID, TEXT } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { JSON_FIELD, JSON_RECORDS, NO_JSON, RECORD_FUNCTIONS } from '../functions/json-records.ts';
import { asTag, child, flag, inner, list, location, strings, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { Expression } from '../tree/expression.ts';
import type { FromItem } from '../tree/query.ts';
import { tryCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { bindExpression } from './expression.ts';
import type { Place } from './expression.ts';
import { UNDETERMINED, noFunction } from './no-function.ts';
import { reference } from './scope.ts';
import { bindTypeName } from './type-name.ts';

const DEFINITIONS = 'a column definition list is';

interface RecordColumn {
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  /** What a field that is missing is; null: NULL. */
  readonly base: Expression | null;
}

export interface BoundRecords {
  readonly name: string;
  readonly item: FromItem;
  /** The alias of the item, whose second column numbers its rows. */
  readonly alias: string;
  readonly values: readonly { readonly name: string; readonly value: Expression }[];
}

function nameOf(call: Fields): string {
  return strings(list(call, 'funcname')).at(-1) ?? '';
}

export function givesRecords(name: string): boolean {
  return RECORD_FUNCTIONS.includes(name);
}

export function isRecordCall(node: Node | undefined): boolean {
  const call = asTag(node, 'FuncCall');
  return call !== null && givesRecords(nameOf(call));
}

/** `definition`: the nodes of a column definition list; empty: there is none. */
export function bindRecordCall(
  place: Place,
  call: Fields,
  definition: readonly Node[],
): BoundRecords {
  const { context } = place;
  const name = nameOf(call);
  const nodes = list(call, 'args');
  const jsonType = name.startsWith('jsonb') ? JSONB : JSON;
  const isPopulating = name.includes('populate');
  const own = isPopulating ? baseColumns(place, name, nodes[0]) : null;
  const json = jsonArgument(place, name, nodes, jsonType, call);
  const columns = own ?? definedColumns(context, call, definition);
  const [first] = definition;
  if (own !== null && first !== undefined) {
    const message = `${DEFINITIONS} redundant for a function returning a named composite type`;
    throw context.error('42601', message, location(asTag(first, 'ColumnDef') ?? {}));
  }
  const alias = context.nextAlias();
  context.noteCall(JSON_FIELD);
  const record = columnOf(alias, 0, TEXT);
  const constant = (type: Oid, value: string | bigint | null): Expression => ({
    kind: 'constant',
    type,
    typmod: -1,
    value,
  });
  const values = columns.map((column) => ({
    name: column.name,
    value: {
      kind: 'function',
      signature: JSON_FIELD,
      arguments: [
        record,
        constant(OID, BigInt(jsonType)),
        constant(TEXT, column.name),
        constant(OID, BigInt(column.type)),
        constant(INT4, BigInt(column.typmod)),
        column.base ?? constant(column.type, null),
      ],
      type: column.type,
      typmod: column.typmod,
    } satisfies Expression,
  }));
  // SQLite asks no function for the rows of NULL.
  const given: Expression = {
    kind: 'coalesce',
    arguments: [json, constant(TEXT, NO_JSON)],
    type: TEXT,
    typmod: -1,
  };
  const parts = [given, constant(TEXT, name), constant(OID, BigInt(jsonType))];
  const sqlName = `${JSON_RECORDS.sqlName}_ordinality`;
  return { name, alias, values, item: { kind: 'function', alias, sqlName, arguments: parts } };
}

export function columnOf(alias: string, at: number, type: Oid): Expression {
  const named = { name: '', type, typmod: -1, tableOid: 0, columnNumber: 0, isNotNull: false };
  const entry = { name: null, alias, columns: [] };
  return reference(entry, { ...named, sqliteName: `c${at + 1}` }, 0);
}

function jsonArgument(
  place: Place,
  name: string,
  nodes: readonly Node[],
  jsonType: Oid,
  call: Fields,
): Expression {
  const { context } = place;
  const isPopulating = name.includes('populate');
  const node = nodes[isPopulating ? 1 : 0];
  if (isPopulating && nodes.length === 3 && jsonType === JSON) {
    throw context.notSupported('use_json_as_text', location(call));
  }
  const bound = node === undefined ? null : bindExpression(place, node);
  const isCount = nodes.length === (isPopulating ? 2 : 1);
  const value =
    bound === null || !isCount ? null : tryCoerce(context, bound, jsonType, -1, 'implicit');
  if (value !== null) return value;
  const rest = nodes.map((each) => bindExpression(place, each).type);
  throw noFunction(context, name, rest, location(call), false);
}

function definedColumns(
  context: BindContext,
  call: Fields,
  definition: readonly Node[],
): readonly RecordColumn[] {
  if (definition.length === 0) {
    const message = `${DEFINITIONS} required for functions returning "record"`;
    throw context.error('42601', message, location(call));
  }
  const seen = new Set<string>();
  return definition.map((node) => {
    const fields = asTag(node, 'ColumnDef') ?? {};
    const name = text(fields, 'colname');
    if (seen.has(name)) {
      throw context.error('42701', `column name "${name}" specified more than once`);
    }
    seen.add(name);
    return { name, ...bindTypeName(context, inner(fields, 'typeName') ?? {}), base: null };
  });
}

/** Of the row that the first argument is; null: it is one without a type of its own. */
function baseColumns(
  place: Place,
  functionName: string,
  node: Node | undefined,
): readonly RecordColumn[] | null {
  const { context, scope } = place;
  const cast = asTag(node, 'TypeCast');
  if (cast !== null) return castColumns(place, cast);
  const column = asTag(node, 'ColumnRef');
  const [name, ...others] = column === null ? [] : strings(list(column, 'fields'));
  if (name !== undefined && others.length === 0 && !scope.hasColumn(name)) {
    const found = scope.entryNamed(name);
    if (found !== null) {
      return found.entry.columns.map((each) => ({
        ...{ name: each.name, type: each.type, typmod: each.typmod },
        base: reference(found.entry, each, found.level),
      }));
    }
  }
  if (isNull(node)) throw context.error('42804', UNDETERMINED);
  const at = location(column ?? {});
  if (asTag(node, 'RowExpr') !== null) throw context.notSupported('a row as a value', at);
  throw context.error('42804', `first argument of ${functionName} must be a row type`);
}

/** `null::t`, `row(1, 2)::t`, `null::record`. */
function castColumns(place: Place, cast: Fields): readonly RecordColumn[] | null {
  const { context } = place;
  const typeName = inner(cast, 'typeName') ?? {};
  const names = strings(list(typeName, 'names'));
  const name = names.at(-1) ?? '';
  const value = child(cast, 'arg');
  const row = asTag(value, 'RowExpr');
  if (row === null && !isNull(value ?? undefined)) {
    throw context.notSupported('a row as a value', location(cast));
  }
  if (name === 'record') return null;
  const relation = context.tryRelation(names.length > 1 ? (names[0] ?? null) : null, name);
  if (relation === null) {
    bindTypeName(context, typeName);
    throw context.error('42804', UNDETERMINED);
  }
  const given = row === null ? [] : list(row, 'args').map((item) => bindExpression(place, item));
  if (row !== null && given.length !== relation.columns.length) {
    throw context.error('42846', `cannot cast type record to ${name}`, location(row));
  }
  return relation.columns.map((column, at) => {
    const part = given[at];
    return {
      ...{ name: column.name, type: column.type, typmod: column.typmod },
      base: part === undefined ? null : fieldOf(context, part, column),
    };
  });
}

function fieldOf(
  context: BindContext,
  part: Expression,
  { type, typmod }: { readonly type: Oid; readonly typmod: number },
): Expression {
  const value = tryCoerce(context, part, type, typmod, 'explicit');
  if (value !== null) return value;
  const message = `cannot cast type record: ${typeDisplay(part.type)} to ${typeDisplay(type)}`;
  throw context.error('42846', message, part.location);
}

function isNull(node: Node | undefined): boolean {
  const constant = asTag(node, 'A_Const');
  return constant !== null && flag(constant, 'isnull');
}
