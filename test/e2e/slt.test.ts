// The statements of test/slt, through the wire, against what PostgreSQL answered (recorded by
// scripts/record-slt.ts). Differences that are known stand in .differs files, with the reason.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcript } from '../slt/transcript.ts';
import { Cluster } from './support/cluster.ts';
import { connect } from './support/load.ts';

const DIRECTORY = resolve(import.meta.dirname, '../slt');
const FILES = readdirSync(DIRECTORY).filter((name) => name.endsWith('.sql'));

/** Answers by statement. */
function blocks(text: string): readonly string[] {
  return text.trimEnd().split('\n\n');
}

describe('answers as PostgreSQL does', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ nodes: 1 });
  });
  afterAll(() => cluster.stop());

  it.each(FILES)('%s', async (name) => {
    const client = await connect(cluster.node(1).port);
    const schema = `s_${name.replace('.sql', '').replaceAll('-', '_')}`;
    await client.query(`create schema ${schema}`);
    await client.query(`set search_path = ${schema}`);
    const actual = blocks(await transcript(client, readFileSync(join(DIRECTORY, name), 'utf8')));
    const expected = blocks(
      readFileSync(join(DIRECTORY, name.replace('.sql', '.expected')), 'utf8'),
    );
    const differsFile = join(DIRECTORY, name.replace('.sql', '.differs'));
    const known = existsSync(differsFile) ? blocks(readFileSync(differsFile, 'utf8')) : [];
    const differing = actual.filter((block, at) => block !== expected[at]);
    const wrong = differing.filter((block) => !known.includes(block));
    await client.end();
    expect(wrong).toEqual([]);
    // What does not differ any more must go from there.
    expect(known.filter((block) => block.startsWith('> ') && !differing.includes(block))).toEqual(
      [],
    );
    expect(actual.length).toBe(expected.length);
  });
});
