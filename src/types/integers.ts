// smallint, integer, bigint and oid: INTEGER in SQLite, always bigint in JavaScript.
import { PgError } from '../errors/pg-error.ts';
import { asText, defineType, exactly, invalidInput } from './define.ts';
import type { PgType } from './pg-type.ts';

interface IntegerKind {
  readonly oid: number;
  readonly name: string;
  readonly displayName: string;
  readonly bytes: 2 | 4 | 8;
  readonly first: bigint;
  readonly last: bigint;
  readonly arrayOid: number;
  readonly isPreferred?: boolean;
}

function defineInteger(kind: IntegerKind): PgType {
  return defineType({
    ...kind,
    category: 'N',
    length: kind.bytes,
    storage: 'INTEGER',
    parse(text) {
      const trimmed = text.trim();
      if (!/^[+-]?\d+$/.test(trimmed)) throw invalidInput(kind.displayName, text);
      const number = integerOf(trimmed);
      // strtoul() takes a minus sign for an oid too.
      const isWrapped = kind.first === 0n && number < 0n && number >= -2147483648n;
      const value = isWrapped ? BigInt.asUintN(32, number) : number;
      if (value < kind.first || value > kind.last) {
        throw new PgError('22003', `value "${text}" is out of range for type ${kind.displayName}`);
      }
      return value;
    },
    format: asText,
    decode(bytes) {
      const buffer = exactly(bytes, kind.bytes);
      if (kind.bytes === 8) return buffer.readBigInt64BE();
      if (kind.first === 0n) return BigInt(buffer.readUInt32BE());
      return BigInt(kind.bytes === 2 ? buffer.readInt16BE() : buffer.readInt32BE());
    },
    encode(value) {
      const buffer = Buffer.alloc(kind.bytes);
      if (kind.bytes === 8) buffer.writeBigInt64BE(value as bigint);
      else if (kind.first === 0n) buffer.writeUInt32BE(Number(value));
      else if (kind.bytes === 2) buffer.writeInt16BE(Number(value));
      else buffer.writeInt32BE(Number(value));
      return buffer;
    },
  });
}

/** Of many digits the first will do: no type has so many, and to read them all takes long. */
export function integerOf(digits: string): bigint {
  const [, sign = '', rest = ''] = /^([+-]?)0*(\d*)$/.exec(digits) ?? [];
  const value = BigInt(rest.slice(0, 21));
  return sign === '-' ? -value : value;
}

export const INTEGER_TYPES: readonly PgType[] = [
  defineInteger({
    oid: 21,
    name: 'int2',
    displayName: 'smallint',
    bytes: 2,
    first: -32768n,
    last: 32767n,
    arrayOid: 1005,
  }),
  defineInteger({
    oid: 23,
    name: 'int4',
    displayName: 'integer',
    bytes: 4,
    first: -2147483648n,
    last: 2147483647n,
    arrayOid: 1007,
  }),
  defineInteger({
    oid: 20,
    name: 'int8',
    displayName: 'bigint',
    bytes: 8,
    first: -9223372036854775808n,
    last: 9223372036854775807n,
    arrayOid: 1016,
  }),
  defineInteger({
    oid: 26,
    name: 'oid',
    displayName: 'oid',
    bytes: 4,
    first: 0n,
    last: 4294967295n,
    arrayOid: 1028,
    isPreferred: true,
  }),
];
