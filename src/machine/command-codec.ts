// Commands, requests and outcomes <-> bytes. Versioned, because a log outlives the program that
// wrote it. Layout: docs/formats.md, "Commands".
import type { SqliteValue } from '../types/sqlite-value.ts';
import { unreachable } from '../util/assert.ts';
import { ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import { RecentMap } from '../util/recent-map.ts';
import type {
  Command,
  EncodedRequest,
  ErrorData,
  ExecuteCommand,
  LockAction,
  LockRequest,
  Outcome,
  RecordedStatement,
  Recording,
  Request,
  Step,
  StepResult,
} from './command.ts';
import { DIGEST_BYTES } from './command.ts';

const VERSION = 2;
const COUNT_MAX = 1 << 24;
const COMMAND_KINDS = ['register', 'execute', 'fence', 'close'] as const;

/** Items behind their count; `bytesEach` at least, so that it cannot promise more than there is. */
function readItems<T>(reader: ByteReader, bytesEach: number, read: () => T): T[] {
  const count = reader.u32();
  if (count > COUNT_MAX || count * bytesEach > reader.remaining) {
    throw new DecodeError(`${count} items in ${reader.remaining} bytes`);
  }
  const items: T[] = [];
  for (let at = 0; at < count; at++) items.push(read());
  return items;
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
  return readItems(reader, 1, () => readValue(reader));
}

// Commands ----------------------------------------------------------------------------------------

const COMMAND_BYTES = 64;
/** The lengths of its parts, and the number of its template. */
const REQUEST_HEAD_BYTES = 12;

export function encodeCommand(command: Command): Uint8Array {
  const writer = new ByteWriter(
    COMMAND_BYTES + (command.kind === 'execute' ? bytesOf(command) : 0),
  );
  writer.u8(VERSION).u8(COMMAND_KINDS.indexOf(command.kind));
  switch (command.kind) {
    case 'register':
      return writer.u32(command.nodeId).u53(command.incarnation).finish();
    case 'execute':
      writer.u53(command.sessionId).u53(command.ackLow).u53(command.firstSequence);
      writeRequests(writer, command.requests);
      return writer.finish();
    case 'fence':
      return writer.u53(command.sessionId).u53(command.sequence).finish();
    case 'close':
      return writer.u53(command.sessionId).u53(command.lastIndex).finish();
    default:
      return unreachable(command);
  }
}

/** What the requests take at the most: a buffer that grows copies all of it, again and again. */
function bytesOf({ requests }: ExecuteCommand): number {
  return requests.reduce(
    (sum, { template, inputs }) => sum + template.length + inputs.length + REQUEST_HEAD_BYTES,
    0,
  );
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
    case 'close':
      return { kind, sessionId: reader.u53(), lastIndex: reader.u53() };
    default:
      return unreachable(kind);
  }
}

/** Templates, each once; then of each request the number of its template and its inputs. */
function writeRequests(writer: ByteWriter, requests: readonly EncodedRequest[]): void {
  const numbers = new Map<string, number>();
  const templates: Uint8Array[] = [];
  const used = requests.map(({ template }) => {
    const key = byteKey(template);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, templates.length);
    return templates.push(template) - 1;
  });
  writer.u32(templates.length);
  for (const template of templates) writer.bytes(template);
  writer.u32(requests.length);
  for (const [at, { inputs }] of requests.entries()) writer.u32(used[at] ?? 0).bytes(inputs);
}

function decodeExecute(reader: ByteReader): ExecuteCommand {
  const sessionId = reader.u53();
  const ackLow = reader.u53();
  const firstSequence = reader.u53();
  const templates = readItems(reader, 4, () => reader.bytes());
  const requests = readItems(reader, 8, () => {
    const template = templates[reader.u32()];
    if (template === undefined) throw new DecodeError('template number');
    return { template, inputs: reader.bytes() };
  });
  return { kind: 'execute', sessionId, ackLow, firstSequence, requests };
}

// Requests ----------------------------------------------------------------------------------------

/** Where the values of rowsAtFault come from. */
const NO_ROWS_AT_FAULT = 0;
const OWN_VALUES = 1;
const VALUES_OF_STEP = 2;

type RowsAtFaultValues = typeof NO_ROWS_AT_FAULT | typeof OWN_VALUES | typeof VALUES_OF_STEP;

interface StepTemplate {
  readonly sql: string;
  readonly hasRows: boolean;
  readonly isResult: boolean;
  readonly rowsAtFault: {
    readonly tableOid: number;
    readonly sql: string;
    readonly hasOwnValues: boolean;
  } | null;
}

/** What requests of the same statements have in common. */
interface RequestTemplate {
  readonly schemaVersion: number;
  readonly schemaChanges: number;
  readonly isDoomed: boolean;
  readonly settings: Settings;
  readonly writes: readonly number[];
  readonly statements: readonly (readonly StepTemplate[])[];
  /** null: not a recording. */
  readonly recorded: readonly RecordedTemplate[] | null;
}

type Settings = readonly (readonly [name: string, value: string])[];

type RecordedTemplate = Omit<RecordedStatement, 'seed' | 'actions' | 'digest'>;

/** What is left out is empty, null, 0 or false. */
export type NewRequest = Pick<Request, 'schemaVersion' | 'now' | 'statements'> & Partial<Request>;

const EMPTY: Omit<Request, 'schemaVersion' | 'now' | 'statements'> = {
  schemaChanges: 0,
  seed: 0,
  settings: [],
  isDoomed: false,
  writes: [],
  recording: null,
  idempotencyKey: '',
  locks: null,
};

/** A request about locks alone. */
export function encodeLockRequest(locks: LockRequest): Uint8Array {
  return encodeRequest({ schemaVersion: 0, now: 0n, statements: [], locks });
}

/** A template behind its length, then the inputs. */
export function encodeRequest(parts: NewRequest): Uint8Array {
  const request: Request = { ...EMPTY, ...parts };
  const writer = new ByteWriter(512 + blobBytesOf(request));
  writer.u32(0);
  writeTemplate(writer, request);
  writer.patchU32(0, writer.length - 4);
  writer.i64(request.now).u32(request.seed).string(request.idempotencyKey);
  for (const steps of request.statements) for (const step of steps) writeInputs(writer, step);
  if (request.recording !== null) writeRecordingInputs(writer, request.recording);
  writer.boolean(request.locks !== null);
  if (request.locks !== null) writeLocks(writer, request.locks);
  return writer.finish();
}

/** Of its values: the large ones, such as the rows of a load, and the parts of a transaction. */
function blobBytesOf({ statements }: Request): number {
  let bytes = 0;
  for (const steps of statements) {
    for (const { values } of steps) {
      for (const value of values) if (value instanceof Uint8Array) bytes += value.length;
    }
  }
  return bytes;
}

/** The parts of an encoded request, as views. Throws DecodeError. */
export function splitRequest(bytes: Uint8Array): EncodedRequest {
  const reader = new ByteReader(bytes);
  const template = reader.bytes();
  return { template, inputs: reader.raw(reader.remaining) };
}

function writeTemplate(writer: ByteWriter, request: Request): void {
  writer.u53(request.schemaVersion).u32(request.schemaChanges).boolean(request.isDoomed);
  writeSettings(writer, request.settings);
  writeOids(writer, request.writes);
  writer.u32(request.statements.length);
  for (const steps of request.statements) {
    writer.u32(steps.length);
    for (const step of steps) writeStepTemplate(writer, step);
  }
  writer.boolean(request.recording !== null);
  for (const { isRead, changesSchema, reads, settings } of request.recording?.statements ?? []) {
    writer.boolean(isRead).boolean(changesSchema);
    writeOids(writer, reads);
    writeSettings(writer, settings);
  }
}

function writeSettings(writer: ByteWriter, settings: Settings): void {
  writer.u32(settings.length);
  for (const [name, value] of settings) writer.string(name).string(value);
}

function readSettings(reader: ByteReader): Settings {
  return readItems(reader, 8, () => [reader.string(), reader.string()] as const);
}

function writeOids(writer: ByteWriter, oids: readonly number[]): void {
  writer.u32(oids.length);
  for (const oid of oids) writer.u32(oid);
}

function readOids(reader: ByteReader): number[] {
  return readItems(reader, 4, () => reader.u32());
}

function writeRecordingInputs(writer: ByteWriter, recording: Recording): void {
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

function readRecordingInputs(
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

const LOCK_ACTIONS = ['acquire', 'release', 'release-transaction', 'release-owner'] as const;
const LOCK_POLICIES = ['wait', 'nowait', 'skip'] as const;

function writeLocks(writer: ByteWriter, { owner, actions }: LockRequest): void {
  writer.u53(owner).u32(actions.length);
  for (const action of actions) {
    writer.u8(LOCK_ACTIONS.indexOf(action.kind));
    if (action.kind === 'release-owner') continue;
    writer.u53(action.transaction);
    if (action.kind === 'release-transaction') continue;
    writer.string(action.resource).u8(action.mode);
    if (action.kind === 'acquire') writer.u8(LOCK_POLICIES.indexOf(action.policy));
  }
}

function readLocks(reader: ByteReader): LockRequest {
  return { owner: reader.u53(), actions: readItems(reader, 1, () => readLockAction(reader)) };
}

function readLockAction(reader: ByteReader): LockAction {
  const kind = LOCK_ACTIONS[reader.u8()];
  if (kind === undefined) throw new DecodeError('kind of a lock action');
  if (kind === 'release-owner') return { kind };
  const transaction = reader.u53();
  if (kind === 'release-transaction') return { kind, transaction };
  const lock = { resource: reader.string(), mode: reader.u8(), transaction };
  if (kind === 'release') return { kind, ...lock };
  const policy = LOCK_POLICIES[reader.u8()];
  if (policy === undefined) throw new DecodeError('policy of a lock action');
  return { kind, ...lock, policy };
}

function writeStepTemplate(writer: ByteWriter, step: Step): void {
  const source = rowsAtFaultValues(step);
  writer.string(step.sql).boolean(step.hasRows).boolean(step.isResult).u8(source);
  if (step.rowsAtFault !== null) {
    writer.u32(step.rowsAtFault.tableOid).string(step.rowsAtFault.sql);
  }
}

/** The query for the rows at fault takes the same values as its step as a rule. */
function rowsAtFaultValues({ values, rowsAtFault }: Step): RowsAtFaultValues {
  if (rowsAtFault === null) return NO_ROWS_AT_FAULT;
  const isSame =
    rowsAtFault.values.length === values.length &&
    rowsAtFault.values.every((value, at) => Object.is(value, values[at]));
  return isSame ? VALUES_OF_STEP : OWN_VALUES;
}

function writeInputs(writer: ByteWriter, step: Step): void {
  writeValues(writer, step.values);
  if (step.rowsAtFault === null || rowsAtFaultValues(step) !== OWN_VALUES) return;
  writeValues(writer, step.rowsAtFault.values);
}

function readTemplate(bytes: Uint8Array): RequestTemplate {
  const reader = new ByteReader(bytes);
  const base = {
    schemaVersion: reader.u53(),
    schemaChanges: reader.u32(),
    isDoomed: reader.boolean(),
    settings: readSettings(reader),
    writes: readOids(reader),
    statements: readItems(reader, 4, () => readItems(reader, 7, () => readStepTemplate(reader))),
  };
  const recorded = reader.boolean()
    ? base.statements.map(() => ({
        isRead: reader.boolean(),
        changesSchema: reader.boolean(),
        reads: readOids(reader),
        settings: readSettings(reader),
      }))
    : null;
  reader.end();
  return { ...base, recorded };
}

function readStepTemplate(reader: ByteReader): StepTemplate {
  const step = { sql: reader.string(), hasRows: reader.boolean(), isResult: reader.boolean() };
  const source = reader.u8();
  if (source === NO_ROWS_AT_FAULT) return { ...step, rowsAtFault: null };
  if (source > VALUES_OF_STEP) throw new DecodeError(`source of values ${source}`);
  const hasOwnValues = source === OWN_VALUES;
  return {
    ...step,
    rowsAtFault: { tableOid: reader.u32(), sql: reader.string(), hasOwnValues },
  };
}

const CACHED_TEMPLATES_MAX = 1000;
const CACHED_TEMPLATE_BYTES_MAX = 16 * 1024;

/** Decodes requests, and keeps templates that it has met: most requests repeat an earlier one's. */
export class RequestDecoder {
  readonly #templates = new RecentMap<string, RequestTemplate>(CACHED_TEMPLATES_MAX);

  /** Throws DecodeError. */
  decode({ template: bytes, inputs }: EncodedRequest): Request {
    const template = this.#template(bytes);
    const reader = new ByteReader(inputs);
    const now = reader.i64();
    const seed = reader.u32();
    const idempotencyKey = reader.string();
    const statements = template.statements.map((steps) =>
      steps.map((step) => readStep(reader, step)),
    );
    const { schemaVersion, schemaChanges, isDoomed, settings, writes, recorded } = template;
    const recording = recorded === null ? null : readRecordingInputs(reader, recorded);
    const locks = reader.boolean() ? readLocks(reader) : null;
    reader.end();
    return {
      schemaVersion,
      schemaChanges,
      isDoomed,
      settings,
      writes,
      now,
      seed,
      statements,
      recording,
      idempotencyKey,
      locks,
    };
  }

  #template(bytes: Uint8Array): RequestTemplate {
    if (bytes.length > CACHED_TEMPLATE_BYTES_MAX) return readTemplate(bytes);
    const key = byteKey(bytes);
    const known = this.#templates.get(key);
    if (known !== undefined) return known;
    const template = readTemplate(bytes);
    this.#templates.set(key, template);
    return template;
  }
}

function readStep(reader: ByteReader, template: StepTemplate): Step {
  const { sql, hasRows, isResult, rowsAtFault } = template;
  const values = readValues(reader);
  if (rowsAtFault === null) return { sql, values, hasRows, isResult, rowsAtFault: null };
  const ownValues = rowsAtFault.hasOwnValues ? readValues(reader) : values;
  const { tableOid, sql: rowsSql } = rowsAtFault;
  return {
    sql,
    values,
    hasRows,
    isResult,
    rowsAtFault: { tableOid, sql: rowsSql, values: ownValues },
  };
}

/** Throws DecodeError. */
export function decodeRequest(bytes: Uint8Array): Request {
  return new RequestDecoder().decode(splitRequest(bytes));
}

/** Bytes as the key of a map. */
function byteKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

// Outcomes ----------------------------------------------------------------------------------------

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
