// What a node is told at start, checked before anything is opened. The command line (cli/start.ts)
// fills it; errors name the value and the remedy.
import type { NodeId } from '../raft/entry.ts';
import { isIP } from 'node:net';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface PeerConfig extends HostPort {
  readonly id: NodeId;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
}

export interface NodeConfig {
  readonly dataDirectory: string;
  readonly nodeId: NodeId;
  readonly clientAddress: HostPort;
  readonly peerAddress: HostPort;
  /** All voters with this node among them, sorted by id. */
  readonly voters: readonly PeerConfig[];
  /** Part of the cluster id: two clusters with equal addresses cannot mix when names differ. */
  readonly clusterName: string;
  readonly database: string;
  readonly maxConnections: number;
  readonly clientTls: TlsFiles | null;
  readonly peerTls: TlsFiles | null;
  readonly logLevel: string;
  readonly logFormat: 'pretty' | 'json';
}

/** A mistake in flags or environment: shown as one line, exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const PORT_MAX = 65535;
export const NODE_ID_MAX = 0x7fff_ffff;

/** `127.0.0.1:5432`, `localhost:5432`, `[::1]:5432`. */
export function parseHostPort(text: string, option: string): HostPort {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, '$1');
  const port = Number(text.slice(colon + 1));
  if (host === '' || !Number.isInteger(port) || port < 1 || port > PORT_MAX) {
    throw new ConfigError(`${option}: "${text}" is not HOST:PORT, such as 127.0.0.1:5432`);
  }
  return { host, port };
}

/** `1=127.0.0.1:7432,2=127.0.0.1:7433`. */
export function parsePeers(text: string): PeerConfig[] {
  const peers = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => parsePeer(part.trim()));
  peers.sort((a, b) => a.id - b.id);
  for (const [position, peer] of peers.entries()) {
    if (position > 0 && peers[position - 1]?.id === peer.id) {
      throw new ConfigError(`--peers: node ${peer.id} is listed twice`);
    }
  }
  return peers;
}

function parsePeer(text: string): PeerConfig {
  const equals = text.indexOf('=');
  if (equals < 0) {
    throw new ConfigError(`--peers: "${text}" is not ID=HOST:PORT, such as 2=127.0.0.1:7433`);
  }
  return {
    id: parseNodeId(text.slice(0, equals), '--peers'),
    ...parseHostPort(text.slice(equals + 1), '--peers'),
  };
}

export function parseNodeId(text: string, option: string): NodeId {
  const id = Number(text);
  if (!Number.isInteger(id) || id < 1 || id > NODE_ID_MAX) {
    throw new ConfigError(`${option}: "${text}" is not a node id (1 to ${NODE_ID_MAX})`);
  }
  return id;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Checks that need several values at once. */
export function checkConfig(config: NodeConfig, isInsecureAllowed: boolean): void {
  const self = config.voters.find((voter) => voter.id === config.nodeId);
  if (self === undefined) {
    throw new ConfigError(
      `--peers does not list this node: --id is ${config.nodeId}, --peers has ` +
        config.voters.map((voter) => voter.id).join(', '),
    );
  }
  if (config.voters.length > 9) {
    throw new ConfigError(
      `--peers lists ${config.voters.length} voters; more than 9 only cost: every write waits for a majority`,
    );
  }
  if (isInsecureAllowed) return;
  if (!isLoopback(config.clientAddress.host)) {
    throw new ConfigError(
      `--listen ${config.clientAddress.host}: clients are not authenticated yet, so only a loopback ` +
        'address is served; to serve a network that you trust, add --insecure',
    );
  }
  if (!isLoopback(config.peerAddress.host) && (config.peerTls?.ca ?? null) === null) {
    throw new ConfigError(
      `--peer-listen ${config.peerAddress.host}: give --peer-cert, --peer-key and --peer-ca for mutual TLS ` +
        'between the nodes; to do without on a network that you trust, add --insecure',
    );
  }
}
