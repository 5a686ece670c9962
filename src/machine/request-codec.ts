// Requests <-> bytes, in two parts: the template is what requests of the same statements have in
// common, decoded once and kept; the inputs are the rest.
import { byteKey, ByteReader, ByteWriter } from '../util/bytes.ts';
import { RecentMap } from '../util/recent-map.ts';
import type { EncodedRequest, LockRequest, Request } from './command.ts';
import { readLocks, writeLocks } from './lock-request-codec.ts';
import {
  readRecordedTemplate,
  readRecordingInputs,
  writeRecordedTemplate,
  writeRecordingInputs,
} from './recording-codec.ts';
import type { RecordedTemplate } from './recording-codec.ts';
import { readStep, readStepTemplate, writeStepInputs, writeStepTemplate } from './step-codec.ts';
import type { StepTemplate } from './step-codec.ts';
import { readItems, readOids, readSettings, writeOids, writeSettings } from './value-codec.ts';
import type { Settings } from './value-codec.ts';

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
  for (const steps of request.statements) for (const step of steps) writeStepInputs(writer, step);
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
  for (const recorded of request.recording?.statements ?? []) {
    writeRecordedTemplate(writer, recorded);
  }
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
    ? base.statements.map(() => readRecordedTemplate(reader))
    : null;
  reader.end();
  return { ...base, recorded };
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

/** Throws DecodeError. */
export function decodeRequest(bytes: Uint8Array): Request {
  return new RequestDecoder().decode(splitRequest(bytes));
}
