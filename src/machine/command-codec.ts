// Commands, requests and outcomes <-> bytes. Versioned, because a log outlives the program that
// wrote it. Layout: docs/formats.md.
import type { SqliteValue } from '../types/sqlite-value.ts';
import { unreachable } from '../util/assert.ts';
import { ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import type {
  Command,
  ErrorData,
  ExecuteCommand,
  Outcome,
  Request,
  Step,
  StepResult,
} from './command.ts';

const VERSION = 1;
const COUNT_MAX = 1 << 24;
const COMMAND_KINDS = ['register', 'execute', 'fence'] as const;

/** A count of items that take `bytesEach` at least, so that it cannot promise more than there is. */
function readCount(reader: ByteReader, bytesEach = 1): number {
  const count = reader.u32();
  if (count > COUNT_MAX || count * bytesEach > reader.remaining) {
    throw new DecodeError(`${count} items in ${reader.remaining} bytes`);
  }
  return count;
}

// Values ------------------------------------------------------------------------------------------

const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;

function writeValue(writer: ByteWriter, value: SqliteValue): void {
  if (value === null) writer.u8(NULL);
  else if (typeof value === 'bigint') writer.u8(INTEGER).i64(value);
  else if (typeof value === 'number') writer.u8(REAL).f64(value);
  else if (typeof value === 'string') writer.u8(TEXT).string(value);
  else writer.u8(BLOB).bytes(value);
}

function readValue(reader: ByteReader): SqliteValue {
  const tag = reader.u8();
  switch (tag) {
    case NULL:
      return null;
    case INTEGER:
      return reader.i64();
    case REAL:
      return reader.f64();
    case TEXT:
      return reader.string();
    case BLOB:
      return reader.bytes();
    default:
      throw new DecodeError(`value tag ${tag}`);
  }
}

function writeValues(writer: ByteWriter, values: readonly SqliteValue[]): void {
  writer.u32(values.length);
  for (const value of values) writeValue(writer, value);
}

function readValues(reader: ByteReader): SqliteValue[] {
  return Array.from({ length: readCount(reader) }, () => readValue(reader));
}

// Commands ----------------------------------------------------------------------------------------

export function encodeCommand(command: Command): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u8(VERSION).u8(COMMAND_KINDS.indexOf(command.kind));
  switch (command.kind) {
    case 'register':
      return writer.u32(command.nodeId).u53(command.incarnation).finish();
    case 'execute':
      writer.u53(command.sessionId).u53(command.ackLow).u53(command.firstSequence);
      writer.u32(command.requests.length);
      for (const request of command.requests) writer.bytes(request);
      return writer.finish();
    case 'fence':
      return writer.u53(command.sessionId).u53(command.sequence).finish();
    default:
      return unreachable(command);
  }
}

/** Throws DecodeError. The requests are views of `bytes`. */
export function decodeCommand(bytes: Uint8Array): Command {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw new DecodeError(`command version ${version}`);
  const kind = COMMAND_KINDS[reader.u8()];
  if (kind === undefined) throw new DecodeError('command kind');
  const command = decodeBody(reader, kind);
  reader.end();
  return command;
}

function decodeBody(reader: ByteReader, kind: Command['kind']): Command {
  switch (kind) {
    case 'register':
      return { kind, nodeId: reader.u32(), incarnation: reader.u53() };
    case 'execute':
      return decodeExecute(reader);
    case 'fence':
      return { kind, sessionId: reader.u53(), sequence: reader.u53() };
    default:
      return unreachable(kind);
  }
}

function decodeExecute(reader: ByteReader): ExecuteCommand {
  return {
    kind: 'execute',
    sessionId: reader.u53(),
    ackLow: reader.u53(),
    firstSequence: reader.u53(),
    requests: Array.from({ length: readCount(reader, 4) }, () => reader.bytes()),
  };
}

// Requests ----------------------------------------------------------------------------------------

export function encodeRequest(request: Request): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u53(request.schemaVersion).u32(request.schemaChanges);
  writer.i64(request.now).u32(request.seed).boolean(request.isDoomed);
  writer.u32(request.settings.length);
  for (const [name, value] of request.settings) writer.string(name).string(value);
  writer.u32(request.statements.length);
  for (const steps of request.statements) {
    writer.u32(steps.length);
    for (const step of steps) writeStep(writer, step);
  }
  return writer.finish();
}

function writeStep(writer: ByteWriter, step: Step): void {
  writer.string(step.sql);
  writeValues(writer, step.values);
  writer
    .boolean(step.hasRows)
    .boolean(step.isResult)
    .boolean(step.rowsAtFault !== null);
  if (step.rowsAtFault === null) return;
  writer.u32(step.rowsAtFault.tableOid).string(step.rowsAtFault.sql);
  writeValues(writer, step.rowsAtFault.values);
}

/** Throws DecodeError. */
export function decodeRequest(bytes: Uint8Array): Request {
  const reader = new ByteReader(bytes);
  const request = {
    schemaVersion: reader.u53(),
    schemaChanges: reader.u32(),
    now: reader.i64(),
    seed: reader.u32(),
    isDoomed: reader.boolean(),
    settings: Array.from(
      { length: readCount(reader, 8) },
      () => [reader.string(), reader.string()] as const,
    ),
    statements: Array.from({ length: readCount(reader, 4) }, () =>
      Array.from({ length: readCount(reader, 4) }, () => readStep(reader)),
    ),
  };
  reader.end();
  return request;
}

function readStep(reader: ByteReader): Step {
  const step = {
    sql: reader.string(),
    values: readValues(reader),
    hasRows: reader.boolean(),
    isResult: reader.boolean(),
  };
  const rowsAtFault = reader.boolean()
    ? { tableOid: reader.u32(), sql: reader.string(), values: readValues(reader) }
    : null;
  return { ...step, rowsAtFault };
}

// Outcomes ----------------------------------------------------------------------------------------

const OUTCOME_KINDS = [
  'done',
  'failed',
  'stale-schema',
  'fenced',
  'result-lost',
  'session-expired',
] as const;

export function encodeOutcome(outcome: Outcome): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(OUTCOME_KINDS.indexOf(outcome.kind));
  switch (outcome.kind) {
    case 'done':
      writeResults(writer, outcome.results);
      break;
    case 'failed':
      writeResults(writer, outcome.results);
      writeError(writer, outcome.error);
      break;
    case 'stale-schema':
      writer.u53(outcome.schemaVersion);
      break;
    case 'fenced':
    case 'result-lost':
    case 'session-expired':
      break;
    default:
      return unreachable(outcome);
  }
  return writer.finish();
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
    case 'fenced':
    case 'result-lost':
    case 'session-expired':
      return { kind };
    default:
      return unreachable(kind);
  }
}

function writeResults(writer: ByteWriter, results: readonly StepResult[]): void {
  writer.u32(results.length);
  for (const { rows, count } of results) {
    writer.u53(count).boolean(rows !== null);
    if (rows === null) continue;
    writer.u32(rows.length);
    for (const row of rows) writeValues(writer, row);
  }
}

function readResults(reader: ByteReader): StepResult[] {
  return Array.from({ length: readCount(reader) }, () => {
    const count = reader.u53();
    const hasRows = reader.boolean();
    const rows = hasRows
      ? Array.from({ length: readCount(reader, 4) }, () => readValues(reader))
      : null;
    return { rows, count };
  });
}

function writeError(writer: ByteWriter, error: ErrorData): void {
  writer.string(error.code).string(error.message).string(JSON.stringify(error.fields));
}

function readError(reader: ByteReader): ErrorData {
  const code = reader.string();
  const message = reader.string();
  try {
    return { code, message, fields: JSON.parse(reader.string()) as ErrorData['fields'] };
  } catch (error) {
    if (error instanceof SyntaxError) throw new DecodeError('error fields');
    throw error;
  }
}
