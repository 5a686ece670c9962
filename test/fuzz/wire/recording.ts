// Programs with what PostgreSQL told their clients, to be compared where there is none. The messages
// are kept as well, so that they stay the same when the generator changes.
import { makeProgram } from './generator.ts';
import { compared, difference } from './known.ts';
import { lineOf } from './program.ts';
import type { Program } from './program.ts';
import type { Balsa, Postgres, Streams } from './run.ts';

interface Recorded {
  readonly program: Program;
  readonly streams: Streams;
}

export type Recording = readonly Recorded[];

const PROGRAM_BYTES_MAX = 12_000;

/** Of the programs of these seeds that both servers answer alike. */
export async function recordWire(
  first: number,
  seeds: number,
  balsa: Balsa,
  postgres: Postgres,
): Promise<Recording> {
  const recording: Recorded[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    const program = makeProgram(seed);
    const ours = await balsa.answer(program);
    const streams = await postgres.answer(program, ours);
    if (ours.crash !== null || difference(ours.streams, streams) !== null) continue;
    const steps = ours.steps.map((step) => ({
      ...step,
      messages: step.messages.map((message) => ({ line: lineOf(message) })),
    }));
    const recorded = { program: { ...program, steps }, streams: streams.map(compared) };
    if (JSON.stringify(recorded).length <= PROGRAM_BYTES_MAX) recording.push(recorded);
  }
  return recording;
}

/** How the streams differ from the recorded ones. */
export async function replayWire(recording: Recording, balsa: Balsa): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { program, streams } of recording) {
    const ours = await balsa.answer(program);
    if (ours.crash !== null) found.push(ours.crash);
    const differs = difference(ours.streams, streams);
    if (differs === null) continue;
    const { what, ours: mine, theirs } = differs;
    const messages = program.steps.flatMap(({ messages: sent }) => sent.map(lineOf));
    found.push([what, ...messages, 'ours', ...mine, 'theirs', ...theirs].join('\n'));
  }
  return found;
}

/** A program on each line. */
export function wireRecordingText(recording: Recording): string {
  return recording.map((each) => `${JSON.stringify(each)}\n`).join('');
}

export function parseWireRecording(text: string): Recording {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
}
