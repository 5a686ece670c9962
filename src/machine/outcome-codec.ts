// Outcomes, their results and errors <-> bytes.
import { unreachable } from '../util/assert.ts';
import { ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import type { ErrorData, Outcome, StepResult } from './command.ts';
import { readItems, readValue, readValues, writeValue, writeValues } from './value-codec.ts';

/** Parts that a result may have. */
const HAS_ROWS = 1;
const HAS_SEQUENCES = 2;

const OUTCOME_KINDS = [
  'done',
  'failed',
  'stale-schema',
  'fenced',
  'result-lost',
  'session-expired',
  'conflict',
  'locks-lost',
] as const;

export function encodeOutcome(outcome: Outcome): Uint8Array {
  const writer = new ByteWriter(64);
  writeOutcome(writer, outcome);
  return writer.finish();
}

function writeOutcome(writer: ByteWriter, outcome: Outcome): void {
  writer.u8(OUTCOME_KINDS.indexOf(outcome.kind));
  switch (outcome.kind) {
    case 'done':
      return writeResults(writer, outcome.results);
    case 'failed':
      writeResults(writer, outcome.results);
      return writeError(writer, outcome.error);
    case 'stale-schema':
      writer.u53(outcome.schemaVersion);
      return;
    case 'conflict':
      writer.u32(outcome.statement);
      return;
    case 'locks-lost':
    case 'fenced':
    case 'result-lost':
    case 'session-expired':
      return;
    default:
      return unreachable(outcome);
  }
}

/** The outcomes of an entry in one piece: a count, then each behind its length. */
export function packOutcomes(outcomes: readonly Outcome[]): Uint8Array {
  const writer = new ByteWriter(64 + 32 * outcomes.length);
  writer.u32(outcomes.length);
  for (const outcome of outcomes) {
    const lengthAt = writer.length;
    writer.u32(0);
    writeOutcome(writer, outcome);
    writer.patchU32(lengthAt, writer.length - lengthAt - 4);
  }
  return writer.finish();
}

/** One by one: see decodeOutcome. */
export function unpackOutcomes(packed: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(packed);
  const outcomes = Array.from({ length: reader.u32() }, () => reader.bytes());
  reader.end();
  return outcomes;
}

/** The kind of an encoded outcome, without decoding the rest. Throws DecodeError. */
export function outcomeKind(bytes: Uint8Array): Outcome['kind'] {
  const kind = OUTCOME_KINDS[new ByteReader(bytes).u8()];
  if (kind === undefined) throw new DecodeError('outcome kind');
  return kind;
}

/** Throws DecodeError. */
export function decodeOutcome(bytes: Uint8Array): Outcome {
  const reader = new ByteReader(bytes);
  const kind = OUTCOME_KINDS[reader.u8()];
  if (kind === undefined) throw new DecodeError('outcome kind');
  const outcome = decodeOutcomeBody(reader, kind);
  reader.end();
  return outcome;
}

function decodeOutcomeBody(reader: ByteReader, kind: Outcome['kind']): Outcome {
  switch (kind) {
    case 'done':
      return { kind, results: readResults(reader) };
    case 'failed':
      return { kind, results: readResults(reader), error: readError(reader) };
    case 'stale-schema':
      return { kind, schemaVersion: reader.u53() };
    case 'conflict':
      return { kind, statement: reader.u32() };
    case 'locks-lost':
    case 'fenced':
    case 'result-lost':
    case 'session-expired':
      return { kind };
    default:
      return unreachable(kind);
  }
}

/** A result as the digest of what a client was told covers it. */
export function encodeToldResult(result: StepResult): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(0);
  writeResults(writer, [result]);
  return writer.finish();
}

/** An error as the digest of what a client was told covers it. */
export function encodeToldError(error: ErrorData): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(1);
  writeError(writer, error);
  return writer.finish();
}

function writeResults(writer: ByteWriter, results: readonly StepResult[]): void {
  writer.u32(results.length);
  for (const { rows, count, sequences } of results) {
    const parts = (rows === null ? 0 : HAS_ROWS) | (sequences === undefined ? 0 : HAS_SEQUENCES);
    writer.u53(count).u8(parts);
    if (rows !== null) {
      writer.u32(rows.length);
      for (const row of rows) writeValues(writer, row);
    }
    if (sequences === undefined) continue;
    writer.u32(sequences.last).u32(sequences.values.length);
    for (const [oid, value] of sequences.values) writer.u32(oid).i64(value);
  }
}

function readResults(reader: ByteReader): StepResult[] {
  return readItems(reader, 9, () => {
    const count = reader.u53();
    const parts = reader.u8();
    if (parts > (HAS_ROWS | HAS_SEQUENCES)) throw new DecodeError(`parts of a result ${parts}`);
    const rows = (parts & HAS_ROWS) === 0 ? null : readItems(reader, 4, () => readValues(reader));
    if ((parts & HAS_SEQUENCES) === 0) return { rows, count };
    const last = reader.u32();
    const values = readItems(reader, 12, () => [reader.u32(), reader.i64()] as const);
    return { rows, count, sequences: { last, values } };
  });
}

function writeError(writer: ByteWriter, error: ErrorData): void {
  const fields = Object.entries(error.fields);
  writer.string(error.code).string(error.message).u32(fields.length);
  for (const [name, value] of fields) {
    writer.string(name);
    writeValue(writer, value);
  }
}

function readError(reader: ByteReader): ErrorData {
  const code = reader.string();
  const message = reader.string();
  const fields = readItems(reader, 5, () => [reader.string(), readField(reader)] as const);
  return { code, message, fields: Object.fromEntries(fields) };
}

function readField(reader: ByteReader): string | number {
  const value = readValue(reader);
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new DecodeError('value of an error field');
}
