// Which transactions of a history took effect, as far as can be known, and who wrote what.
import type { History, Transaction } from './history.ts';

export interface Writer {
  readonly transaction: Transaction;
  /** The value is the last that the transaction appended to the key. */
  readonly isLast: boolean;
}

export class Writers {
  readonly #byKey = new Map<number, Map<number, Writer>>();

  constructor(history: History) {
    for (const transaction of history) {
      const lasts = new Set<number>();
      for (const operation of transaction.operations.toReversed()) {
        if (operation.kind !== 'append') continue;
        const { key, value } = operation;
        this.#add(key, value, { transaction, isLast: !lasts.has(key) });
        lasts.add(key);
      }
    }
  }

  #add(key: number, value: number, writer: Writer): void {
    let values = this.#byKey.get(key);
    if (values === undefined) this.#byKey.set(key, (values = new Map()));
    if (values.has(value)) throw new Error(`the workload appends ${value} to key ${key} twice`);
    values.set(value, writer);
  }

  of(key: number, value: number): Writer | undefined {
    return this.#byKey.get(key)?.get(value);
  }
}

/**
 * The acknowledged transactions, and those of unknown outcome of which a committed transaction has
 * seen an append: they have committed too, so all they did counts.
 */
export function committedTransactions(history: History, writers: Writers): Set<Transaction> {
  const committed = new Set(history.filter(({ status }) => status === 'ok'));
  // A set is walked in the order of insertion, with what is added on the way.
  for (const transaction of committed) {
    for (const operation of transaction.operations) {
      if (operation.kind !== 'read') continue;
      for (const value of operation.list) {
        const writer = writers.of(operation.key, value)?.transaction;
        if (writer?.status === 'info') committed.add(writer);
      }
    }
  }
  return committed;
}
