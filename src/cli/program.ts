// The command line: one file per command.
import { Command } from 'commander';
import { VERSION } from '../server/version.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';

export function createProgram(): Command {
  return new Command('balsa')
    .description('BalsaDB: a replicated SQL database that speaks the Postgres protocol.')
    .version(VERSION)
    .addCommand(startCommand())
    .addCommand(statusCommand())
    .addHelpText(
      'after',
      `
Examples:
  balsa start --data ./data                 one node on 127.0.0.1:5432
  balsa status                              the nodes of the cluster, as any of them sees it
  psql -h 127.0.0.1 -p 5432 postgres        a client

Every option of "start" can also come from the environment: --data is BALSA_DATA, and so on.`,
    );
}
