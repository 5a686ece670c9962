// Transfers between accounts: money does not appear or disappear, in no read and at no time, and
// the ledger has every acknowledged transfer once and no other. Each transfer writes its own id in
// the ledger, in the transaction that moves the money.
import type { Anomaly, AnomalyName } from './anomaly.ts';
import type { Attempt } from './history.ts';
import type { BankPlan, Transfer } from './workload.ts';

export interface BankTransaction extends Attempt {
  readonly plan: BankPlan;
  /** What a read has seen, by account. */
  readonly balances?: readonly number[];
  /** A transfer that found too little money, and moved none. */
  readonly isRefused?: boolean;
}

export interface BankHistory {
  readonly initial: readonly number[];
  readonly transactions: readonly BankTransaction[];
  /** Read in one transaction after all others; null where nobody could. */
  readonly final: {
    readonly balances: readonly number[];
    readonly ledger: readonly number[];
  } | null;
  /** Balances below zero are a bug. */
  readonly forbidsNegative: boolean;
}

export function checkBank(history: BankHistory): Anomaly[] {
  const { transactions, final } = history;
  const anomalies = transactions
    .filter(({ status }) => status === 'ok')
    .flatMap(({ id, balances }) =>
      balances === undefined ? [] : checkBalances(history, balances, id),
    );
  if (final === null) return anomalies;
  return [
    ...anomalies,
    ...checkBalances(history, final.balances, null),
    ...checkLedger(transactions, final.ledger),
    ...checkMovements(history, final.balances, final.ledger),
  ];
}

function checkBalances(
  { initial, forbidsNegative }: BankHistory,
  balances: readonly number[],
  id: number | null,
): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const tell = (name: AnomalyName, what: string): void => {
    const who = id === null ? 'the last read' : `T${id}`;
    const message = `${name}: ${who} has seen ${what} in ${balances.join(' ')}`;
    anomalies.push({ name, transactions: id === null ? [] : [id], message });
  };
  if (sum(balances) !== sum(initial) || balances.length !== initial.length)
    tell('wrong-sum', `${sum(balances)} instead of ${sum(initial)}`);
  if (forbidsNegative && balances.some((balance) => balance < 0))
    tell('negative-balance', 'less than nothing');
  return anomalies;
}

function checkLedger(
  transactions: readonly BankTransaction[],
  ledger: readonly number[],
): Anomaly[] {
  const times = new Map<number, number>();
  for (const id of ledger) times.set(id, (times.get(id) ?? 0) + 1);
  const anomalies: Anomaly[] = [];
  const tell = (name: AnomalyName, id: number, what: string): void => {
    anomalies.push({ name, transactions: [id], message: `${name}: T${id} ${what}` });
  };
  for (const { id, plan, status, isRefused } of transactions) {
    const count = times.get(id) ?? 0;
    times.delete(id);
    const isMade = plan.kind === 'transfer' && isRefused !== true && status !== 'fail';
    if (isMade && status === 'ok' && count === 0)
      tell('lost-transfer', id, 'was acknowledged and is not in the ledger');
    if (!isMade && count > 0) tell('aborted-transfer', id, 'is in the ledger and was not made');
    if (count > 1) tell('duplicate-transfer', id, `is in the ledger ${count} times`);
  }
  for (const id of times.keys()) tell('unknown-transfer', id, 'is in the ledger and was not sent');
  return anomalies;
}

/** The last balances are the first ones and what the ledger tells of. */
function checkMovements(
  { initial, transactions }: BankHistory,
  balances: readonly number[],
  ledger: readonly number[],
): Anomaly[] {
  const plans = new Map<number, Transfer>();
  for (const { id, plan } of transactions) if (plan.kind === 'transfer') plans.set(id, plan);
  const expected = [...initial];
  for (const id of ledger) {
    const plan = plans.get(id);
    if (plan === undefined) continue;
    expected[plan.from]! -= plan.amount;
    expected[plan.to]! += plan.amount;
  }
  if (expected.join() === balances.join()) return [];
  const message = `wrong-ledger: it adds up to ${expected.join(' ')}, the balances are ${balances.join(' ')}`;
  return [{ name: 'wrong-ledger', transactions: [], message }];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
