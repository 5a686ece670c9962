// Stored values of one type as bytes in the same order, for keys made of several of them. No key is
// the beginning of another one.
import type { SqliteValue } from './sqlite-value.ts';

const SIGN = 0x80;
const ABOVE_ALL_NUMBERS = Buffer.alloc(8, 0xff);

/** `isFloat`: the text NaN is the number that sorts above all others. */
export function orderedBytes(value: NonNullable<SqliteValue>, isFloat = false): Buffer {
  switch (typeof value) {
    case 'bigint':
      return orderedInteger(value);
    case 'number':
      return orderedFloat(value);
    case 'string':
      return isFloat ? ABOVE_ALL_NUMBERS : terminated(Buffer.from(value));
    default:
      return terminated(Buffer.from(value));
  }
}

function orderedInteger(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  bytes[0] = (bytes[0] as number) ^ SIGN;
  return bytes;
}

function orderedFloat(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value === 0 ? 0 : value);
  const isNegative = (bytes[0] as number) >= SIGN;
  return isNegative ? Buffer.from(bytes.map((byte) => byte ^ 0xff)) : flipped(bytes);
}

function flipped(bytes: Buffer): Buffer {
  bytes[0] = (bytes[0] as number) ^ SIGN;
  return bytes;
}

/** Zero bytes inside are followed by 255, the one at the end by nothing smaller. */
function terminated(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return Buffer.concat([bytes, Buffer.from([0, 0])]);
  const escaped = [...bytes].flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte]));
  return Buffer.from([...escaped, 0, 0]);
}
