// DEFERRABLE, INITIALLY DEFERRED and the like behind the constraints of a column: each belongs to the
// constraint before it (PG: transformConstraintAttrs).
import { PgError } from '../../errors/pg-error.ts';
import { asTag, location, text } from '../parse/node.ts';
import type { Fields, Node } from '../parse/node.ts';
import { characterPosition } from '../parse/parse.ts';

const CLAUSES: Readonly<Record<string, string>> = {
  CONSTR_ATTR_DEFERRABLE: 'DEFERRABLE',
  CONSTR_ATTR_NOT_DEFERRABLE: 'NOT DEFERRABLE',
  CONSTR_ATTR_DEFERRED: 'INITIALLY DEFERRED',
  CONSTR_ATTR_IMMEDIATE: 'INITIALLY IMMEDIATE',
};
const WITH_CLAUSES = ['CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_EXCLUSION', 'CONSTR_FOREIGN'];
const MUST_BE_DEFERRABLE = 'constraint declared INITIALLY DEFERRED must be DEFERRABLE';

/** The constraints with `deferrable` and `initdeferred`. Throws 42601. */
export function withAttributes(nodes: readonly Node[], source: string): readonly Fields[] {
  const result: Record<string, unknown>[] = [];
  let seen: readonly string[] = [];
  for (const node of nodes) {
    const fields = asTag(node, 'Constraint') ?? {};
    const kind = text(fields, 'contype');
    if (kind === 'CONSTR_ATTR_ENFORCED') continue;
    const clause = CLAUSES[kind];
    const last = result.at(-1);
    if (clause === undefined) {
      result.push({ ...fields });
      seen = [];
      continue;
    }
    const isPlaced = last !== undefined && WITH_CLAUSES.includes(text(last, 'contype'));
    const problem = isPlaced ? clash(clause, seen) : `misplaced ${clause} clause`;
    if (problem !== null) {
      throw new PgError('42601', problem, {
        position: characterPosition(source, location(fields)),
      });
    }
    seen = [...seen, clause];
    if (last === undefined) continue;
    if (clause === 'DEFERRABLE') last['deferrable'] = true;
    if (clause === 'INITIALLY DEFERRED') {
      Object.assign(last, { deferrable: true, initdeferred: true });
    }
  }
  return result;
}

function clash(clause: string, seen: readonly string[]): string | null {
  const isInitial = clause.startsWith('INITIALLY');
  if (seen.some((each) => each.startsWith('INITIALLY') === isInitial)) {
    return isInitial
      ? 'multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed'
      : 'multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed';
  }
  const both = [...seen, clause];
  const isContrary = both.includes('NOT DEFERRABLE') && both.includes('INITIALLY DEFERRED');
  return isContrary ? MUST_BE_DEFERRABLE : null;
}
