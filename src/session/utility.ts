// Statements that the session carries out by itself: SET, SHOW, DISCARD and the like.
import { notSupported } from '../errors/pg-error.ts';
import type { UtilityPlan } from '../sql/plan.ts';
import { unreachable } from '../util/assert.ts';
import type { StatementResult } from './backend.ts';
import type { SessionContext } from './session-context.ts';

const NOTHING: StatementResult = { rows: null, count: 0 };

/** What only the extended protocol knows: prepared statements. */
export interface PreparedStatements {
  /** null: all of them. Throws 26000. */
  deallocate(name: string | null): void;
}

export function runUtility(
  context: SessionContext,
  plan: UtilityPlan,
  statements: PreparedStatements,
): StatementResult {
  const { utility } = plan;
  const { settings, writer } = context;
  switch (utility.kind) {
    case 'set':
      if (utility.isLocal) {
        writer.notice('WARNING', '25P01', 'SET LOCAL can only be used in transaction blocks');
        // Checked all the same, and forgotten at once.
        const before = settings.tryGet(utility.name);
        settings.set(utility.name, utility.value);
        settings.set(utility.name, before);
      } else settings.set(utility.name, utility.value);
      return NOTHING;
    case 'reset':
      if (utility.name === null) settings.resetAll();
      else settings.set(utility.name, null);
      return NOTHING;
    case 'show':
      return show(context, utility.name);
    case 'discard':
      if (utility.what === 'all') settings.resetAll();
      if (utility.what === 'all' || utility.what === 'plans') statements.deallocate(null);
      return NOTHING;
    case 'deallocate':
      statements.deallocate(utility.name);
      return NOTHING;
    case 'transaction':
      throw notSupported(
        `${utility.what.toUpperCase()}: a transaction over several statements (several statements in one query string are one transaction)`,
      );
    case 'nothing':
      return NOTHING;
    default:
      return unreachable(utility);
  }
}

function show({ settings }: SessionContext, name: string | null): StatementResult {
  if (name !== null) return { rows: [[settings.get(name)]], count: 1 };
  const rows = settings.all().map(({ name, value }) => [name, value, '']);
  return { rows, count: rows.length };
}
