// How the driver judges the ways in which a transaction can end.
import { describe, expect, it } from 'vitest';
import { runListAppend } from './driver.ts';
import type { History } from './history.ts';
import { DEFINITE } from './workload.ts';
import type { TransactionClient } from './workload.ts';

type Step = 'begin' | 'append' | 'commit';
const FOREVER = new Promise<never>(() => undefined);

/** Two transactions of one append each, on a client of which one step ends as given, the first time. */
async function run(at: Step, end: () => Promise<void>) {
  const calls: string[] = [];
  let isBad = true;
  const step = async (name: Step): Promise<void> => {
    calls.push(name);
    if (name !== at || !isBad) return;
    isBad = false;
    await end();
  };
  const connect = async (): Promise<TransactionClient> => {
    calls.push('connect');
    return {
      begin: () => step('begin'),
      append: () => step('append'),
      commit: () => step('commit'),
      read: async () => [],
      rollback: async () => void calls.push('rollback'),
      close: async () => void calls.push('close'),
    };
  };
  const plans = [1, 2].map((value) => [{ kind: 'append', key: 1, value }] as const);
  const limits = { maxTime: 10_000, transactionTimeout: 20 };
  const history: History = await runListAppend({ connect, plans, processes: 1, ...limits });
  return { first: history[0], last: history.at(-1), calls };
}

function failure(code?: string): () => Promise<void> {
  return () => Promise.reject(Object.assign(new Error('no'), code === undefined ? {} : { code }));
}

describe('a transaction', () => {
  it.each<[Step, string | undefined, string]>([
    ['begin', '57P01', 'fail'],
    ['append', '40001', 'fail'],
    ['append', undefined, 'fail'],
    ['commit', '40001', 'fail'],
    ['commit', '23505', 'fail'],
    ['commit', DEFINITE, 'fail'],
    ['commit', '57014', 'info'],
    ['commit', '40003', 'info'],
    ['commit', 'EPIPE', 'info'],
    ['commit', undefined, 'info'],
  ])('whose %s ends in %s is %s', async (at, code, status) => {
    const { first } = await run(at, failure(code));
    expect(first).toMatchObject({ status, operations: at === 'begin' ? [] : [{ kind: 'append' }] });
  });

  it('goes on with the client after an error, with a new one after a broken connection', async () => {
    const after = async (code?: string) => (await run('append', failure(code))).calls.slice(3, 6);
    expect(await after('40001')).toEqual(['rollback', 'begin', 'append']);
    expect(await after()).toEqual(['close', 'connect', 'begin']);
  });

  it('that does not answer is given up, and not committed later', async () => {
    let answer = (): void => undefined;
    const late = new Promise<void>((resolve) => (answer = resolve));
    const { first, calls } = await run('append', () => late);
    const commits = () => calls.filter((call) => call === 'commit').length;
    expect(first?.status).toBe('fail');
    expect(commits()).toBe(2);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(commits()).toBe(2);
  });

  it('whose commit does not answer is unknown', async () => {
    expect((await run('commit', () => FOREVER)).first?.status).toBe('info');
  });

  it('reads every key after all others', async () => {
    const { last } = await run('begin', async () => undefined);
    expect(last).toMatchObject({ status: 'ok', operations: [{ kind: 'read', key: 1, list: [] }] });
  });
});
