// What a regular expression says, as a tree.
import { PgError } from '../../../errors/pg-error.ts';
import type { RegexOptions } from './options.ts';
import type { Ranges } from './ranges.ts';

export type Assertion =
  | 'line-start'
  | 'line-end'
  | 'text-start'
  | 'text-end'
  | 'word-start'
  | 'word-end'
  | 'word-edge'
  | 'no-word-edge';

export type RegexNode =
  | { readonly kind: 'set'; readonly set: Ranges }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'alternatives'; readonly parts: readonly RegexNode[] }
  | {
      readonly kind: 'repeat';
      readonly part: RegexNode;
      readonly min: number;
      /** Infinity: no limit. */
      readonly max: number;
      readonly isGreedy: boolean;
      /** `{m}`: it has the greediness of its part. */
      readonly isFixed: boolean;
    }
  /** `index` null: not captured. */
  | { readonly kind: 'group'; readonly part: RegexNode; readonly index: number | null }
  | { readonly kind: 'reference'; readonly index: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | {
      readonly kind: 'look';
      readonly part: RegexNode;
      readonly isAhead: boolean;
      readonly isNegated: boolean;
    };

export interface ParsedRegex {
  readonly node: RegexNode;
  readonly options: RegexOptions;
  readonly groupCount: number;
  readonly hasReferences: boolean;
}

export function invalidRegex(detail: string): PgError {
  return new PgError('2201B', `invalid regular expression: ${detail}`);
}
