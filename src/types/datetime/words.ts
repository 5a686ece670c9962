// The words of date, time and interval input (PG: datetktbl and deltatktbl in datetime.c). Only their
// first ten letters count.

export type Unit =
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'
  | 'julian'
  | 'dow'
  | 'isodow'
  | 'doy'
  | 'isoyear'
  | 'epoch'
  | 'timezone'
  | 'timezone_hour'
  | 'timezone_minute';

export type DateWord =
  | { readonly kind: 'ignored' | 'weekday' | 'iso-time' | 'summer' }
  | { readonly kind: 'month'; readonly month: number }
  | { readonly kind: 'half'; readonly isAfternoon: boolean }
  | { readonly kind: 'era'; readonly isBc: boolean }
  | { readonly kind: 'unit'; readonly unit: Unit }
  | {
      readonly kind: 'moment';
      readonly moment:
        | 'now'
        | 'today'
        | 'tomorrow'
        | 'yesterday'
        | 'epoch'
        | 'infinity'
        | '-infinity'
        | 'midnight';
    };

const LETTERS_THAT_COUNT = 10;

const MONTHS: readonly (readonly string[])[] = [
  ['jan', 'january'],
  ['feb', 'february'],
  ['mar', 'march'],
  ['apr', 'april'],
  ['may'],
  ['jun', 'june'],
  ['jul', 'july'],
  ['aug', 'august'],
  ['sep', 'sept', 'september'],
  ['oct', 'october'],
  ['nov', 'november'],
  ['dec', 'december'],
];
const WEEKDAYS =
  'sun sunday mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday';
const DATE_UNITS: Readonly<Record<string, Unit>> = {
  d: 'day',
  dow: 'dow',
  doy: 'doy',
  h: 'hour',
  isodow: 'isodow',
  isoyear: 'isoyear',
  j: 'julian',
  jd: 'julian',
  julian: 'julian',
  m: 'month',
  mm: 'minute',
  s: 'second',
  y: 'year',
};

export const DATE_WORDS: ReadonlyMap<string, DateWord> = new Map<string, DateWord>([
  ...MONTHS.flatMap((names, at) =>
    names.map((name) => [name, { kind: 'month', month: at + 1 } as const] as const),
  ),
  ...WEEKDAYS.split(' ').map((name) => [name, { kind: 'weekday' } as const] as const),
  ...Object.entries(DATE_UNITS).map(
    ([name, unit]) => [name, { kind: 'unit', unit } as const] as const,
  ),
  ...(['now', 'today', 'tomorrow', 'yesterday', 'epoch', 'infinity', '-infinity'] as const).map(
    (moment) => [moment, { kind: 'moment', moment }] as const,
  ),
  ['allballs', { kind: 'moment', moment: 'midnight' }],
  ['am', { kind: 'half', isAfternoon: false }],
  ['pm', { kind: 'half', isAfternoon: true }],
  ['ad', { kind: 'era', isBc: false }],
  ['bc', { kind: 'era', isBc: true }],
  ['at', { kind: 'ignored' }],
  ['on', { kind: 'ignored' }],
  ['dst', { kind: 'summer' }],
  ['t', { kind: 'iso-time' }],
]);

const UNIT_NAMES: Readonly<Partial<Record<Unit, string>>> = {
  century: 'c cent centuries century',
  day: 'd day days',
  decade: 'dec decade decades decs',
  hour: 'h hour hours hr hrs',
  microsecond: 'microsecon us usec usecond useconds usecs',
  millennium: 'mil millennia millennium mils',
  millisecond: 'millisecon ms msec msecond mseconds msecs',
  minute: 'm min mins minute minutes',
  month: 'mon mons month months',
  quarter: 'qtr quarter',
  second: 's sec second seconds secs',
  timezone: 'timezone',
  timezone_hour: 'timezone_h',
  timezone_minute: 'timezone_m',
  week: 'w week weeks',
  year: 'y year years yr yrs',
};

const UNITS = new Map(
  Object.entries(UNIT_NAMES).flatMap(([unit, names]) =>
    names.split(' ').map((name) => [name, unit as Unit] as const),
  ),
);

/** A unit of time as intervals, date_trunc() and extract() name it. */
export function unitNamed(word: string): Unit | null {
  return UNITS.get(word.slice(0, LETTERS_THAT_COUNT)) ?? null;
}

export function dateWord(word: string): DateWord | null {
  return DATE_WORDS.get(word.slice(0, LETTERS_THAT_COUNT)) ?? null;
}
