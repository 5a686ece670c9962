// What the simulator's clients that need more than one statement ask their gateway, and are answered.
import type { Answer } from '../../src/gateway/gateway.ts';
import { decodeOutcome } from '../../src/machine/outcome-codec.ts';
import type { LockAction, Outcome, Request } from '../../src/machine/command.ts';
import type { SimulatedNode } from './simulated-node.ts';

/** `onEnd`: its answer; null: nobody will ever tell. False: the node takes no more. */
export type Ask = (
  node: SimulatedNode,
  request: Request,
  isBound: boolean,
  onEnd: (answer: Answer | null) => void,
) => boolean;

/** Nothing, in any schema. */
export const NOTHING: Request = {
  schemaVersion: 0,
  schemaChanges: 0,
  now: 0n,
  seed: 0,
  settings: [],
  statements: [],
  isDoomed: false,
  writes: [],
  recording: null,
  idempotencyKey: '',
  locks: null,
};

export function locksOf(
  { owner }: { readonly owner: number },
  ...actions: readonly LockAction[]
): Request {
  return { ...NOTHING, locks: { owner, actions } };
}

/** null: it was not executed. */
export function outcomeOf(answer: Answer): Outcome | null {
  return answer.kind === 'outcome' ? decodeOutcome(answer.outcome) : null;
}
