// Messages of a server as lines of text, each field of them, so that two servers can be compared.
// Left out is only what must differ: process ids and cancel keys, the place in the server's source,
// and OIDs of tables.

/** Length and, of messages with a type, the type. */
const HEADER_BYTES = 5;

export interface BackendMessage {
  readonly type: string;
  readonly lines: readonly string[];
}

/** Throws on bytes that are no message, and on a rest that is none yet. */
export function decodeBackend(bytes: Buffer): readonly BackendMessage[] {
  const messages: BackendMessage[] = [];
  let at = 0;
  while (at < bytes.length) {
    const type = String.fromCharCode(bytes[at] as number);
    // The answer to SSLRequest and GSSENCRequest is a byte without a length.
    if (type === 'N' && bytes.length === at + 1) {
      messages.push({ type: 'no', lines: ['N'] });
      break;
    }
    const old = type === 'E' && /^[A-Z]+: +.*\n\0$/.exec(bytes.toString('latin1', at + 1));
    // What protocol 2 had for an error.
    if (old) {
      messages.push({ type: 'old', lines: [`Error of protocol 2: ${old[0].slice(0, -2)}`] });
      break;
    }
    if (bytes.length - at < HEADER_BYTES) throw new Error(`half a message: ${hex(bytes, at)}`);
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) throw new Error(`half a message: ${hex(bytes, at)}`);
    const body = new BodyReader(bytes.subarray(at + HEADER_BYTES, end));
    messages.push({ type, lines: decodeMessage(type, body) });
    body.expectEnd(type);
    at = end;
  }
  return messages;
}

export function backendLines(bytes: Buffer): readonly string[] {
  return decodeBackend(bytes).flatMap(({ lines }) => lines);
}

/** True if the bytes end with what ends an answer: ReadyForQuery, or a no to encryption. */
export function isWholeAnswer(bytes: Buffer): boolean {
  return bytes.toString('latin1') === 'N' || /Z\0\0\0\x05[ITE]$/.test(bytes.toString('latin1'));
}

function hex(bytes: Buffer, at: number): string {
  return bytes.subarray(at, at + 32).toString('hex');
}

class BodyReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  int16(): number {
    this.#at += 2;
    return this.#body.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#body.readInt32BE(this.#at - 4);
  }

  bytes(count: number): Buffer {
    if (this.#at + count > this.#body.length) throw new Error('a field beyond its message');
    this.#at += count;
    return this.#body.subarray(this.#at - count, this.#at);
  }

  rest(): Buffer {
    return this.bytes(this.#body.length - this.#at);
  }

  cstring(): string {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw new Error('a string without an end');
    const text = this.#body.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  list<T>(count: number, read: () => T): readonly T[] {
    return Array.from({ length: count }, read);
  }

  expectEnd(type: string): void {
    if (this.#at !== this.#body.length) throw new Error(`a message ${type} with a rest`);
  }
}

/** Messages that are nothing but their type. */
const EMPTY: Readonly<Record<string, string>> = {
  '1': 'ParseComplete',
  '2': 'BindComplete',
  '3': 'CloseComplete',
  n: 'NoData',
  s: 'PortalSuspended',
  I: 'EmptyQueryResponse',
  c: 'CopyDone',
};

function decodeMessage(type: string, body: BodyReader): readonly string[] {
  const empty = EMPTY[type];
  if (empty !== undefined) return [empty];
  switch (type) {
    case 'R':
      return [`Authentication ${body.int32()}`];
    case 'K':
      body.bytes(8);
      return ['BackendKeyData'];
    case 'S':
      return [parameterStatus(body.cstring(), body.cstring())];
    case 'A':
      body.bytes(4);
      return [`NotificationResponse ${body.cstring()} ${JSON.stringify(body.cstring())}`];
    case 'Z':
      return [`ReadyForQuery ${body.bytes(1).toString()}`];
    case 'C':
      return [`CommandComplete ${body.cstring()}`];
    case 't':
      return [
        ['ParameterDescription', ...body.list(body.int16(), () => body.int32())].join(' ').trim(),
      ];
    case 'T':
      return ['RowDescription', ...body.list(body.int16(), () => field(body))];
    case 'D':
      return [['DataRow', ...body.list(body.int16(), () => value(body))].join(' ')];
    case 'G':
    case 'H': {
      const formats = [body.bytes(1)[0] as number, ...body.list(body.int16(), () => body.int16())];
      return [`Copy${type === 'G' ? 'In' : 'Out'}Response ${formats.join(' ')}`];
    }
    case 'd':
      return [`CopyData ${shown(body.rest())}`];
    case 'E':
      return report('ErrorResponse', body);
    case 'N':
      return report('NoticeResponse', body);
    case 'v':
      return [
        `NegotiateProtocolVersion ${body.int32()}`,
        ...body.list(body.int32(), () => `  ${body.cstring()}`),
      ];
    default:
      throw new Error(`a message of unknown type ${JSON.stringify(type)}`);
  }
}

function parameterStatus(name: string, text: string): string {
  return `ParameterStatus ${name} = ${name === 'server_version' ? text.slice(0, 3) : text}`;
}

function field(body: BodyReader): string {
  const name = JSON.stringify(body.cstring());
  const isOfTable = body.int32() !== 0;
  const column = body.int16();
  const [type, length, typmod] = [body.int32(), body.int16(), body.int32()];
  const format = body.int16() === 1 ? 'binary' : 'text';
  const place = isOfTable || column !== 0 ? `, column ${column} of a table` : '';
  return `  ${name} type ${type}, ${length} bytes, modifier ${typmod}, ${format}${place}`;
}

function value(body: BodyReader): string {
  const length = body.int32();
  if (length < 0) return 'NULL';
  return shown(body.bytes(length));
}

/** Text as such; bytes that are none as \x and hex. */
function shown(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const isText = !/\p{Cc}|�/u.test(text.replace(/[\n\t]/g, ''));
  return isText ? JSON.stringify(text) : `\\x${bytes.toString('hex')}`;
}

/** Names of the fields of errors and notices (PG: 55.8). */
const FIELDS: Readonly<Record<string, string>> = {
  S: 'severity',
  V: 'severity, not localized',
  C: 'code',
  M: 'message',
  D: 'detail',
  H: 'hint',
  P: 'position',
  p: 'internal position',
  q: 'internal query',
  W: 'where',
  s: 'schema',
  t: 'table',
  c: 'column',
  d: 'data type',
  n: 'constraint',
};
const PLACE_IN_SOURCE = ['F', 'L', 'R'];

function report(name: string, body: BodyReader): readonly string[] {
  const lines = [name];
  for (;;) {
    const [code = 0] = body.bytes(1);
    if (code === 0) return lines;
    const letter = String.fromCharCode(code);
    const text = body.cstring();
    if (PLACE_IN_SOURCE.includes(letter)) continue;
    lines.push(`  ${FIELDS[letter] ?? letter}: ${text.replaceAll('\n', '\n    ')}`);
  }
}
