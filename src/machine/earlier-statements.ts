// The first statements of a large open transaction, which are not held in memory.
import type { RecordedRequest } from './recorded-request.ts';

export interface EarlierStatements {
  readonly count: number;
  readonly changesSchema: boolean;
  /** In order, one in memory at a time. */
  requests(): Iterable<RecordedRequest>;
}

export const NOTHING_EARLIER: EarlierStatements = {
  count: 0,
  changesSchema: false,
  requests: () => [],
};
