// Anomalies that one read shows by itself, without a graph.
import type { Anomaly } from './anomaly.ts';
import type { Writers } from './committed.ts';
import { showOperation, showTransaction } from './history.ts';
import type { Read, Transaction } from './history.ts';

/** A transaction sees what it has read before, with its own appends and nothing else added. */
export function checkInternal(transaction: Transaction, writers: Writers): Anomaly[] {
  const known = new Map<number, readonly number[]>();
  const own = new Map<number, number[]>();
  const anomalies: Anomaly[] = [];
  for (const operation of transaction.operations) {
    const { key } = operation;
    const appended = own.get(key) ?? [];
    const before = known.get(key);
    if (operation.kind === 'append') {
      own.set(key, [...appended, operation.value]);
      if (before !== undefined) known.set(key, [...before, operation.value]);
      continue;
    }
    const base = withoutOwn(transaction, operation, writers);
    const expected = before ?? [...base, ...appended];
    if (!isSameList(operation.list, expected)) {
      const message = `internal: ${showOperation(operation)} of\n  ${showTransaction(transaction, new Set([key]))}`;
      anomalies.push({ name: 'internal', transactions: [transaction.id], message });
    }
    known.set(key, operation.list);
  }
  return anomalies;
}

/** The list as it was before the transaction's own appends at its end. */
export function withoutOwn(
  transaction: Transaction,
  { key, list }: Read,
  writers: Writers,
): readonly number[] {
  const last = list.findLastIndex((value) => writers.of(key, value)?.transaction !== transaction);
  return list.slice(0, last + 1);
}

/** Each wrong value is told once, by the first transaction that is asked about it. */
export class ValueChecks {
  readonly anomalies: Anomaly[] = [];
  readonly #writers: Writers;
  readonly #told = new Set<string>();

  constructor(writers: Writers) {
    this.#writers = writers;
  }

  check(reader: Transaction, read: Read): void {
    const seen = new Set<number>();
    for (const value of read.list) {
      if (seen.has(value)) this.#tell('duplicate-append', reader, read, value);
      seen.add(value);
      const writer = this.#writers.of(read.key, value);
      if (writer === undefined) this.#tell('unknown-value', reader, read, value);
      else if (writer.transaction.status === 'fail') this.#tell('G1a', reader, read, value);
    }
    this.#checkIntermediate(reader, read);
  }

  /** A list that ends in the middle of the appends of another transaction. */
  #checkIntermediate(reader: Transaction, read: Read): void {
    const value = withoutOwn(reader, read, this.#writers).at(-1);
    const writer = value === undefined ? undefined : this.#writers.of(read.key, value);
    if (writer !== undefined && writer.transaction.status !== 'fail' && !writer.isLast)
      this.#tell('G1b', reader, read, value as number);
  }

  #tell(name: Anomaly['name'], reader: Transaction, { key, list }: Read, value: number): void {
    const told = `${name} ${key} ${value}`;
    if (this.#told.has(told)) return;
    this.#told.add(told);
    const writer = this.#writers.of(key, value)?.transaction;
    const involved = writer === undefined ? [reader] : [writer, reader];
    const message = [
      `${name}: value ${value} of key ${key}, read at position ${list.indexOf(value)}`,
      ...involved.map((transaction) => `  ${showTransaction(transaction, new Set([key]))}`),
    ].join('\n');
    this.anomalies.push({ name, transactions: involved.map(({ id }) => id), message });
  }
}

function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, position) => value === b[position]);
}
