// Runs plans on several clients at once and writes down what they saw (workload.ts).
import type { BankHistory, BankTransaction } from './bank.ts';
import type { History, Operation, Transaction } from './history.ts';
import { Run } from './run.ts';
import type { RunOptions } from './run.ts';
import type { BankClient, BankPlan, ListAppendPlan, TransactionClient } from './workload.ts';

/** The last transaction reads every key, unless no client could. */
export async function runListAppend(
  options: RunOptions<TransactionClient, ListAppendPlan>,
): Promise<History> {
  const keys = new Set<number>();
  const attempt = async (client: TransactionClient, plan: ListAppendPlan, done: Operation[]) => {
    for (const operation of plan) {
      keys.add(operation.key);
      if (operation.kind === 'append') {
        // It may have happened even if it does not answer.
        done.push(operation);
        await client.append(operation.key, operation.value);
      } else done.push({ ...operation, list: await client.read(operation.key) });
    }
  };
  const run = new Run<TransactionClient, ListAppendPlan, Operation[]>(options, () => [], attempt);
  await run.all();
  await run.final(() => [...keys].map((key) => ({ kind: 'read', key })));
  return run.attempts.map(({ seen, attempt }): Transaction => ({ ...attempt, operations: seen }));
}

interface BankSeen {
  balances?: readonly number[];
  isRefused?: boolean;
  ledger?: readonly number[];
}

export interface BankRunOptions extends RunOptions<BankClient, BankPlan> {
  readonly initial: readonly number[];
  /** Transfers move no more than there is. */
  readonly forbidsNegative: boolean;
}

export async function runBank(options: BankRunOptions): Promise<BankHistory> {
  const { initial, forbidsNegative } = options;
  const attempt = async (client: BankClient, plan: BankPlan, seen: BankSeen, id: number) => {
    if (plan.kind === 'balances') {
      seen.balances = await client.balances();
      return;
    }
    const from = await client.balance(plan.from);
    if (forbidsNegative && from < plan.amount) {
      seen.isRefused = true;
      return;
    }
    const to = await client.balance(plan.to);
    await client.setBalance(plan.from, from - plan.amount);
    await client.setBalance(plan.to, to + plan.amount);
    await client.record(id);
  };
  const run = new Run<BankClient, BankPlan, BankSeen>(options, () => ({}), attempt);
  await run.all();
  const transactions = run.attempts.map(({ seen, attempt, plan }): BankTransaction => ({
    ...attempt,
    plan,
    ...seen,
  }));
  const lastRun = new Run<BankClient, BankPlan, BankSeen>(
    options,
    () => ({}),
    async (client, _, seen) => {
      seen.balances = await client.balances();
      seen.ledger = await client.ledger();
    },
  );
  const last = await lastRun.final(() => ({ kind: 'balances' }));
  const final = last === null ? null : { balances: last.balances ?? [], ledger: last.ledger ?? [] };
  return { initial, transactions, final, forbidsNegative };
}
