// Compiled regular expressions, with the last ones kept.
import { RecentMap } from '../../../util/recent-map.ts';
import { Matcher } from './match.ts';
import type { Match } from './match.ts';
import { NO_OPTIONS } from './options.ts';
import type { RegexOptions } from './options.ts';
import { programOf } from './program.ts';
import type { Program } from './program.ts';
import { parseRegex } from './syntax.ts';

const KEPT_MIN = 200;
const programs = new RecentMap<string, Program>(KEPT_MIN);

/** Throws 2201B. */
export function compileRegex(pattern: string, options: RegexOptions = NO_OPTIONS): Program {
  const key = `${Object.values(options).map(Number).join('')}${pattern}`;
  const kept = programs.get(key);
  if (kept !== undefined) return kept;
  const program = programOf(parseRegex(pattern, options));
  programs.set(key, program);
  return program;
}

export function codePoints(text: string): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const point = text.codePointAt(at) as number;
    found.push(point);
    // It takes two units.
    if (point > 0xffff) at += 1;
  }
  return found;
}

/** Code points as text; long ones in parts, for the arguments of a call are limited. */
export function textOf(points: readonly number[]): string {
  if (points.length <= 10_000) return String.fromCodePoint(...points);
  let text = '';
  for (let at = 0; at < points.length; at += 10_000) {
    text += String.fromCodePoint(...points.slice(at, at + 10_000));
  }
  return text;
}

type Spend = (work: number) => void;

export function matchesRegex(program: Program, text: string, spend: Spend): boolean {
  return new Matcher(program, codePoints(text), spend).test();
}

/** Matches that do not overlap, from left to right; an empty one moves on by a character. */
export function* matchesOf(
  program: Program,
  points: readonly number[],
  spend: Spend,
  from = 0,
): Iterable<Match> {
  const matcher = new Matcher(program, points, spend);
  for (let at = from; at <= points.length;) {
    const match = matcher.match(at);
    if (match === null) return;
    yield match;
    const [start = 0, end = 0] = match;
    at = end > start ? end : end + 1;
  }
}

/** The texts of the groups, or of the whole match if there are none; null: not matched. */
export function groupsOf(match: Match, points: readonly number[]): readonly (string | null)[] {
  const pairs = match.length / 2;
  const at = (pair: number): string | null => {
    const [start = -1, end = -1] = match.slice(2 * pair, 2 * pair + 2);
    return start < 0 || end < 0 ? null : textOf(points.slice(start, end));
  };
  if (pairs === 1) return [at(0)];
  return Array.from({ length: pairs - 1 }, (_, index) => at(index + 1));
}
