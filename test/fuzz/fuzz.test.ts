// Random statements of some seeds against what PostgreSQL answered (recording.ts), and that seeds are
// seeds, and that statements become smaller.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Prng } from '../../src/util/prng.ts';
import { makeCase, worldOf } from './compare.ts';
import { Balsa } from './databases.ts';
import { parseRecording, replay } from './recording.ts';
import { listOf, optional, render, shrink, tree } from './tree.ts';

const DIRECTORY = join(import.meta.dirname, 'recorded');

describe.each(readdirSync(DIRECTORY))('%s', (name) => {
  it('is answered as PostgreSQL does', async () => {
    const recording = parseRecording(readFileSync(join(DIRECTORY, name), 'utf8'));
    expect(recording.cases.length).toBeGreaterThan(50);
    expect(await replay(recording, new Balsa())).toEqual([]);
  });
});

it('makes the same statements of the same seed', () => {
  const statements = (): readonly string[] => {
    const world = worldOf(7);
    const cases = Array.from({ length: 30 }, (_case, at) => makeCase(new Prng(at), world));
    return [...world.statements, ...world.fill, ...cases.map((each) => render(each.tree))];
  };
  expect(statements()).toEqual(statements());
});

it('makes a statement smaller for as long as it does the same', async () => {
  const inner = { ...tree('e:int4', 'f(x)'), simple: ['1'] };
  const items = listOf([tree('e:int4', 'g(', inner, ')'), 'b', 'c']);
  const statement = tree('', 'SELECT ', items, optional(' WHERE ', 'd'), optional(' LIMIT 1'));
  const small = await shrink(statement, (each) => Promise.resolve(render(each).includes('f(x)')));
  expect(render(small)).toBe('SELECT f(x)');
});
