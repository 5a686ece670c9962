// `balsa start`: runs one node in the foreground until it is told to stop.
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  ConfigError,
  checkConfig,
  parseHostPort,
  parseNodeId,
  parsePeers,
} from '../server/config.ts';
import type { NodeConfig, TlsFiles } from '../server/config.ts';
import { runNode } from '../server/run-node.ts';

interface StartOptions {
  readonly data: string;
  readonly id: string;
  readonly listen: string;
  readonly peerListen?: string;
  readonly peers?: string;
  readonly cluster: string;
  readonly database: string;
  readonly maxConnections: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly peerCert?: string;
  readonly peerKey?: string;
  readonly peerCa?: string;
  readonly insecure: boolean;
  readonly logLevel: string;
  readonly logFormat?: 'pretty' | 'json';
}

export function startCommand(): Command {
  const command = new Command('start').description('Run a node in the foreground.');
  const options: Option[] = [];
  const option = (flags: string, description: string, environment: string): Option => {
    const created = new Option(flags, description).env(environment);
    options.push(created);
    return created;
  };
  option('--data <dir>', 'where the node keeps its log and its database', 'BALSA_DATA').default(
    './balsa-data',
  );
  option(
    '--id <number>',
    'number of this node, never used again after it is gone',
    'BALSA_ID',
  ).default('1');
  option('--listen <host:port>', 'where clients connect', 'BALSA_LISTEN').default('127.0.0.1:5432');
  option('--peer-listen <host:port>', 'where other nodes connect', 'BALSA_PEER_LISTEN').default(
    undefined,
    'this node in --peers, or 127.0.0.1:7432',
  );
  option(
    '--peers <list>',
    'all nodes of the cluster with their peer addresses, equal on every node: 1=127.0.0.1:7432,2=127.0.0.1:7433,...',
    'BALSA_PEERS',
  ).default(undefined, 'this node alone');
  option('--cluster <name>', 'nodes refuse peers of another cluster', 'BALSA_CLUSTER').default(
    'balsa',
  );
  option('--database <name>', 'the database that clients name', 'BALSA_DATABASE').default(
    'postgres',
  );
  option('--max-connections <number>', 'further clients are refused', 'BALSA_MAX_CONNECTIONS')
    .default(500)
    .argParser(parsePositive);
  option('--tls-cert <file>', 'certificate for clients (PEM); turns TLS on', 'BALSA_TLS_CERT');
  option('--tls-key <file>', 'its key', 'BALSA_TLS_KEY');
  option('--peer-cert <file>', 'certificate of this node for its peers (PEM)', 'BALSA_PEER_CERT');
  option('--peer-key <file>', 'its key', 'BALSA_PEER_KEY');
  option('--peer-ca <file>', 'who must have signed the peers, and this node', 'BALSA_PEER_CA');
  option(
    '--insecure',
    'serve addresses other than loopback without authentication and TLS',
    'BALSA_INSECURE',
  ).default(false);
  option('--log-level <level>', 'what to log', 'BALSA_LOG_LEVEL')
    .choices(['debug', 'info', 'warn', 'error'])
    .default('info');
  option('--log-format <format>', 'how', 'BALSA_LOG_FORMAT')
    .choices(['pretty', 'json'])
    .default(undefined, 'pretty on a terminal, else json');
  for (const created of options) command.addOption(created);
  command.addHelpText(
    'after',
    `
One node, for development and tests:
  balsa start --data ./data

Three nodes on one machine (each in its own terminal, N = 1, 2, 3):
  balsa start --data ./data-N --id N --listen 127.0.0.1:543N \\
    --peers 1=127.0.0.1:7431,2=127.0.0.1:7432,3=127.0.0.1:7433

A majority of the nodes must run; every node serves every statement. Stop a node with Ctrl-C or
SIGTERM: it finishes what is in flight, hands leadership over and exits with 0.`,
  );
  return command.action(async (options: StartOptions) => {
    try {
      await runNode(configOf(options));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      console.error(`balsa start: ${error.message}`);
      process.exitCode = 2;
    }
  });
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('not a positive number');
  return value;
}

function configOf(options: StartOptions): NodeConfig {
  const nodeId = parseNodeId(options.id, '--id');
  const listed = options.peers === undefined ? [] : parsePeers(options.peers);
  const ownInList = listed.find((peer) => peer.id === nodeId);
  const peerAddress =
    options.peerListen !== undefined
      ? parseHostPort(options.peerListen, '--peer-listen')
      : (ownInList ?? { host: '127.0.0.1', port: 7432 });
  const config: NodeConfig = {
    dataDirectory: options.data,
    nodeId,
    clientAddress: parseHostPort(options.listen, '--listen'),
    peerAddress: { host: peerAddress.host, port: peerAddress.port },
    voters: listed.length > 0 ? listed : [{ id: nodeId, ...peerAddress }],
    clusterName: options.cluster,
    database: options.database,
    maxConnections: options.maxConnections,
    clientTls: tlsFiles(options.tlsCert, options.tlsKey, null, '--tls'),
    peerTls: tlsFiles(options.peerCert, options.peerKey, options.peerCa ?? null, '--peer'),
    logLevel: options.logLevel,
    logFormat: options.logFormat ?? (process.stdout.isTTY ? 'pretty' : 'json'),
  };
  checkConfig(config, options.insecure);
  return config;
}

function tlsFiles(
  cert: string | undefined,
  key: string | undefined,
  ca: string | null,
  prefix: string,
): TlsFiles | null {
  if (cert === undefined && key === undefined && ca === null) return null;
  if (cert === undefined || key === undefined) {
    throw new ConfigError(`${prefix}-cert and ${prefix}-key go together`);
  }
  if (prefix === '--peer' && ca === null) {
    throw new ConfigError('--peer-cert needs --peer-ca: peers check each other');
  }
  return { cert, key, ca };
}
