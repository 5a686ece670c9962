// Statements that the session carries out by itself: SET, SHOW, DISCARD and the like.
import { PgError } from '../errors/pg-error.ts';
import type { CursorStatement, TransactionModes } from '../sql/plan.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { InvariantViolation, must, unreachable } from '../util/assert.ts';
import type { StatementResult } from './backend.ts';
import { explainPlan, explainReplication } from './explain.ts';
import { executeComputed, prepare } from './execute.ts';
import { writeWarning } from './results.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';
import type { SessionUtilityPlan } from './session-plan.ts';
import { changeSetting } from './change-setting.ts';

const NOTHING: StatementResult = { rows: null, count: 0 };

export async function runUtility(
  context: SessionContext,
  plan: SessionUtilityPlan,
  parameters: readonly SqliteValue[] = [],
): Promise<StatementResult> {
  const { utility } = plan;
  const { settings } = context;
  switch (utility.kind) {
    case 'set':
      changeSetting(context, utility);
      return NOTHING;
    case 'reset':
      if (utility.name === null) settings.resetAll();
      else changeSetting(context, { name: utility.name, value: null, isLocal: false });
      return NOTHING;
    case 'show':
      return show(context, utility.name);
    case 'discard':
      if (utility.what === 'all' && context.block.isOpen) {
        throw new PgError('25001', 'DISCARD ALL cannot run inside a transaction block');
      }
      if (utility.what === 'all') {
        settings.resetAll();
        context.channels.unlisten(null);
        await context.backend.locks.unlockAll(context.processId);
      }
      if (utility.what === 'all' || utility.what === 'sequences') {
        context.sequences.last = 0;
        context.sequences.values.clear();
      }
      if (utility.what === 'all') context.statements.deallocate(null);
      return NOTHING;
    case 'prepare':
      await prepare(context, utility);
      return NOTHING;
    case 'execute':
      return executeComputed(context, plan);
    case 'deallocate':
      context.statements.deallocate(utility.name);
      return NOTHING;
    case 'set-transaction':
      setTransaction(context, utility.modes, utility.isSession);
      return NOTHING;
    case 'declare-cursor':
      await declareCursor(context, utility, plan.compileQuery, parameters);
      return NOTHING;
    case 'explain': {
      const query = must(plan.compileQuery, 'EXPLAIN has a query')(context.block.catalog());
      return utility.isReplication
        ? explainReplication(context, query, parameters)
        : explainPlan(context, query, parameters);
    }
    case 'fetch':
      return context.cursors.fetch(utility);
    case 'close-cursor':
      context.cursors.close(utility.name);
      return NOTHING;
    case 'transaction':
      throw new InvariantViolation("transaction statements are the block's");
    case 'listen':
      // What was notified before is not to be heard.
      await context.backend.freshen(runOptions(context));
      context.channels.listen(utility.channel);
      return NOTHING;
    case 'unlisten':
      context.channels.unlisten(utility.channel);
      return NOTHING;
    case 'nothing':
      if (plan.tag.name === 'VACUUM' && context.block.isOpen) {
        throw new PgError('25001', 'VACUUM cannot run inside a transaction block');
      }
      return NOTHING;
    default:
      return unreachable(utility);
  }
}

async function declareCursor(
  context: SessionContext,
  declare: Extract<CursorStatement, { kind: 'declare-cursor' }>,
  compileQuery: SessionUtilityPlan['compileQuery'],
  parameters: readonly SqliteValue[],
): Promise<void> {
  const { block, cursors, backend } = context;
  if (!block.isBlock && !declare.isHold) {
    throw new PgError('25P01', 'DECLARE CURSOR can only be used in transaction blocks');
  }
  cursors.refuseTaken(declare.name);
  const isAlone = !block.isOpen;
  if (isAlone) block.beginImplicit();
  const compile = must(compileQuery, 'DECLARE has a query');
  const plan = compile(isAlone ? backend.catalog() : block.catalog());
  const { rows } = await block.run({ plan, parameters }, (catalog) => ({
    plan: compile(catalog),
    parameters,
  }));
  cursors.declare(declare, plan.columns ?? [], rows ?? []);
  if (isAlone) await block.endImplicit();
}

function setTransaction(
  context: SessionContext,
  modes: TransactionModes,
  isSession: boolean,
): void {
  const { settings, block } = context;
  if (isSession) {
    const { isolation, isReadOnly, isDeferrable } = modes;
    const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');
    if (isolation !== null) settings.set('default_transaction_isolation', isolation);
    if (isReadOnly !== null) settings.set('default_transaction_read_only', onOff(isReadOnly));
    if (isDeferrable !== null) settings.set('default_transaction_deferrable', onOff(isDeferrable));
    return;
  }
  if (!block.isBlock) {
    writeWarning(context, '25P01', 'SET TRANSACTION can only be used in transaction blocks');
  }
  if (block.isOpen) block.setModes(modes);
}

function show({ settings }: SessionContext, name: string | null): StatementResult {
  if (name !== null) return { rows: [[settings.get(name)]], count: 1 };
  const rows = settings.all().map(({ name, value }) => [name, value, '']);
  return { rows, count: rows.length };
}
