// CREATE VIEW: the text of its query is stored, with the relations in it by oid (STORED_SCHEMA), and
// bound wherever the view is named.
import type { Relation } from '../../catalog/catalog.ts';
import { attributeRow, classRow, dependRow } from '../../catalog/catalog-rows.ts';
import { encodeNodeTree, type TextPieces } from '../../catalog/node-tree.ts';
import { quoteIdentifier } from '../../catalog/quote-identifier.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { CLASS_OID } from '../../catalog/system/oids.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import type { Oid } from '../../types/pg-type.ts';
import { changesInWith } from '../bind/changing-with.ts';
import { BindContext, STORED_SCHEMA, type RangeUse } from '../bind/context.ts';
import { typeDisplay } from '../bind/coerce.ts';
import { bindQuery } from '../bind/select.ts';
import {
  child,
  flag,
  inner,
  list,
  location,
  stringOf,
  text,
  type Fields,
  type Node,
} from '../parse/node.ts';
import { nameEnd, wordAt } from '../parse/scan.ts';
import type { ResultColumn } from '../plan.ts';
import { tableCreation } from './create-table-as.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { creationSchema, rangeName, schemaOid } from './target.ts';

interface View {
  readonly columns: readonly ResultColumn[];
  /** For readers, and for bind. */
  readonly shown: TextPieces;
  readonly source: TextPieces;
  readonly uses: readonly Relation[];
  /** Everything that it reads, views in views too. */
  readonly reads: ReadonlySet<Oid>;
}

export function createView(editor: SchemaEditor, fields: Fields, statementText: string): string {
  const range = inner(fields, 'view') ?? {};
  if (text(range, 'relpersistence') === 't') throw notSupported('a temporary view');
  if (list(fields, 'options').length > 0) throw notSupported('an option of a view');
  if (!['', 'NO_CHECK_OPTION'].includes(text(fields, 'withCheckOption'))) {
    throw notSupported('WITH CHECK OPTION');
  }
  const target = { ...rangeName(editor, range), position: undefined };
  const schema = creationSchema(editor, target);
  const view = bindViewQuery(editor, fields, statementText);
  const before = editor.catalog.relation(schema, target.name);
  if (before === null) {
    makeView(editor, schema, target.name, view);
    return 'CREATE VIEW';
  }
  if (!flag(fields, 'replace')) {
    throw new PgError('42P07', `relation "${target.name}" already exists`);
  }
  replaceView(editor, before, view);
  return 'CREATE VIEW';
}

function bindViewQuery(editor: SchemaEditor, fields: Fields, statementText: string): View {
  if (tableCreation(child(fields, 'query') as Node) !== null) {
    throw new PgError('0A000', 'views must not contain SELECT INTO');
  }
  if (changesInWith(child(fields, 'query'))) {
    throw new PgError('0A000', 'views must not contain data-modifying statements in WITH');
  }
  const context = new BindContext(editor.catalog, editor.settings, editor.source, null);
  const query = bindQuery(context, child(fields, 'query') as Node, null);
  const names = list(fields, 'aliases').map(stringOf);
  if (names.length > query.columns.length) {
    throw new PgError('42601', 'CREATE VIEW specifies more column names than columns');
  }
  const columns = query.columns.map((column, at) => ({
    ...column,
    name: names[at] ?? column.name,
  }));
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) throw new PgError('42701', `column "${name}" specified more than once`);
    seen.add(name);
  }
  const bytes = Buffer.from(editor.source);
  const [start, end] = queryBounds(bytes, fields, statementText);
  const inside = context.ranges.filter(({ at }) => at >= start && at < end);
  const ranges = [...new Map(inside.map((use) => [use.at, use])).values()];
  ranges.sort((a, b) => a.at - b.at);
  if (ranges.length === 0 && context.ranges.length > 0) throw notSupported('a recursive view');
  return {
    columns,
    ...storedTexts(bytes, start, end, ranges),
    uses: [...new Set(ranges.map(({ relation }) => relation))],
    reads: context.reads,
  };
}

/** Where the query begins and ends in the source. */
function queryBounds(
  bytes: Buffer,
  fields: Fields,
  statementText: string,
): readonly [number, number] {
  const name = location(inner(fields, 'view') ?? {}) ?? 0;
  const statement = Buffer.from(statementText);
  const end = bytes.lastIndexOf(statement, name) + statement.length;
  const as = wordAt(bytes, nameEnd(bytes, name), 'as');
  if (as === null) throw notSupported('this way to write a view');
  return [as + 'as'.length, end];
}

function storedTexts(
  bytes: Buffer,
  start: number,
  end: number,
  ranges: readonly RangeUse[],
): Pick<View, 'shown' | 'source'> {
  const shown: (string | Oid)[] = [];
  const source: (string | Oid)[] = [];
  let at = start;
  for (const use of ranges) {
    const before = bytes.toString('utf8', at, use.at);
    shown.push(before, use.relation.oid);
    source.push(before, storedName(use));
    at = nameEnd(bytes, use.at);
  }
  const rest = bytes.toString('utf8', at, end).trimEnd();
  return { shown: [...trimmed(shown), rest], source: [...trimmed(source), rest] };
}

function trimmed(pieces: readonly (string | Oid)[]): TextPieces {
  return pieces.map((piece, at) => (at === 0 ? ` ${String(piece).trimStart()}` : piece));
}

/** With the names that the columns have now. */
function storedName({ relation, hasAlias }: RangeUse): string {
  const last = Math.max(0, ...relation.columns.map((column) => column.number));
  const name = `"${STORED_SCHEMA}"."${relation.oid}:${last}"`;
  if (hasAlias) return name;
  const columns = relation.columns.map((column) => quoteIdentifier(column.name)).join(', ');
  const list = columns === '' ? '' : ` (${columns})`;
  return `${name} AS ${quoteIdentifier(relation.name)}${list}`;
}

function makeView(editor: SchemaEditor, schema: string, name: string, view: View): void {
  const oid = editor.allocateOid();
  const row = classRow({
    oid,
    name,
    schemaOid: schemaOid(editor, schema),
    kind: 'v',
    columnCount: view.columns.length,
    hasRules: true,
  });
  editor.insert('pg_class', row);
  addColumns(editor, oid, view.columns, 0);
  const rule = editor.allocateOid();
  editor.insert('pg_rewrite', {
    oid: BigInt(rule),
    rulename: '_RETURN',
    ev_class: BigInt(oid),
    ev_type: '1',
    ev_enabled: 'O',
    is_instead: 1n,
    ev_qual: encodeNodeTree([]),
    ev_action: actionOf(view),
  });
  addDependencies(editor, rule, oid, view);
}

function actionOf({ shown, source }: View): string {
  return encodeNodeTree([{ text: shown, pretty: shown, source }]);
}

function addColumns(
  editor: SchemaEditor,
  oid: Oid,
  columns: readonly ResultColumn[],
  from: number,
): void {
  for (const [at, { name, type, typmod }] of columns.entries()) {
    if (at < from) continue;
    const row = attributeRow({ relationOid: oid, name, number: at + 1, type, typmod });
    editor.insert('pg_attribute', row);
  }
}

function addDependencies(editor: SchemaEditor, rule: Oid, view: Oid, { uses }: View): void {
  const depends = (referencedOid: Oid, kind: 'n' | 'i'): void => {
    editor.insert(
      'pg_depend',
      dependRow({
        classOid: CLASS_OID.pg_rewrite,
        objectOid: rule,
        referencedClassOid: CLASS_OID.pg_class,
        referencedOid,
        kind,
      }),
    );
  };
  depends(view, 'i');
  for (const relation of uses) if (!relation.isSystem) depends(relation.oid, 'n');
}

/** The rule that holds the view's query. */
export function viewRule(editor: SchemaEditor, view: Oid): Oid {
  const row = editor.catalog.rows('pg_rewrite').find((each) => number(each, 'ev_class') === view);
  return number(row ?? {}, 'oid');
}

/** Columns may be added, and nothing else. */
function replaceView(editor: SchemaEditor, before: Relation, view: View): void {
  if (before.kind !== 'v') throw new PgError('42809', `"${before.name}" is not a view`);
  if (view.reads.has(before.oid)) {
    const message = `infinite recursion detected in rules for relation "${before.name}"`;
    throw new PgError('42P17', message);
  }
  if (view.columns.length < before.columns.length) {
    throw new PgError('42P16', 'cannot drop columns from view');
  }
  for (const [at, old] of before.columns.entries()) {
    const { name, type, typmod } = view.columns[at] as ResultColumn;
    if (name !== old.name) {
      throw new PgError('42P16', `cannot change name of view column "${old.name}" to "${name}"`, {
        hint: 'Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.',
      });
    }
    if (type !== old.type || typmod !== old.typmod) {
      const types = `from ${typeDisplay(old.type, old.typmod)} to ${typeDisplay(type, typmod)}`;
      throw new PgError('42P16', `cannot change data type of view column "${name}" ${types}`);
    }
  }
  const rule = viewRule(editor, before.oid);
  editor.update('pg_rewrite', { ev_class: BigInt(before.oid) }, { ev_action: actionOf(view) });
  const columnCount = BigInt(view.columns.length);
  editor.update('pg_class', { oid: BigInt(before.oid) }, { relnatts: columnCount });
  addColumns(editor, before.oid, view.columns, before.columns.length);
  editor.delete('pg_depend', { objid: BigInt(rule) });
  addDependencies(editor, rule, before.oid, view);
}

/** Views whose text names one of these relations, and the views on those, as Postgres lists them. */
export function viewsOn(
  editor: SchemaEditor,
  targets: ReadonlySet<Oid>,
): readonly { readonly view: Relation; readonly on: Relation }[] {
  const { catalog } = editor;
  const views = new Map(
    catalog.rows('pg_rewrite').map((row) => [number(row, 'oid'), number(row, 'ev_class')]),
  );
  const found: { readonly view: Relation; readonly on: Relation }[] = [];
  const seen = new Set(targets);
  const visit = (oid: Oid): void => {
    const direct = catalog
      .rows('pg_depend')
      .filter((row) => number(row, 'classid') === CLASS_OID.pg_rewrite)
      .filter((row) => number(row, 'refobjid') === oid)
      .flatMap((row) => views.get(number(row, 'objid')) ?? [])
      .sort((a, b) => b - a);
    for (const view of direct) {
      if (seen.has(view)) continue;
      seen.add(view);
      visit(view);
      found.push({ view: editor.relation(view), on: editor.relation(oid) });
    }
  };
  for (const oid of targets) visit(oid);
  return found.reverse();
}

/** Throws 0A000 if the change of a column could change what a view is. */
export function refuseIfViewed(editor: SchemaEditor, table: Oid, message: string): void {
  if (viewsOn(editor, new Set([table])).length > 0) throw new PgError('0A000', message);
}
