// Majorities, also of a joint configuration, where every decision needs both halves (thesis 4.3).
import type { Configuration } from './configuration.ts';
import type { NodeId } from './entry.ts';

/** The largest value that a majority of `voters` has reached. */
function majorityValue(voters: readonly NodeId[], valueOf: (id: NodeId) => number): number {
  const values = voters.map(valueOf).sort((a, b) => b - a);
  return values[values.length >> 1] as number;
}

/** The largest value that a quorum has reached: of match indexes, of times, of round numbers. */
export function quorumValue(configuration: Configuration, valueOf: (id: NodeId) => number): number {
  const { voters, votersOld } = configuration;
  const value = majorityValue(voters, valueOf);
  return votersOld === null ? value : Math.min(value, majorityValue(votersOld, valueOf));
}

export function hasQuorum(
  configuration: Configuration,
  isCounted: (id: NodeId) => boolean,
): boolean {
  return quorumValue(configuration, (id) => (isCounted(id) ? 1 : 0)) === 1;
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || (configuration.votersOld?.includes(id) ?? false);
}

/** Everybody who gets the log, sorted, without `self`. */
export function peersOf(configuration: Configuration, self: NodeId): NodeId[] {
  const all = new Set([
    ...configuration.voters,
    ...(configuration.votersOld ?? []),
    ...configuration.learners,
  ]);
  all.delete(self);
  return [...all].sort((a, b) => a - b);
}
