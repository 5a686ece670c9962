// Runs plans on several clients at once and writes down what they saw (workload.ts).
import type { BankHistory, BankTransaction } from './bank.ts';
import type { History, Operation } from './history.ts';
import { Run } from './run.ts';
import type { RunOptions, Turn } from './run.ts';
import type {
  BankClient,
  BankPlan,
  BatchClient,
  Connection,
  Isolation,
  ListAppendPlan,
  TransactionClient,
} from './workload.ts';

interface WithIsolation {
  /** The database's default, if it is not given. */
  readonly isolation?: Isolation;
}

type ListTurn<Client> = Turn<Client, ListAppendPlan, Operation[]>;

/** The last transaction reads every key, unless no client could. */
export function runListAppend(
  options: RunOptions<TransactionClient, ListAppendPlan> & WithIsolation,
): Promise<History> {
  const perform = async ({ client, plan, seen }: ListTurn<TransactionClient>): Promise<void> => {
    for (const operation of plan) {
      if (operation.kind === 'append') {
        // It may have happened even if it does not answer.
        seen.push(operation);
        await client.append(operation.key, operation.value);
      } else seen.push({ ...operation, list: await client.read(operation.key) });
    }
  };
  return runLists(options, inTransaction(options, perform));
}

/** The same, each transaction sent at once. */
export function runBatches(options: RunOptions<BatchClient, ListAppendPlan>): Promise<History> {
  return runLists(options, async ({ client, plan, seen, beforeCommit }) => {
    beforeCommit();
    seen.push(...plan.filter((operation) => operation.kind === 'append'));
    const lists = await client.run(plan);
    const operations = plan.map((operation, position): Operation =>
      operation.kind === 'append' ? operation : { ...operation, list: lists[position] ?? [] },
    );
    seen.splice(0, seen.length, ...operations);
  });
}

async function runLists<Client extends Pick<Connection, 'rollback' | 'close'>>(
  options: RunOptions<Client, ListAppendPlan>,
  steps: (turn: ListTurn<Client>) => Promise<void>,
): Promise<History> {
  const run = new Run<Client, ListAppendPlan, Operation[]>(options, () => [], steps);
  await run.all();
  const keys = new Set(run.attempts.flatMap(({ plan }) => plan.map(({ key }) => key)));
  await run.final(() => [...keys].map((key) => ({ kind: 'read', key })));
  return run.attempts.map(({ seen, attempt }) => ({ ...attempt, operations: seen }));
}

interface BankSeen {
  balances?: readonly number[];
  isRefused?: boolean;
  ledger?: readonly number[];
}

type BankTurn = Turn<BankClient, BankPlan, BankSeen>;

export interface BankRunOptions extends RunOptions<BankClient, BankPlan>, WithIsolation {
  readonly initial: readonly number[];
  /** Transfers move no more than there is. */
  readonly forbidsNegative: boolean;
}

export async function runBank(options: BankRunOptions): Promise<BankHistory> {
  const { initial, forbidsNegative } = options;
  const perform = async ({ client, plan, seen, id }: BankTurn): Promise<void> => {
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
  const run = new Run(options, (): BankSeen => ({}), inTransaction(options, perform));
  await run.all();
  const transactions = run.attempts.map(({ seen, attempt, plan }): BankTransaction => ({
    ...attempt,
    plan,
    ...seen,
  }));
  return { initial, transactions, final: await readBank(options), forbidsNegative };
}

async function readBank(options: BankRunOptions): Promise<BankHistory['final']> {
  const perform = async ({ client, seen }: BankTurn): Promise<void> => {
    seen.balances = await client.balances();
    seen.ledger = await client.ledger();
  };
  const run = new Run(options, (): BankSeen => ({}), inTransaction(options, perform));
  const seen = await run.final(() => ({ kind: 'balances' }));
  return seen === null ? null : { balances: seen.balances ?? [], ledger: seen.ledger ?? [] };
}

function inTransaction<Client extends Connection, Plan, Seen>(
  { isolation }: WithIsolation,
  perform: (turn: Turn<Client, Plan, Seen>) => Promise<void>,
): (turn: Turn<Client, Plan, Seen>) => Promise<void> {
  return async (turn) => {
    await turn.client.begin(isolation);
    await perform(turn);
    turn.beforeCommit();
    await turn.client.commit();
  };
}
