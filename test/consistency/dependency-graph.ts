// A graph of dependencies between transactions, and its strongly connected components: a history is
// serializable only where no transaction depends on itself.

/**
 * - `ww`: wrote the next version of what the other wrote.
 * - `wr`: read what the other wrote.
 * - `rw`: wrote the next version of what the other read (an anti-dependency).
 * - `rt`: began after the other had ended (real time).
 */
export type DependencyKind = 'ww' | 'wr' | 'rw' | 'rt';

/** `from` comes before `to` in every serial order. Nodes are positions in a list of transactions. */
export interface Dependency {
  readonly kind: DependencyKind;
  readonly from: number;
  readonly to: number;
  /** Null for `rt`. */
  readonly key: number | null;
  /** Why, for a reader. */
  readonly reason: string;
}

export class DependencyGraph {
  readonly #out: Dependency[][];

  constructor(size: number) {
    this.#out = Array.from({ length: size }, () => []);
  }

  get size(): number {
    return this.#out.length;
  }

  /** A transaction does not depend on itself. */
  add(dependency: Dependency): void {
    if (dependency.from === dependency.to) return;
    (this.#out[dependency.from] as Dependency[]).push(dependency);
  }

  from(node: number): readonly Dependency[] {
    return this.#out[node] as Dependency[];
  }

  /**
   * The components of more than one node, over edges of these kinds alone (Tarjan 1972, with a
   * stack of its own: histories are deeper than the call stack).
   */
  components(kinds: ReadonlySet<DependencyKind>): number[][] {
    const found: number[][] = [];
    const index = new Int32Array(this.size).fill(-1);
    const low = new Int32Array(this.size);
    const isOpen = new Uint8Array(this.size);
    const open: number[] = [];
    let count = 0;
    const visit = (node: number): { node: number; edge: number } => {
      index[node] = low[node] = count++;
      open.push(node);
      isOpen[node] = 1;
      return { node, edge: 0 };
    };
    for (let root = 0; root < this.size; root++) {
      if (index[root] !== -1) continue;
      const path = [visit(root)];
      for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
        const { node } = top;
        const dependency = this.from(node)[top.edge++];
        if (dependency !== undefined) {
          const { to, kind } = dependency;
          if (!kinds.has(kind)) continue;
          if (index[to] === -1) path.push(visit(to));
          else if (isOpen[to] === 1) low[node] = Math.min(low[node]!, index[to]!);
          continue;
        }
        path.pop();
        const parent = path.at(-1)?.node;
        if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
        if (low[node] !== index[node]) continue;
        const component = open.splice(open.lastIndexOf(node));
        for (const member of component) isOpen[member] = 0;
        if (component.length > 1) found.push(component);
      }
    }
    return found;
  }
}
