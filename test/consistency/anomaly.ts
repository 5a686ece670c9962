// What a checker found, in words for a reader.
import type { CycleName } from './cycles.ts';

export type AnomalyName =
  | CycleName
  | 'G1a' // aborted read: a value of a transaction that did not commit
  | 'G1b' // intermediate read: a state from the middle of a transaction
  | 'internal' // a transaction does not see what it has written or read itself
  | 'duplicate-append' // a value is twice in a list
  | 'unknown-value' // nobody has appended it
  | 'incompatible-order' // two reads of a key, neither a prefix of the other
  | 'lost-append' // acknowledged, but not in a later read, nor in any other
  | 'wrong-sum' // bank: money appeared or disappeared
  | 'negative-balance'
  | 'lost-transfer' // acknowledged, but not in the ledger
  | 'duplicate-transfer' // twice in the ledger
  | 'aborted-transfer' // in the ledger, though it did not commit
  | 'unknown-transfer' // in the ledger, though nobody sent it
  | 'wrong-ledger'; // balances that the ledger does not add up to

export interface Anomaly {
  readonly name: AnomalyName;
  /** The ids of the transactions that show it. */
  readonly transactions: readonly number[];
  /** One line or more. */
  readonly message: string;
}

/** How many there are of each kind, and the first few of each in full. */
export function showAnomalies(anomalies: readonly Anomaly[], limit = 2): string {
  const byName = Map.groupBy(anomalies, ({ name }) => name);
  return [...byName]
    .map(([name, all]) => {
      const shown = all.slice(0, limit).map(({ message }) => message.replaceAll('\n', '\n    '));
      return [`${name}: ${all.length}`, ...shown].join('\n    ');
    })
    .join('\n');
}
