// Statements as trees of text, so that they can be made smaller: what is optional may go, items of
// lists may go, and an expression or a query may be replaced by one of the same type inside it.

export type Part = string | Tree;

export interface Tree {
  /** Trees of one tag may stand in each other's place; '' fits nowhere else. */
  readonly tag: string;
  readonly parts: readonly Part[];
  readonly isOptional?: boolean;
  /** Between the parts, of which so many must stay. */
  readonly list?: { readonly separator: string; readonly min: number };
  /** What may stand here instead of all of it. */
  readonly simple?: readonly string[];
}

export function tree(tag: string, ...parts: Part[]): Tree {
  return { tag, parts };
}

export function optional(...parts: Part[]): Tree {
  return { tag: '', parts, isOptional: true };
}

export function listOf(parts: readonly Part[], separator = ', ', min = 1): Tree {
  return { tag: '', parts, list: { separator, min } };
}

export function render(part: Part): string {
  if (typeof part === 'string') return part;
  return part.parts
    .map(render)
    .filter((text) => part.list === undefined || text !== '')
    .join(part.list?.separator ?? '');
}

function descendants(part: Part, tag: string): readonly Tree[] {
  if (typeof part === 'string') return [];
  return [
    ...(part.tag === tag ? [part] : []),
    ...part.parts.flatMap((each) => descendants(each, tag)),
  ];
}

/** Trees that are smaller by one step, the smallest first at each place. */
export function* smaller(root: Tree): Generator<Tree> {
  const { parts } = root;
  if (root.isOptional === true) yield { tag: '', parts: [] };
  for (const text of root.simple ?? []) {
    if (render(root) !== text) yield { tag: root.tag, parts: [text] };
  }
  if (root.tag !== '') {
    const inside = parts.flatMap((part) => descendants(part, root.tag));
    yield* inside.toSorted((a, b) => render(a).length - render(b).length);
  }
  if (root.list !== undefined && parts.length > root.list.min) {
    for (const at of parts.keys())
      yield { ...root, parts: parts.filter((_part, index) => index !== at) };
  }
  for (const [at, part] of parts.entries()) {
    if (typeof part === 'string') continue;
    for (const replacement of smaller(part)) yield { ...root, parts: parts.with(at, replacement) };
  }
}

/** The smallest tree in reach that still does what is wanted. */
export async function shrink(
  root: Tree,
  isWanted: (candidate: Tree) => Promise<boolean>,
  tries = 1500,
): Promise<Tree> {
  let best = root;
  let left = tries;
  for (let hasShrunk = true; hasShrunk && left > 0;) {
    hasShrunk = false;
    for (const candidate of smaller(best)) {
      if (left-- <= 0) break;
      if (render(candidate).length >= render(best).length) continue;
      if (await isWanted(candidate)) {
        best = candidate;
        hasShrunk = true;
        break;
      }
    }
  }
  return best;
}
