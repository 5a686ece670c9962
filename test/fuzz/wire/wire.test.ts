// Programs of messages of some seeds against what PostgreSQL told their clients (recording.ts), and that
// seeds are seeds, and that programs become smaller.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeProgram } from './generator.ts';
import { compared } from './known.ts';
import { programLines, shrinkProgram } from './program.ts';
import { parseWireRecording, replayWire } from './recording.ts';
import { Balsa } from './run.ts';

const DIRECTORY = join(import.meta.dirname, 'recorded');

describe.each(readdirSync(DIRECTORY))('%s', (name) => {
  it('tells clients what PostgreSQL does', async () => {
    const recording = parseWireRecording(readFileSync(join(DIRECTORY, name), 'utf8'));
    expect(recording.length).toBeGreaterThan(20);
    const balsa = new Balsa();
    try {
      expect(await replayWire(recording, balsa)).toEqual([]);
    } finally {
      balsa.close();
    }
  }, 180_000);
});

it('makes the same programs of the same seed', () => {
  const programs = (): readonly string[] =>
    [7, 8, 9].map((seed) => JSON.stringify(makeProgram(seed)));
  expect(programs()).toEqual(programs());
});

it('makes a program smaller for as long as it does the same', async () => {
  const program = makeProgram(3);
  const wanted = { statements: ['SELECT 1', 'SELECT wanted', 'SELECT 2'], end: '' };
  const steps = [...program.steps, { on: 0 as const, messages: [wanted, wanted], cut: 30 }];
  const small = await shrinkProgram({ ...program, steps }, (candidate) =>
    Promise.resolve(programLines(candidate).some((line) => line.includes('SELECT wanted'))),
  );
  expect(small.steps).toEqual([
    { on: 0, messages: [{ statements: ['SELECT wanted'], end: '' }], cut: null },
  ]);
});

it('leaves out of a stream only the rows of a statement that failed', () => {
  const failed = ['DataRow "1"', 'CommandComplete SELECT 1', 'DataRow "2"', 'ErrorResponse'];
  expect(compared(failed)).toEqual(['DataRow "1"', 'CommandComplete SELECT 1', 'ErrorResponse']);
});
