// interval: `months days micros` as TEXT; order and equality by pg_interval_key, for which a month
// has 30 days and a day 24 hours.
import { defineType, exactly } from './define.ts';
import { reading } from './datetime/faults.ts';
import { intervalOfStored, intervalSpan, storedInterval } from './datetime/interval.ts';
import { formatInterval } from './datetime/interval-format.ts';
import {
  coerceInterval,
  intervalTypmod,
  intervalTypmodText,
  rangeOf,
} from './datetime/interval-range.ts';
import { readInterval } from './datetime/interval-reader.ts';
import type { PgType } from './pg-type.ts';

/** 128 bits: months of 30 days in microseconds do not fit into 64. */
const KEY_BYTES = 16;
const KEY_OFFSET = 1n << 127n;

function keyBytes(span: bigint): Buffer {
  return Buffer.from((span + KEY_OFFSET).toString(16).padStart(KEY_BYTES * 2, '0'), 'hex');
}

export const INTERVAL: PgType = defineType({
  oid: 1186,
  stableText: 'both',
  name: 'interval',
  category: 'T',
  isPreferred: true,
  length: 16,
  arrayOid: 1187,
  storage: 'TEXT',
  sortKey: 'pg_interval_key',
  keyOf: (value) => keyBytes(intervalSpan(intervalOfStored(value))),
  parse(text, typmod, settings) {
    const isSqlStandard = settings.intervalStyle === 'sql_standard';
    const read = reading(text, 'interval', () =>
      readInterval(text, { range: rangeOf(typmod), isSqlStandard }),
    );
    return storedInterval(coerceInterval(read, typmod));
  },
  readsTypmod: true,
  format: (value, settings) => formatInterval(intervalOfStored(value), settings.intervalStyle),
  decode(bytes, typmod) {
    const buffer = exactly(bytes, 16);
    const interval = {
      micros: buffer.readBigInt64BE(),
      days: buffer.readInt32BE(8),
      months: buffer.readInt32BE(12),
    };
    return storedInterval(coerceInterval(interval, typmod));
  },
  encode(value) {
    const { months, days, micros } = intervalOfStored(value);
    const buffer = Buffer.alloc(16);
    buffer.writeBigInt64BE(micros);
    buffer.writeInt32BE(days, 8);
    buffer.writeInt32BE(months, 12);
    return buffer;
  },
  formatWithTypmod: (typmod) => `interval${intervalTypmodText(typmod)}`,
  parseTypmod: intervalTypmod,
  coerce: (value, typmod) => storedInterval(coerceInterval(intervalOfStored(value), typmod)),
});
