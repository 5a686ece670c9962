// The process of a node: from its configuration to its exit code.
import { DataDirectoryError } from '../storage/errors.ts';
import { lockDirectory } from '../storage/directory-lock.ts';
import { ConfigError } from './config.ts';
import type { NodeConfig } from './config.ts';
import { createLog } from './log.ts';
import { BalsaNode } from './node.ts';
import { VERSION } from './version.ts';

/** Runs until a signal or a failure ends the process. Throws ConfigError for what can be mended. */
export async function runNode(config: NodeConfig): Promise<void> {
  const log = createLog(config.logLevel, config.logFormat, config.nodeId);
  const unlock = lock(config.dataDirectory);
  process.on('exit', unlock);
  const die = (message: string): never => {
    log('fatal', 'the node stops', { reason: message });
    process.exit(1);
  };
  process.on('uncaughtException', (error) => die(error.stack ?? error.message));
  process.on('unhandledRejection', (error) =>
    die(error instanceof Error ? (error.stack ?? '') : String(error)),
  );
  log('info', `BalsaDB ${VERSION} starting`, {
    data: config.dataDirectory,
    clients: `${config.clientAddress.host}:${config.clientAddress.port}`,
    peers: config.voters.map(({ id, host, port }) => `${id}=${host}:${port}`).join(','),
  });
  let node: BalsaNode;
  try {
    node = await BalsaNode.start(config, log, die);
  } catch (error) {
    return die(error instanceof Error ? error.message : String(error));
  }
  log('info', 'serving clients', { port: config.clientAddress.port });
  const stop = (signal: string): void => {
    log('info', `${signal}: finishing what is in flight`);
    void node.stop().then(() => {
      log('info', 'stopped');
      process.exit(0);
    });
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
}

function lock(directory: string): () => void {
  try {
    return lockDirectory(directory);
  } catch (error) {
    if (error instanceof DataDirectoryError) throw new ConfigError(error.message);
    throw error;
  }
}
