// to_char(), to_timestamp(), to_date() and to_number() (PG: 9.8 Data Type Formatting Functions).
import { PgError } from '../../errors/pg-error.ts';
import { MICROS_PER_DAY } from '../../types/calendar.ts';
import { intervalOfStored } from '../../types/datetime/interval.ts';
import { checkedTimestamp, isDate, isFinite } from '../../types/datetime/moments.ts';
import { localToUtc, zoneAbbreviationAt, zoneOffsetMicros } from '../../types/datetime/zones.ts';
import { toFloat } from '../../types/floats.ts';
import {
  DATE,
  FLOAT4,
  FLOAT8,
  INT4,
  INT8,
  INTERVAL,
  NUMERIC,
  TEXT,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { parseDateTemplate } from './date-template.ts';
import type { TemplatePart } from './date-template.ts';
import { zoneOf } from './datetime.ts';
import { formatMoment, shownInterval, shownTimestamp } from './format-moment.ts';
import { formatNumber } from './format-number.ts';
import { parseNumberTemplate } from './number-template.ts';
import { readMomentByTemplate } from './parse-moment.ts';
import { readNumber } from './read-number.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

const ZONED = { volatility: 'stable', settings: ['TimeZone'] } as const;
const SECOND = 1_000_000n;
const CHARACTERS_PER_WORK = 4;
const TIME_OF_DAY = 'Dy Mon DD HH24:MI:SS.US YYYY TZ';

type Argument = SqliteValue | undefined;

function templateOf(text: Argument, context: CallContext): readonly TemplatePart[] {
  const template = String(text);
  context.spend(template.length / CHARACTERS_PER_WORK);
  return parseDateTemplate(template);
}

function timestampText(value: Argument, template: Argument, context: CallContext): SqliteValue {
  const micros = value as bigint;
  if (!isFinite(micros) || template === '') return null;
  return formatMoment(templateOf(template, context), shownTimestamp(micros, null));
}

function timestamptzText(value: Argument, template: Argument, context: CallContext): SqliteValue {
  const utc = value as bigint;
  if (!isFinite(utc) || template === '') return null;
  const parts = templateOf(template, context);
  const zone = zoneOf(context);
  const offset = zoneOffsetMicros(zone, utc);
  const name = parts.some((part) => part.kind === 'code' && part.name === 'TZ')
    ? zoneAbbreviationAt(zone, utc)
    : '';
  if (name === null) {
    throw new PgError('0A000', `the abbreviation of time zone "${zone}" then is not known`);
  }
  const shown = shownTimestamp(utc + offset, { eastSeconds: Number(offset / SECOND), name });
  return formatMoment(parts, shown);
}

function readTimestamp(text: Argument, template: Argument, context: CallContext): bigint {
  context.spend(String(text).length / CHARACTERS_PER_WORK);
  const read = readMomentByTemplate(String(text), templateOf(template, context));
  const local = BigInt(read.days) * MICROS_PER_DAY + BigInt(read.micros);
  return checkedTimestamp(
    read.eastSeconds === null
      ? localToUtc(local, zoneOf(context))
      : local - BigInt(read.eastSeconds) * SECOND,
  );
}

function readDate(text: Argument, template: Argument, context: CallContext): bigint {
  context.spend(String(text).length / CHARACTERS_PER_WORK);
  const { days } = readMomentByTemplate(String(text), templateOf(template, context));
  if (isDate(BigInt(days))) return BigInt(days);
  throw new PgError('22008', `date out of range: "${String(text)}"`);
}

function numberText(value: string, template: Argument, context: CallContext): string {
  const text = String(template);
  context.spend((text.length + value.length) / CHARACTERS_PER_WORK);
  return formatNumber(value, parseNumberTemplate(text));
}

const DOUBLE_DIGITS = 15;
const SINGLE_DIGITS = 6;

/** No more digits than the float has. */
function floatText(
  value: Argument,
  template: Argument,
  isSingle: boolean,
  context: CallContext,
): string {
  const number = toFloat(value ?? null);
  if (!Number.isFinite(number)) return numberText(String(number), template, context);
  const digits = isSingle ? SINGLE_DIGITS : DOUBLE_DIGITS;
  const parsed = parseNumberTemplate(String(template));
  const shifted = number * 10 ** parsed.shift;
  const whole = exactText(Math.abs(shifted), 0).length;
  const behind = Math.max(Math.min(parsed.behind, digits - whole), 0);
  if (parsed.isScientific || parsed.isRoman) {
    return numberText(exactText(number, 30), template, context);
  }
  const text = exactText(shifted, behind);
  return formatNumber(text, { ...parsed, behind, shift: 0, before: parsed.before + parsed.shift });
}

/** With so many digits behind the point. */
function exactText(number: number, digits: number): string {
  if (Math.abs(number) < 1e21) return number.toFixed(digits);
  const whole = BigInt(number).toString();
  return digits === 0 ? whole : `${whole}.${'0'.repeat(digits)}`;
}

const NUMBER_FUNCTIONS: readonly FunctionSignature[] = [
  ...[INT4, INT8, NUMERIC].map((type) =>
    fn(
      'to_char',
      [type, TEXT],
      TEXT,
      js('pg_to_char_number', ([value, template], context) =>
        numberText(String(value), template, context),
      ),
      { volatility: 'stable' },
    ),
  ),
  ...[FLOAT4, FLOAT8].map((type) =>
    fn(
      'to_char',
      [type, TEXT],
      TEXT,
      js(`pg_to_char_${type}`, ([value, template], context) =>
        floatText(value, template, type === FLOAT4, context),
      ),
      { volatility: 'stable' },
    ),
  ),
];

export const FORMATTING_FUNCTIONS: readonly FunctionSignature[] = [
  ...NUMBER_FUNCTIONS,
  fn(
    'to_number',
    [TEXT, TEXT],
    NUMERIC,
    js('pg_to_number', ([text, template], context) => {
      if (template === '') return null;
      context.spend((String(text).length + String(template).length) / CHARACTERS_PER_WORK);
      return readNumber(String(text), parseNumberTemplate(String(template)));
    }),
    { volatility: 'stable' },
  ),
  fn(
    'to_char',
    [TIMESTAMP, TEXT],
    TEXT,
    js('pg_to_char_timestamp', ([value, template], context) =>
      timestampText(value, template, context),
    ),
    { volatility: 'stable' },
  ),
  fn(
    'to_char',
    [TIMESTAMPTZ, TEXT],
    TEXT,
    js('pg_to_char_timestamptz', ([value, template], context) =>
      timestamptzText(value, template, context),
    ),
    ZONED,
  ),
  fn(
    'to_char',
    [INTERVAL, TEXT],
    TEXT,
    js('pg_to_char_interval', ([value, template], context) =>
      template === ''
        ? null
        : formatMoment(templateOf(template, context), shownInterval(intervalOfStored(value))),
    ),
    { volatility: 'stable' },
  ),
  fn(
    'to_timestamp',
    [TEXT, TEXT],
    TIMESTAMPTZ,
    js('pg_to_timestamp_text', ([text, template], context) =>
      readTimestamp(text, template, context),
    ),
    ZONED,
  ),
  // Of the transaction, as clock_timestamp().
  fn(
    'timeofday',
    [],
    TEXT,
    js('pg_timeofday', (_args, context) => timestamptzText(context.now, TIME_OF_DAY, context)),
    { ...ZONED, volatility: 'volatile' },
  ),
  fn(
    'to_date',
    [TEXT, TEXT],
    DATE,
    js('pg_to_date', ([text, template], context) => readDate(text, template, context)),
    { volatility: 'stable' },
  ),
];
