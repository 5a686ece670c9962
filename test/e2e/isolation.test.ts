// The scripts of test/isolation on a cluster, each session on another node. UPDATE_GOLDEN=1 records
// anew: review the difference like code.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type pg from 'pg';
import { must } from '../../src/util/assert.ts';
import { headOf, parseScript, recordScenario } from '../isolation/script.ts';
import type { Recording } from '../isolation/script.ts';
import { Cluster } from './support/cluster.ts';
import { connect } from './support/load.ts';

const DIRECTORY = resolve(import.meta.dirname, '../isolation/scripts');
const FILES = readdirSync(DIRECTORY).filter((name) => name.endsWith('.golden'));
/** Where the session that prepares the tables is: with the first of the others. */
const SESSIONS = ['a', 'b', 'c'];
const POLL_MS = 20;

describe('sessions on different nodes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    for (const { id, port } of cluster.nodes) observers.set(id, await connect(port));
  });
  afterAll(async () => {
    for (const client of observers.values()) await client.end();
    await cluster.stop();
  });

  /** A client of each node, beside the sessions. */
  const observers = new Map<number, pg.Client>();

  function nodeOf(session: string): number {
    return (Math.max(SESSIONS.indexOf(session), 0) % cluster.nodes.length) + 1;
  }

  const recording: Recording = {
    connect: (session) => connect(cluster.node(nodeOf(session)).port),
    // A linearizable read waits until its node has everything.
    settle: (session) => must(observers.get(nodeOf(session)), 'an observer').query('select 1'),
    waits: async ({ session, processId, isAnswered }) => {
      const observer = must(observers.get(nodeOf(session)), 'an observer');
      const waiting = `select from pg_locks where not granted and pid = ${processId}`;
      while (!isAnswered() && (await observer.query(waiting)).rowCount === 0) {
        await setTimeout(POLL_MS);
      }
    },
  };

  it.each(FILES)('%s', async (name) => {
    const path = join(DIRECTORY, name);
    const text = readFileSync(path, 'utf8');
    const recorded: string[] = [];
    for (const scenario of parseScript(text)) {
      recorded.push(await recordScenario(scenario, recording));
    }
    const actual = `${headOf(text)}${recorded.join('\n\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, actual);
    else expect(actual).toBe(text);
  });
});
