// The scripts of test/isolation on a cluster, each session on another node. UPDATE_GOLDEN=1 records
// anew: review the difference like code.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headOf, parseScript, recordScenario } from '../isolation/script.ts';
import { ScriptedSessions } from './support/scripted-sessions.ts';

const DIRECTORY = resolve(import.meta.dirname, '../isolation/scripts');
const FILES = readdirSync(DIRECTORY).filter((name) => name.endsWith('.golden'));

describe('sessions on different nodes', () => {
  let sessions: ScriptedSessions;
  beforeAll(async () => {
    sessions = await ScriptedSessions.start();
  });
  afterAll(() => sessions.stop());

  it.each(FILES)('%s', async (name) => {
    const path = join(DIRECTORY, name);
    const text = readFileSync(path, 'utf8');
    const recorded: string[] = [];
    for (const scenario of parseScript(text)) {
      recorded.push(await recordScenario(scenario, sessions.recording));
    }
    const actual = `${headOf(text)}${recorded.join('\n\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, actual);
    else expect(actual).toBe(text);
  });
});
