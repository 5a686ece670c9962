// `balsa status`: the nodes of the cluster, as one of them sees it.
import { Command, Option } from 'commander';
import { ConfigError, parseHostPort } from '../server/config.ts';
import { query } from './query.ts';
import { formatTable } from './table.ts';

const TIMEOUT_MS = 5000;

export function statusCommand(): Command {
  return new Command('status')
    .description('Show the nodes of the cluster: role, term, leader, log, lag and disk.')
    .addOption(
      new Option('--node <host:port>', 'client address of any node')
        .env('BALSA_NODE')
        .default('127.0.0.1:5432'),
    )
    .addHelpText(
      'after',
      `
The same table is there for every client: select * from balsa_nodes;`,
    )
    .action(async (options: { readonly node: string }) => {
      try {
        const answer = await query(
          parseHostPort(options.node, '--node'),
          'set balsa.read_consistency = stale; select * from balsa_nodes order by id',
          TIMEOUT_MS,
        );
        console.log(formatTable(answer.columns, answer.rows));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        console.error(`balsa status: ${reason}${hintFor(reason)}`);
        process.exitCode = error instanceof ConfigError ? 2 : 1;
      }
    });
}

function hintFor(reason: string): string {
  if (!reason.includes('ECONNREFUSED')) return '';
  return '\nNo node serves clients there. --node HOST:PORT asks another one.';
}
