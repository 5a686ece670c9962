// What an abbreviation of a time zone in an input text stands for.
import {
  MOVING_ABBREVIATIONS,
  STANDARD_ABBREVIATIONS,
  SUMMER_ABBREVIATIONS,
} from './zone-abbreviations.ts';

export type Abbreviation =
  | { readonly kind: 'offset'; readonly eastSeconds: number; readonly isSummer: boolean }
  | { readonly kind: 'zone'; readonly zone: string };

function pairs(text: string): (readonly [name: string, value: string])[] {
  const words = text.split(' ');
  return Array.from({ length: words.length / 2 }, (_, at) => [
    words[2 * at] as string,
    words[2 * at + 1] as string,
  ]);
}

function offsets(text: string, isSummer: boolean): (readonly [string, Abbreviation])[] {
  return pairs(text).map(([name, hours]) => [
    name,
    { kind: 'offset', eastSeconds: Math.round(Number(hours) * 3600), isSummer },
  ]);
}

const ABBREVIATIONS = new Map<string, Abbreviation>([
  ...offsets(STANDARD_ABBREVIATIONS, false),
  ...offsets(SUMMER_ABBREVIATIONS, true),
  ...pairs(MOVING_ABBREVIATIONS).map(
    ([name, zone]) => [name, { kind: 'zone', zone } satisfies Abbreviation] as const,
  ),
]);

/** In any case; null: it is none. */
export function abbreviationNamed(name: string): Abbreviation | null {
  return ABBREVIATIONS.get(name.toLowerCase()) ?? null;
}

/** In lower case, with what they stand for. */
export function allAbbreviations(): readonly (readonly [string, Abbreviation])[] {
  return [...ABBREVIATIONS].sort(([a], [b]) => (a < b ? -1 : 1));
}
