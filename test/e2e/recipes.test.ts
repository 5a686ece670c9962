// What docs/recipes.md shows is what happens: its blocks are scripts of sessions on different nodes.
// UPDATE_GOLDEN=1 writes what they are answered into the page.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScript, recordScenario } from '../isolation/script.ts';
import { ScriptedSessions } from './support/scripted-sessions.ts';

const PATH = resolve(import.meta.dirname, '../../docs/recipes.md');
const FENCE = '```';
const RECIPE = /^## (?<title>.*)$(?<text>[^#]*?)^```\n(?<script>[^`]*?)^```$/gm;

describe('the recipes', () => {
  let sessions: ScriptedSessions;
  beforeAll(async () => {
    sessions = await ScriptedSessions.start();
  });
  afterAll(() => sessions.stop());

  it('do what the page says', async () => {
    const page = readFileSync(PATH, 'utf8');
    let actual = page;
    let count = 0;
    for (const { groups } of page.matchAll(RECIPE)) {
      const { title = '', script = '' } = groups ?? {};
      const [scenario] = parseScript(`scenario: ${title}\n${script}`);
      if (scenario === undefined) throw new Error(`nothing to run in ${title}`);
      const [, ...lines] = (await recordScenario(scenario, sessions.recording)).split('\n');
      actual = actual.replace(script, () => `${lines.join('\n')}\n`);
      count += 1;
    }
    expect(count).toBe(page.split(`\n${FENCE}\n`).length >> 1);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PATH, actual);
    else expect(actual).toBe(page);
  });
});
