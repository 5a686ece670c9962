// Messages to a client -> bytes (PG: 55.7 Message Formats), many of them in one buffer, so that a
// cycle of messages leaves in one write.
import type { PgError } from '../errors/pg-error.ts';
import type { Format } from './frontend.ts';

export interface FieldDescription {
  readonly name: string;
  readonly tableOid: number;
  readonly columnNumber: number;
  readonly typeOid: number;
  readonly typeLength: number;
  readonly typmod: number;
  readonly format: Format;
}

const INITIAL_BYTES = 4096;
/** 3.0, as Postgres writes it here. */
const NEWEST_PROTOCOL = 3 << 16;

export class BackendWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;
  #start = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written since the last call, as the caller's own. */
  take(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  /** What was written behind `start`, taken out again: for what must wait for something else. */
  cut(start: number): Buffer {
    const behind = Buffer.from(this.#buffer.subarray(start, this.#length));
    this.#length = start;
    return behind;
  }

  append(messages: Buffer): void {
    const at = this.#reserve(messages.length);
    messages.copy(this.#buffer, at);
  }

  #reserve(bytes: number): number {
    const start = this.#length;
    if (start + bytes > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(start + bytes, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, start);
      this.#buffer = grown;
    }
    this.#length = start + bytes;
    return start;
  }

  #begin(type: string): void {
    const at = this.#reserve(5);
    this.#buffer[at] = type.charCodeAt(0);
    this.#start = at + 1;
  }

  #end(): void {
    this.#buffer.writeInt32BE(this.#length - this.#start, this.#start);
  }

  #i16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeInt16BE(value, at);
  }

  #i32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  #u32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  /** A NUL inside would end the field early and break the protocol: it is left out. */
  #cstring(text: string): void {
    const clean = text.includes('\0') ? text.replaceAll('\0', '') : text;
    const bytes = Buffer.byteLength(clean);
    const at = this.#reserve(bytes + 1);
    this.#buffer.write(clean, at, bytes, 'utf8');
    this.#buffer[at + bytes] = 0;
  }

  authenticationOk(): void {
    this.#begin('R');
    this.#i32(0);
    this.#end();
  }

  parameterStatus(name: string, value: string): void {
    this.#begin('S');
    this.#cstring(name);
    this.#cstring(value);
    this.#end();
  }

  notificationResponse(processId: number, channel: string, payload: string): void {
    this.#begin('A');
    this.#i32(processId);
    this.#cstring(channel);
    this.#cstring(payload);
    this.#end();
  }

  backendKeyData(processId: number, secret: number): void {
    this.#begin('K');
    this.#i32(processId);
    this.#i32(secret);
    this.#end();
  }

  negotiateProtocolVersion(options: readonly string[]): void {
    this.#begin('v');
    this.#i32(NEWEST_PROTOCOL);
    this.#i32(options.length);
    for (const option of options) this.#cstring(option);
    this.#end();
  }

  readyForQuery(status: 'I' | 'T' | 'E'): void {
    this.#begin('Z');
    this.#byte(status.charCodeAt(0));
    this.#end();
  }

  parseComplete(): void {
    this.#begin('1');
    this.#end();
  }

  bindComplete(): void {
    this.#begin('2');
    this.#end();
  }

  closeComplete(): void {
    this.#begin('3');
    this.#end();
  }

  noData(): void {
    this.#begin('n');
    this.#end();
  }

  portalSuspended(): void {
    this.#begin('s');
    this.#end();
  }

  copyInResponse(format: Format, columnCount: number): void {
    this.#copyResponse('G', format, columnCount);
  }

  copyOutResponse(format: Format, columnCount: number): void {
    this.#copyResponse('H', format, columnCount);
  }

  #copyResponse(type: 'G' | 'H', format: Format, columnCount: number): void {
    this.#begin(type);
    this.#byte(format);
    this.#i16(columnCount);
    for (let at = 0; at < columnCount; at++) this.#i16(format);
    this.#end();
  }

  copyData(data: string | Uint8Array): void {
    this.#begin('d');
    if (typeof data === 'string') {
      const bytes = Buffer.byteLength(data);
      const at = this.#reserve(bytes);
      this.#buffer.write(data, at, bytes, 'utf8');
    } else {
      const at = this.#reserve(data.length);
      this.#buffer.set(data, at);
    }
    this.#end();
  }

  copyDone(): void {
    this.#begin('c');
    this.#end();
  }

  emptyQueryResponse(): void {
    this.#begin('I');
    this.#end();
  }

  commandComplete(tag: string): void {
    this.#begin('C');
    this.#cstring(tag);
    this.#end();
  }

  parameterDescription(types: readonly number[]): void {
    this.#begin('t');
    this.#i16(types.length);
    for (const type of types) this.#u32(type);
    this.#end();
  }

  rowDescription(fields: readonly FieldDescription[]): void {
    this.#begin('T');
    this.#i16(fields.length);
    for (const field of fields) {
      this.#cstring(field.name);
      this.#u32(field.tableOid);
      this.#i16(field.columnNumber);
      this.#u32(field.typeOid);
      this.#i16(field.typeLength);
      this.#i32(field.typmod);
      this.#i16(field.format);
    }
    this.#end();
  }

  /** Each value is text, bytes, or null for NULL. */
  dataRow(values: readonly (string | Uint8Array | null)[]): void {
    this.#begin('D');
    this.#i16(values.length);
    for (const value of values) {
      if (value === null) this.#i32(-1);
      else if (typeof value === 'string') this.#text(value);
      else {
        this.#i32(value.length);
        const at = this.#reserve(value.length);
        this.#buffer.set(value, at);
      }
    }
    this.#end();
  }

  #text(value: string): void {
    const bytesMax = value.length * 3;
    const at = this.#reserve(4 + bytesMax);
    const bytes = this.#buffer.write(value, at + 4, bytesMax, 'utf8');
    this.#buffer.writeInt32BE(bytes, at);
    this.#length = at + 4 + bytes;
  }

  error(error: PgError): void {
    this.#report('E', error.fields.severity ?? 'ERROR', error.code, error.message, error.fields);
  }

  notice(severity: string, code: string, message: string, detail?: string): void {
    this.#report('N', severity, code, message, { detail });
  }

  /** Fields in Postgres' order (PG: 55.8). */
  #report(
    type: 'E' | 'N',
    severity: string,
    code: string,
    message: string,
    fields: PgError['fields'],
  ): void {
    this.#begin(type);
    const field = (letter: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      this.#byte(letter.charCodeAt(0));
      this.#cstring(String(value));
    };
    field('S', severity);
    field('V', severity);
    field('C', code);
    field('M', message);
    field('D', fields.detail);
    field('H', fields.hint);
    field('W', fields.where);
    field('s', fields.schema);
    field('t', fields.table);
    field('c', fields.column);
    field('d', fields.dataType);
    field('n', fields.constraint);
    field('P', fields.position);
    this.#byte(0);
    this.#end();
  }
}
