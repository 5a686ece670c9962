// The table that a statement changes: which it is, and what the statement may name beside it.
import type { Column, Relation } from '../../catalog/catalog.ts';
import { inner, location, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import type { FromItem } from '../tree/query.ts';
import type { BindContext } from './context.ts';
import { bindFrom, relationColumns } from './from.ts';
import { Scope } from './scope.ts';

export interface ChangedTable {
  readonly relation: Relation;
  readonly scope: Scope;
  readonly alias: string;
}

/** `outer`: whose entries of WITH it sees. */
export function targetRelation(
  context: BindContext,
  fields: Fields,
  outer: Scope | null,
): ChangedTable {
  const range = inner(fields, 'relation') ?? {};
  const name = text(range, 'relname');
  const relation = context.relation(text(range, 'schemaname') || null, name, location(range));
  if (relation.viewText !== null)
    throw context.notSupported(`changing view "${name}"`, location(range));
  if (relation.kind === 'S') {
    throw context.error('42809', `cannot change sequence "${name}"`, undefined);
  }
  if (relation.isSystem) {
    throw context.error(
      '42501',
      `permission denied: "${name}" is a system catalog`,
      location(range),
    );
  }
  context.writes.add(relation.oid);
  const scope = new Scope(outer);
  const alias = context.nextAlias();
  const shown = text(inner(range, 'alias') ?? {}, 'aliasname') || name;
  scope.add({ name: shown, alias, columns: relationColumns(relation), hasRowId: true });
  return { relation, scope, alias };
}

export function findColumn(
  context: BindContext,
  relation: Relation,
  name: string,
  at: number | undefined,
): Column {
  const column = relation.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw context.error(
    '42703',
    `column "${name}" of relation "${relation.name}" does not exist`,
    at,
  );
}

/** FROM of UPDATE and USING of DELETE: they do not see the table that is changed. */
export function bindOtherTables(
  context: BindContext,
  nodes: readonly Node[],
  scope: Scope,
): readonly FromItem[] {
  const bind = (): readonly FromItem[] => nodes.map((node) => bindFrom(context, node, scope));
  return scope.blocking(scope.entries.slice(), 'target', bind);
}
