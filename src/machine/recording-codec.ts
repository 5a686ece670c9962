// What makes a request an interactive transaction <-> bytes, in two parts as its steps
// (step-codec.ts).
import type { ByteReader, ByteWriter } from '../util/bytes.ts';
import { DIGEST_BYTES } from './command.ts';
import type { RecordedStatement, Recording } from './command.ts';
import {
  readItems,
  readOids,
  readSettings,
  readValue,
  writeOids,
  writeSettings,
  writeValue,
} from './value-codec.ts';

/** What is the same each time that the statement is executed. */
export type RecordedTemplate = Omit<RecordedStatement, 'seed' | 'actions' | 'digest'>;

export function writeRecordedTemplate(writer: ByteWriter, recorded: RecordedTemplate): void {
  writer.boolean(recorded.isRead).boolean(recorded.changesSchema);
  writeOids(writer, recorded.reads);
  writeSettings(writer, recorded.settings);
}

export function readRecordedTemplate(reader: ByteReader): RecordedTemplate {
  return {
    isRead: reader.boolean(),
    changesSchema: reader.boolean(),
    reads: readOids(reader),
    settings: readSettings(reader),
  };
}

export function writeRecordingInputs(writer: ByteWriter, recording: Recording): void {
  const { snapshot, statements, sequences, staged } = recording;
  writer.u53(snapshot).boolean(recording.locks !== null);
  if (recording.locks !== null) {
    writer.u53(recording.locks.owner).u53(recording.locks.transaction);
  }
  for (const { seed, digest, actions } of statements) {
    writer.u32(seed).raw(digest).u32(actions.length);
    for (const { action, result } of actions) {
      writer.string(action);
      writeValue(writer, result);
    }
  }
  writer.u32(sequences.length);
  for (const { oid, isOwn, runs } of sequences) {
    writer.u32(oid).boolean(isOwn).u32(runs.length);
    for (const { first, increment, count } of runs) writer.i64(first).i64(increment).u53(count);
  }
  writer.boolean(recording.isUntold === true).boolean(staged !== null);
  if (staged === null) return;
  writer.u32(staged.nodeId).u53(staged.incarnation).u53(staged.transaction).u32(staged.parts);
}

export function readRecordingInputs(
  reader: ByteReader,
  templates: readonly RecordedTemplate[],
): Recording {
  const snapshot = reader.u53();
  const locks = reader.boolean() ? { owner: reader.u53(), transaction: reader.u53() } : null;
  const statements = templates.map((template) => ({
    ...template,
    seed: reader.u32(),
    digest: reader.raw(DIGEST_BYTES),
    actions: readItems(reader, 5, () => ({ action: reader.string(), result: readValue(reader) })),
  }));
  const sequences = readItems(reader, 9, () => ({
    oid: reader.u32(),
    isOwn: reader.boolean(),
    runs: readItems(reader, 24, () => ({
      first: reader.i64(),
      increment: reader.i64(),
      count: reader.u53(),
    })),
  }));
  const isUntold = reader.boolean();
  const staged = reader.boolean()
    ? {
        nodeId: reader.u32(),
        incarnation: reader.u53(),
        transaction: reader.u53(),
        parts: reader.u32(),
      }
    : null;
  const recording = { snapshot, statements, sequences, locks, staged };
  return isUntold ? { ...recording, isUntold } : recording;
}
