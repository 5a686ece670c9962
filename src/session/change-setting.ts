// SET and set_config(): some settings belong to the transaction alone.
import type { SetAction } from '../sql/functions/lock-actions.ts';
import type { TransactionModes } from '../sql/plan.ts';
import { notSupported, PgError } from '../errors/pg-error.ts';
import { writeWarning } from './results.ts';
import type { SessionContext } from './session-context.ts';
import { parseBoolean, parseIsolation } from './setting-values.ts';

/** Settings that belong to the transaction alone. */
const OF_TRANSACTION: Readonly<Record<string, keyof TransactionModes>> = {
  transaction_isolation: 'isolation',
  transaction_read_only: 'isReadOnly',
  transaction_deferrable: 'isDeferrable',
};

export function changeSetting(
  context: SessionContext,
  { name, value, isLocal }: Omit<SetAction, 'kind'>,
): void {
  const { settings, block } = context;
  if (OF_USER.includes(name.toLowerCase())) checkUser(context, value);
  if (name.toLowerCase() === 'session_authorization') return;
  const mode = OF_TRANSACTION[name.toLowerCase()];
  if (mode !== undefined) {
    const text = value ?? settings.get(`default_${name}`);
    // Outside of a transaction it would end with the statement.
    if (block.isOpen) block.setModes({ ...NO_MODES, [mode]: modeValue(mode, text, name) });
    return;
  }
  if (isLocal && !block.isBlock) {
    writeWarning(context, '25P01', 'SET LOCAL can only be used in transaction blocks');
  }
  settings.set(name, value, isLocal);
  // Checked all the same, and forgotten at once.
  if (isLocal && !block.isOpen) settings.dropLocals();
}

/** SET ROLE and SET SESSION AUTHORIZATION. */
const OF_USER = ['role', 'session_authorization'];

/** Nobody can become somebody else. */
function checkUser({ user, backend }: SessionContext, name: string | null): void {
  if (name === null || name === 'none' || name === 'postgres' || name === user) return;
  const roles = backend.catalog().rows('pg_authid');
  if (!roles.some((row) => row['rolname'] === name)) {
    throw new PgError('22023', `role "${name}" does not exist`);
  }
  throw notSupported('to act as another user');
}

const NO_MODES: TransactionModes = { isolation: null, isReadOnly: null, isDeferrable: null };

function modeValue(mode: keyof TransactionModes, text: string, name: string): string | boolean {
  return mode === 'isolation'
    ? parseIsolation(text, name, name)
    : parseBoolean(text, name) === 'on';
}

/** set_config(). */
export function setConfig(context: SessionContext, action: SetAction): string {
  const { settings, block } = context;
  const isForgotten = action.isLocal && !block.isOpen;
  if (!isForgotten) changeSetting(context, action);
  else settings.set(action.name, action.value, true);
  const value = settings.get(action.name);
  if (isForgotten) settings.dropLocals();
  return value;
}
