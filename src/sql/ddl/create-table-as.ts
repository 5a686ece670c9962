// CREATE TABLE AS and SELECT INTO: a table with the columns of a query, and its rows.
import { PgError, notSupported } from '../../errors/pg-error.ts';
import { VOID } from '../../types/oids.ts';
import type { Insert } from '../tree/change.ts';
import { typeDisplay } from '../bind/coerce.ts';
import type { BindContext } from '../bind/context.ts';
import { derivedFrom } from '../bind/derived.ts';
import { bindSelectFields } from '../bind/select.ts';
import { emitInsert } from '../emit/change.ts';
import { Emitter } from '../emit/emitter.ts';
import { asTag, child, flag, inner, list, stringOf, tagOf, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { stepsOfParts } from '../parts.ts';
import type { PlanStep, QueryPlan } from '../plan.ts';
import type { Query } from '../tree/query.ts';
import { makeTable, newTableName, refuseUnsupported } from './create-table.ts';
import { SchemaEditor } from './schema-editor.ts';
import { storageOptions } from './storage-options.ts';
import { checkColumnName, type ColumnSpec } from './table-spec.ts';

export interface TableCreation {
  /** IntoClause. */
  readonly into: Fields;
  readonly query: Fields;
  readonly isIfNotExists: boolean;
  /** As errors name the statement. */
  readonly name: 'CREATE TABLE AS' | 'SELECT INTO';
}

/** null: the statement is neither of the two. Throws 0A000 for materialized views. */
export function tableCreation(node: Node): TableCreation | null {
  const select = asTag(node, 'SelectStmt');
  if (select !== null) return selectInto(select);
  const fields = asTag(node, 'CreateTableAsStmt');
  if (fields === null) return null;
  if (text(fields, 'objtype') !== 'OBJECT_TABLE') throw notSupported('CREATE MATERIALIZED VIEW');
  const query = asTag(child(fields, 'query'), 'SelectStmt');
  if (query === null) throw notSupported(`CREATE TABLE AS ${tagOf(child(fields, 'query') ?? {})}`);
  const isIfNotExists = flag(fields, 'if_not_exists');
  return { into: inner(fields, 'into') ?? {}, query, isIfNotExists, name: 'CREATE TABLE AS' };
}

/** INTO stands in the first of several SELECTs. */
function selectInto(select: Fields): TableCreation | null {
  const into = inner(select, 'intoClause');
  if (into !== null) {
    const query = { ...select, intoClause: undefined };
    return { into, query, isIfNotExists: false, name: 'SELECT INTO' };
  }
  const left = inner(select, 'larg');
  const found = left === null ? null : selectInto(left);
  return found === null ? null : { ...found, query: { ...select, larg: found.query } };
}

type Created = Pick<QueryPlan, 'access' | 'tag' | 'steps' | 'columns'> &
  Partial<Pick<QueryPlan, 'catalog' | 'notices' | 'changesSchema' | 'commandName'>>;

/** `context`: the query is bound there, before the table exists. */
export function createTableAs(context: BindContext, creation: TableCreation): Created {
  const { into, isIfNotExists, name } = creation;
  // Errors about it have no position.
  const range = { ...(inner(into, 'rel') ?? {}), location: -1 };
  refuseUnsupported({
    relation: range,
    accessMethod: into['accessMethod'],
    tablespacename: into['tableSpaceName'],
  });
  const query = bindSelectFields(context, creation.query, null);
  const editor = new SchemaEditor(context.catalog, context.settings, context.source);
  const place = newTableName(editor, range, isIfNotExists);
  const base = { access: 'write', columns: null, commandName: name } as const;
  if (place === null) {
    const { steps, notices } = editor.plan('');
    return { ...base, tag: { name: 'CREATE TABLE AS', hasCount: false }, steps, notices };
  }
  const columns = columnsOf(query, list(into, 'colNames').map(stringOf));
  const options = storageOptions(list(into, 'options'));
  const oid = makeTable(editor, place, { columns, constraints: [] }, options);
  const { steps, catalog, notices } = editor.plan('');
  context.writes.add(oid);
  const isEmpty = flag(into, 'skipData');
  const tag = isEmpty
    ? { name: 'CREATE TABLE AS', hasCount: false }
    : { name: 'SELECT', hasCount: true };
  return {
    ...base,
    tag,
    steps: isEmpty ? steps : withRows(context, steps, rowsOf(context, query, editor, oid)),
    catalog,
    notices,
    changesSchema: true,
  };
}

function columnsOf(query: Query, names: readonly string[]): readonly ColumnSpec[] {
  if (names.length > query.columns.length) {
    throw new PgError('42601', 'too many column names were specified');
  }
  return query.columns.map(({ name: own, type, typmod }, at) => {
    const name = names[at] ?? own;
    checkColumnName(name);
    if (type === VOID) {
      throw new PgError('42P16', `column "${name}" has pseudo-type ${typeDisplay(type)}`);
    }
    return {
      name,
      type,
      typmod,
      dimensions: 0,
      notNull: false,
      defaultNode: null,
      isSerial: false,
      identity: null,
      constraints: [],
      position: undefined,
    };
  });
}

/** The last step makes the table; the query is not to see the table in the catalog. */
function withRows(
  context: BindContext,
  steps: readonly PlanStep[],
  rows: PlanStep,
): readonly PlanStep[] {
  const { before, after } = stepsOfParts(context);
  return [...steps.slice(-1), ...before, rows, ...after, ...steps.slice(0, -1)];
}

function rowsOf(context: BindContext, query: Query, editor: SchemaEditor, oid: number): PlanStep {
  const relation = editor.relation(oid);
  const { from, columns: values } = derivedFrom(context, query);
  const insert: Insert = {
    kind: 'insert',
    relation,
    alias: context.nextAlias(),
    ctes: [],
    columns: relation.columns,
    rows: null,
    source: { query, alias: from.alias, values, isMaterialized: false },
    conflict: null,
    returning: null,
    isTellingMore: false,
  };
  const emitter = new Emitter();
  return { ...emitter.finish(emitInsert(emitter, insert)), hasRows: false, isResult: true };
}
