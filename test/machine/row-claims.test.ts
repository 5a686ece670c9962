// Which rows a run of a statement asks for, and when it may be told.
import { describe, expect, it } from 'vitest';
import type { PerformedAction } from '../../src/machine/command.ts';
import { RowClaims } from '../../src/machine/row-claims.ts';
import { readAction } from '../../src/sql/functions/lock-actions.ts';
import { ACCESS_EXCLUSIVE } from '../../src/sql/functions/lock-modes.ts';
import type { ClaimPolicy, RowClaim } from '../../src/sql/functions/row-locks.ts';

const OWNER = { sessionId: 1, owner: 2 };

function row(key: number, policy: ClaimPolicy = 'skip'): RowClaim {
  return { resource: `r 16384 ${key}`, mode: ACCESS_EXCLUSIVE, policy, name: 'job' };
}

/** A run of SELECT ... LIMIT `limit` over the rows; `locked` are others'. */
class Run {
  readonly claims: RowClaims;
  readonly result: number[] = [];

  constructor(
    performed: readonly PerformedAction[],
    rows: readonly number[],
    { locked = [], limit = 1, policy = 'skip', isTold = false }: Partial<Facts> = {},
  ) {
    const locks = {
      isFree: (_owner: unknown, resource: string) =>
        !locked.some((key) => row(key).resource === resource),
    };
    this.claims = new RowClaims(performed, isTold ? null : locks, OWNER, { has: () => false });
    for (const key of rows) {
      if (this.result.length === limit) break;
      const claim = row(key, policy);
      if (policy === 'skip' && !this.claims.isFree(claim)) continue;
      if (this.claims.claim(claim)) this.result.push(key);
    }
  }

  /** What it asks for as `+5 -6`; `told`: nothing. */
  get wanted(): string {
    const wanted = this.claims.wanted();
    if (wanted === null) return `told ${this.result.join(' ')}`;
    const action = readAction(wanted.action);
    if (action.kind !== 'rows') throw new Error(wanted.action);
    const keys = (claims: readonly RowClaim[], sign: string): readonly string[] =>
      claims.map(({ resource }) => sign + (resource.split(' ')[2] ?? ''));
    return [...keys(action.acquired, '+'), ...keys(action.released, '-')].join(' ');
  }

  /** What it asked for was done, but for the rows at these places. */
  performed(...refused: readonly number[]): PerformedAction {
    return { action: this.claims.wanted()?.action ?? '', result: refused.join(',') };
  }
}

interface Facts {
  readonly locked: readonly number[];
  readonly limit: number;
  readonly policy: ClaimPolicy;
  readonly isTold: boolean;
}

describe('SKIP LOCKED', () => {
  it('asks for rows that can be had, and for no more than LIMIT', () => {
    expect(new Run([], [5, 6, 7, 8], { locked: [5], limit: 2 }).wanted).toBe('+6 +7');
    expect(new Run([], [5], { locked: [5] }).wanted).toBe('told ');
  });

  it('is told what was granted, though others came before or are free by now', () => {
    const first = new Run([], [5, 6], { locked: [5] });
    expect(new Run([first.performed()], [4, 5, 6]).wanted).toBe('told 6');
  });

  it('looks for others if some were refused, and keeps what it got', () => {
    const first = new Run([], [5, 6, 7], { limit: 2 });
    const second = new Run([first.performed(0)], [5, 6, 7], { limit: 2 });
    expect(second.wanted).toBe('+7');
    const third = new Run([first.performed(0), second.performed()], [5, 6, 7], { limit: 2 });
    expect(third.wanted).toBe('told 6 7');
  });

  it('gives back what it does not give its client', () => {
    const first = new Run([], [5, 6, 7], { limit: 2 });
    // A row that comes first has appeared meanwhile.
    const second = new Run([first.performed(1)], [4, 5, 6, 7], { limit: 1 });
    expect(second.wanted).toBe('+4 -5');
    // One does not match any more: others are looked for again.
    const other = new Run([first.performed()], [6, 7, 8], { limit: 2 });
    expect(other.wanted).toBe('-5');
    const last = new Run([first.performed(), other.performed()], [6, 7, 8], { limit: 2 });
    expect(last.wanted).toBe('+7');
  });
});

describe('who waits', () => {
  it('asks for all rows, and again for those that are others by then', () => {
    const first = new Run([], [5, 6], { locked: [5], limit: 2, policy: 'wait' });
    expect(first.wanted).toBe('+5 +6');
    const second = new Run([first.performed()], [6, 7], { limit: 2, policy: 'wait' });
    expect(second.wanted).toBe('+7');
    const third = [first.performed(), second.performed()];
    expect(new Run(third, [6, 7], { limit: 2, policy: 'wait' }).wanted).toBe('told 6 7');
  });
});

describe('a statement that was told', () => {
  it('gets what it got, and asks for nothing', () => {
    const first = new Run([], [5, 6], { locked: [5] });
    const again = { isTold: true } as const;
    expect(new Run([first.performed()], [4, 5, 6], again).wanted).toBe('told 6');
    expect(new Run([first.performed()], [4, 5], again).wanted).toBe('told ');
    expect(new Run([], [4], { isTold: true, policy: 'wait' }).wanted).toBe('told 4');
  });
});
