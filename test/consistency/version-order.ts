// The versions of one key in the order of their making, and the dependencies that follow.
// A list tells its own history: the longest read is the order, every other read is a prefix of it.
import type { Anomaly } from './anomaly.ts';
import type { Writers } from './committed.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { showList, showTransaction } from './history.ts';
import type { Read, Transaction } from './history.ts';
import { withoutOwn } from './read-checks.ts';

export interface ReadBy {
  readonly reader: Transaction;
  readonly read: Read;
}

export interface AppendBy {
  readonly writer: Transaction;
  readonly value: number;
}

/** What committed transactions did with one key. */
export interface KeyUse {
  readonly key: number;
  readonly reads: ReadBy[];
  readonly appends: AppendBy[];
}

interface Context {
  readonly writers: Writers;
  readonly committed: ReadonlySet<Transaction>;
  readonly graph: DependencyGraph;
  /** The node of a committed transaction in the graph. */
  readonly node: (transaction: Transaction) => number;
}

export class VersionOrder {
  readonly anomalies: Anomaly[] = [];
  readonly #key: number;
  readonly #reads: readonly ReadBy[];
  readonly #context: Context;
  readonly #order: readonly number[];
  /** Writers of the order, null where they did not commit, or are not known, or wrote it before. */
  readonly #writers: readonly (Transaction | null)[];
  /** Appends that nobody has read, nor must have: they come after the order. */
  readonly #unread: ReadonlyMap<Transaction, number>;

  constructor({ key, reads, appends }: KeyUse, context: Context) {
    this.#key = key;
    this.#context = context;
    let longest: ReadBy | null = null;
    for (const one of reads)
      if (one.read.list.length > (longest?.read.list.length ?? -1)) longest = one;
    this.#order = longest?.read.list ?? [];
    this.#reads = reads.filter((one) => this.#isPrefix(one, longest as ReadBy));
    this.#writers = this.#findWriters();
    this.#unread = this.#findUnread(reads, appends);
  }

  #isPrefix({ reader, read }: ReadBy, longest: ReadBy): boolean {
    if (read.list.every((value, position) => value === this.#order[position])) return true;
    const transactions = [longest.reader, reader];
    const differs = read.list.findIndex((value, position) => value !== this.#order[position]);
    const message = [
      `incompatible-order: two reads of key ${this.#key} differ at position ${differs}: ` +
        `${showList(this.#order.slice(0, differs + 1))} and ${showList(read.list.slice(0, differs + 1))}`,
      ...transactions.map(
        (transaction) => `  ${showTransaction(transaction, new Set([this.#key]))}`,
      ),
    ].join('\n');
    const ids = transactions.map(({ id }) => id);
    this.anomalies.push({ name: 'incompatible-order', transactions: ids, message });
    return false;
  }

  #findWriters(): (Transaction | null)[] {
    const { writers, committed } = this.#context;
    const seen = new Set<number>();
    return this.#order.map((value) => {
      const writer = writers.of(this.#key, value)?.transaction;
      const isFirst = !seen.has(value);
      seen.add(value);
      return isFirst && writer !== undefined && committed.has(writer) ? writer : null;
    });
  }

  /** The last unread append of each transaction; those that a later read should have seen are lost. */
  #findUnread(reads: readonly ReadBy[], appends: readonly AppendBy[]): Map<Transaction, number> {
    const unread = new Map<Transaction, number>();
    const seen = new Set(reads.flatMap(({ read }) => read.list));
    let latest: Transaction | null = null;
    for (const { reader } of reads)
      if (reader.status === 'ok' && reader.invoke > (latest?.invoke ?? -Infinity)) latest = reader;
    for (const { writer, value } of appends) {
      if (seen.has(value)) continue;
      const mustBeSeen = writer.status === 'ok' && writer.complete < (latest?.invoke ?? -Infinity);
      if (mustBeSeen) this.#tellLost(writer, value, latest as Transaction);
      else unread.set(writer, value);
    }
    return unread;
  }

  #tellLost(writer: Transaction, value: number, reader: Transaction): void {
    const keys = new Set([this.#key]);
    const message = [
      `lost-append: ${value} of key ${this.#key} is in no list, also not in a later one`,
      `  ${showTransaction(writer, keys)}`,
      `  ${showTransaction(reader, keys)}`,
    ].join('\n');
    const transactions = [writer.id, reader.id];
    this.anomalies.push({ name: 'lost-append', transactions, message });
  }

  addDependencies(): void {
    this.#addWriteWrite();
    const next = this.#nextWriters();
    for (const { reader, read } of this.#reads) {
      const { length } = withoutOwn(reader, read, this.#context.writers);
      this.#addWriteRead(reader, length);
      this.#addReadWrite(reader, length, next[length] as number);
    }
  }

  #addWriteWrite(): void {
    let before: { writer: Transaction; value: number } | null = null;
    for (const [position, writer] of this.#writers.entries()) {
      if (writer === null) continue;
      const value = this.#order[position] as number;
      if (before !== null) this.#add('ww', before.writer, writer, follows(value, before.value));
      before = { writer, value };
    }
    if (before === null) return;
    for (const [writer, value] of this.#unread)
      this.#add('ww', before.writer, writer, follows(value, before.value));
  }

  #addWriteRead(reader: Transaction, length: number): void {
    const writer = this.#writers[length - 1];
    if (writer !== undefined && writer !== null)
      this.#add('wr', writer, reader, `${this.#order[length - 1]} was read`);
  }

  #addReadWrite(reader: Transaction, length: number, next: number): void {
    const last = this.#order[length - 1];
    const version = last === undefined ? 'the empty list' : `the list that ended in ${last}`;
    const writer = this.#writers[next];
    if (writer !== undefined && writer !== null) {
      this.#add('rw', reader, writer, `${this.#order[next]} was not in ${version}`);
      return;
    }
    for (const [unread, value] of this.#unread) {
      if (unread !== this.#writers[length - 1])
        this.#add('rw', reader, unread, `${value} was not in ${version}`);
    }
  }

  /**
   * For a list of each length, where the appends of the next transaction begin. The rest of the
   * appends of the one that wrote its end are passed over: to have seen half of them is G1b.
   */
  #nextWriters(): Int32Array {
    const { length } = this.#order;
    const next = new Int32Array(length + 1).fill(length);
    for (let position = length - 1; position >= 0; position--) {
      const writer = this.#writers[position] as Transaction | null;
      const isNext = writer !== null && writer !== this.#writers[position - 1];
      next[position] = isNext ? position : (next[position + 1] as number);
    }
    return next;
  }

  #add(kind: 'ww' | 'wr' | 'rw', from: Transaction, to: Transaction, reason: string): void {
    const { graph, node } = this.#context;
    graph.add({ kind, from: node(from), to: node(to), key: this.#key, reason });
  }
}

function follows(value: number, before: number): string {
  return `${value} follows ${before}`;
}
