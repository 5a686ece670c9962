// Sets of code points, as ranges of them: character classes, what is not in a set, and letters of
// ASCII in either case.
export type Range = readonly [first: number, last: number];

export interface Ranges {
  readonly ranges: readonly Range[];
  readonly isNegated: boolean;
}

/** By their names in `[[:name:]]`. */
export const CLASSES: Readonly<Record<string, readonly Range[]>> = {
  alpha: [
    [65, 90],
    [97, 122],
  ],
  upper: [[65, 90]],
  lower: [[97, 122]],
  digit: [[48, 57]],
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  word: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  blank: [
    [9, 9],
    [32, 32],
  ],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  graph: [[33, 126]],
  print: [[32, 126]],
  ascii: [[0, 127]],
};

export function one(code: number): Ranges {
  return { ranges: [[code, code]], isNegated: false };
}

/** All other code points. */
export function complement(ranges: readonly Range[]): readonly Range[] {
  const found: Range[] = [];
  let next = 0;
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    if (first > next) found.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  found.push([next, 0x10ffff]);
  return found;
}

/** With both cases of its letters. */
export function inBothCases(set: Ranges): Ranges {
  const others = set.ranges.flatMap(([first, last]) => [
    ...shifted(first, last, 65, 90, 32),
    ...shifted(first, last, 97, 122, -32),
  ]);
  return { ...set, ranges: [...set.ranges, ...others] };
}

/** The part of a range that lies among letters, in their other case. */
function shifted(
  first: number,
  last: number,
  from: number,
  to: number,
  by: number,
): readonly Range[] {
  const [start, end] = [Math.max(first, from), Math.min(last, to)];
  return start <= end ? [[start + by, end + by]] : [];
}
