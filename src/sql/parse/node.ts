// Reading the parser's tree: nested plain objects, each node wrapped in its tag, fields with zero
// values left out.

/** `{ Tag: fields }`. */
export type Node = Readonly<Record<string, unknown>>;
export type Fields = Readonly<Record<string, unknown>>;

export function tagOf(node: Node): string {
  return Object.keys(node)[0] ?? '';
}

export function fieldsOf(node: Node): Fields {
  return (Object.values(node)[0] ?? {}) as Fields;
}

/** Fields of a node of that tag, or null. */
export function asTag(node: unknown, tag: string): Fields | null {
  if (typeof node !== 'object' || node === null) return null;
  return ((node as Node)[tag] as Fields | undefined) ?? null;
}

export function list(fields: Fields, name: string): readonly Node[] {
  return (fields[name] as readonly Node[] | undefined) ?? [];
}

export function child(fields: Fields, name: string): Node | null {
  return (fields[name] as Node | undefined) ?? null;
}

/** A field of fixed type, which has no tag around it. */
export function inner(fields: Fields, name: string): Fields | null {
  return (fields[name] as Fields | undefined) ?? null;
}

export function text(fields: Fields, name: string): string {
  return (fields[name] as string | undefined) ?? '';
}

export function integer(fields: Fields, name: string): number {
  return (fields[name] as number | undefined) ?? 0;
}

export function flag(fields: Fields, name: string): boolean {
  return fields[name] === true;
}

export function location(fields: Fields): number | undefined {
  return (fields['location'] as number | undefined) ?? 0;
}

/** The text of a String node. */
export function stringOf(node: Node): string {
  return text(asTag(node, 'String') ?? {}, 'sval');
}

/** Texts of a list of String nodes, such as a qualified name. */
export function strings(nodes: readonly Node[]): readonly string[] {
  return nodes.map(stringOf);
}

/** Where the text of an expression begins: the first of all its parts. */
export function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const starts = Object.entries(node).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'location') return typeof value === 'number' && value >= 0 ? [value] : [];
    return startOf(value) ?? [];
  });
  return starts.length === 0 ? undefined : Math.min(...starts);
}
