// Random programs of messages on both servers: what they are told differently, made small.
import { makeProgram } from './generator.ts';
import { difference, isNotSupported } from './known.ts';
import type { Difference } from './known.ts';
import { programLines, shrinkProgram } from './program.ts';
import type { Program } from './program.ts';
import { Balsa } from './run.ts';
import type { Postgres } from './run.ts';

export interface Found extends Difference {
  readonly program: Program;
}

export async function check(
  program: Program,
  balsa: Balsa,
  postgres: Postgres,
): Promise<Found | null> {
  const ours = await balsa.answer(program);
  if (ours.crash !== null) {
    const what = `CRASH ${ours.crash.split('\n')[0]}`;
    return { what, client: 0, ours: [ours.crash], theirs: [], program };
  }
  const theirs = await postgres.answer(program, ours);
  const found = difference(ours.streams, theirs);
  return found === null || isNotSupported(found)
    ? null
    : { ...found, program: { ...program, steps: ours.steps } };
}

export async function makeSmall(found: Found, balsa: Balsa, postgres: Postgres): Promise<Found> {
  let best = found;
  await shrinkProgram(found.program, async (candidate) => {
    const next = await check(candidate, balsa, postgres);
    if (next?.what !== found.what) return false;
    best = next;
    return true;
  });
  return best;
}

function report(seed: number, { what, client, ours, theirs, program }: Found): void {
  const shown = (messages: readonly string[]): string =>
    messages.map((message) => message.replaceAll('\n', '\n    ')).join('\n    ');
  console.log(`== ${what}   [seed ${seed}]`);
  for (const line of programLines(program)) console.log(`  ${line.slice(0, 300)}`);
  console.log(`  client ${client} is told\n  ours   ${shown(ours)}\n  theirs ${shown(theirs)}`);
}

/** How often each difference was found. */
export async function fuzzWire(
  first: number,
  seeds: number,
  each: number,
  postgres: Postgres,
): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  const balsa = new Balsa();
  for (let seed = first; seed < first + seeds; seed++) {
    const found = await check(makeProgram(seed), balsa, postgres);
    if (found === null) continue;
    const count = seen.get(found.what) ?? 0;
    seen.set(found.what, count + 1);
    if (count < each) report(seed, await makeSmall(found, balsa, postgres));
  }
  balsa.close();
  return seen;
}
