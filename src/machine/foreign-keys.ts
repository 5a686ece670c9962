// The foreign keys of a schema, as far as it matters to them which rows are locked (key-guard.ts).
import type { Catalog, Relation } from '../catalog/catalog.ts';
import { CHANGING_ACTIONS } from '../catalog/cascades.ts';
import { isInKey } from '../catalog/key-columns.ts';
import { quoteSqlite } from '../catalog/sqlite-name.ts';
import { ACCESS_EXCLUSIVE, EXCLUSIVE } from '../sql/functions/lock-modes.ts';
import type { LockMode } from '../sql/functions/lock-modes.ts';
import type { Oid } from '../types/pg-type.ts';
import { columnsNumbered } from './row-text.ts';

/** Names as SQLite has them, quoted. */
export interface KeyEnd {
  readonly table: Oid;
  readonly name: string;
  /** In pairs with those of the other end. */
  readonly columns: readonly string[];
}

export interface ForeignKey {
  /** The table that refers. */
  readonly child: KeyEnd;
  readonly parent: KeyEnd;
  /** Changes of the parent change rows of the child. */
  readonly isFollowing: boolean;
  /** As who changes the child's columns would lock its rows. */
  readonly changeMode: LockMode;
}

const known = new WeakMap<Catalog, readonly ForeignKey[]>();

export function foreignKeysIn(catalog: Catalog): readonly ForeignKey[] {
  const before = known.get(catalog);
  if (before !== undefined) return before;
  const keys = [...catalog.relations()].flatMap((relation) => keysOf(catalog, relation));
  known.set(catalog, keys);
  return keys;
}

function keysOf(catalog: Catalog, relation: Relation): readonly ForeignKey[] {
  return relation.constraints.flatMap(({ referenced, columns }) => {
    const target = catalog.relationByOid(referenced?.relationOid ?? 0);
    if (referenced === null || target === null) return [];
    return [
      {
        child: endOf(relation, columns),
        parent: endOf(target, referenced.columns),
        isFollowing: [referenced.onUpdate, referenced.onDelete].some((action) =>
          CHANGING_ACTIONS.includes(action),
        ),
        changeMode: isInKey(relation, columns) ? ACCESS_EXCLUSIVE : EXCLUSIVE,
      },
    ];
  });
}

function endOf(relation: Relation, numbers: readonly number[]): KeyEnd {
  const columns = columnsNumbered(relation, numbers);
  return {
    table: relation.oid,
    name: quoteSqlite(relation.sqliteName),
    columns: columns.map(({ sqliteName }) => quoteSqlite(sqliteName)),
  };
}
