// Commands <-> bytes. Versioned, because a log outlives the program that wrote it. What the requests
// in them hold is in request-codec.ts. Layout: docs/formats.md, "Commands".
import { unreachable } from '../util/assert.ts';
import { byteKey, ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import type { Command, EncodedRequest, ExecuteCommand } from './command.ts';
import { readItems } from './value-codec.ts';

const VERSION = 2;
const COMMAND_KINDS = ['register', 'execute', 'fence', 'close'] as const;
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
