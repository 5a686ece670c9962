// Looks for a serial order of a small history by trying all of them: slow, and too simple to be wrong.
import type { History, Transaction } from '../history.ts';

type State = ReadonlyMap<number, readonly number[]>;

export function isStrictlySerializable(history: History): boolean {
  return canFinish(
    history.filter(({ status }) => status !== 'fail'),
    new Map(),
  );
}

/** Can the rest be executed one by one from here? What is unknown may be left out. */
function canFinish(rest: readonly Transaction[], state: State): boolean {
  if (rest.every(({ status }) => status === 'info')) return true;
  return rest.some((next) => {
    const others = rest.filter((other) => other !== next);
    if (others.some((other) => isBefore(other, next))) return false;
    const after = execute(next, state);
    return after !== null && canFinish(others, after);
  });
}

function isBefore(a: Transaction, b: Transaction): boolean {
  return a.status === 'ok' && a.complete < b.invoke;
}

/** Null where a read would have seen something else. */
function execute(transaction: Transaction, before: State): State | null {
  const state = new Map(before);
  for (const operation of transaction.operations) {
    const list = state.get(operation.key) ?? [];
    if (operation.kind === 'append') state.set(operation.key, [...list, operation.value]);
    else if (operation.list.join() !== list.join()) return null;
  }
  return state;
}
