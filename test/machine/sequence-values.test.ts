// Sequences while requests run: what functions take, what is written, and what is undone.
import { beforeEach, describe, expect, it } from 'vitest';
import { ReservedValues } from '../../src/machine/reserved-values.ts';
import {
  SequenceExhausted,
  SequenceValues,
  SequenceWanted,
} from '../../src/machine/sequence-values.ts';
import type { Sequence, SequenceStore } from '../../src/machine/sequence-values.ts';
import { PgError } from '../../src/errors/pg-error.ts';

const UP: Sequence = {
  name: 's',
  increment: 2n,
  min: 1n,
  max: 7n,
  isCycle: false,
  lastValue: 1n,
  isCalled: false,
};

class Store implements SequenceStore {
  readonly rows = new Map<number, Sequence>();
  loads = 0;

  load(oid: number): Sequence | PgError {
    this.loads += 1;
    return this.rows.get(oid) ?? new PgError('42809', 'not a sequence');
  }

  save(oid: number, position: { readonly lastValue: bigint; readonly isCalled: boolean }): void {
    this.rows.set(oid, { ...(this.rows.get(oid) ?? UP), ...position });
  }
}

let store: Store;
let values: SequenceValues;

beforeEach(() => {
  store = new Store();
  store.rows.set(1, UP).set(2, { ...UP, name: 'c', isCycle: true, lastValue: 5n });
  values = new SequenceValues(store);
  values.beginRequest();
  values.load(1);
  values.load(2);
});

function take(oid: number, count: number): readonly bigint[] {
  return Array.from({ length: count }, () => values.next(oid));
}

describe('a sequence', () => {
  it('is asked for when it is not in memory', () => {
    values.forget();
    expect(() => values.next(1)).toThrow(SequenceWanted);
    values.load(1);
    expect(values.next(1)).toBe(1n);
    values.load(9);
    expect(() => values.next(9)).toThrow('not a sequence');
  });

  it('gives its values, and ends or begins again at its limit', () => {
    expect(take(1, 4)).toEqual([1n, 3n, 5n, 7n]);
    expect(() => values.next(1)).toThrow('reached maximum value of sequence "s" (7)');
    expect(take(2, 4)).toEqual([5n, 7n, 1n, 3n]);
  });

  it('is written where the step ends, once, and not if it failed', () => {
    take(1, 2);
    values.undoStep();
    values.endStep();
    expect(store.rows.get(1)).toEqual(UP);
    take(1, 2);
    values.endStep();
    expect(store.rows.get(1)).toMatchObject({ lastValue: 3n, isCalled: true });
    expect(store.loads).toBe(2);
  });

  it('goes back to where a row began, or the step', () => {
    take(1, 1);
    values.beginRow();
    take(1, 2);
    values.undoRow();
    expect(values.next(1)).toBe(3n);
    values.undoRow();
    expect(values.next(1)).toBe(3n);
    values.undoStep();
    expect(values.next(1)).toBe(1n);
  });

  it('is set within its bounds', () => {
    expect(() => values.set(1, 8n, true)).toThrow('out of bounds for sequence "s" (1..7)');
    values.set(1, 5n, false);
    expect(take(1, 2)).toEqual([5n, 7n]);
  });
});

describe('what a session got', () => {
  it('is told by statement, and known to functions at once', () => {
    expect(values.sessionText('3 3=8')).toBe('3 3=8');
    take(1, 2);
    expect(values.sessionText('3 3=8')).toBe('1 3=8 1=3');
    values.endStep();
    values.set(2, 7n, true);
    values.endStep();
    expect(values.endStatement()).toEqual({
      last: 1,
      values: [
        [1, 3n],
        [2, 7n],
      ],
    });
    expect(values.endStatement()).toEqual({ last: 0, values: [] });
    expect(values.sessionText(null)).toBe('1 1=3 2=7');
  });

  it('is nothing after a step that failed', () => {
    take(1, 2);
    values.undoStep();
    values.endStep();
    expect(values.endStatement().values).toEqual([]);
  });
});

describe('reserved values', () => {
  let reserved: ReservedValues;

  beforeEach(() => {
    reserved = new ReservedValues([]);
    values.useReserved(reserved);
  });

  it('are given in order, until there is none', () => {
    reserved.add(1, [{ first: 40n, increment: 1n, count: 2 }]);
    reserved.add(1, [{ first: 50n, increment: 1n, count: 1 }]);
    expect(take(1, 3)).toEqual([40n, 41n, 50n]);
    expect(() => values.next(1)).toThrow(SequenceExhausted);
    values.endStep();
    expect(store.rows.get(1)).toEqual(UP);
    expect(values.endStatement()).toEqual({ last: 1, values: [[1, 50n]] });
  });

  it('are there again after a step that failed, and gone after one that did not', () => {
    reserved.add(1, [{ first: 40n, increment: 1n, count: 3 }]);
    values.next(1);
    values.endStep();
    take(1, 2);
    values.undoStep();
    expect(take(1, 2)).toEqual([41n, 42n]);
  });

  it('go back to where a row began', () => {
    reserved.add(1, [{ first: 40n, increment: 1n, count: 3 }]);
    values.next(1);
    values.beginRow();
    take(1, 2);
    values.undoRow();
    expect(values.next(1)).toBe(41n);
  });

  it('are of no use once the transaction has set the sequence itself', () => {
    reserved.add(1, [{ first: 40n, increment: 1n, count: 1 }]);
    values.set(1, 3n, true);
    expect(values.next(1)).toBe(5n);
    expect(() => values.next(2)).toThrow(SequenceExhausted);
  });

  it('end with the request', () => {
    reserved.add(1, [{ first: 40n, increment: 1n, count: 1 }]);
    values.beginRequest();
    expect(values.next(1)).toBe(1n);
  });
});
