// Bytes of a client -> messages (PG: 55.7 Message Formats). Packets may be split and joined anywhere.
// A message whose end is known can be passed over, whatever is in it: it is `malformed`. What leaves
// nothing to go on with throws ProtocolError, and the connection ends.
import { PgError } from '../errors/pg-error.ts';
import { decodeText } from '../types/utf8.ts';
import { unreachable } from '../util/assert.ts';

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** null: the connection ends without a word, for whoever is there speaks something else. */
  readonly answer: PgError | null;

  constructor(message: string, answer: PgError | null) {
    super(message);
    this.answer = answer;
  }
}

function violation(message: string): PgError {
  return new PgError('08P01', message);
}

function fatal(code: '08P01' | '0A000', message: string): ProtocolError {
  return new ProtocolError(message, new PgError(code, message, { severity: 'FATAL' }));
}

export interface FrontendLimits {
  readonly startupBytesMax: number;
  readonly messageBytesMax: number;
}

export const DEFAULT_FRONTEND_LIMITS: FrontendLimits = {
  startupBytesMax: 10_000,
  messageBytesMax: 64 * 1024 * 1024,
};

export type StartupMessage =
  | { readonly kind: 'ssl-request' }
  | { readonly kind: 'gssenc-request' }
  | { readonly kind: 'cancel-request'; readonly processId: number; readonly secret: number }
  | {
      readonly kind: 'startup';
      readonly minorVersion: number;
      readonly parameters: ReadonlyMap<string, string>;
    };

export type Format = 0 | 1;

export type FrontendMessage =
  | { readonly kind: 'query'; readonly sql: string }
  | {
      readonly kind: 'parse';
      readonly name: string;
      readonly sql: string;
      readonly parameterTypes: readonly number[];
    }
  | {
      readonly kind: 'bind';
      readonly portal: string;
      readonly statement: string;
      /** As they came: whether there are such formats is for Bind to tell. */
      readonly parameterFormats: readonly number[];
      /** null: SQL NULL. Views of the input, valid until the next message. */
      readonly parameters: readonly (Buffer | null)[];
      readonly resultFormats: readonly number[];
    }
  | { readonly kind: 'describe'; readonly what: 'statement' | 'portal'; readonly name: string }
  | { readonly kind: 'execute'; readonly portal: string; /** 0: all */ readonly rowsMax: number }
  | { readonly kind: 'close'; readonly what: 'statement' | 'portal'; readonly name: string }
  | { readonly kind: 'flush' }
  | { readonly kind: 'sync' }
  | { readonly kind: 'terminate' }
  /** `body`: a view of the input, whatever is in it. */
  | { readonly kind: 'copy'; readonly what: 'data' | 'done' | 'fail'; readonly body: Buffer }
  | { readonly kind: 'function-call' }
  | { readonly kind: 'malformed'; readonly of: MessageKind; readonly error: PgError };

export type MessageKind = Exclude<FrontendMessage['kind'], 'malformed'>;

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_MAJOR = 3;

const KINDS: Readonly<Record<string, MessageKind>> = {
  Q: 'query',
  P: 'parse',
  B: 'bind',
  D: 'describe',
  E: 'execute',
  C: 'close',
  H: 'flush',
  S: 'sync',
  X: 'terminate',
  d: 'copy',
  c: 'copy',
  f: 'copy',
  F: 'function-call',
};

/** The first byte of messages of the kind. */
export function typeByte(kind: MessageKind): number {
  const letter = Object.keys(KINDS).find((candidate) => KINDS[candidate] === kind) ?? '';
  return letter.charCodeAt(0);
}

/** Takes bytes as they come, gives whole messages. */
export class FrontendDecoder {
  readonly #limits: FrontendLimits;
  #buffer: Buffer = Buffer.alloc(0);
  #offset = 0;
  /** What came behind the buffer: joined once it makes a message whole, or long ones cost squares. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(limits: FrontendLimits = DEFAULT_FRONTEND_LIMITS) {
    this.#limits = limits;
  }

  push(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  get bufferedBytes(): number {
    return this.#buffer.length - this.#offset + this.#pendingBytes;
  }

  /** True if so many bytes are there; then they stand in the buffer. */
  #has(count: number): boolean {
    if (this.#buffer.length - this.#offset >= count) return true;
    if (this.bufferedBytes < count) return false;
    const rest = this.#buffer.subarray(this.#offset);
    const [first] = this.#pending;
    const isWhole = rest.length === 0 && this.#pending.length === 1 && first !== undefined;
    this.#buffer = isWhole ? first : Buffer.concat([rest, ...this.#pending]);
    this.#offset = 0;
    this.#pending = [];
    this.#pendingBytes = 0;
    return true;
  }

  /** Before the session: messages without a type byte. null: more bytes are needed. */
  nextStartup(): StartupMessage | null {
    if (!this.#has(4)) return null;
    const length = this.#buffer.readInt32BE(this.#offset);
    if (length < 8 || length > this.#limits.startupBytesMax) {
      throw new ProtocolError('invalid length of startup packet', null);
    }
    if (!this.#has(length)) return null;
    const body = this.#buffer.subarray(this.#offset + 4, this.#offset + length);
    this.#offset += length;
    return decodeStartup(body);
  }

  /** null: more bytes are needed. */
  next(): FrontendMessage | null {
    if (!this.#has(1)) return null;
    const type = this.#buffer[this.#offset] as number;
    const letter = String.fromCharCode(type);
    const kind = KINDS[letter];
    if (kind === undefined) throw fatal('08P01', `invalid frontend message type ${type}`);
    if (!this.#has(5)) return null;
    const length = this.#buffer.readInt32BE(this.#offset + 1);
    if (length < 4 || length > this.#limits.messageBytesMax) {
      throw new ProtocolError('invalid message length', null);
    }
    if (!this.#has(length + 1)) return null;
    const body = this.#buffer.subarray(this.#offset + 5, this.#offset + 1 + length);
    this.#offset += length + 1;
    try {
      return decodeMessage(kind, letter, new FieldReader(body));
    } catch (error) {
      if (error instanceof PgError) return { kind: 'malformed', of: kind, error };
      throw error;
    }
  }
}

function decodeStartup(body: Buffer): StartupMessage {
  const code = body.readInt32BE(0);
  if (code === SSL_REQUEST) return { kind: 'ssl-request' };
  if (code === GSSENC_REQUEST) return { kind: 'gssenc-request' };
  if (code === CANCEL_REQUEST) {
    if (body.length !== 12) throw new ProtocolError('invalid length of cancel request', null);
    return {
      kind: 'cancel-request',
      processId: body.readInt32BE(4),
      secret: body.readInt32BE(8),
    };
  }
  if (code >>> 16 !== PROTOCOL_MAJOR) throw unsupportedProtocol(code);
  const parameters = decodeStartupParameters(body.subarray(4));
  return { kind: 'startup', minorVersion: code & 0xffff, parameters };
}

/** Names and values, and an empty name as the last byte. */
function decodeStartupParameters(body: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const value = body.indexOf(0, at) + 1;
    const end = value === 0 ? -1 : body.indexOf(0, value);
    if (end < 0) break;
    parameters.set(body.toString('utf8', at, value - 1), body.toString('utf8', value, end));
    at = end + 1;
  }
  if (at !== body.length - 1) {
    throw fatal('08P01', 'invalid startup packet layout: expected terminator as last byte');
  }
  return parameters;
}

function unsupportedProtocol(code: number): ProtocolError {
  const version = `${code >>> 16}.${code & 0xffff}`;
  return fatal('0A000', `unsupported frontend protocol ${version}: server supports 3.0 to 3.0`);
}

/** An encryption was asked for once more: not a request any more, but a version that there is not. */
export function repeatedRequest(kind: 'ssl-request' | 'gssenc-request'): ProtocolError {
  return unsupportedProtocol(kind === 'ssl-request' ? SSL_REQUEST : GSSENC_REQUEST);
}

/** Fields of one message, never beyond its end. */
class FieldReader {
  readonly #body: Buffer;
  #offset = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  #take(bytes: number): number {
    const start = this.#offset;
    if (bytes < 0 || start + bytes > this.#body.length) {
      throw violation('insufficient data left in message');
    }
    this.#offset += bytes;
    return start;
  }

  u8(): number {
    if (this.#offset >= this.#body.length) throw violation('no data left in message');
    return this.#body.readUInt8(this.#take(1));
  }

  i16(): number {
    return this.#body.readInt16BE(this.#take(2));
  }

  u16(): number {
    return this.#body.readUInt16BE(this.#take(2));
  }

  i32(): number {
    return this.#body.readInt32BE(this.#take(4));
  }

  u32(): number {
    return this.#body.readUInt32BE(this.#take(4));
  }

  bytes(count: number): Buffer {
    const start = this.#take(count);
    return this.#body.subarray(start, start + count);
  }

  rest(): Buffer {
    return this.bytes(this.#body.length - this.#offset);
  }

  cstring(): string {
    const end = this.#body.indexOf(0, this.#offset);
    if (end < 0) throw violation('invalid string in message');
    // The unnamed statement, the unnamed portal.
    if (end === this.#offset) {
      this.#offset += 1;
      return '';
    }
    const bytes = this.#body.subarray(this.#offset, end);
    this.#offset = end + 1;
    return decodeText(bytes);
  }

  end(): void {
    if (this.#offset !== this.#body.length) throw violation('invalid message format');
  }
}

/** The reason in the body of a CopyFail. Throws PgError. */
export function copyFailReason(body: Buffer): string {
  return new FieldReader(body).cstring();
}

function decodeMessage(kind: MessageKind, letter: string, reader: FieldReader): FrontendMessage {
  // Outside of COPY nobody looks at what is in these.
  if (kind === 'copy') return { kind, what: COPY_PARTS[letter] ?? 'fail', body: reader.rest() };
  if (kind === 'terminate' || kind === 'function-call') return { kind };
  const message = decodeBody(kind, reader);
  reader.end();
  return message;
}

const COPY_PARTS: Readonly<Record<string, 'data' | 'done'>> = { d: 'data', c: 'done' };

function decodeBody(
  kind: Exclude<MessageKind, 'copy' | 'terminate' | 'function-call'>,
  reader: FieldReader,
): FrontendMessage {
  switch (kind) {
    case 'query':
      return { kind, sql: reader.cstring() };
    case 'parse':
      return decodeParse(reader);
    case 'bind':
      return decodeBind(reader);
    case 'describe':
    case 'close':
      return { kind, what: whatOf(kind, reader.u8()), name: reader.cstring() };
    case 'execute':
      return { kind, portal: reader.cstring(), rowsMax: Math.max(0, reader.i32()) };
    case 'flush':
    case 'sync':
      return { kind };
    default:
      return unreachable(kind);
  }
}

function whatOf(kind: 'describe' | 'close', subtype: number): 'statement' | 'portal' {
  if (subtype === 0x53) return 'statement';
  if (subtype === 0x50) return 'portal';
  throw violation(`invalid ${kind.toUpperCase()} message subtype ${subtype}`);
}

function decodeParse(reader: FieldReader): FrontendMessage {
  const name = reader.cstring();
  const sql = reader.cstring();
  const parameterTypes = listOf(reader.u16(), () => reader.u32());
  return { kind: 'parse', name, sql, parameterTypes };
}

function decodeBind(reader: FieldReader): FrontendMessage {
  const portal = reader.cstring();
  const statement = reader.cstring();
  const parameterFormats = listOf(reader.u16(), () => reader.i16());
  const parameters = listOf(reader.u16(), () => {
    const length = reader.i32();
    return length === -1 ? null : reader.bytes(length);
  });
  const resultFormats = listOf(reader.u16(), () => reader.i16());
  return { kind: 'bind', portal, statement, parameterFormats, parameters, resultFormats };
}

/** Array.from() takes several times as long, and each statement has three of these. */
function listOf<T>(length: number, next: () => T): T[] {
  const list: T[] = [];
  for (let at = 0; at < length; at++) list.push(next());
  return list;
}
