// What can be wrong with a bank, planted by hand.
import { describe, expect, it } from 'vitest';
import { checkBank } from './bank.ts';
import type { BankHistory, BankTransaction } from './bank.ts';
import type { Status } from './history.ts';

const INITIAL = [10, 10];

function transfer(id: number, amount: number, status: Status = 'ok'): BankTransaction {
  const plan = { kind: 'transfer', from: 0, to: 1, amount } as const;
  return { id, process: 0, invoke: id, complete: id, status, plan };
}

function read(id: number, balances: readonly number[]): BankTransaction {
  const plan = { kind: 'balances' } as const;
  return { id, process: 0, invoke: id, complete: id, status: 'ok', plan, balances };
}

function names(
  transactions: readonly BankTransaction[],
  final: BankHistory['final'],
  forbidsNegative = true,
): string[] {
  return checkBank({ initial: INITIAL, transactions, final, forbidsNegative }).map(
    ({ name }) => name,
  );
}

describe('a bank', () => {
  it('is clean when all adds up', () => {
    const transactions = [
      transfer(1, 3),
      read(2, [7, 13]),
      transfer(3, 5, 'fail'),
      transfer(4, 2, 'info'),
      transfer(5, 1, 'info'),
      { ...transfer(6, 9), isRefused: true },
    ];
    expect(names(transactions, { balances: [5, 15], ledger: [1, 4] })).toEqual([]);
    expect(names(transactions, null)).toEqual([]);
  });

  it('may owe money where that is allowed', () => {
    const final = { balances: [-1, 21], ledger: [1] };
    expect(names([transfer(1, 11)], final)).toEqual(['negative-balance']);
    expect(names([transfer(1, 11)], final, false)).toEqual([]);
  });

  const initially = { balances: INITIAL, ledger: [] };
  const cases: [string, BankTransaction[], BankHistory['final'], string[]][] = [
    ['a read of half a transfer', [read(1, [7, 10])], initially, ['wrong-sum']],
    ['an account that is gone', [read(1, [20])], initially, ['wrong-sum']],
    [
      'a last state that lacks money',
      [],
      { balances: [9, 10], ledger: [] },
      ['wrong-sum', 'wrong-ledger'],
    ],
    ['an acknowledged transfer that is gone', [transfer(1, 3)], initially, ['lost-transfer']],
    [
      'an acknowledged transfer that only the ledger knows',
      [transfer(1, 3)],
      { balances: INITIAL, ledger: [1] },
      ['wrong-ledger'],
    ],
    [
      'a transfer made twice',
      [transfer(1, 3)],
      { balances: [4, 16], ledger: [1, 1] },
      ['duplicate-transfer'],
    ],
    [
      'one of unknown outcome made twice',
      [transfer(1, 3, 'info')],
      { balances: [4, 16], ledger: [1, 1] },
      ['duplicate-transfer'],
    ],
    [
      'a transfer that failed and was made',
      [transfer(1, 3, 'fail')],
      { balances: [7, 13], ledger: [1] },
      ['aborted-transfer'],
    ],
    ['a transfer from nowhere', [], { balances: INITIAL, ledger: [1] }, ['unknown-transfer']],
  ];
  it.each(cases)('does not hide %s', (_, transactions, final, expected) => {
    expect(names(transactions, final)).toEqual(expected);
  });
});
