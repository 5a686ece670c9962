// Output of intervals in the four styles (PG: 8.5.5 Interval Output, EncodeInterval in datetime.c).
import type { Interval } from './interval.ts';

const SECOND = 1_000_000n;

interface Parts {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: bigint;
  readonly minutes: bigint;
  /** Seconds, with the fraction. */
  readonly micros: bigint;
}

function partsOf({ months, days, micros }: Interval): Parts {
  return {
    years: Math.trunc(months / 12),
    months: months % 12,
    days,
    hours: micros / (3600n * SECOND),
    minutes: (micros / (60n * SECOND)) % 60n,
    micros: micros % (60n * SECOND),
  };
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Without sign: `6.7`, or `06.7` with both digits. */
function secondsText(micros: bigint, isPadded: boolean): string {
  const absolute = magnitude(micros);
  const whole = (absolute / SECOND).toString();
  const fraction = absolute % SECOND;
  const behind =
    fraction === 0n ? '' : `.${fraction.toString().padStart(6, '0').replace(/0+$/, '')}`;
  return `${isPadded ? whole.padStart(2, '0') : whole}${behind}`;
}

function two(value: bigint): string {
  return magnitude(value).toString().padStart(2, '0');
}

export function formatInterval(interval: Interval, style: string): string {
  const parts = partsOf(interval);
  switch (style) {
    case 'iso_8601':
      return isoText(parts);
    case 'postgres_verbose':
      return verboseText(parts);
    case 'sql_standard':
      return sqlText(interval, parts);
    default:
      return postgresText(interval, parts);
  }
}

function postgresText(
  interval: Interval,
  { years, months, days, hours, minutes, micros }: Parts,
): string {
  const words: string[] = [];
  let isAfterNegative = false;
  const add = (value: number, unit: string): void => {
    if (value === 0) return;
    const sign = isAfterNegative && value > 0 ? '+' : '';
    words.push(`${sign}${value} ${unit}${value === 1 ? '' : 's'}`);
    isAfterNegative = value < 0;
  };
  add(years, 'year');
  add(months, 'mon');
  add(days, 'day');
  if (words.length === 0 || interval.micros !== 0n) {
    const sign = interval.micros < 0n ? '-' : isAfterNegative ? '+' : '';
    words.push(`${sign}${two(hours)}:${two(minutes)}:${secondsText(micros, true)}`);
  }
  return words.join(' ');
}

function isoText({ years, months, days, hours, minutes, micros }: Parts): string {
  const part = (value: number | bigint, letter: string): string =>
    Number(value) === 0 ? '' : `${value}${letter}`;
  const date = part(years, 'Y') + part(months, 'M') + part(days, 'D');
  const seconds = micros === 0n ? '' : `${micros < 0n ? '-' : ''}${secondsText(micros, false)}S`;
  const time = part(hours, 'H') + part(minutes, 'M') + seconds;
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}

function verboseText({ years, months, days, hours, minutes, micros }: Parts): string {
  let text = '@';
  let isZero = true;
  let isAgo = false;
  const add = (value: bigint, unit: string): void => {
    if (value === 0n) return;
    let shown = value;
    if (isZero) {
      isAgo = value < 0n;
      shown = magnitude(value);
    } else if (isAgo) shown = -value;
    text += ` ${shown} ${unit}${shown === 1n ? '' : 's'}`;
    isZero = false;
  };
  add(BigInt(years), 'year');
  add(BigInt(months), 'mon');
  add(BigInt(days), 'day');
  add(hours, 'hour');
  add(minutes, 'min');
  if (micros !== 0n) {
    text += ' ';
    if (micros < 0n) {
      if (isZero) isAgo = true;
      else if (!isAgo) text += '-';
    } else if (isAgo) text += '-';
    const isOne = magnitude(micros) === SECOND;
    text += `${secondsText(micros, false)} sec${isOne ? '' : 's'}`;
    isZero = false;
  }
  return `${text}${isZero ? ' 0' : ''}${isAgo ? ' ago' : ''}`;
}

function sqlText({ months: allMonths, days, micros: time }: Interval, parts: Parts): string {
  const values = [BigInt(allMonths), BigInt(days), time];
  const hasNegative = values.some((value) => value < 0n);
  const hasPositive = values.some((value) => value > 0n);
  const hasMonths = allMonths !== 0;
  const hasTime = days !== 0 || time !== 0n;
  if (!hasNegative && !hasPositive) return '0';
  const clock = `${magnitude(parts.hours)}:${two(parts.minutes)}:${secondsText(parts.micros, true)}`;
  const years = `${Math.abs(parts.years)}-${Math.abs(parts.months)}`;
  if ((hasNegative && hasPositive) || (hasMonths && hasTime)) {
    const sign = (isNegative: boolean): string => (isNegative ? '-' : '+');
    const dayText = `${sign(days < 0)}${Math.abs(days)}`;
    return `${sign(allMonths < 0)}${years} ${dayText} ${sign(time < 0n)}${clock}`;
  }
  const minus = hasNegative ? '-' : '';
  if (hasMonths) return minus + years;
  return days !== 0 ? `${minus}${Math.abs(days)} ${clock}` : minus + clock;
}
