// The common parts of a type's definition, so that each file says only what is particular.
import { PgError } from '../errors/pg-error.ts';
import type { PgType } from './pg-type.ts';
import type { SqliteValue } from './sqlite-value.ts';
import { decodeText } from './utf8.ts';

type Defaults = 'isPreferred' | 'length' | 'arrayOid' | 'elementOid' | 'sortKey' | 'displayName';

export type Definition = Omit<PgType, Defaults> & Partial<Pick<PgType, Defaults>>;

export function defineType(definition: Definition): PgType {
  return {
    displayName: definition.name,
    isPreferred: false,
    length: -1,
    arrayOid: 0,
    elementOid: 0,
    sortKey: null,
    ...definition,
  };
}

export function invalidInput(typeName: string, text: string): PgError {
  return new PgError('22P02', `invalid input syntax for type ${typeName}: "${text}"`);
}

const INVALID_BINARY = 'incorrect binary data format';

export function invalidBinary(): PgError {
  return new PgError('22P03', INVALID_BINARY);
}

/** Said by who hands a value to its type, who knows which one it is. */
export function isInvalidBinary(error: unknown): boolean {
  return error instanceof PgError && error.message === INVALID_BINARY;
}

/** Of what is too short Postgres says what it says of messages. */
export function tooShort(bytesWanted = 0): PgError {
  const what = bytesWanted === 1 ? 'no' : 'insufficient';
  return new PgError('08P01', `${what} data left in message`);
}

/** Bytes of a fixed length. */
export function exactly(bytes: Uint8Array, count: number): Buffer {
  if (bytes.length < count) throw tooShort(count);
  if (bytes.length !== count) throw invalidBinary();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function asText(value: SqliteValue): string {
  return typeof value === 'string' ? value : String(value);
}

/** UTF-8 without NUL, or 22021. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decodeText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

export function checkText(text: string): string {
  if (text.includes('\0')) {
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  return text;
}
