// Finds cycles of dependencies and names them as Adya does (Weak Consistency, 1999), one per
// strongly connected component: the most severe kind there is in it, and a short one of that kind.
import type { Dependency, DependencyGraph, DependencyKind } from './dependency-graph.ts';

export type CycleName =
  | 'G0' // ww: writes of two transactions are interleaved
  | 'G1c' // ww and wr: each has seen or overwritten the other
  | 'G-single' // one rw: read skew, lost update
  | 'G2-item' // several rw: write skew
  | 'G0-realtime' // the same, but only against the order of real time
  | 'G1c-realtime'
  | 'G-single-realtime'
  | 'G2-item-realtime';

export interface Cycle {
  readonly name: CycleName;
  /** Each begins where the one before ends, and the first where the last ends. */
  readonly dependencies: readonly Dependency[];
}

interface Level {
  readonly kinds: ReadonlySet<DependencyKind>;
  readonly name: CycleName;
  /** The name of cycles with one anti-dependency only. */
  readonly single?: CycleName;
}

/**
 * The most severe first. A component in which a level finds no cycle of an earlier level has none of them,
 * so whatever cycle it has is of the level's own kind.
 */
const LEVELS: readonly Level[] = [
  { kinds: new Set(['ww']), name: 'G0' },
  { kinds: new Set(['ww', 'wr']), name: 'G1c' },
  { kinds: new Set(['ww', 'wr', 'rw']), name: 'G2-item', single: 'G-single' },
  { kinds: new Set(['ww', 'rt']), name: 'G0-realtime' },
  { kinds: new Set(['ww', 'wr', 'rt']), name: 'G1c-realtime' },
  {
    kinds: new Set(['ww', 'wr', 'rw', 'rt']),
    name: 'G2-item-realtime',
    single: 'G-single-realtime',
  },
];

export function findCycles(graph: DependencyGraph): Cycle[] {
  const cycles: Cycle[] = [];
  const isReported = new Uint8Array(graph.size);
  for (const level of LEVELS) {
    for (const component of graph.components(level.kinds)) {
      if (component.some((node) => isReported[node] === 1)) continue;
      const cycle = cycleOf(graph, component, level);
      cycles.push(cycle);
      for (const { from } of cycle.dependencies) isReported[from] = 1;
    }
  }
  return cycles;
}

function cycleOf(graph: DependencyGraph, component: readonly number[], level: Level): Cycle {
  const { kinds, name, single } = level;
  if (single !== undefined) {
    const others = new Set([...kinds].filter((kind) => kind !== 'rw'));
    const search = new Search(graph, component, others);
    const dependencies = search.shortest(edgesOf(graph, component, new Set(['rw'])));
    if (dependencies !== null) return { name: single, dependencies };
  }
  const search = new Search(graph, component, kinds);
  const dependencies = search.shortest(edgesOf(graph, component, kinds));
  if (dependencies === null) throw new Error('a component without a cycle');
  return { name, dependencies };
}

function* edgesOf(
  graph: DependencyGraph,
  nodes: readonly number[],
  kinds: ReadonlySet<DependencyKind>,
): Generator<Dependency> {
  for (const node of nodes) {
    for (const dependency of graph.from(node)) if (kinds.has(dependency.kind)) yield dependency;
  }
}

/** How the search came to a node. */
interface Step {
  readonly dependency: Dependency;
  readonly previous: Step | null;
}

/** After so many edges the shortest cycle so far is short enough. */
const ENOUGH_WORK = 20_000_000;

/** Breadth first, inside one component. A run of `rt` edges counts as one: real time is transitive. */
class Search {
  readonly #graph: DependencyGraph;
  readonly #kinds: ReadonlySet<DependencyKind>;
  readonly #isInside: Uint8Array;
  /** The search that last came to a node: by `rt` in the odd places, else in the even ones. */
  readonly #seen: Int32Array;
  #searches = 0;
  #work = 0;

  constructor(
    graph: DependencyGraph,
    component: readonly number[],
    kinds: ReadonlySet<DependencyKind>,
  ) {
    this.#graph = graph;
    this.#kinds = kinds;
    this.#isInside = new Uint8Array(graph.size);
    for (const node of component) this.#isInside[node] = 1;
    this.#seen = new Int32Array(graph.size * 2);
  }

  /** The shortest cycle of one of the first edges and else edges of the kinds of this search. */
  shortest(firsts: Iterable<Dependency>): Dependency[] | null {
    let best: Dependency[] | null = null;
    for (const first of firsts) {
      if (this.#isInside[first.to] !== 1) continue;
      const path = this.#pathBack(first, best === null ? Infinity : best.length - 1);
      if (path !== null) best = path;
      if (best !== null && (best.length <= 2 || this.#work > ENOUGH_WORK)) break;
    }
    return best;
  }

  /** A cycle that begins with `first`, of at most `longest` edges. */
  #pathBack(first: Dependency, longest: number): Dependency[] | null {
    this.#searches += 1;
    let frontier: Step[] = [{ dependency: first, previous: null }];
    for (let length = 1; frontier.length > 0 && length < longest; length++) {
      const next: Step[] = [];
      // It grows while it is walked: a run of `rt` edges has one length.
      for (const step of frontier) {
        if (step.dependency.kind === 'rt') this.#extend(step, isRealTime, frontier);
      }
      for (const step of frontier) {
        const mayFollow = step.dependency.kind === 'rt' ? isNotRealTime : isAny;
        this.#extend(step, mayFollow, next);
      }
      const last = [...frontier, ...next].find(({ dependency }) => dependency.to === first.from);
      if (last !== undefined) return joinRealTime(unwind(last));
      frontier = next;
    }
    return null;
  }

  #extend(step: Step, mayFollow: (dependency: Dependency) => boolean, into: Step[]): void {
    for (const dependency of this.#graph.from(step.dependency.to)) {
      this.#work += 1;
      if (mayFollow(dependency) && this.#mayGo(dependency))
        into.push({ dependency, previous: step });
    }
  }

  /** Once for each node and search. */
  #mayGo({ kind, to }: Dependency): boolean {
    if (!this.#kinds.has(kind) || this.#isInside[to] !== 1) return false;
    const place = to * 2 + Number(kind === 'rt');
    if (this.#seen[place] === this.#searches) return false;
    this.#seen[place] = this.#searches;
    return true;
  }
}

function isRealTime({ kind }: Dependency): boolean {
  return kind === 'rt';
}

function isNotRealTime({ kind }: Dependency): boolean {
  return kind !== 'rt';
}

function isAny(): boolean {
  return true;
}

function unwind(last: Step): Dependency[] {
  const path: Dependency[] = [];
  for (let step: Step | null = last; step !== null; step = step.previous)
    path.push(step.dependency);
  return path.reverse();
}

/** Makes one edge of each run of `rt` edges, also of a run over the ends of the path. */
function joinRealTime(path: readonly Dependency[]): Dependency[] {
  const joined: Dependency[] = [];
  const start = path.findIndex(({ kind }) => kind !== 'rt');
  for (const dependency of [...path.slice(start), ...path.slice(0, start)]) {
    const last = joined.at(-1);
    if (last?.kind === 'rt' && dependency.kind === 'rt')
      joined[joined.length - 1] = { ...last, to: dependency.to };
    else joined.push(dependency);
  }
  return joined;
}
