// Messages of a client from lines of a wire script, such as `Execute {"rows": 2}`: the arguments are
// those of pg-protocol's serializer, or else plain text.
import { serialize } from 'pg-protocol';

/** A parameter of Bind: text, NULL, or `{"hex": "00ff"}`. */
type Value = string | null | { readonly hex: string };

interface BindArguments {
  readonly portal?: string;
  readonly statement?: string;
  readonly values?: readonly Value[];
  /** Format codes of the parameters, as they stand in the message. */
  readonly formats?: readonly number[];
  readonly results?: readonly number[];
}

const ENCODERS: Readonly<Record<string, (text: string) => Buffer>> = {
  Startup: (text) => serialize.startup(JSON.parse(text)),
  SSLRequest: () => serialize.requestSsl(),
  GSSENCRequest: () => packet(Buffer.from('04d21630', 'hex')),
  Query: (text) => serialize.query(unquoted(text)),
  Parse: (text) => serialize.parse(JSON.parse(text)),
  Bind: (text) => bind(JSON.parse(text === '' ? '{}' : text)),
  Describe: (text) => serialize.describe(JSON.parse(text)),
  Execute: (text) => serialize.execute(JSON.parse(text === '' ? '{}' : text)),
  Close: (text) => serialize.close(JSON.parse(text)),
  Flush: () => serialize.flush(),
  Sync: () => serialize.sync(),
  Terminate: () => serialize.end(),
  CopyData: (text) => serialize.copyData(Buffer.from(unquoted(text))),
  CopyDone: () => serialize.copyDone(),
  CopyFail: (text) => serialize.copyFail(text),
  /** Without a type byte, as at the start: the length is put before it. */
  Packet: (text) => packet(Buffer.from(text, 'hex')),
  /** A type and a body in hex: the length is put between. */
  Message: (text) => message(text.slice(0, 1), Buffer.from(text.slice(1).trim(), 'hex')),
  Bytes: (text) => Buffer.from(text, 'hex'),
};

/** Plain, or as a JSON string for what does not fit on a line. */
function unquoted(text: string): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

export function isMessageLine(line: string): boolean {
  return (line.split(' ', 1)[0] as string) in ENCODERS;
}

export function encodeLine(line: string): Buffer {
  const [name = ''] = line.split(' ', 1);
  const encode = ENCODERS[name];
  if (encode === undefined) throw new Error(`no message of a client: ${line}`);
  return encode(line.slice(name.length + 1));
}

function packet(body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 4), body]);
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), packet(body)]);
}

/** The serializer of pg-protocol cannot say which format each value and column has. */
function bind({ portal = '', statement = '', values = [], ...codes }: BindArguments): Buffer {
  const { formats = [], results = [] } = codes;
  return message(
    'B',
    Buffer.concat([
      Buffer.from(`${portal}\0${statement}\0`),
      int16(formats.length),
      ...formats.map(int16),
      int16(values.length),
      ...values.map(parameter),
      int16(results.length),
      ...results.map(int16),
    ]),
  );
}

function parameter(value: Value): Buffer {
  if (value === null) return int32(-1);
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.hex, 'hex');
  return Buffer.concat([int32(bytes.length), bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
