// The texts of the system views: files of sql/, which are part of the program. Read once, when this
// module loads.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SYSTEM_VIEWS, type SystemRelation } from './system/facts.ts';

export interface SystemView {
  readonly relation: SystemRelation;
  /** A query in Postgres SQL. */
  readonly text: string;
}

const DIRECTORY = new URL('../../sql/', import.meta.url);

function readView(relation: SystemRelation): SystemView | null {
  const file = fileURLToPath(new URL(`${relation.schema}/${relation.name}.sql`, DIRECTORY));
  if (!existsSync(file)) return null;
  return { relation, text: readFileSync(file, 'utf8').trim().replace(/;$/, '') };
}

/** The views that are there; a view that the program does not have does not exist for clients. */
export const SYSTEM_VIEW_TEXTS: readonly SystemView[] = SYSTEM_VIEWS.map(readView).filter(
  (view) => view !== null,
);
