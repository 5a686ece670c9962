// Runs the simulator: one seed with its story, or many. `npm run simulate -- --seed 7`,
// `npm run simulate -- --seeds 5000 --first 1000`.
import { Command } from 'commander';
import { simulate } from '../test/simulation/simulation.ts';
import type { Counters } from '../test/simulation/simulation.ts';

const options = new Command('simulate')
  .usage('[-- options]')
  .option('--seed <number>', 'one run, with a trace of what happened', Number)
  .option('--seeds <number>', 'how many runs', Number, 100)
  .option('--first <number>', 'the first seed of many', Number, 1)
  .parse()
  .opts<{ seed?: number; seeds: number; first: number }>();

if (options.seed !== undefined) {
  const { trace, counters } = simulate(options.seed);
  console.log(trace.join('\n'));
  console.log(counters);
} else {
  const totals: Counters = {};
  let failures = 0;
  const start = Date.now();
  for (let seed = options.first; seed < options.first + options.seeds; seed++) {
    try {
      const { counters } = simulate(seed);
      for (const [name, count] of Object.entries(counters))
        totals[name] = (totals[name] ?? 0) + count;
    } catch (error) {
      failures += 1;
      console.log(error instanceof Error ? error.message : error);
    }
  }
  console.log(totals);
  const seconds = (Date.now() - start) / 1000;
  console.log(`${options.seeds} runs in ${seconds.toFixed(1)} s, ${failures} failures`);
  process.exitCode = failures === 0 ? 0 : 1;
}
