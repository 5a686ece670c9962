// The order of real time: a transaction that ended before another began comes before it.
import type { Attempt } from './history.ts';

interface Moment {
  readonly time: number;
  readonly position: number;
  readonly isEnd: boolean;
}

/**
 * Calls `edge` for the transitive reduction of that order. A transaction gets an edge from each of
 * the latest that have ended and are not covered by a later one: as many as there are processes,
 * not as many as there are transactions.
 */
export function realTimeEdges(
  attempts: readonly Attempt[],
  edge: (from: number, to: number) => void,
): void {
  const latest = new Set<number>();
  for (const { position, isEnd } of moments(attempts)) {
    const attempt = attempts[position] as Attempt;
    if (!isEnd) {
      for (const before of latest) edge(before, position);
      continue;
    }
    for (const before of latest) {
      if ((attempts[before] as Attempt).complete < attempt.invoke) latest.delete(before);
    }
    latest.add(position);
  }
}

/** Begins come before ends of the same time: such transactions are concurrent. */
function moments(attempts: readonly Attempt[]): Moment[] {
  const all: Moment[] = [];
  for (const [position, { invoke, complete, status }] of attempts.entries()) {
    all.push({ time: invoke, position, isEnd: false });
    // What is unknown may take effect at any later time.
    if (status === 'ok') all.push({ time: complete, position, isEnd: true });
  }
  return all.sort((a, b) => a.time - b.time || Number(a.isEnd) - Number(b.isEnd));
}
