// What functions ask for with CallContext.action() that is about locks, as text.
import type { LockMode } from './lock-modes.ts';

export type WantedAction =
  | {
      readonly kind: 'lock';
      readonly mode: LockMode;
      /** Else it ends with the session. */
      readonly isOfTransaction: boolean;
      readonly mayWait: boolean;
      readonly resource: string;
    }
  | { readonly kind: 'unlock'; readonly mode: LockMode; readonly resource: string }
  | { readonly kind: 'unlock-all' };

const KINDS = ['lock', 'unlock', 'unlock-all'] as const;

export function writeAction(action: WantedAction): string {
  switch (action.kind) {
    case 'lock': {
      const { mode, isOfTransaction, mayWait, resource } = action;
      const level = isOfTransaction ? 'transaction' : 'session';
      return `lock ${mode} ${level} ${mayWait ? 'wait' : 'try'} ${resource}`;
    }
    case 'unlock':
      return `unlock ${action.mode} ${action.resource}`;
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
    case 'unlock':
      return { kind, mode: Number(mode), resource: rest.join(' ') };
    case 'unlock-all':
      return { kind };
    default:
      throw new TypeError(`action ${text}`);
  }
}
