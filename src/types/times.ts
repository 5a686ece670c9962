// time: microseconds since midnight as INTEGER. timetz: those and the seconds east of UTC as TEXT
// (`45296000000 3600`), ordered by pg_timetz_key as Postgres has it, by the moment and then by the zone.
import { splitMicros } from './calendar.ts';
import {
  formatTime,
  formatZonedTime,
  isFixed,
  isMomentary,
  parseTime,
  parseZonedTime,
  roundMicros,
} from './datetime/moments.ts';
import type { ZonedTime } from './datetime/moments.ts';
import { precisionTypmod } from './datetime.ts';
import { PgError } from '../errors/pg-error.ts';
import { asText, defineType, exactly } from './define.ts';
import { orderedBytes } from './ordered-bytes.ts';
import type { PgType } from './pg-type.ts';
import type { SqliteValue } from './sqlite-value.ts';
import { MICROS_PER_DAY } from './calendar.ts';

const SECOND = 1_000_000n;
const ZONE_SECONDS_END = 57_600;

export function storedZonedTime({ micros, eastSeconds }: ZonedTime): string {
  return `${micros} ${eastSeconds}`;
}

export function zonedTimeOf(value: SqliteValue | undefined): ZonedTime {
  const [micros = '0', eastSeconds = '0'] = String(value).split(' ');
  return { micros: BigInt(micros), eastSeconds: Number(eastSeconds) };
}

function checkedTime(micros: bigint): bigint {
  if (micros >= 0n && micros <= MICROS_PER_DAY) return micros;
  throw new PgError('22008', 'time out of range');
}

/** Does it take the date to know the offset? */
function needsDate(text: string, timeZone: string): boolean {
  return isMomentary(text) || (!isFixed(timeZone) && !/[+-]|[a-z]{3}/i.test(text));
}

export const TIME_TYPES: readonly PgType[] = [
  defineType({
    oid: 1083,
    name: 'time',
    displayName: 'time without time zone',
    category: 'D',
    length: 8,
    arrayOid: 1183,
    storage: 'INTEGER',
    parse: (text, typmod, settings) => roundMicros(parseTime(text, settings), typmod),
    isMomentary,
    stableText: 'input',
    format: (value) => formatTime(value as bigint),
    decode: (bytes, typmod) => roundMicros(checkedTime(exactly(bytes, 8).readBigInt64BE()), typmod),
    encode(value) {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64BE(value as bigint);
      return buffer;
    },
    formatWithTypmod: (typmod) => `time(${typmod}) without time zone`,
    parseTypmod: precisionTypmod('TIME'),
    coerce: (value, typmod) => roundMicros(value as bigint, typmod),
  }),
  defineType({
    oid: 1266,
    stableText: 'input',
    name: 'timetz',
    displayName: 'time with time zone',
    category: 'D',
    length: 12,
    arrayOid: 1270,
    storage: 'TEXT',
    sortKey: 'pg_timetz_key',
    keyOf(value) {
      const { micros, eastSeconds } = zonedTimeOf(value);
      const west = -BigInt(eastSeconds);
      return Buffer.concat([orderedBytes(micros + west * SECOND), orderedBytes(west)]);
    },
    parse(text, typmod, settings) {
      const { micros, eastSeconds } = parseZonedTime(text, settings);
      return storedZonedTime({ micros: roundMicros(micros, typmod), eastSeconds });
    },
    isMomentary: (text, settings) => needsDate(text, settings.timeZone),
    format: (value) => formatZonedTime(zonedTimeOf(value)),
    decode(bytes, typmod) {
      const buffer = exactly(bytes, 12);
      const micros = roundMicros(checkedTime(buffer.readBigInt64BE()), typmod);
      const westSeconds = buffer.readInt32BE(8);
      if (Math.abs(westSeconds) >= ZONE_SECONDS_END) {
        throw new PgError('22009', 'time zone displacement out of range');
      }
      return storedZonedTime({ micros, eastSeconds: -westSeconds });
    },
    encode(value) {
      const { micros, eastSeconds } = zonedTimeOf(value);
      const buffer = Buffer.alloc(12);
      buffer.writeBigInt64BE(micros);
      buffer.writeInt32BE(-eastSeconds, 8);
      return buffer;
    },
    formatWithTypmod: (typmod) => `time(${typmod}) with time zone`,
    parseTypmod: precisionTypmod('TIME', ' WITH TIME ZONE'),
    coerce(value, typmod) {
      const { micros, eastSeconds } = zonedTimeOf(asText(value));
      return storedZonedTime({ micros: roundMicros(micros, typmod), eastSeconds });
    },
  }),
];

/** The time of day of a timestamp. */
export function timeOfDay(micros: bigint): bigint {
  return splitMicros(micros)[1];
}
