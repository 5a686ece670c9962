// A jsonpath (PG: 9.16.2 The SQL/JSON Path Language) as its parser gives it.

export type Comparison = '==' | '!=' | '<' | '>' | '<=' | '>=';
export type Arithmetic = '+' | '-' | '*' | '/' | '%';
export type Method = 'type' | 'size' | 'abs' | 'floor' | 'ceiling' | 'double' | 'keyvalue';

/** Of `**`: so many levels down; LAST is as far as it goes. */
export const LAST = Number.POSITIVE_INFINITY;

export type PathStart =
  | { readonly kind: 'null' | 'root' | 'current' | 'last' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** A canonical numeric. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'variable'; readonly name: string }
  | {
      readonly kind: 'arithmetic';
      readonly operator: Arithmetic;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly argument: PathNode }
  | {
      readonly kind: 'comparison';
      readonly operator: Comparison;
      readonly left: PathNode;
      readonly right: PathNode;
    }
  | { readonly kind: 'and' | 'or'; readonly left: PathNode; readonly right: PathNode }
  | { readonly kind: 'not' | 'is-unknown' | 'exists'; readonly argument: PathNode }
  | { readonly kind: 'starts-with'; readonly left: PathNode; readonly right: PathNode }
  | {
      readonly kind: 'like-regex';
      readonly argument: PathNode;
      readonly pattern: string;
      readonly flags: string;
    };

export type PathStep =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'any-key' | 'any-element' }
  | { readonly kind: 'elements'; readonly ranges: readonly PathRange[] }
  | { readonly kind: 'levels'; readonly first: number; readonly last: number }
  | { readonly kind: 'method'; readonly name: Method }
  | { readonly kind: 'filter'; readonly condition: PathNode };

export interface PathRange {
  readonly from: PathNode;
  readonly to: PathNode | null;
}

/** What something starts with, and the accessors behind it. */
export interface PathNode {
  readonly start: PathStart;
  readonly steps: readonly PathStep[];
}

export interface JsonPath {
  readonly isStrict: boolean;
  readonly root: PathNode;
}

const PREDICATES: readonly PathStart['kind'][] = [
  'comparison',
  'and',
  'or',
  'not',
  'is-unknown',
  'exists',
  'starts-with',
  'like-regex',
];

export function isPredicate({ start, steps }: PathNode): boolean {
  return steps.length === 0 && PREDICATES.includes(start.kind);
}
