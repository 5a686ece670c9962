// CREATE INDEX.
import type { Relation } from '../../catalog/catalog.ts';
import { ACCESS_METHOD_OID } from '../../catalog/system/oids.ts';
import { notSupported, PgError } from '../../errors/pg-error.ts';
import { resultName } from '../bind/result-name.ts';
import {
  asTag,
  child,
  flag,
  inner,
  list,
  strings,
  text,
  type Fields,
  type Node,
} from '../parse/node.ts';
import { isRelationName, updateCounts } from './constraints.ts';
import { indexChanges, uniqueNames, type IndexKey } from './index-rows.ts';
import { chooseName, joinColumnNames } from './object-name.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { bindIndexExpression, bindIndexPredicate, isMutable } from './stored-expression.ts';
import { columnNumbered, buildIndex } from './table-sql.ts';
import { findTable, rangeName } from './target.ts';

const COLUMNS_MAX = 32;
const COLLATION_OIDS: Readonly<Record<string, number>> = {
  C: 950,
  POSIX: 951,
  default: 100,
  ucs_basic: 12340,
};

function checkMethod(method: string, isUnique: boolean): void {
  if (!(method in ACCESS_METHOD_OID) || method === 'heap') {
    throw new PgError('42704', `access method "${method}" does not exist`);
  }
  if (isUnique && method !== 'btree') {
    throw new PgError('0A000', `access method "${method}" does not support unique indexes`);
  }
}

/** The name of an unnamed column: the function's, or `expr` (PG: FigureIndexColname). */
function expressionName(node: Node): string {
  const name = resultName(node);
  return name === '?column?' ? 'expr' : name;
}

function collationOid(fields: Fields): number | null {
  const names = strings(list(fields, 'collation'));
  const name = names.at(-1);
  if (name === undefined) return null;
  const oid = COLLATION_OIDS[name];
  if (oid !== undefined) return oid;
  throw new PgError('42704', `collation "${name}" for encoding "UTF8" does not exist`);
}

function plainColumn(relation: Relation, name: string): number {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new PgError('42703', `column "${name}" does not exist`);
  return column.number;
}

/** An IndexElem node. */
function indexKey(editor: SchemaEditor, relation: Relation, fields: Fields): IndexKey {
  const isDescending = text(fields, 'ordering') === 'SORTBY_DESC';
  const nulls = text(fields, 'nulls_ordering');
  const isNullsFirst =
    nulls === 'SORTBY_NULLS_DEFAULT' ? isDescending : nulls === 'SORTBY_NULLS_FIRST';
  const common = {
    operatorClass: strings(list(fields, 'opclass')).at(-1) ?? null,
    collation: collationOid(fields),
    isDescending,
    isNullsFirst,
  };
  const node = child(fields, 'expr');
  if (node === null) {
    const name = text(fields, 'name');
    return { ...common, name, number: plainColumn(relation, name), expression: null };
  }
  const bound = bindIndexExpression(editor, node, relation);
  // A column in parentheses is that column.
  if (bound.expression.kind === 'column') {
    const { name, columnNumber } = bound.expression;
    return { ...common, name, number: columnNumber, expression: null };
  }
  if (isMutable(bound.expression)) {
    throw new PgError('42P17', 'functions in index expression must be marked IMMUTABLE');
  }
  return { ...common, name: expressionName(node), number: 0, expression: bound };
}

function includedColumns(relation: Relation, nodes: readonly Node[]): readonly number[] {
  return nodes.map((node) => {
    const fields = asTag(node, 'IndexElem') ?? {};
    if (child(fields, 'expr') !== null) {
      throw new PgError('0A000', 'expressions are not supported in included columns');
    }
    return plainColumn(relation, text(fields, 'name'));
  });
}

export function createIndex(editor: SchemaEditor, fields: Fields): string {
  const tag = 'CREATE INDEX';
  const target = rangeName(editor, inner(fields, 'relation') ?? {});
  const relation = findTable(editor, { ...target, position: undefined });
  const isUnique = flag(fields, 'unique');
  const method = text(fields, 'accessMethod') || 'btree';
  checkMethod(method, isUnique);
  if (flag(fields, 'nulls_not_distinct')) throw notSupported('UNIQUE NULLS NOT DISTINCT');
  const given = text(fields, 'idxname');
  if (given !== '' && isRelationName(editor, relation.schema, given)) {
    if (!flag(fields, 'if_not_exists')) {
      throw new PgError('42P07', `relation "${given}" already exists`);
    }
    editor.notice(`relation "${given}" already exists, skipping`, '42P07');
    return tag;
  }
  const elements = list(fields, 'indexParams');
  if (elements.length > COLUMNS_MAX) {
    throw new PgError('54011', `cannot use more than ${String(COLUMNS_MAX)} columns in an index`);
  }
  const where = child(fields, 'whereClause');
  const predicate = where === null ? null : bindIndexPredicate(editor, where, relation);
  if (predicate !== null && isMutable(predicate.expression)) {
    throw new PgError('42P17', 'functions in index predicate must be marked IMMUTABLE');
  }
  const keys = elements.map((node) => indexKey(editor, relation, asTag(node, 'IndexElem') ?? {}));
  const included = includedColumns(relation, list(fields, 'indexIncludingParams'));
  const names = uniqueNames([
    ...keys.map((key) => key.name),
    ...included.map((n) => columnNumbered(relation, n).name),
  ]);
  const name =
    given !== ''
      ? given
      : chooseName([relation.name, joinColumnNames(names), 'idx'], (candidate) =>
          isRelationName(editor, relation.schema, candidate),
        );
  const { oid, changes } = indexChanges(editor, relation, {
    name,
    method,
    isUnique,
    isPrimary: false,
    keys: keys.map((key, i) => ({ ...key, name: names[i] ?? key.name })),
    included,
    predicate,
  });
  editor.change(...changes);
  updateCounts(editor, relation.oid);
  const after = editor.relation(relation.oid);
  const index = after.indexes.find((candidate) => candidate.oid === oid);
  if (index !== undefined) buildIndex(editor, after, index, { isEmpty: false });
  // A unique index can fail on the rows that are there.
  editor.reads(relation.oid);
  return tag;
}
