// Bytes of a client -> messages (PG: 55.7 Message Formats). Packets may be split and joined anywhere;
// what breaks the protocol throws ProtocolError, and the connection ends.

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
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
      readonly parameterFormats: readonly Format[];
      /** null: SQL NULL. Views of the input, valid until the next message. */
      readonly parameters: readonly (Buffer | null)[];
      readonly resultFormats: readonly Format[];
    }
  | { readonly kind: 'describe'; readonly what: 'statement' | 'portal'; readonly name: string }
  | { readonly kind: 'execute'; readonly portal: string; /** 0: all */ readonly rowsMax: number }
  | { readonly kind: 'close'; readonly what: 'statement' | 'portal'; readonly name: string }
  | { readonly kind: 'flush' }
  | { readonly kind: 'sync' }
  | { readonly kind: 'terminate' }
  | { readonly kind: 'password' }
  | { readonly kind: 'copy'; readonly what: 'data' | 'done' | 'fail' }
  | { readonly kind: 'function-call' };

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_MAJOR = 3;

/** Takes bytes as they come, gives whole messages. */
export class FrontendDecoder {
  readonly #limits: FrontendLimits;
  #buffer: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(limits: FrontendLimits = DEFAULT_FRONTEND_LIMITS) {
    this.#limits = limits;
  }

  push(bytes: Buffer): void {
    const rest = this.#buffer.subarray(this.#offset);
    this.#buffer = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    this.#offset = 0;
  }

  get bufferedBytes(): number {
    return this.#buffer.length - this.#offset;
  }

  /** Before the session: messages without a type byte. null: more bytes are needed. */
  nextStartup(): StartupMessage | null {
    if (this.bufferedBytes < 4) return null;
    const length = this.#buffer.readInt32BE(this.#offset);
    if (length < 8 || length > this.#limits.startupBytesMax) {
      throw new ProtocolError('invalid length of startup packet');
    }
    if (this.bufferedBytes < length) return null;
    const body = this.#buffer.subarray(this.#offset + 4, this.#offset + length);
    this.#offset += length;
    return decodeStartup(body);
  }

  /** null: more bytes are needed. */
  next(): FrontendMessage | null {
    if (this.bufferedBytes < 5) return null;
    const type = this.#buffer[this.#offset] as number;
    const length = this.#buffer.readInt32BE(this.#offset + 1);
    if (length < 4 || length > this.#limits.messageBytesMax) {
      throw new ProtocolError('invalid message length');
    }
    if (this.bufferedBytes < length + 1) return null;
    const body = this.#buffer.subarray(this.#offset + 5, this.#offset + 1 + length);
    this.#offset += length + 1;
    return decodeMessage(type, new FieldReader(body));
  }
}

function decodeStartup(body: Buffer): StartupMessage {
  const code = body.readInt32BE(0);
  if (code === SSL_REQUEST) return { kind: 'ssl-request' };
  if (code === GSSENC_REQUEST) return { kind: 'gssenc-request' };
  if (code === CANCEL_REQUEST) {
    if (body.length !== 12) throw new ProtocolError('invalid length of cancel request');
    return {
      kind: 'cancel-request',
      processId: body.readInt32BE(4),
      secret: body.readInt32BE(8),
    };
  }
  const major = code >>> 16;
  if (major !== PROTOCOL_MAJOR) {
    throw new ProtocolError(
      `unsupported frontend protocol ${major}.${code & 0xffff}: server supports 3.0 to 3.0`,
    );
  }
  const reader = new FieldReader(body.subarray(4));
  const parameters = new Map<string, string>();
  for (;;) {
    const name = reader.cstring();
    if (name === '') break;
    parameters.set(name, reader.cstring());
  }
  reader.end();
  return { kind: 'startup', minorVersion: code & 0xffff, parameters };
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
      throw new ProtocolError('insufficient data left in message');
    }
    this.#offset += bytes;
    return start;
  }

  u8(): number {
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

  cstring(): string {
    const end = this.#body.indexOf(0, this.#offset);
    if (end < 0) throw new ProtocolError('invalid string in message');
    const text = this.#body.toString('utf8', this.#offset, end);
    this.#offset = end + 1;
    return text;
  }

  format(): Format {
    const code = this.i16();
    if (code !== 0 && code !== 1) throw new ProtocolError(`unsupported format code: ${code}`);
    return code;
  }

  end(): void {
    if (this.#offset !== this.#body.length) throw new ProtocolError('invalid message format');
  }
}

function decodeMessage(type: number, reader: FieldReader): FrontendMessage {
  const message = decodeBody(type, reader);
  if (message.kind !== 'copy' && message.kind !== 'password' && message.kind !== 'function-call') {
    reader.end();
  }
  return message;
}

function decodeBody(type: number, reader: FieldReader): FrontendMessage {
  switch (String.fromCharCode(type)) {
    case 'Q':
      return { kind: 'query', sql: reader.cstring() };
    case 'P':
      return decodeParse(reader);
    case 'B':
      return decodeBind(reader);
    case 'D':
      return { kind: 'describe', what: whatOf(reader), name: reader.cstring() };
    case 'E':
      return { kind: 'execute', portal: reader.cstring(), rowsMax: Math.max(0, reader.i32()) };
    case 'C':
      return { kind: 'close', what: whatOf(reader), name: reader.cstring() };
    case 'H':
      return { kind: 'flush' };
    case 'S':
      return { kind: 'sync' };
    case 'X':
      return { kind: 'terminate' };
    case 'p':
      return { kind: 'password' };
    case 'd':
      return { kind: 'copy', what: 'data' };
    case 'c':
      return { kind: 'copy', what: 'done' };
    case 'f':
      return { kind: 'copy', what: 'fail' };
    case 'F':
      return { kind: 'function-call' };
    default:
      throw new ProtocolError(`invalid frontend message type ${type}`);
  }
}

function whatOf(reader: FieldReader): 'statement' | 'portal' {
  const what = reader.u8();
  if (what === 0x53) return 'statement';
  if (what === 0x50) return 'portal';
  throw new ProtocolError(`invalid subtype ${what} of a message`);
}

function decodeParse(reader: FieldReader): FrontendMessage {
  const name = reader.cstring();
  const sql = reader.cstring();
  const parameterTypes = Array.from({ length: reader.u16() }, () => reader.u32());
  return { kind: 'parse', name, sql, parameterTypes };
}

function decodeBind(reader: FieldReader): FrontendMessage {
  const portal = reader.cstring();
  const statement = reader.cstring();
  const parameterFormats = Array.from({ length: reader.u16() }, () => reader.format());
  const parameters = Array.from({ length: reader.u16() }, () => {
    const length = reader.i32();
    return length === -1 ? null : reader.bytes(length);
  });
  const resultFormats = Array.from({ length: reader.u16() }, () => reader.format());
  return { kind: 'bind', portal, statement, parameterFormats, parameters, resultFormats };
}
