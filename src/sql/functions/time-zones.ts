// What the views pg_timezone_names and pg_timezone_abbrevs show: at the time of the transaction.
import { allAbbreviations } from '../../types/datetime/abbreviations.ts';
import { intervalOf, storedInterval } from '../../types/datetime/interval.ts';
import {
  isSummerTimeAt,
  offsetText,
  zoneAbbreviationAt,
  zoneNames,
  zoneOffsetMicros,
} from '../../types/datetime/zones.ts';
import { BOOL, INTERVAL, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type { CallContext, SetFunctionSignature } from './signature.ts';

/** Of looking a zone up that was not asked for before. */
const ZONE_WORK = 500;
const SECOND = 1_000_000n;

type Rows = Iterable<readonly SqliteValue[]>;

function span(micros: bigint): string {
  return storedInterval(intervalOf(0, 0, micros));
}

function* names(_args: readonly SqliteValue[], context: CallContext): Rows {
  for (const name of zoneNames()) {
    context.spend(ZONE_WORK);
    const offset = zoneOffsetMicros(name, context.now);
    const shown = zoneAbbreviationAt(name, context.now) ?? offsetText(offset).replaceAll(':', '');
    yield [name, shown, span(offset), isSummerTimeAt(name, context.now) ? 1n : 0n];
  }
}

function* abbreviations(_args: readonly SqliteValue[], context: CallContext): Rows {
  for (const [name, meaning] of allAbbreviations()) {
    if (meaning.kind === 'offset') {
      const { eastSeconds, isSummer } = meaning;
      yield [name.toUpperCase(), span(BigInt(eastSeconds) * SECOND), isSummer ? 1n : 0n];
      continue;
    }
    context.spend(ZONE_WORK);
    const offset = zoneOffsetMicros(meaning.zone, context.now);
    const isSummer = isSummerTimeAt(meaning.zone, context.now);
    yield [name.toUpperCase(), span(offset), isSummer ? 1n : 0n];
  }
}

const SHARED = { arguments: [], isStrict: true, volatility: 'stable' } as const;
const OFFSET = [
  { name: 'utc_offset', type: INTERVAL },
  { name: 'is_dst', type: BOOL },
] as const;

export const TIME_ZONE_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  {
    ...SHARED,
    oid: 2856,
    name: 'pg_timezone_names',
    columns: [{ name: 'name', type: TEXT }, { name: 'abbrev', type: TEXT }, ...OFFSET],
    sqlName: 'pg_timezone_names',
    rows: names,
  },
  {
    ...SHARED,
    oid: 2599,
    name: 'pg_timezone_abbrevs',
    columns: [{ name: 'abbrev', type: TEXT }, ...OFFSET],
    sqlName: 'pg_timezone_abbrevs',
    rows: abbreviations,
  },
];
