// What functions ask for with CallContext.action(), as text: locks, and what session-actions.ts has.
import type { LockMode } from './lock-modes.ts';
import { CLAIM_POLICIES } from './row-locks.ts';
import type { ClaimPolicy, RowClaim } from './row-locks.ts';

/** Takes locks of rows for the transaction, all with the same policy. */
export interface RowsAction {
  readonly kind: 'rows';
  readonly policy: ClaimPolicy;
  readonly acquired: readonly RowClaim[];
  /** Taken by the same statement, and not needed after all. */
  readonly released: readonly RowClaim[];
}

/** Of the session that the statement runs in. */
export interface SetAction {
  readonly kind: 'set';
  readonly name: string;
  /** null: the default. */
  readonly value: string | null;
  readonly isLocal: boolean;
}

/** To a session of this node. */
export interface SignalAction {
  readonly kind: 'signal';
  readonly pid: number;
  /** The session ends, not only its statement. */
  readonly isEnd: boolean;
}

export type WantedAction =
  | SignalAction
  | SetAction
  | { readonly kind: 'sleep'; readonly seconds: number }
  | {
      readonly kind: 'lock';
      readonly mode: LockMode;
      /** Else it ends with the session. */
      readonly isOfTransaction: boolean;
      readonly mayWait: boolean;
      readonly resource: string;
    }
  | { readonly kind: 'unlock'; readonly mode: LockMode; readonly resource: string }
  | { readonly kind: 'unlock-all' }
  | RowsAction;

const KINDS = ['set', 'sleep', 'signal', 'lock', 'unlock', 'unlock-all', 'rows'] as const;

export function writeAction(action: WantedAction): string {
  switch (action.kind) {
    case 'lock': {
      const { mode, isOfTransaction, mayWait, resource } = action;
      const level = isOfTransaction ? 'transaction' : 'session';
      return `lock ${mode} ${level} ${mayWait ? 'wait' : 'try'} ${resource}`;
    }
    case 'set':
      return `set ${JSON.stringify([action.name, action.value, action.isLocal])}`;
    case 'signal':
      return `signal ${action.pid} ${action.isEnd ? 'end' : 'cancel'}`;
    case 'sleep':
      return `sleep ${String(action.seconds)}`;
    case 'unlock':
      return `unlock ${action.mode} ${action.resource}`;
    case 'rows': {
      const { policy, acquired, released } = action;
      return `rows ${policy} ${JSON.stringify([groupsOf(acquired), groupsOf(released)])}`;
    }
    default:
      return action.kind;
  }
}

/** Throws TypeError: only what writeAction() has written comes here. */
export function readAction(text: string): WantedAction {
  const [word, mode, ...rest] = text.split(' ');
  const kind = KINDS.find((one) => one === word);
  switch (kind) {
    case 'lock': {
      const [level, policy, ...resource] = rest;
      return {
        kind,
        mode: Number(mode),
        isOfTransaction: level === 'transaction',
        mayWait: policy === 'wait',
        resource: resource.join(' '),
      };
    }
    case 'set': {
      const [name, value, isLocal] = JSON.parse(text.slice('set '.length)) as SetParts;
      return { kind, name, value, isLocal };
    }
    case 'signal':
      return { kind, pid: Number(mode), isEnd: rest[0] === 'end' };
    case 'sleep':
      return { kind, seconds: Number(mode) };
    case 'unlock':
      return { kind, mode: Number(mode), resource: rest.join(' ') };
    case 'unlock-all':
      return { kind };
    case 'rows': {
      const policy = CLAIM_POLICIES.find((one) => one === mode) ?? 'wait';
      const [acquired, released] = JSON.parse(rest.join(' ')) as [Group[], Group[]];
      const claims = (groups: readonly Group[]): readonly RowClaim[] =>
        groups.flatMap((group) => claimsOf(group, policy));
      return { kind, policy, acquired: claims(acquired), released: claims(released) };
    }
    default:
      throw new TypeError(`action ${text}`);
  }
}

type SetParts = [name: string, value: string | null, isLocal: boolean];

/** Rows of one table, in one mode, one behind the other. */
type Group = [name: string, table: string, mode: LockMode, rows: string];

function groupsOf(claims: readonly RowClaim[]): readonly Group[] {
  const groups: Group[] = [];
  for (const { resource, mode, name } of claims) {
    const [, table = '', row = ''] = resource.split(' ');
    const last = groups.at(-1);
    if (last?.[1] === table && last[2] === mode) last[3] += `,${row}`;
    else groups.push([name, table, mode, row]);
  }
  return groups;
}

function claimsOf([name, table, mode, rows]: Group, policy: ClaimPolicy): readonly RowClaim[] {
  return rows.split(',').map((row) => ({ resource: `r ${table} ${row}`, mode, policy, name }));
}
