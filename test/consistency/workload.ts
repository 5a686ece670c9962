// Workloads for the checkers of this folder, and the client they run on. How to test a database:
//
// 1. Implement `TransactionClient` (lists) or `BankClient` (accounts); postgres-client.ts does both
//    for whatever speaks the Postgres protocol. A client is one connection. It throws what the
//    database throws; `code` is the SQLSTATE where there is one.
// 2. `runListAppend({ connect, plans: listAppendPlans(seed, ...), ... })` of driver.ts runs the plans
//    on several clients at once, then reads every list, and returns the history. `runBank` likewise,
//    and `runBatches`, which sends a transaction as one query string (`BatchClient`).
// 3. `checkListAppend(history)` of list-append.ts, or `checkBank(history)` of bank.ts: an empty array,
//    or what is wrong; `showAnomalies` prints it.
//
// What to do to the database meanwhile (kill, pause, partition) is up to the caller.
// scripts/consistency.ts does all this against a server that is running.
//
// The plans are drawn from a seed and know no database. The interleaving is the database's own.
import type { Prng } from '../../src/util/prng.ts';
import type { Append } from './history.ts';

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** The code of an error that has no SQLSTATE but certainly means that nothing was committed. */
export const DEFINITE = 'DEFINITE';

export interface Connection {
  begin(isolation?: Isolation): Promise<void>;
  /** Throws where the transaction did not commit, also where the database does not call that an error. */
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** At once: what is in flight fails. */
  close(): Promise<void>;
}

export interface TransactionClient extends Connection {
  append(key: number, value: number): Promise<void>;
  read(key: number): Promise<readonly number[]>;
}

/** For databases that know no more than transactions of one query string. */
export interface BatchClient {
  /** Does all or nothing. The lists that were read, null in the places of appends. */
  run(plan: ListAppendPlan): Promise<readonly (readonly number[] | null)[]>;
  rollback(): Promise<void>;
  close(): Promise<void>;
}

export interface BankClient extends Connection {
  balance(account: number): Promise<number>;
  setBalance(account: number, balance: number): Promise<void>;
  /** By account. */
  balances(): Promise<readonly number[]>;
  /** Writes down, in the same transaction, that a transfer was made. */
  record(transfer: number): Promise<void>;
  /** The transfers written down. */
  ledger(): Promise<readonly number[]>;
}

export type PlannedOperation = Append | { readonly kind: 'read'; readonly key: number };
export type ListAppendPlan = readonly PlannedOperation[];

export interface ListAppendOptions {
  readonly transactions: number;
  /** How many are in use at a time: the fewer, the more conflicts. */
  readonly keys: number;
  readonly maxOperations?: number;
  /** After so many appends a key makes place for a new one, so that lists stay short. */
  readonly maxAppends?: number;
}

export function* listAppendPlans(
  prng: Prng,
  options: ListAppendOptions,
): Generator<ListAppendPlan> {
  const { transactions, keys, maxOperations = 4, maxAppends = 100 } = options;
  const hot = Array.from({ length: keys }, (_, key) => ({ key, appends: 0 }));
  let nextKey = keys;
  const operation = (): PlannedOperation => {
    const entry = prng.pick(hot);
    const { key } = entry;
    if (prng.chance(0.5)) return { kind: 'read', key };
    const value = ++entry.appends;
    if (value === maxAppends) Object.assign(entry, { key: nextKey++, appends: 0 });
    return { kind: 'append', key, value };
  };
  for (let count = 0; count < transactions; count++)
    yield Array.from({ length: prng.between(1, maxOperations) }, operation);
}

export interface Transfer {
  readonly kind: 'transfer';
  readonly from: number;
  readonly to: number;
  readonly amount: number;
}

export type BankPlan = Transfer | { readonly kind: 'balances' };

export interface BankOptions {
  readonly transactions: number;
  readonly accounts: number;
  readonly maxAmount?: number;
}

export function* bankPlans(prng: Prng, options: BankOptions): Generator<BankPlan> {
  const { transactions, accounts, maxAmount = 5 } = options;
  for (let count = 0; count < transactions; count++) {
    if (prng.chance(0.3)) {
      yield { kind: 'balances' };
      continue;
    }
    const from = prng.integer(accounts);
    const to = (from + prng.between(1, accounts - 1)) % accounts;
    yield { kind: 'transfer', from, to, amount: prng.between(1, maxAmount) };
  }
}
