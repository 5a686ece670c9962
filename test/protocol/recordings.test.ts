// What a client may say, and what PostgreSQL 15 answers to it, message by message: recorded by
// scripts/record-wire.ts, and compared with what a session answers here. Differences that are known
// stand in .differs files, in the same form, with the reason.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Listener } from '../../src/server/listener.ts';
import { freePorts } from '../e2e/support/cluster.ts';
import { LocalNode } from '../support/local-node.ts';
import { SocketConnection } from '../support/wire/socket-connection.ts';
import { formatStep, readWireScript, runWireScript } from '../support/wire/wire-script.ts';
import type { WireServer, WireStep } from '../support/wire/wire-script.ts';

const DIRECTORY = join(import.meta.dirname, 'recordings');
/** What comes before a session is the listener's: told through its sockets. */
const WITH_SOCKETS = 'startup.wire';
const FILES = readdirSync(DIRECTORY).filter((name) => name.endsWith('.wire'));

function read(name: string): readonly WireStep[] {
  const file = join(DIRECTORY, name);
  return existsSync(file) ? readWireScript(readFileSync(file, 'utf8')) : [];
}

/** Without the comment: those of the two files are not the same. */
function bare(step: WireStep): string {
  return formatStep({ ...step, comment: '' });
}

async function compare(name: string, server: WireServer): Promise<void> {
  const recorded = read(name);
  const actual = await runWireScript(server, recorded);
  const known = read(name.replace('.wire', '.differs')).map(bare);
  const isDifferent = actual.map((step, at) => bare(step) !== bare(recorded[at] as WireStep));
  const differences = actual.filter((_, at) => isDifferent[at]).map(bare);
  for (const [at, step] of actual.entries()) {
    if (isDifferent[at] !== true || known.includes(bare(step))) continue;
    expect.soft(bare(step)).toBe(bare(recorded[at] as WireStep));
  }
  // A difference that is gone must not stay in the file.
  expect(known.filter((step) => !differences.includes(step))).toEqual([]);
}

describe('a session answers as PostgreSQL does', () => {
  it.each(FILES.filter((name) => name !== WITH_SOCKETS))('%s', async (name) => {
    const node = new LocalNode();
    try {
      await compare(name, { database: 'postgres', open: async () => node.open() });
    } finally {
      node.close();
    }
  });

  it(WITH_SOCKETS, async () => {
    const node = new LocalNode();
    const [port = 0] = await freePorts(1);
    const listener = new Listener({
      address: { host: '127.0.0.1', port },
      nodeId: 1,
      backend: node.executor,
      database: 'postgres',
      maxConnections: 10,
      tls: null,
      log: () => undefined,
    });
    await listener.start();
    try {
      await compare(WITH_SOCKETS, {
        database: 'postgres',
        open: () => SocketConnection.open(port, 'answered'),
      });
    } finally {
      await listener.close();
      node.close();
    }
  });
});
