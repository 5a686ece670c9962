// Expressions that a table's definition keeps: defaults, checks, index columns and predicates. They
// are bound when they are declared, kept as Postgres text, and bound again from that text.
import type { Relation } from '../../catalog/catalog.ts';
import type { ExpressionText } from '../../catalog/node-tree.ts';
import { formatType } from '../../catalog/type-display.ts';
import { PgError } from '../../errors/pg-error.ts';
import { UNKNOWN } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { isStableInput, isStableOutput, mustType } from '../../types/registry.ts';
import { must } from '../../util/assert.ts';
import { coerceToBoolean, resolveUnknown, tryCoerce } from '../bind/coerce.ts';
import { BindContext } from '../bind/context.ts';
import { bindExpression } from '../bind/expression.ts';
import { refuseQueries } from '../bind/refuse-queries.ts';
import { Scope } from '../bind/scope.ts';
import { deparse, type Spellings } from '../deparse/deparse.ts';
import { emitScalar } from '../emit/emit-scalar.ts';
import { asTag, fieldsOf, list, location, text, type Node } from '../parse/node.ts';
import { parse } from '../parse/parse.ts';
import { childrenOf, someExpression, type Cast, type Expression } from '../tree/expression.ts';
import type { SchemaEditor } from './schema-editor.ts';

export interface StoredExpression {
  readonly expression: Expression;
  readonly text: ExpressionText;
  readonly isVolatile: boolean;
  readonly settings: readonly string[];
}

/** Spellings of functions without parentheses (PG: get_sqlvalue_function). */
const KEYWORDS: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_TIMESTAMP: 'CURRENT_TIMESTAMP',
  SVFOP_CURRENT_DATE: 'CURRENT_DATE',
  SVFOP_CURRENT_TIME: 'CURRENT_TIME',
  SVFOP_LOCALTIME: 'LOCALTIME',
  SVFOP_LOCALTIMESTAMP: 'LOCALTIMESTAMP',
  SVFOP_CURRENT_USER: 'CURRENT_USER',
  SVFOP_CURRENT_ROLE: 'CURRENT_ROLE',
  SVFOP_USER: 'USER',
  SVFOP_SESSION_USER: 'SESSION_USER',
  SVFOP_CURRENT_CATALOG: 'CURRENT_CATALOG',
  SVFOP_CURRENT_SCHEMA: 'CURRENT_SCHEMA',
};

/** Where the statement used SQL's own syntax for a call, by byte offset. */
function spellings(node: unknown, found = new Map<number, string>()): Spellings {
  if (typeof node !== 'object' || node === null) return found;
  const value = asTag(node, 'SQLValueFunction');
  const keyword = value === null ? undefined : KEYWORDS[text(value, 'op')];
  if (value !== null && keyword !== undefined) found.set(location(value) ?? 0, keyword);
  const call = asTag(node, 'FuncCall');
  if (call !== null && text(call, 'funcformat') === 'COERCE_SQL_SYNTAX') {
    const name = list(call, 'funcname').at(-1);
    if (name !== undefined && text(fieldsOf(name), 'sval') === 'extract') {
      found.set(location(call) ?? 0, 'EXTRACT');
    }
  }
  for (const child of Object.values(node)) spellings(child, found);
  return found;
}

/** The columns of one table, without any other name in sight. */
export function tableScope(relation: Relation | null): Scope {
  const scope = new Scope(null);
  if (relation === null) return scope;
  scope.entries.push({
    name: relation.name,
    alias: null,
    columns: relation.columns.map((column) => ({
      name: column.name,
      type: column.type,
      typmod: column.typmod,
      sqliteName: column.sqliteName,
      tableOid: relation.oid,
      columnNumber: column.number,
      isNotNull: column.notNull,
    })),
  });
  return scope;
}

interface Declared {
  readonly node: Node;
  /** What the node's positions count in. */
  readonly source: string;
  readonly relation: Relation | null;
  /** What it is for, as Postgres names it in errors: `check constraint`. */
  readonly clause: string;
}

function bindDeclared(
  editor: SchemaEditor,
  { node, source, relation, clause }: Declared,
  convert: (context: BindContext, expression: Expression) => Expression,
): StoredExpression {
  const context = new BindContext(editor.catalog, editor.settings, source, []);
  refuseQueries(context, node, clause);
  const place = { context, scope: tableScope(relation), noAggregates: `${clause}s` };
  const expression = convert(context, bindExpression(place, node));
  return {
    expression,
    text: deparse(expression, spellings(node)),
    isVolatile: context.isVolatile,
    settings: [...context.usedSettings],
  };
}

export function bindCheck(editor: SchemaEditor, node: Node, relation: Relation): StoredExpression {
  return bindDeclared(
    editor,
    { node, source: editor.source, relation, clause: 'check constraint' },
    (context, expression) => coerceToBoolean(context, expression, 'CHECK'),
  );
}

export function bindIndexExpression(
  editor: SchemaEditor,
  node: Node,
  relation: Relation,
): StoredExpression {
  return bindDeclared(
    editor,
    { node, source: editor.source, relation, clause: 'index expression' },
    resolveUnknown,
  );
}

export function bindIndexPredicate(
  editor: SchemaEditor,
  node: Node,
  relation: Relation,
): StoredExpression {
  return bindDeclared(
    editor,
    { node, source: editor.source, relation, clause: 'index predicate' },
    (context, expression) => coerceToBoolean(context, expression, 'WHERE'),
  );
}

/** A default, or null for `DEFAULT NULL`, which is none. */
export function bindDefault(
  editor: SchemaEditor,
  node: Node,
  column: { readonly name: string; readonly type: Oid },
): StoredExpression | null {
  refuseColumns(editor, node);
  const bound = bindDeclared(
    editor,
    { node, source: editor.source, relation: null, clause: 'DEFAULT expression' },
    // Without the length: Postgres applies it around the expression, where nobody sees it.
    (context, expression) => {
      const value = tryCoerce(context, expression, column.type, -1, 'assignment');
      if (value !== null) return value;
      throw new PgError(
        '42804',
        `column "${column.name}" is of type ${formatType(column.type, null)} but default expression is of type ${formatType(expression.type, null)}`,
        { hint: 'You will need to rewrite or cast the expression.' },
      );
    },
  );
  const { expression } = bound;
  return expression.kind === 'constant' && expression.value === null ? null : bound;
}

function refuseColumns(editor: SchemaEditor, node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const column = asTag(node, 'ColumnRef');
  if (column !== null) {
    const context = new BindContext(editor.catalog, editor.settings, editor.source, []);
    throw context.error(
      '0A000',
      'cannot use column reference in DEFAULT expression',
      location(column),
    );
  }
  for (const child of Object.values(node)) refuseColumns(editor, child);
}

/** The expression of a text as it is stored, over the columns of its table. */
export function bindStored(
  editor: SchemaEditor,
  stored: string,
  relation: Relation | null,
): Expression {
  return rebind(editor, stored, relation).expression;
}

export function rebind(
  editor: SchemaEditor,
  stored: string,
  relation: Relation | null,
): StoredExpression {
  const source = `SELECT ${stored}`;
  const [statement] = parse(source);
  const select = asTag(must(statement, stored).node, 'SelectStmt') ?? {};
  const target = asTag(list(select, 'targetList')[0], 'ResTarget') ?? {};
  const node = must(target['val'] as Node | undefined, stored);
  return bindDeclared(
    editor,
    { node, source, relation, clause: 'stored expression' },
    (context, expression) =>
      expression.type === UNKNOWN ? resolveUnknown(context, expression) : expression,
  );
}

/** As SQLite SQL over the columns of the table alone. */
export function sqliteOf(expression: Expression): string {
  return emitScalar(expression);
}

/** As a column of an index: through the type's sort key, where equal is not the same. */
export function sqliteKeyOf(sql: string, type: Oid): string {
  const { sortKey } = mustType(type);
  return sortKey === null ? sql : `${sortKey}(${sql})`;
}

/** Numbers of the columns that an expression reads, in the order they first appear. */
export function columnsOf(expression: Expression): readonly number[] {
  const found = new Set<number>();
  const visit = (part: Expression): void => {
    if (part.kind === 'column') found.add(part.columnNumber);
    childrenOf(part).forEach(visit);
  };
  visit(expression);
  return [...found];
}

/** Does it call anything but immutable functions? */
export function isMutable(expression: Expression): boolean {
  return someExpression(expression, (part) => {
    switch (part.kind) {
      case 'function':
      case 'operator':
      case 'any-array':
        return part.signature.volatility !== 'immutable';
      case 'cast':
        return isMutableCast(part);
      default:
        return false;
    }
  });
}

function isMutableCast({ signature, how, argument, type }: Cast): boolean {
  if (signature !== null) return signature.volatility !== 'immutable';
  if (how === 'input') return isStableInput(type);
  return how === 'output' ? isStableOutput(argument.type) : how === 'array';
}
