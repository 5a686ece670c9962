// Processor time of a process by thread, as Linux counts it. Elsewhere there is nothing to read.
import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts in hundredths of a second (getconf CLK_TCK). */
const TICK_MICROS = 10_000;

/** Microseconds by thread name; threads of one name are added up. Empty without /proc. */
export type ThreadTimes = ReadonlyMap<string, number>;

export function threadTimes(processId: number): ThreadTimes {
  const times = new Map<string, number>();
  const directory = `/proc/${processId}/task`;
  for (const thread of listOrNone(directory)) {
    const found = /\((.*)\) \S+((?: \S+){12})/.exec(readOrNothing(`${directory}/${thread}/stat`));
    if (found === null) continue;
    const [, name = '', fields = ''] = found;
    const [user = 0, system = 0] = fields.trim().split(' ').slice(10).map(Number);
    times.set(name, (times.get(name) ?? 0) + (user + system) * TICK_MICROS);
  }
  return times;
}

/** What was spent between two readings, per statement, largest first. */
export function microsEach(
  before: ThreadTimes,
  after: ThreadTimes,
  statements: number,
): readonly (readonly [string, number])[] {
  return [...after]
    .map(([name, micros]) => [name, (micros - (before.get(name) ?? 0)) / statements] as const)
    .filter(([, micros]) => micros >= 1)
    .sort(([, a], [, b]) => b - a);
}

function listOrNone(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A thread may have ended since it was listed. */
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
