// Takes what is to be done out of the state, each thing once, and knows what was told before.
import type { Entry, Index } from './entry.ts';
import { releaseHeld, takePersist } from './durability.ts';
import type { Ready } from './ready.ts';
import type { RaftState } from './state.ts';

export class HandingOut {
  #handedOut: Index;
  #shownRole: NonNullable<Ready['roleChange']>;
  #shownConfiguration = 0;

  /** What `state` has committed by now is known. */
  constructor({ commitIndex, currentTerm }: RaftState) {
    this.#handedOut = commitIndex;
    this.#shownRole = { role: 'follower', term: currentTerm, leaderId: 0 };
  }

  /** null: there is nothing. */
  take(state: RaftState): Ready | null {
    const persist = takePersist(state);
    releaseHeld(state);
    const ready: Ready = {
      persist,
      messages: take(state, 'outbox'),
      committed: this.#takeCommitted(state),
      reads: take(state, 'reads'),
      readFailures: take(state, 'readFailures'),
      roleChange: this.#takeRoleChange(state),
      configuration: this.#takeConfiguration(state),
      alarm: state.alarm,
    };
    state.alarm = null;
    return isEmpty(ready) ? null : ready;
  }

  #takeCommitted(state: RaftState): readonly Entry[] {
    // Never ahead of the own disk: after a crash the log must still have what was applied (R52).
    const last = Math.min(state.commitIndex, state.durableIndex);
    if (last <= this.#handedOut) return [];
    const entries = state.log.entries(this.#handedOut + 1, last, state.limits.committedBytesMax);
    this.#handedOut += entries.length;
    return entries;
  }

  #takeRoleChange({ role, currentTerm, leaderId }: RaftState): Ready['roleChange'] {
    const shown = this.#shownRole;
    if (shown.role === role.kind && shown.term === currentTerm && shown.leaderId === leaderId) {
      return null;
    }
    this.#shownRole = { role: role.kind, term: currentTerm, leaderId };
    return this.#shownRole;
  }

  #takeConfiguration({ configurations }: RaftState): Ready['configuration'] {
    if (configurations.version === this.#shownConfiguration) return null;
    this.#shownConfiguration = configurations.version;
    return configurations.effective;
  }
}

function take<K extends 'outbox' | 'reads' | 'readFailures'>(
  state: RaftState,
  key: K,
): RaftState[K] {
  const taken = state[key];
  if (taken.length > 0) state[key] = [] as unknown as RaftState[K];
  return taken;
}

function isEmpty(ready: Ready): boolean {
  return (
    ready.persist === null &&
    ready.messages.length === 0 &&
    ready.committed.length === 0 &&
    ready.reads.length === 0 &&
    ready.readFailures.length === 0 &&
    ready.roleChange === null &&
    ready.configuration === null &&
    ready.alarm === null
  );
}
