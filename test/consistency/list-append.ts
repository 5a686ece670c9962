// Is a history of transactions over append-only lists strictly serializable? The ideas are those of
// Elle (Kingsbury and Alvaro, VLDB 2020): values are unique, so a list tells who wrote each of its
// versions and in which order; the dependencies that follow, and those of real time, have no cycle.
// It tells no anomaly of a strictly serializable history. It may miss one: versions nobody read.
import type { Anomaly } from './anomaly.ts';
import { committedTransactions, Writers } from './committed.ts';
import { findCycles } from './cycles.ts';
import type { Cycle } from './cycles.ts';
import { DependencyGraph } from './dependency-graph.ts';
import type { Dependency } from './dependency-graph.ts';
import { showTransaction } from './history.ts';
import type { History, Transaction } from './history.ts';
import { checkInternal, ValueChecks } from './read-checks.ts';
import { realTimeEdges } from './real-time.ts';
import { VersionOrder } from './version-order.ts';
import type { KeyUse } from './version-order.ts';

/** To find lost appends let the last transaction of the history read all keys. */
export function checkListAppend(history: History): Anomaly[] {
  const writers = new Writers(history);
  const committed = committedTransactions(history, writers);
  const transactions = [...committed];
  const nodes = new Map(transactions.map((transaction, node) => [transaction, node]));
  const graph = new DependencyGraph(transactions.length);
  const node = (transaction: Transaction): number => nodes.get(transaction) as number;

  const values = new ValueChecks(writers);
  for (const reader of transactions) {
    for (const operation of reader.operations)
      if (operation.kind === 'read') values.check(reader, operation);
  }
  const orders = usesByKey(transactions).map(
    (key) => new VersionOrder(key, { writers, committed, graph, node }),
  );
  for (const order of orders) order.addDependencies();
  realTimeEdges(transactions, (from, to) =>
    graph.add({ kind: 'rt', from, to, key: null, reason: '' }),
  );
  return [
    ...transactions.flatMap((transaction) => checkInternal(transaction, writers)),
    ...values.anomalies,
    ...orders.flatMap(({ anomalies }) => anomalies),
    ...findCycles(graph).map((cycle) => anomalyOf(cycle, transactions)),
  ];
}

function usesByKey(transactions: readonly Transaction[]): KeyUse[] {
  const keys = new Map<number, KeyUse>();
  for (const transaction of transactions) {
    for (const operation of transaction.operations) {
      const { key } = operation;
      let entry = keys.get(key);
      if (entry === undefined) keys.set(key, (entry = { key, reads: [], appends: [] }));
      if (operation.kind === 'read') entry.reads.push({ reader: transaction, read: operation });
      else entry.appends.push({ writer: transaction, value: operation.value });
    }
  }
  return [...keys.values()];
}

function anomalyOf({ name, dependencies }: Cycle, transactions: readonly Transaction[]): Anomaly {
  const at = (node: number): Transaction => transactions[node] as Transaction;
  const keys = new Set(dependencies.flatMap(({ key }) => (key === null ? [] : [key])));
  const message = [
    `${name}: ${dependencies.map(({ from, kind }) => `T${at(from).id} -${kind}-> `).join('')}` +
      `T${at((dependencies[0] as Dependency).from).id}`,
    ...dependencies.map((dependency) => `  ${showDependency(dependency, at)}`),
    ...dependencies.map(({ from }) => `  ${showTransaction(at(from), keys)}`),
  ].join('\n');
  return { name, transactions: dependencies.map(({ from }) => at(from).id), message };
}

function showDependency(
  { from, to, kind, key, reason }: Dependency,
  at: (node: number) => Transaction,
): string {
  const why =
    key === null ? `T${at(from).id} had ended before T${at(to).id} began` : `key ${key}: ${reason}`;
  return `T${at(from).id} -${kind}-> T${at(to).id}: ${why}`;
}
