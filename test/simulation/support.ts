// Many runs, and what all of them together must have done.
import type { Counters } from './simulation.ts';
import { simulate } from './simulation.ts';

/** What must have happened often enough for the runs to mean anything. */
const LEAST_PER_THOUSAND: Counters = {
  acknowledged: 50_000,
  elections: 1500,
  kills: 500,
  'power-failures': 500,
  pauses: 500,
  partitions: 300,
  transfers: 300,
  usurpations: 300,
  lost: 10_000,
  duplicated: 10_000,
  expired: 1000,
  fills: 1000,
  'fills-of-one': 400,
  'fills-of-majority': 150,
  'fills-of-all': 150,
  'low-disks': 400,
  'refusals-of-disks': 4000,
  'starts-on-full-disks': 200,
  'starts-without-room': 1000,
  'stops-for-room': 100,
  'databases-without-room': 60,
  'databases-with-room-again': 40,
  'statements-without-room': 8,
  'refused-for-room': 10_000,
  'rooms-made': 200,
  'restarts-compared': 4000,
  'lease-reads': 5000,
  'index-reads': 10_000,
  'to-the-dead': 1000,
  'transactions-committed': 4000,
  'transactions-refused': 800,
  'transactions-rolled-back': 2000,
  'conflicts-on-the-way': 800,
  'statements-given-up': 1000,
  'transactions-in-parts': 600,
  'values-reserved': 1700,
  'locks-taken': 2500,
  'locks-granted': 600,
  guarded: 3500,
  'silent-gateways': 80,
  'locks-lost': 15,
  'row-commits': 4500,
  'jobs-done': 4500,
  'rows-locked': 7000,
  'rows-skipped': 2500,
  'rows-refused': 600,
  'rows-given-back': 30,
  'rows-not-available': 100,
  'row-waits': 700,
  'rows-granted': 450,
  'row-locks-lost': 4,
  'rows-raise': 350,
  'rows-move': 120,
  'rows-note': 200,
  'tables-locked': 200,
  'tables-held': 200,
  'writes-held': 60,
  'commits-held': 30,
};

export function runSeeds(first: number, count: number): Counters {
  const totals: Counters = {};
  for (let seed = first; seed < first + count; seed++) {
    const { counters } = simulate(seed);
    for (const [name, value] of Object.entries(counters))
      totals[name] = (totals[name] ?? 0) + value;
  }
  return totals;
}

/** Names of what happened too seldom. */
export function missing(totals: Counters, count: number): readonly string[] {
  return Object.entries(LEAST_PER_THOUSAND)
    .filter(([name, least]) => (totals[name] ?? 0) < (least * count) / 1000)
    .map(([name, least]) => `${name}: ${totals[name] ?? 0} of ${(least * count) / 1000}`);
}
